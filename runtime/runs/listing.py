"""The runs of a folder as they are now: those whose process was killed, and damaged ones, too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .environment import is_alive
from .folder import RunFolder, all_runs
from .record import RunRecord, read_record

KILLED = "killed"
"""The status of a run whose process is gone without having ended it."""


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run with its record."""

    folder: RunFolder
    record: RunRecord
    status: str
    """That of the record, or `killed`."""


@dataclass(frozen=True, slots=True)
class DamagedRun:
    """A folder that is that of a run, and cannot be read."""

    folder: RunFolder
    reason: str


def listed_run(folder: RunFolder) -> ListedRun | DamagedRun:
    record = read_record(folder.record)
    if isinstance(record, str):
        return DamagedRun(folder, record)
    return ListedRun(folder, record, status_of(record))


def list_runs(base: Path) -> tuple[list[ListedRun], list[DamagedRun]]:
    """All runs below a folder, the oldest first, and those that cannot be read."""
    found = [listed_run(folder) for folder in all_runs(base)]
    return (
        [run for run in found if isinstance(run, ListedRun)],
        [run for run in found if isinstance(run, DamagedRun)],
    )


def status_of(record: RunRecord) -> str:
    """The status of a run now."""
    if record.status == "running" and not is_alive(record.process, record.process_started):
        return KILLED
    return record.status
