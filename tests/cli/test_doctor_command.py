"""`netc doctor`: what is said of the installation, and the status that it ends with."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from compilers import any_toolchain, script
from netc.runtime.analysis.doctor.compiler import compiler_troubles, look_at_compiler
from netc.runtime.native import toolchain

Netc = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_a_good_installation(netc: Netc, tmp_path: Path) -> None:
    done = netc("doctor", NETC_CACHE_DIR=str(tmp_path / "cache"))
    assert (done.returncode, done.stderr) == (0, "")
    labels = [line.split()[0] for line in done.stdout.splitlines() if line[:1].strip()]
    assert labels[:3] == ["netc", "packages", "machine"]
    assert {"workers", "cache", "data", "extras"} <= set(labels)
    assert "numpy " in done.stdout
    assert "digits: comes with netc" in done.stdout
    assert not list(tmp_path.iterdir())


def test_for_programs(netc: Netc, tmp_path: Path) -> None:
    done = netc("doctor", "--format", "json", NETC_CACHE_DIR=str(tmp_path / "cache"))
    found = json.loads(done.stdout)
    assert (found["version"], found["ok"]) == (1, True)
    from netc.cli.commands import doctor

    assert doctor.__doc__ is not None
    for name, value in found.items():
        assert f"    {name} " in doctor.__doc__
        inner = value[0] if isinstance(value, list) and value else value
        for key in inner if isinstance(inner, dict) else ():
            assert f'"{key}"' in doctor.__doc__, f"{name}.{key}"


def test_the_compiler_is_tried_out(netc: Netc, tmp_path: Path) -> None:
    any_toolchain(tmp_path / "versions")
    cache = tmp_path / "cache"
    found = json.loads(
        netc("doctor", "--format", "json", NETC_CACHE_DIR=str(cache), NETC_CC="").stdout
    )
    assert found["compiler"]["command"]
    assert found["compiler"]["seconds"] > 0
    assert (found["compiler"]["problem"], found["compiler"]["by_variable"]) == ("", False)
    assert not cache.exists()

    fails = script(
        tmp_path / "cc",
        'case "$1" in --version) "$CC" --version;; *) echo "an error"; exit 1;; esac',
    )
    done = netc("doctor", NETC_CC=str(fails))
    assert done.returncode == 0
    assert f"{fails} (NETC_CC)" in " ".join(done.stdout.split())
    assert "does not work" in done.stdout
    assert f"warning: `{fails}` ended with status 1: an error" in done.stdout
    assert "help: name another compiler in NETC_CC" in done.stdout

    done = netc("doctor", NETC_CC="no-such-compiler")
    assert "compiler  none (NETC_CC): name gcc, clang" in done.stdout
    assert "which cannot be used as a C compiler: there is no such program" in done.stdout


def test_a_machine_without_a_compiler_is_not_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolchain, "find_spec", lambda name: None)
    found = look_at_compiler({"PATH": str(tmp_path)})
    assert (found.command, found.seconds, found.problem) == ((), None, "")
    assert "pip install 'netc[native]'" in found.help
    assert list(compiler_troubles(found)) == []


def test_what_is_broken_makes_the_status_1(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = netc("doctor", NETC_CACHE_DIR=str(tmp_path / "file"))
    assert done.returncode == 1
    assert "error: the cache cannot be written" in done.stdout
    assert "help: name another folder in NETC_CACHE_DIR" in done.stdout
    for name in ("nothing", "n" * 5000):
        done = netc("doctor", NETC_DATA_DIR=str(tmp_path / name))
        assert done.returncode == 1
        assert "is no folder" in done.stdout


def test_what_is_slow_does_not(netc: Netc, tmp_path: Path) -> None:
    cache = str(tmp_path / "cache")
    done = netc("doctor", NETC_CACHE_DIR=cache, OPENBLAS_CORETYPE="Haswell")
    assert done.returncode == 0
    assert "warning: OPENBLAS_CORETYPE=Haswell" in done.stdout


def test_it_works_where_numpy_does_not(netc: Netc, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    done = netc("doctor")
    assert done.returncode == 1
    assert "error: numpy" in done.stdout
    assert "cannot be imported" in done.stdout
    assert "--force-reinstall 'numpy>=" in done.stdout
    found = json.loads(netc("doctor", "--format", "json").stdout)
    assert (found["ok"], found["machine"], found["data"]) == (False, None, None)


def test_it_starts_without_numpy() -> None:
    code = "import sys; sys.modules['numpy'] = None; from netc.cli.main import main; main()"
    command = [sys.executable, "-c", code, "doctor"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "")
