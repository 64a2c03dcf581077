"""What writes the folder of a run in the course of the run, and passes on requests to stop."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np

from ...compiler.problems.runs import CheckpointNotWritten
from ..events import (
    Clock,
    Diverged,
    EpochDone,
    Event,
    ExpectationsChecked,
    FoldDone,
    FoldsSummarized,
    FoldStarted,
    LossGrew,
    Reporter,
    RunReport,
    Started,
    StepLogged,
    Stopped,
    TestDone,
    Warned,
)
from ..storage.files import place_of, write_atomically
from ..training.loop.progress import StopRequest, TrainingState, Weights
from .checkpoints import write_state
from .folder import RunFolder
from .metrics import MetricsFiles, MetricsRow
from .record import ExpectationRecord, RunRecord, Status, finite, write_record
from .state_file import KeptState
from .summary import summary_text

LOOK = 0.5
"""Seconds between two looks whether `netc stop` has asked the run to end."""
AFTER_EPOCH, WITHIN_EPOCH = 2.0, 60.0
"""Seconds that pass at least before another state is kept."""
SHARE = 50
"""How many times as long as keeping a state took training goes on before the next one: keeping
costs at most a fiftieth of the time."""

WriteWeights = Callable[[Path, Weights], str | None]
"""Writes a trained network; gives why it could not."""


@dataclass(slots=True)
class RunKeeper:
    """The reporter and the supervisor of a run that is kept.

    What cannot be written is told once and tried again; it never ends a training.
    """

    folder: RunFolder
    record: RunRecord
    reporter: Reporter
    write_weights: WriteWeights | None = None
    """None for a cross-validation, which keeps no network."""
    is_interrupted: Callable[[], bool] = lambda: False
    clock: Clock = time.monotonic
    folds: tuple[FoldDone, ...] | None = None
    """Those that are done, of a cross-validation."""
    rows: list[tuple[int | None, MetricsRow]] = field(default_factory=list)
    """The lines of the metrics, those of an earlier part of the run among them."""
    fold: int | None = None
    best_epoch: int | None = None
    """The epoch of the best weights on the disk."""
    _begun: bool = False
    _best_is_new: bool = False
    _run_ended: bool = False
    _stop: StopRequest | None = None
    _looked: float = 0.0
    _kept: float = 0.0
    _cost: float = 0.0
    _behind: set[str] = field(default_factory=set)
    """What could not be written, and is not on the disk."""
    _told: bool = False

    # what happens

    def __call__(self, event: Event) -> None:
        self._note(event)
        self.reporter(event)

    def _note(self, event: Event) -> None:
        match event:
            case Started() if not self._begun:
                self._begun = True
                self._update(
                    parameters=event.parameters,
                    multiply_adds=event.multiply_adds,
                    planned_epochs=event.epochs,
                )
                self._kept = self.clock()
                self._write("metrics", lambda: MetricsFiles(self.folder).write(self.rows))
                self.write_record()
            case StepLogged():
                self._append(event)
            case EpochDone():
                self._append(event)
                self._best_is_new = self._best_is_new or event.best
                self._update(epochs=event.epoch, measured=finite(event.measured))
                if event.best and self.fold is None:
                    value = event.measured.get(self.record.monitored)
                    self._update(best_epoch=event.epoch, best_value=value)
            case FoldStarted():
                self.fold = event.fold
            case FoldDone():
                self.folds = (*(self.folds or ()), event)
            case FoldsSummarized():
                mean, deviation = finite(event.mean), finite(event.deviation)
                self._update(measured=mean, deviation=deviation)
            case TestDone():
                self._update(tested=finite(event.measured))
            case ExpectationsChecked():
                items = [
                    ExpectationRecord(
                        text=item.text,
                        value=finite({"": item.value})[""],
                        holds=item.holds,
                        reason=item.reason,
                    )
                    for item in event.items
                ]
                self._update(expectations=items)
            case Stopped(reason=reason):
                self._update(why=reason)
            case Diverged(epoch=epoch, batch=batch):
                self._update(why=f"the loss was not a number in epoch {epoch}, batch {batch}")
            case LossGrew(first=first, last=last):
                self._update(why=f"the loss grew from {first:g} to {last:g}")

    # what is asked

    def request(self) -> StopRequest | None:
        if self.is_interrupted():
            return StopRequest("interrupted", leaves=True)
        now = self.clock()
        if self._stop is None and now - self._looked >= LOOK:
            self._looked = now
            if self.folder.stop_request.exists():
                self._stop = StopRequest("`netc stop`")
                self._write("stop", lambda: self.folder.stop_request.unlink(missing_ok=True))
        return self._stop

    # what is kept

    def is_due(self, *, epoch_ended: bool, run_ended: bool = False) -> bool:
        self._run_ended = run_ended
        best_is_new = epoch_ended and self._best_is_new
        return run_ended or best_is_new or self._is_time(epoch_ended=epoch_ended)

    def _is_time(self, *, epoch_ended: bool) -> bool:
        least = AFTER_EPOCH if epoch_ended else WITHIN_EPOCH
        return self.clock() - self._kept >= max(least, SHARE * self._cost)

    def keep(self, state: TrainingState) -> None:
        start = self.clock()
        epoch_ended = state.progress.now.batch == 0
        self._update(seconds=state.progress.seconds)
        self._keep_best(state)
        must = self._run_ended or self.is_interrupted()
        if epoch_ended and not (must or self._is_time(epoch_ended=True)):
            return
        if not _is_finite(state):
            return  # the next loss is not a number, so the last good state is kept
        if self._write("state", lambda: self._keep_state(state)):
            self._update(steps=state.progress.step, goes_on=False)
        self.write_record()
        self._kept = self.clock()
        self._cost = self._kept - start

    def _keep_best(self, state: TrainingState) -> None:
        best = state.progress.best.epoch
        weights, write = state.best_weights, self.write_weights
        if weights is None or write is None or best == self.best_epoch:
            return
        if self._write("best", lambda: _raise(self._put_weights(self.folder.best, weights))):
            self.best_epoch, self._best_is_new = best, False

    def _keep_state(self, state: TrainingState) -> None:
        write_state(self.folder, KeptState(state, self.folds))
        if self.write_weights is not None:
            _raise(self._put_weights(self.folder.last, state.engine.parameters))

    def _put_weights(self, path: Path, weights: Weights) -> str | None:
        assert self.write_weights is not None
        path.parent.mkdir(exist_ok=True)
        return self.write_weights(path, weights)

    def keep_solution(self, weights: Weights) -> None:
        """Keeps the weights of a training without steps."""
        if self.write_weights is not None:
            self._write("state", lambda: _raise(self._put_weights(self.folder.last, weights)))

    # the end

    def finish(self, status: Status, report: RunReport | None = None, why: str = "") -> None:
        """Notes how the run ended. One whose last state is not on the disk can go on from the one
        before."""
        if status in ("finished", "stopped") and self._behind & {"state", "best"}:
            status, why = "interrupted", "its last state could not be written"
        self._update(status=status, ended=now_text(), process=None, process_started=None)
        if why:
            self._update(why=why)
        if report is not None and report.epochs:
            kept = report.weights_of or len(report.epochs)
            self._update(kept_epoch=report.best_epoch if status == "diverged" else kept)
        text = summary_text(self.record, self.rows)
        if "metrics" in self._behind:
            self._write("metrics", lambda: MetricsFiles(self.folder).write(self.rows))
        self._write("summary", lambda: write_atomically(self.folder.summary, text.encode()))
        self.write_record()

    def write_record(self) -> None:
        self._write("record", lambda: write_record(self.folder.record, self.record))

    @property
    def failed(self) -> bool:
        """Whether something of the run is not on the disk."""
        return bool(self._behind) or not self.folder.model.exists()

    def _append(self, row: MetricsRow) -> None:
        """Adds a line, and those that could not be written before."""
        self.rows.append((self.fold, row))
        files, all_rows = MetricsFiles(self.folder), "metrics" in self._behind
        self._write(
            "metrics", lambda: files.write(self.rows) if all_rows else files.append(self.fold, row)
        )

    def _update(self, **changes: object) -> None:
        self.record = self.record.model_copy(update=changes)

    def _write(self, what: str, work: Callable[[], object]) -> bool:
        """Whether something could be written."""
        try:
            work()
        except OSError as error:
            self._behind.add(what)
            if not self._told:
                self._told = True
                # a reason of our own may name a path, whose letters stay as they are
                reason = error.strerror.lower() if error.strerror else str(error)
                path = str(self.folder.path)
                at = place_of(self.folder.path)
                self.reporter(Warned(CheckpointNotWritten(at=at, path=path, reason=reason)))
            return False
        self._behind.discard(what)
        return True


def _is_finite(state: TrainingState) -> bool:
    return all(np.isfinite(array).all() for array in state.engine.parameters.values())


def _raise(reason: str | None) -> None:
    if reason is not None:
        raise OSError(reason)


def now_text() -> str:
    """The time with its offset from UTC, in seconds."""
    return datetime.now().astimezone().isoformat(timespec="seconds")
