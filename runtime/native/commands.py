"""Runs commands, several at a time, within a time limit, and leaves none of them behind."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import monotonic, sleep

POLL = 0.004
"""Seconds between two looks at the commands that run."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that ended, or was ended."""

    command: tuple[str, ...]
    status: int | None
    """None where it took too long."""
    output: str
    """What it wrote to both streams."""


@dataclass(frozen=True, slots=True)
class Running:
    """A command that runs, and the file that its output goes to."""

    command: tuple[str, ...]
    process: subprocess.Popen[bytes]
    log: Path
    deadline: float


def run_commands(
    commands: Sequence[tuple[str, ...]],
    *,
    folder: Path,
    environment: Mapping[str, str],
    seconds: float,
    at_once: int = 1,
    cancelled: Event | None = None,
) -> list[Finished]:
    """Runs the commands in a folder, at most `at_once` at a time and each for at most `seconds`.
    Once one fails, the others are ended and only those that ended before are given, the one that
    failed last. Raises OSError where a program cannot be started, and CancelledError once another
    thread has set `cancelled`."""
    waiting = [(number, command) for number, command in enumerate(commands)]
    running: list[Running] = []
    finished: list[Finished] = []
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                number, command = waiting.pop(0)
                log = folder / f"{number}.log"
                running.append(_start(command, log, environment, monotonic() + seconds))
            sleep(POLL)
            if cancelled is not None and cancelled.is_set():
                raise CancelledError
            for item in list(running):
                done = _look(item)
                if done is None:
                    continue
                running.remove(item)
                finished.append(done)
                if done.status != 0:
                    return finished
        return finished
    finally:
        for item in running:
            _end(item.process)


def _start(
    command: tuple[str, ...], log: Path, environment: Mapping[str, str], deadline: float
) -> Running:
    # output to a file: the children of a command that was ended may still hold its pipe
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command,
            cwd=log.parent,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that its children can be ended with it
        )
    return Running(command, process, log, deadline)


def _look(item: Running) -> Finished | None:
    """How a command ended; None while it runs."""
    status = item.process.poll()
    if status is None:
        if monotonic() < item.deadline:
            return None
        _end(item.process)
    return Finished(item.command, status, item.log.read_text("utf-8", "replace"))


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a command and, where the system knows groups of processes, its children."""
    with suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()
