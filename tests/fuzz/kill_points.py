"""Kills `netc run` before each change that it makes on the disk, and lets it go on.

A server with netc loaded, and `errno_shim.c` in front of the system, forks a process for each
command: it costs only what it computes, and the place where it is killed is exact.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faults

SERVER = """\
import ctypes, importlib, json, os, pkgutil, sys, traceback
set_faults = ctypes.CDLL(os.environ["LD_PRELOAD"]).set_faults
import netc.cli.commands.run, netc.cli.main, netc.runtime.report, netc.runtime.runs
import netc.runtime.training.cross_validation
from netc.runtime.runs import keeping

for package in (netc.runtime.report, netc.runtime.runs):  # once, and not for each command
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(found.name)

def command(order):
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1), os.dup2(log, 2)
    os.chdir(order["folder"])
    if order["every_step"]:
        keeping.AFTER_EPOCH = keeping.WITHIN_EPOCH = keeping.SHARE = 0
    sys.argv = ["netc", *order["words"]]
    status = 70
    set_faults(order["faults"].encode())
    try:
        netc.cli.main.main()
    except SystemExit as end:
        status = end.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(status)

for line in sys.stdin:
    child = os.fork()
    if not child:
        command(json.loads(line))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""

KEPT = "kept-here"
"""The folder of the run, and the part of their paths that changes are counted by."""
KILLED = -signal.SIGKILL


@dataclass(frozen=True)
class Case:
    """A command that trains, and is killed."""

    spec: str
    words: tuple[str, ...] = ("run", "net.net", "--workers", "1", "--log-steps", "1", "--out", KEPT)
    before: tuple[str, ...] = ()
    """What runs to its end before it."""
    every_step: bool = True
    """Whether a state is kept after each step, and not only at the end."""


@dataclass(frozen=True)
class Server:
    """Runs the commands of a case in a folder."""

    process: subprocess.Popen[str]
    folder: Path
    case: Case

    def run(self, *words: str, killed_before: int | None = None) -> int:
        """The status; the command is killed before a change of the folder of the run."""
        place = str(self.kept)  # whole paths are counted
        plan = "" if killed_before is None else f"change,0,{killed_before},-1,{KEPT}"
        order = {
            "words": [place if word == KEPT else word for word in words], "faults": plan,
            "folder": str(self.folder), "log": str(self.folder / "log"),
            "every_step": self.case.every_step,
        }  # fmt: skip
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    @property
    def kept(self) -> Path:
        return self.folder / KEPT

    @property
    def said(self) -> str:
        return (self.folder / "log").read_text()

    def begin(self, killed_before: int | None = None) -> int:
        shutil.rmtree(self.kept, ignore_errors=True)
        if self.case.before:
            assert self.run(*self.case.before) == 0, self.said
        return self.run(*self.case.words, killed_before=killed_before)

    def go_on(self, killed_before: int | None = None) -> int:
        """Goes on with what was killed, or begins it where it had not begun."""
        if (self.kept / "run.json").exists():
            status = self.run("run", "--resume", KEPT, killed_before=killed_before)
            if ENDED not in self.said or not self.case.before:
                return status
        return self.run(*self.case.words, killed_before=killed_before)

    def outcome(self) -> dict[str, Any]:
        """All that a run comes to, without what differs between two runs of the same spec."""
        kept, record = self.kept, json.loads((self.kept / "run.json").read_text())
        for name in ("command", "started", "ended", "seconds", "process", "process_started"):
            del record[name]
        rows = [json.loads(line) for line in (kept / "metrics.jsonl").read_text().splitlines()]
        for row in rows:
            row.pop("seconds", None)
        found: dict[str, Any] = {"run.json": record, "metrics.jsonl": rows}
        files = sorted(path for path in kept.rglob("*") if path.is_file())
        for path in files:
            name = str(path.relative_to(kept))
            if name in SAME:
                found[name] = path.read_bytes()
            elif name not in LATER and not (path.name.startswith(".") and ENDED in self.said):
                found[name] = "it is there"
        return found


ENDED = "E0765"
"""A run had ended before it was killed; what it has left behind stays there."""
SAME = (
    "metrics.csv", "ir.json", "net.net", "checkpoints/best.safetensors",
    "checkpoints/last.safetensors",
)  # fmt: skip
"""Files that are the same to the bit."""
LATER = ("report.html", "report.json", "checkpoints/previous.state.safetensors")
"""Files that need not be there: reports are also made of runs that have ended."""


@contextmanager
def server(folder: Path, case: Case) -> Iterator[Server]:
    (folder / "net.net").write_text(case.spec)
    environment = {
        **os.environ, "LD_PRELOAD": str(faults.shim()), "NETC_RUNS_DIR": "",
        "NETC_CACHE_DIR": str(folder / "cache"), "OPENBLAS_NUM_THREADS": "1",
    }  # fmt: skip
    environment.pop("NETC_FAULTS", None)
    with subprocess.Popen(
        (sys.executable, "-c", SERVER), env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        yield Server(process, folder, case)


def walk(
    server: Server, points: Iterable[int], *, least: int, first: int | None = None
) -> Iterator[str]:
    """What goes wrong where a run is killed at each of these points, up to its last one, which are
    so many at least. With `first`, it was killed there, and is killed again when it goes on."""
    status = server.begin()
    assert status == 0, server.said
    expected = server.outcome()
    killed = 0
    for point in points:
        status = server.begin(point if first is None else first)
        if first is not None:
            assert status == KILLED
            status = server.go_on(point)
        if status != KILLED:
            if status:
                yield f"{point}: it ends with {status}: {server.said}"
            break
        killed += 1
        status = server.go_on()
        if status and ENDED not in server.said:
            yield f"{point}: going on ends with {status}: {server.said}"
            continue
        differs = differences(server.outcome(), expected)
        if differs:
            yield f"{point}: {', '.join(differs)}"
    if killed < least:
        yield f"it was killed at {killed} points, not at {least}"


def differences(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    """What differs, named."""
    found = [name for name in {**one, **other} if one.get(name) != other.get(name)]
    if "run.json" in found:
        pairs = [(name, one["run.json"][name], other["run.json"][name]) for name in one["run.json"]]
        found += [f"run.json: {name}: {own!r} is {it!r}" for name, own, it in pairs if own != it]
    return found
