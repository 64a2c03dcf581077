"""Commands whose standard streams or folders are not as usual: what they say, and their status."""

from __future__ import annotations

import errno
import os
import shlex
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command import run_netc
from work import HANGS

SPEC = "input 4 -> dense 8 relu -> dense 3 softmax\n"
NETC = (sys.executable, "-m", "netc")


def slowly(end: int, text: str) -> None:
    """Writes a text to a pipe whose other end is being read, in two pieces."""
    for piece in (text[:9], text[9:]):
        time.sleep(0.5)
        os.write(end, piece.encode())
    os.close(end)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such pipes")
def test_what_comes_later_is_waited_for_where_the_stream_does_not_wait() -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    feeder = threading.Thread(target=slowly, args=(writing, SPEC.replace(" -> ", "->")))
    feeder.start()
    done = subprocess.run(
        [*NETC, "fmt", "-"], stdin=reading, capture_output=True, text=True, timeout=HANGS
    )
    feeder.join()
    os.close(reading)
    assert (done.returncode, done.stdout, done.stderr) == (0, SPEC, "")


@pytest.fixture
def full_pipe() -> Iterator[int]:
    """The end of a pipe that takes nothing more, and does not wait."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    try:
        while True:
            os.write(writing, bytes(2**16))
    except BlockingIOError:
        yield writing
    os.close(reading)
    os.close(writing)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such pipes")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_output_that_is_not_taken_is_not_dropped_unsaid(full_pipe: int, unbuffered: str) -> None:
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    for words in (("show", "-e", SPEC), ("show", "--json", "-e", SPEC), ("explain",)):
        done = subprocess.run(
            [*NETC, *words], stdout=full_pipe, stderr=subprocess.PIPE, text=True, env=environment
        )
        assert done.returncode == 1
        assert "cannot write the output: " in done.stderr


STREAMS = {
    "input that is for writing": ("check - 0>/dev/null", 1, "cannot read standard input: "),
    "nobody hears of a usage": ("check --none 2>/dev/full", 2, ""),
    "nobody hears of it anywhere": ("check --none >/dev/full 2>/dev/full", 2, ""),
}
"""A command line, its status, and what it says."""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("name", STREAMS)
def test_streams(name: str) -> None:
    line, status, says = STREAMS[name]
    command = f"{sys.executable} -m netc {line}"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, timeout=HANGS)
    assert done.returncode == status
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def in_a_gone_folder(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    line = f"mkdir -p gone && cd gone && rmdir ../gone && exec {shlex.join([*NETC, *words])}"
    return subprocess.run(line, shell=True, cwd=folder, capture_output=True, text=True)


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps the folder of a process")
@pytest.mark.parametrize(
    "words", [("check", "-e", SPEC), ("new", "mlp"), ("runs",), ("doctor",), ("fmt", ".")]
)
def test_a_working_folder_that_is_gone(words: tuple[str, ...], tmp_path: Path) -> None:
    done = in_a_gone_folder(tmp_path, *words)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("Error: the working folder no longer exists: change to one that does\n")


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps the folder of a process")
@pytest.mark.parametrize("words", [("completion", "bash"), ("explain", "conv"), ("--version",)])
def test_what_needs_no_folder_does_without_one(words: tuple[str, ...], tmp_path: Path) -> None:
    assert in_a_gone_folder(tmp_path, *words).returncode == 0


def test_a_folder_that_nobody_may_look_into_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.net").write_text(SPEC)
    (tmp_path / "closed").mkdir()
    scandir = os.scandir

    def refusing(path: Any = ".") -> Any:
        if os.fspath(path).endswith("closed"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr("os.scandir", refusing)
    for words in (("check", "."), ("fmt", "--check", "."), ("check", "closed")):
        done = run_netc(tmp_path, *words)
        said = done.stdout + done.stderr
        assert done.returncode == 1
        assert said.count("error[") == 1
        assert "closed` cannot be read: Permission denied" in said


def test_a_place_of_runs_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    done = run_netc(tmp_path, "runs", NETC_RUNS_DIR="a")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: cannot use `a`: not a directory\n"
    assert run_netc(tmp_path, "runs", NETC_RUNS_DIR="b").returncode == 0
