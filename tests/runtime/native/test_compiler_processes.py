"""Commands that run at a time: how many, and what an interrupt leaves of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from time import sleep

import pytest
from compilers import ends, script
from netc.runtime.native import commands
from netc.runtime.native.commands import Finished, run_commands


def run(program: Path, words: list[str], at_once: int) -> list[Finished]:
    return run_commands(
        [(str(program), word) for word in words],
        folder=program.parent,
        environment=os.environ,
        seconds=300.0,
        at_once=at_once,
    )


def test_all_are_run_and_their_output_is_kept_apart(tmp_path: Path) -> None:
    program = script(tmp_path / "say", 'echo "out $1"; echo "error $1" >&2')
    found = run(program, ["a", "b", "c", "d"], at_once=3)
    assert {(done.command[1], done.status, done.output) for done in found} == {
        (word, 0, f"out {word}\nerror {word}\n") for word in "abcd"
    }


def test_no_more_run_than_are_allowed(tmp_path: Path) -> None:
    # a folder can be made once: a second command at the same time fails
    program = script(tmp_path / "alone", 'mkdir busy && sleep 0.02 && echo "$1" && rmdir busy')
    assert [done.status for done in run(program, ["a", "b", "c"], at_once=1)] == [0, 0, 0]


def test_as_many_run_as_are_allowed(tmp_path: Path) -> None:
    waits = 'mkdir "$1"; until [ -d a ] && [ -d b ] && [ -d c ]; do sleep 0.01; done'
    assert len(run(script(tmp_path / "waits", waits), ["a", "b", "c"], at_once=3)) == 3


def test_an_interrupt_ends_those_that_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = script(tmp_path / "hangs", 'echo $$ > "$1.part"; mv "$1.part" "$1"; sleep 600')

    def interrupt(seconds: float) -> None:
        if all((tmp_path / word).exists() for word in "ab"):
            raise KeyboardInterrupt

    monkeypatch.setattr(commands, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        run(program, ["a", "b", "c"], at_once=2)
    assert all(ends(int((tmp_path / word).read_text())) for word in "ab")
    assert not (tmp_path / "c").exists()


KILLED = """
import os
import sys
from pathlib import Path
from netc.runtime.native.commands import run_commands
program = Path(sys.argv[1])
run_commands([(str(program),)], folder=program.parent, environment=os.environ, seconds=600.0)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="children are looked up in /proc")
def test_a_process_that_is_killed_leaves_no_command_and_no_child_of_it(tmp_path: Path) -> None:
    program = script(
        tmp_path / "hangs", "sleep 600 & echo $! > child; echo $$ > part; mv part own; wait"
    )
    with subprocess.Popen([sys.executable, "-c", KILLED, str(program)]) as process:
        while not (tmp_path / "own").exists():
            assert process.poll() is None
            sleep(0.01)
        # the guard comes after the command
        while len(children(process.pid)) < 2:
            sleep(0.01)
        process.kill()
    assert all(ends(int((tmp_path / name).read_text())) for name in ("own", "child"))


def children(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()
