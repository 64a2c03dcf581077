"""How the command begins and ends: interrupts while it is loaded, Python's optimization."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from netc.cli import main

SPEC = "data iris; input 4 -> dense 8 relu -> dense 3 softmax; loss ce; opt adam; train epochs=2"
LOADING = """\
import os, signal, sys, threading
from importlib.abc import MetaPathFinder

class Interrupting(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), signal.SIGINT)

signal.signal(signal.SIGINT, signal.default_int_handler)
sys.meta_path.insert(0, Interrupting())
sys.argv = ["netc", "check", "-e", {spec!r}]
from netc.__main__ import main
main()
"""
"""The console script, which gets Ctrl-C when a module is first asked for."""


@pytest.mark.skipif(os.name != "posix", reason="signals are of POSIX")
@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("netc.cli.main", -signal.SIGINT),
        ("click", -signal.SIGINT),
        ("netc.cli.commands.check", 130),
        ("lark", 130),
    ],
)
def test_ctrl_c_while_the_command_is_loaded_says_nothing(name: str, status: int) -> None:
    code = LOADING.format(name=name, spec=SPEC)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (status, "", "")


def test_an_ignored_ctrl_c_stays_ignored() -> None:
    code = LOADING.format(name="click", spec=SPEC).replace(
        "signal.default_int_handler", "signal.SIG_IGN"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def optimized(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-OO", "-m", "netc", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONIOENCODING": "utf-8"},
    )


def test_without_assertions_and_docstrings_everything_but_explanations_works(
    tmp_path: Path,
) -> None:
    kept = ("--out", "kept", "--save", "w.safetensors")
    for arguments in (
        ("run", "-e", SPEC, *kept),
        ("run", "--resume", "kept", "--epochs", "3"),
        ("eval", "w.safetensors"),
        ("explain", "E0312"),
    ):
        done = optimized(tmp_path, *arguments)
        assert (done.returncode, done.stderr) == (0, ""), arguments
    assert "Python runs with -OO, which removes the explanations." in done.stdout


def test_an_interrupt_while_a_class_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python 3.11 hands it on as a RuntimeError."""

    class Interrupted:
        def __set_name__(self, owner: type, name: str) -> None:
            raise KeyboardInterrupt

    def interrupted(*_: object, **__: object) -> None:
        type("Made", (), {"field": Interrupted()})

    monkeypatch.setattr(main.netc, "main", interrupted)
    assert main.status_of(["check"]) == 130
