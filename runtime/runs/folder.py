"""The folder of a run, and how it is found again.

runs/<name>/<time>/        one run
runs/<name>/latest         a link to the newest one
"""

from __future__ import annotations

import errno
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

VARIABLE = "NETC_RUNS_DIR"
"""The environment variable that names the folder of all runs; an empty one keeps none."""
RECORD = "run.json"
LATEST = "latest"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The files of one run."""

    path: Path

    @property
    def record(self) -> Path:
        return self.path / RECORD

    @property
    def model(self) -> Path:
        """The model with every default, as JSON."""
        return self.path / "ir.json"

    @property
    def checkpoints(self) -> Path:
        return self.path / "checkpoints"

    @property
    def best(self) -> Path:
        return self.checkpoints / "best.safetensors"

    @property
    def last(self) -> Path:
        return self.checkpoints / "last.safetensors"

    @property
    def state(self) -> Path:
        return self.checkpoints / "last.state.safetensors"

    @property
    def state_before(self) -> Path:
        """The state that was kept before the last one, for the case that that is damaged."""
        return self.checkpoints / "previous.state.safetensors"

    @property
    def metrics_csv(self) -> Path:
        return self.path / "metrics.csv"

    @property
    def metrics_jsonl(self) -> Path:
        return self.path / "metrics.jsonl"

    @property
    def summary(self) -> Path:
        return self.path / "summary.txt"

    @property
    def kept(self) -> tuple[Path, ...]:
        """The files that a run leaves and that are not made again, but for the copy of its spec."""
        return (
            self.record,
            self.model,
            self.metrics_csv,
            self.metrics_jsonl,
            self.summary,
            self.best,
            self.last,
            self.state,
            self.state_before,
        )

    @property
    def stop_request(self) -> Path:
        """A file that asks the run to end as early stopping ends it."""
        return self.path / "stop"

    @property
    def name(self) -> str:
        """As `netc runs` calls it: `lenet5/2026-11-20_21-48-03`."""
        return f"{self.path.parent.name}/{self.path.name}"


def runs_folder() -> Path:
    """Where runs are kept: `runs` in the working folder, or what NETC_RUNS_DIR says."""
    return Path(os.environ.get(VARIABLE) or "runs")


def keeps_runs() -> bool:
    """Whether runs are kept where the command line says nothing about it."""
    return os.environ.get(VARIABLE) != ""


def folder_name(title: str) -> str:
    """A name for the runs of a spec that is a good name of a folder: letters, digits, `.-_`."""
    plain = re.sub(r"[^\w.-]+", "-", title.removesuffix(".net")).strip("-.")
    return plain[:80] or "run"


def new_folder(parent: Path) -> Path:
    """A folder beside the later one, for a run that is being set up: nobody takes it for a run
    before it is `placed`. Raises OSError."""
    parent.mkdir(parents=True, exist_ok=True)
    path = parent / f".{secrets.token_hex(8)}"
    path.mkdir()
    return path


def place_run(path: Path, parent: Path, now: datetime) -> RunFolder:
    """Gives a folder that was set up the name of its time, which no other run has, even one of the
    same second. Raises OSError."""
    stamp = now.strftime("%Y-%m-%d_%H-%M-%S")
    number = 1
    while True:
        name = stamp if number == 1 else f"{stamp}_{number}"
        try:
            os.rename(path, parent / name)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
            number += 1
            continue
        _link_latest(parent, name)
        return RunFolder(parent / name)


def _link_latest(parent: Path, name: str) -> None:
    """A link of its own takes the place of the old one at once. It is a convenience for people:
    nothing in netc reads it, so a system without links only lacks it."""
    beside = parent / f".{LATEST}.{secrets.token_hex(4)}"
    with suppress(OSError, NotImplementedError):
        try:
            beside.symlink_to(name, target_is_directory=True)
            os.replace(beside, parent / LATEST)
        finally:
            beside.unlink(missing_ok=True)


def is_run(path: Path) -> bool:
    # os.path answers for names that the system refuses, too
    return os.path.isfile(path / RECORD)


def all_runs(base: Path) -> list[RunFolder]:
    """All runs below a folder, the oldest first."""
    found = [
        RunFolder(path)
        for parent in _folders(base)
        for path in (parent, *_folders(parent))
        if is_run(path)
    ]
    return sorted(found, key=_age)


def _age(run: RunFolder) -> tuple[str, int, str]:
    """The time in a folder's name, and its number among those of the same second."""
    date, clock, number = (*run.path.name.split("_"), "", "")[:3]
    return f"{date}_{clock}", int(number) if number.isdecimal() else 1, run.path.parent.name


def _folders(path: Path) -> list[Path]:
    try:
        return [
            entry
            for entry in path.iterdir()
            if entry.name[0] != "." and entry.is_dir() and not entry.is_symlink()
        ]
    except OSError:
        return []


def find_run(text: str, base: Path) -> RunFolder | None:
    """The run that a person means: a path of a folder (or of a file in it), `latest`, the name of a
    spec (its newest run), or `name/time` with as much of the time as tells it apart."""
    if not text:
        return None
    path = Path(text)
    for candidate in (path, path.parent, path.parent.parent):
        if (candidate != Path() or text == ".") and is_run(candidate):
            return RunFolder(
                Path(os.path.realpath(candidate)) if candidate.is_symlink() else candidate
            )
    below = all_runs(path) if os.path.isdir(path) and text not in ("", ".") else []
    if below:
        return below[-1]
    runs = all_runs(base)
    if text == LATEST:
        return runs[-1] if runs else None
    wanted = text.removesuffix("/").removesuffix(f"/{LATEST}").removesuffix(".net")
    named = [run for run in runs if run.path.parent.name == wanted]
    if named:
        return named[-1]
    starting = [
        run for run in runs if run.name.startswith(wanted) or run.path.name.startswith(wanted)
    ]
    exact = [run for run in starting if wanted in (run.name, run.path.name)]
    chosen = exact or starting
    return chosen[0] if len(chosen) == 1 else None
