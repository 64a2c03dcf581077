"""An earlier run that is taken up again, by one process at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ...compiler.ir import to_json
from ...compiler.problems.runs import CannotKeepRun
from ...grammar.problem import Problems
from ..events import EpochDone, Reporter
from ..storage.files import place_of, write_atomically
from .earlier import Earlier, still_running
from .environment import fingerprints
from .keeping import RunKeeper
from .metrics import MetricsFiles
from .opening import Origin, copy_spec, digest_of, paths_of, this_process
from .record import RunRecord, finite, write_record
from .state_file import KeptState

try:
    import fcntl
except ModuleNotFoundError:  # Windows
    fcntl = None  # type: ignore[assignment]


def take_up(
    earlier: Earlier, origin: Origin, reporter: Reporter, problems: Problems
) -> RunKeeper | None:
    """The keeper of a run that goes on, which is this process's from now on; None after a
    problem."""
    folder = earlier.folder
    at, path = place_of(folder.path), str(folder.path)
    try:
        with _alone(folder.path):
            problem = still_running(folder)
            if problem is None:
                record = _claim(earlier, origin)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        problem = CannotKeepRun(at=at, path=path, reason=reason, is_resumed=True)
    if problem is not None:
        problems.add(problem)
        return None
    is_folded = origin.spec.model.kfold is not None
    return _keeper(earlier, record, reporter, is_folded=is_folded)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """While one process looks whether a run is free and takes it, others wait."""
    if fcntl is None:
        yield
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        with suppress(OSError):  # of a file system that knows no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _claim(earlier: Earlier, origin: Origin) -> RunRecord:
    """Notes in the folder that this process goes on with the run. Raises OSError."""
    folder, model = earlier.folder, origin.spec.model
    spec = earlier.record.spec
    changes: dict[str, object] = {
        "status": "running",
        "goes_on": earlier.goes_on,
        "ended": None,
        "why": "",
        "tested": {},
        "expectations": [],
        "kept_epoch": None,
        "planned_epochs": model.train.epochs,
        **_progress(earlier.kept),
        **this_process(),
    }
    if earlier.changed:
        kept_as = copy_spec(folder.path, origin.sources)
        spec = spec.model_copy(update={"kept_as": kept_as, "sha256": digest_of(origin.sources)})
        changes["seed"] = model.train.seed
        changes["data_files"] = fingerprints(paths_of(origin), origin.root)
    record = earlier.record.model_copy(update=changes | {"spec": spec})
    write_atomically(folder.model, to_json(model).encode() + b"\n")
    write_record(folder.record, record)
    if earlier.damage:
        # else it would take the place of the state before it, which is whole
        folder.state.unlink(missing_ok=True)
    for left in (*folder.path.glob(".*.part"), *folder.checkpoints.glob(".*")):
        left.unlink(missing_ok=True)  # of a process that was killed while it wrote
    folder.stop_request.unlink(missing_ok=True)  # which the run did not live to see
    return record


def _progress(kept: KeptState | None) -> dict[str, object]:
    """How far a run has come, as its state says: what its record says may be older, or of an epoch
    that it takes again."""
    if kept is None:
        return {
            "epochs": 0, "steps": 0, "seconds": 0.0, "measured": {}, "best_epoch": None,
            "best_value": None,
        }  # fmt: skip
    rows = [row for _, row in rows_so_far(kept)]
    progress = kept.training.progress
    best = progress.best if kept.folds is None else None
    return {
        "epochs": rows[-1].epoch if rows else 0,
        "steps": progress.step,
        "seconds": progress.seconds,
        "measured": finite(rows[-1].measured) if rows else {},
        "best_epoch": None if best is None else best.epoch,
        "best_value": None if best is None or best.epoch is None else best.value,
    }


def _keeper(
    earlier: Earlier, record: RunRecord, reporter: Reporter, *, is_folded: bool
) -> RunKeeper:
    keeper, kept = RunKeeper(earlier.folder, record, reporter), earlier.kept
    if is_folded:
        keeper.folds = () if kept is None else kept.folds or ()
    if kept is not None:
        fold = None if keeper.folds is None else len(keeper.folds) + 1
        steps = MetricsFiles(earlier.folder).logged_steps(fold, kept.training.progress.step)
        keeper.rows = [*rows_so_far(kept), *steps]
    return keeper


def rows_so_far(kept: KeptState) -> list[tuple[int | None, EpochDone]]:
    """The epochs that a state knows of, each with its fold."""
    if kept.folds is None:
        return [(None, row) for row in kept.training.progress.epochs]
    done = [
        (fold.fold, row)
        for fold in kept.folds
        if fold.report is not None
        for row in fold.report.epochs
    ]
    number = len(kept.folds) + 1
    return [*done, *((number, row) for row in kept.training.progress.epochs)]
