"""An earlier run that goes on: found by its name, and read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ...compiler.problems.runs import (
    NothingToContinue,
    RunDamaged,
    RunMissing,
    RunStillRunning,
)
from ...grammar.problem import Problem, Problems
from ..storage.files import place_of
from .checkpoints import read_state
from .folder import RunFolder, all_runs, find_run
from .listing import status_of
from .record import RunRecord, read_record
from .state_file import KeptState


@dataclass(frozen=True, slots=True, eq=False)
class Earlier:
    """A run that goes on."""

    folder: RunFolder
    record: RunRecord
    kept: KeptState | None
    """None for one that ended before its first state: it begins again."""
    goes_on: bool
    """Whether it had ended, and takes more epochs."""
    damage: str = ""
    """Why the state is not the last one that was written."""
    changed: bool = False
    """Whether its spec or its data may be others than those it began with."""


def find_recorded(text: str, base: Path, problems: Problems) -> tuple[RunFolder, RunRecord] | None:
    """The run that a text names, among those of a folder; None after a problem."""
    folder = find_run(text, base)
    if folder is None:
        near = tuple(run.name for run in all_runs(base))[-3:]
        problems.add(RunMissing(at=place_of(Path(text)), text=text, folder=str(base), near=near))
        return None
    record = read_record(folder.record)
    if isinstance(record, str):
        path = str(folder.record)
        problems.add(RunDamaged(at=place_of(folder.record), path=path, reason=record))
        return None
    return folder, record


def still_running(folder: RunFolder) -> Problem | None:
    """Why a run is not to be had: another process trains it, or its record cannot be read."""
    record, at = read_record(folder.record), place_of(folder.path)
    if isinstance(record, str):
        return RunDamaged(at=at, path=str(folder.record), reason=record)
    if status_of(record) == "running":
        return RunStillRunning(at=at, name=str(folder.path), process=record.process or 0)
    return None


def read_earlier(
    folder: RunFolder,
    record: RunRecord,
    epochs: int | None,
    problems: Problems,
    *,
    program: bool,
    follows: bool = False,
) -> Earlier | None:
    """A run with its last state, to be trained up to so many epochs, where more are asked for;
    None after a problem. `program` says that no command line asks, `follows` that another process,
    which trains with this one, goes on with it."""
    at, name = place_of(folder.path), str(folder.path)
    running = None if follows else still_running(folder)
    if running is not None:
        problems.add(running)
        return None
    state = read_state(folder)
    if state is None and record.steps:
        state = "its states are missing"
    if isinstance(state, str):
        problems.add(RunDamaged(at=at, path=str(folder.checkpoints), reason=state))
        return None
    ended = record.status in ("finished", "stopped")
    earlier = None if state is None else state.kept.folds
    folds = 0 if earlier is None else len(earlier) + ended  # the state is of the last one
    planned = record.planned_epochs
    if folds and not follows and (ended or epochs not in (None, planned)):
        problems.add(NothingToContinue(at=at, name=name, epochs=planned, folds=folds))
        return None
    if not follows and ended and (epochs is None or epochs <= record.epochs):
        problems.add(NothingToContinue(at=at, name=name, epochs=record.epochs, program=program))
        return None
    done = 0 if state is None or state.kept.folds else len(state.kept.training.progress.epochs)
    if epochs is not None and epochs < done:
        found = NothingToContinue(at=at, name=name, epochs=done, ended=False, program=program)
        problems.add(found)
        return None
    if epochs is not None:
        train = record.spec.train | {"epochs": int(epochs)}  # one of NumPy's is no JSON
        longer = record.spec.model_copy(update={"train": train})
        record = record.model_copy(update={"spec": longer})
    goes_on = ended or record.goes_on
    if state is None:
        return Earlier(folder, record, None, goes_on=goes_on)
    return Earlier(folder, record, state.kept, goes_on=goes_on, damage=state.damage)
