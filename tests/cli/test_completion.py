"""Tab in real shells: commands, options, files, words and codes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete, get_completion_class
from command import run_netc
from netc.cli.main import COMMANDS, netc
from terminal import in_terminal


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a spec, and with a command `netc`."""
    (tmp_path / "my_spec.net").write_text("input 2 -> dense 1\n")
    command = tmp_path / "bin" / "netc"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m netc "$@"\n')
    command.chmod(0o755)
    return tmp_path


def with_netc(folder: Path) -> dict[str, str]:
    return {"PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}


def shell(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


CLEAR = "\x15"
"""Ctrl-U empties the line."""
DIALOGUE = (
    ("ready> ", "netc sh\t"),
    ("netc show ", "--arith\t"),
    ("--arithmetic ", "my_\t"),
    ("my_spec.net", f"{CLEAR}netc explain E031\t\t"),
    ("E0312", f"{CLEAR}netc explain maxp\t"),
    ("maxpool ", f"{CLEAR}netc run --data fash\t"),
    ("fashion_mnist ", f"{CLEAR}netc eval --part tr\t"),
    ("--part train ", f"{CLEAR}exit\n"),
)
"""What is seen, and what is typed then."""


def test_bash_completes(folder: Path) -> None:
    program = shell("bash")
    rc = folder / "rc"
    rc.write_text('PS1="ready> "\nbind "set bell-style none"\neval "$(netc completion bash)"\n')
    done = in_terminal(
        folder,
        program=(program, "--noprofile", "--rcfile", str(rc), "-i"),
        dialogue=DIALOGUE,
        columns=120,
        **with_netc(folder),
    )
    assert done.status == 0


def test_zsh_completes(folder: Path) -> None:
    program = shell("zsh")
    (folder / ".zshrc").write_text(
        "PROMPT='ready> '\nunsetopt beep\nbindkey -e\nautoload -U compinit\ncompinit -u -D\n"
        'eval "$(netc completion zsh)"\n'
    )
    done = in_terminal(
        folder,
        program=(program, "-i", "+o", "globalrcs"),
        dialogue=DIALOGUE,
        columns=120,
        ZDOTDIR=str(folder),
        **with_netc(folder),
    )
    assert done.status == 0


def test_fish_completes(folder: Path) -> None:
    lines = {
        "netc sh": "show",
        "netc show --arith": "--arithmetic",
        "netc show my_": "my_spec.net",
        "netc explain E0312": "E0312",
        "netc explain maxp": "maxpool",
    }
    commands = [f'complete -C "{line}"' for line in lines]
    done = subprocess.run(
        [
            shell("fish"),
            "--no-config",
            "-c",
            "; ".join(["netc completion fish | source", *commands]),
        ],
        cwd=folder,
        env=os.environ | with_netc(folder),
        capture_output=True,
        text=True,
        check=True,
    )
    found = [line.partition("\t")[0] for line in done.stdout.splitlines()]
    assert found == [*lines.values()]


def completed(typed: str) -> list[str]:
    """What the command answers a shell, without a shell."""
    words = typed.split(" ")
    incomplete = words.pop()
    shell = ShellComplete(netc, {}, "netc", "_NETC_COMPLETE")
    return [item.value for item in shell.get_completions(words[1:], incomplete)]


@pytest.mark.parametrize("place", [None, "", "abc"])
@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_shell_that_asks_wrongly_gets_nothing(
    shell: str, place: str | None, tmp_path: Path
) -> None:
    asked = {} if place is None else {"COMP_WORDS": "netc run '", "COMP_CWORD": place}
    done = run_netc(tmp_path, "run", _NETC_COMPLETE=f"{shell}_complete", **asked)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_runs_are_completed_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETC_RUNS_DIR", str(tmp_path))
    for time in ("2026-01-02_10-00-00", "2026-01-03_10-00-00"):
        folder = tmp_path / "xor" / time
        folder.mkdir(parents=True)
        (folder / "run.json").write_text("{}")
    names = ["xor/2026-01-03_10-00-00", "xor/2026-01-02_10-00-00"]
    assert completed("netc run --resume ") == ["latest", *names]
    assert completed("netc run --resume xor/") == names


def test_every_command_is_completed_and_none_is_imported() -> None:
    code = (
        "import sys; from netc.cli.main import netc; "
        "from click.shell_completion import ShellComplete as S; "
        "print([i.value for i in S(netc, {}, 'netc', 'V').get_completions([], '')]); "
        "print(*(m for m in sys.modules if m in ('numpy', 'pydantic', 'lark', 'rich')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert done == [str(list(COMMANDS)), ""]


@pytest.mark.parametrize(
    "typed", ["explain conv", "explain E03", "run --d", "run --data mn", "show "]
)
def test_completing_never_loads_numpy(typed: str) -> None:
    code = (
        "import sys; from netc.cli.main import netc; "
        "from click.shell_completion import ShellComplete as S; "
        f"words = {typed.split(' ')!r}; last = words.pop(); "
        "assert S(netc, {}, 'netc', 'V').get_completions(words, last); "
        "assert 'numpy' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("typed", "some"),
    [
        ("netc explain ", ["conv", "loss", "lr", "block"]),
        ("netc explain W03", ["W0311"]),
        ("netc new ", ["mlp", "tabular"]),
        ("netc completion ", ["bash", "powershell"]),
        ("netc check --format ", ["json", "github"]),
        ("netc --", ["--help", "--version"]),
        ("netc run --", ["--epochs", "--set"]),
        ("netc run --data ", ["digits", "iris"]),
        ("netc nothing ", []),
    ],
)
def test_what_is_completed(typed: str, some: list[str]) -> None:
    assert set(some) <= set(completed(typed))


FILES = {"FILE", "FILES", "FOLDER", "PATH", "PATHS", "SPEC", "WEIGHTS"}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_whatever_names_a_file_is_completed_as_one(command: str) -> None:
    """Also those of options; folders are for the shell to know, too."""
    context = click.Context(netc)
    found = netc.get_command(context, command)
    assert found is not None
    for param in found.params:
        named = (param.metavar or param.name or "").upper()
        if set(re.findall("[A-Z]+", named)) & FILES:
            items = param.shell_complete(click.Context(found), "./x")
            assert [item.type for item in items] in (["file"], ["dir"]), param


@pytest.mark.parametrize("name", ["bash", "zsh", "fish", "powershell"])
def test_a_script_calls_the_command(name: str, tmp_path: Path) -> None:
    if get_completion_class(name) is None:
        pytest.skip(f"click {version('click')} has no completion for {name}")
    done = run_netc(tmp_path, "completion", name)
    assert done.returncode == 0
    assert f"{name}_complete" in done.stdout
    assert "\x1b" not in done.stdout


def test_an_old_click_has_no_powershell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("click.shell_completion.get_completion_class", lambda shell: None)
    done = run_netc(tmp_path, "completion", "powershell")
    assert done.returncode == 2
    assert "needs click 8.5: pip install 'click>=8.5'" in done.stderr
