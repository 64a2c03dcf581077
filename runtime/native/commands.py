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
from typing import Any

OWN_GROUP: dict[str, Any] = {"process_group": 0} if hasattr(os, "killpg") else {}
"""So that the children of a command can be ended with it, and Ctrl-C comes to netc alone."""
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
    guard: subprocess.Popen[bytes] | None
    """Ends the command and its children where this process is killed; see `_guard`."""
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
            _end_all(item)


def _start(
    command: tuple[str, ...], log: Path, environment: Mapping[str, str], deadline: float
) -> Running:
    # output to a file: the children of a command that was ended may still hold its pipe
    with open(log, "wb") as output:
        try:
            process = subprocess.Popen(
                command,
                cwd=log.parent,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **OWN_GROUP,
            )
        except OSError as error:
            if error.filename is None:  # the system starts no more processes
                error.filename = command[0]
            raise
    try:
        return Running(command, process, _guard(process.pid), log, deadline)
    except BaseException:
        _end(process)
        raise


def _guard(group: int) -> subprocess.Popen[bytes] | None:
    """A shell in the group of a command that waits for the end of this process, which may be
    killed, and then ends the group: without it, the command would go on for nobody."""
    if not OWN_GROUP:
        return None
    with suppress(OSError):  # no shell, or no more processes: it is only for a bad moment
        return subprocess.Popen(
            ("/bin/sh", "-c", "read nothing; kill -KILL 0"),
            stdin=subprocess.PIPE,  # nothing is ever written to it
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=group,
        )
    return None


def _look(item: Running) -> Finished | None:
    """How a command ended; None while it runs."""
    status = item.process.poll()
    if status is None and monotonic() < item.deadline:
        return None
    _end_all(item)
    return Finished(item.command, status, item.log.read_text("utf-8", "replace"))


def _end_all(item: Running) -> None:
    _end(item.process)
    if item.guard is not None:
        _end(item.guard)
        assert item.guard.stdin is not None
        item.guard.stdin.close()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a command and, where the system knows groups of processes, its children."""
    if process.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            if OWN_GROUP:
                os.killpg(os.getpgid(process.pid), signal.SIGKILL)
            else:
                process.kill()
    process.wait()
