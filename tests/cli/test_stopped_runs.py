"""`netc run` that is stopped from outside: by a signal, a dead worker, a terminal that closes."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from command import run_netc
from netc.cli.terminal.output import print_text
from netc.runtime.runs.checkpoints import FoundState, read_state
from netc.runtime.runs.folder import RunFolder
from work import HANGS

MLP = """\
data digits
input 64 -> dense 32 relu -> dense 10 softmax
loss ce
opt adam lr=0.01
train epochs=3 batch=32 seed=1
expect acc>=80%
"""


@dataclass
class Ended:
    """How a run without end was ended: its status, what it printed from then on, and the
    processes that it had forked."""

    status: int
    lines: list[str]
    errors: str
    forked: list[int]


def heed_signals() -> None:
    """Where the tests run under `nohup`, or in the background of a shell, what they start would
    ignore these."""
    for number in (signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)


def own_terminal() -> None:
    """Standard input becomes the terminal whose end ends the run."""
    heed_signals()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def ended(
    folder: Path,
    sent: signal.Signals,
    *options: str,
    text: str = MLP,
    row: str = "     2",
    worker: bool = False,
    command: tuple[str, ...] = (),
) -> Ended:
    """A run without end that gets a signal after some rows, or whose first worker does."""
    with subprocess.Popen(
        [*command, sys.executable, "-m", "netc", "run", "-", "--epochs", "1000000", *options],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        preexec_fn=heed_signals,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(text)
        process.stdin.close()
        while not process.stdout.readline().startswith(row):
            assert process.poll() is None
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        forked = [int(child) for child in children.read_text().split()] if children.exists() else []
        os.kill(forked[0] if worker else process.pid, sent)
        rest, errors = process.stdout.read(), process.stderr.read()
        return Ended(process.wait(timeout=HANGS), rest.splitlines(), errors, forked)


def interrupted(
    folder: Path, sent: signal.Signals, *options: str, text: str = MLP, row: str = "     2"
) -> tuple[int, list[str], list[int]]:
    """The same of a run that takes the signal without a complaint."""
    end = ended(folder, sent, *options, text=text, row=row)
    assert end.errors == ""
    return end.status, end.lines, end.forked


def measured_accuracy(folder: Path, weights: str) -> float:
    """What `netc eval` says of a file that was kept."""
    shown = run_netc(folder, "eval", weights)
    accuracy = re.search(r"acc (0\.\d+)", shown.stdout)
    assert accuracy is not None, shown.stderr
    return float(accuracy[1])


BEST_SAVED = re.compile(r"saved   w\.safetensors  \(the weights of epoch \d+, the best one\)")

STOPS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("sent", STOPS)
def test_ctrl_c_says_where_the_run_stood_and_what_keeps_it(
    sent: signal.Signals, tmp_path: Path
) -> None:
    status, lines, _ = interrupted(tmp_path, sent)
    assert status == 130
    assert re.fullmatch(
        r"stopped in epoch \d+ of 1000000; the best epoch was \d+ \(val loss \S+\)", lines[-2]
    )
    assert lines[-1] == "nothing was saved: `--save FILE` saves the weights so far"


@pytest.mark.parametrize("sent", STOPS)
def test_an_interrupted_run_saves_what_it_has_trained(sent: signal.Signals, tmp_path: Path) -> None:
    status, lines, _ = interrupted(tmp_path, sent, "--save", "w.safetensors", row="     9")
    assert status == 130
    assert BEST_SAVED.fullmatch(lines[-1])
    assert measured_accuracy(tmp_path, "w.safetensors") > 0.8
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]


HURRIED = (
    "import netc.cli.training.keeping as k; k.HURRY = 1e9; from netc.cli.main import main; main()"
)
"""netc, where every second interrupt comes in a hurry, also on a machine that is busy."""


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_second_ctrl_c_in_a_hurry_loses_nothing(workers: str, tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HURRIED, "run", "-e", MLP, "--epochs", "1000000",
         "--workers", workers, "--save", "w.safetensors"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=heed_signals,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        while not process.stdout.readline().startswith("     2"):
            assert process.poll() is None
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.02)
        assert "saved   w.safetensors" in process.stdout.read()
        assert process.wait(timeout=HANGS) == 130


def test_an_interrupted_run_that_keeps_the_best_saves_the_best(tmp_path: Path) -> None:
    text = MLP + "stop patience=100000ep on=val_loss\n"
    status, lines, _ = interrupted(
        tmp_path, signal.SIGINT, "--save", "w.safetensors", text=text, row="     4"
    )
    assert status == 130
    best = re.search(r"the best epoch was (\d+)", lines[-2])
    assert best is not None
    assert lines[-1] == f"saved   w.safetensors  (the weights of epoch {best[1]}, the best one)"


def test_a_run_killed_in_the_middle_of_a_step_leaves_no_workers(tmp_path: Path) -> None:
    text = MLP.replace("dense 32", "dense 2000").replace("batch=32", "batch=256")
    status, lines, forked = interrupted(
        tmp_path, signal.SIGTERM, "--workers", "2", "--save", "w.safetensors", text=text
    )
    assert status == 130
    assert lines[-1].startswith("saved ")
    assert not any(Path(f"/proc/{child}").exists() for child in forked)


def test_a_run_whose_worker_dies_saves_what_it_has_trained(tmp_path: Path) -> None:
    text = MLP.replace("dense 32", "dense 500").replace("batch=32", "batch=256")
    options = ("--workers", "2", "--save", "w.safetensors")
    end = ended(tmp_path, signal.SIGKILL, *options, text=text, row="     9", worker=True)
    assert end.status == 3
    assert "error[E0660]: a worker process ended unexpectedly" in end.errors
    assert BEST_SAVED.fullmatch(end.lines[-1])
    assert measured_accuracy(tmp_path, "w.safetensors") > 0.8
    assert end.forked
    assert not any(Path(f"/proc/{child}").exists() for child in end.forked)


def test_a_closed_terminal_keeps_what_was_learnt(tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "netc", "run", "-e", MLP, "--epochs", "1000000", "--workers", "2",
         "--save", "w.safetensors"],
        cwd=tmp_path,
        stdin=follower,
        stdout=follower,
        stderr=follower,
        start_new_session=True,
        preexec_fn=own_terminal,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "PYTHONIOENCODING": "utf-8"},
    ) as process:  # fmt: skip
        os.close(follower)
        shown = b""
        while re.search(rb" 3  0\.\d{4}", shown) is None:
            shown += os.read(leader, 65536)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        forked = children.read_text().split() if children.exists() else []
        os.close(leader)
        assert process.wait(timeout=HANGS) == 130
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]
    assert not any(Path(f"/proc/{child}").exists() for child in forked)


def test_nohup_stays_in_force(tmp_path: Path) -> None:
    with subprocess.Popen(
        ["nohup", sys.executable, "-m", "netc", "run", "-e", MLP, "--epochs", "1000000"],
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        while not process.stdout.readline().startswith("     2"):
            assert process.poll() is None
        process.send_signal(signal.SIGHUP)
        for _ in range(5):
            assert re.match(r" +\d", process.stdout.readline())
        process.terminate()
        assert process.stdout.read().splitlines()[-1].startswith("nothing was saved")
        assert process.wait(timeout=HANGS) == 130


def test_two_quick_interrupts_end_a_run_whose_worker_was_stopped(tmp_path: Path) -> None:
    kept = RunFolder(tmp_path / "kept")
    text = MLP.replace("dense 32", "dense 500").replace("batch=32", "batch=256")
    options = ["--epochs", "1000000", "--workers", "2", "--save", "w.safetensors", "--out", "kept"]
    with subprocess.Popen(
        [sys.executable, "-m", "netc", "run", "-e", text, *options],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        preexec_fn=heed_signals,
    ) as process:
        assert process.stdout is not None
        while not isinstance(read_state(kept), FoundState):
            assert process.stdout.readline()
        (child,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(child), signal.SIGSTOP)
        for _ in range(2):
            time.sleep(0.1)
            process.send_signal(signal.SIGINT)
        shown = process.stdout.read()
        assert process.wait(timeout=HANGS) == 130
    assert "saved   w.safetensors" in shown
    assert "continue with  netc run --resume kept" in shown
    assert not Path(f"/proc/{child}").exists()
    assert isinstance(read_state(kept), FoundState)


IGNORING = """\
import os, signal, sys
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execv(sys.executable, [sys.executable, "-m", "netc", *sys.argv[1:]])
"""


@pytest.mark.parametrize(
    "command",
    [
        ["run", "--workers", "2", "--save", "w.safetensors"],
        ["tune", "--workers", "2", "--trials", "2"],
    ],
)
def test_whoever_began_it_may_have_the_ends_of_children_ignored(
    command: list[str], tmp_path: Path
) -> None:
    if command[0] == "tune":
        pytest.importorskip("optuna", reason="a search needs Optuna: pip install 'netc[tune]'")
        text = f"let units=32\n{MLP}tune random trials=2 units=linear(8, 64)\n"
    else:
        text = MLP.replace("dense 32", "dense 500").replace("batch=32", "batch=256")
    (tmp_path / "s.net").write_text(text.replace("expect acc>=80%\n", ""))
    done = subprocess.run(
        [sys.executable, "-c", IGNORING, command[0], "s.net", *command[1:]],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_that_is_gone_stops_a_command_as_its_signal_does() -> None:
    leader, follower = pty.openpty()
    os.close(leader)
    with os.fdopen(follower, "w") as stream, pytest.raises(KeyboardInterrupt):
        print_text("a line\n", stream)
