"""One training of a program that is kept in a folder, and goes on from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ...compiler.optimizers.exact import Exact
from ...compiler.problems.runs import CheckpointDamaged, RunChanged, RunDamaged, StateDiffers
from ...grammar.problem import Problems
from ..array_types import Array
from ..engine.state import EngineStateError
from ..engine.synchronization import WorkerError
from ..events import (
    EpochDone,
    EpochStarted,
    Event,
    Reporter,
    RunReport,
    StepDone,
    StepLogged,
    StopTraining,
    Warned,
)
from ..storage.files import place_of
from ..training.run import Left, train_session
from ..training.saved import read_state
from ..training.saved_record import mismatch
from ..training.session import Session
from ..training.spec import RunOptions, Spec
from ..training.trained_state import TrainedState
from .arrays import array_fingerprints, weights_fingerprint
from .changes import changes
from .earlier import Earlier
from .keeping import RunKeeper
from .opening import KeepOptions, Origin, attach, begin_run, engine_record
from .record import ArrayFingerprint, RunRecord
from .taking_up import take_up


@dataclass(slots=True)
class DeferringReporter:
    """A reporter in front of another one. What that raises between two steps is raised only after
    the state was kept: whoever asks finds it in `raised`."""

    reporter: Reporter
    defers: bool
    raised: BaseException | None = None

    def has_raised(self) -> bool:
        return self.raised is not None

    def __call__(self, event: Event) -> None:
        if self.raised is not None:
            return
        try:
            self.reporter(event)
        except StopTraining:
            raise
        except BaseException as error:
            followed = isinstance(event, EpochStarted | StepDone | StepLogged | EpochDone)
            if not (self.defers and followed):
                raise
            self.raised = error


@dataclass(frozen=True, slots=True, eq=False)
class FitRun:
    """How a program's training is kept: in a new folder, or in that of an earlier run."""

    origin: Origin
    has_arrays: bool
    """Whether it trains on arrays, and not on the data of its spec."""
    options: KeepOptions | None = None
    earlier: Earlier | None = None
    start: Mapping[str, Array] | None = None
    """Weights that it starts from."""

    def known(self, spec: Spec) -> TrainedState | None:
        """The network whose columns and classes an earlier run took over with its weights; None
        for a run that began with new ones."""
        if self.earlier is None or not _starts(self.earlier.record):
            return None
        found = read_state(self.earlier.folder.last)
        return None if found is None or mismatch(found, spec.model, spec.graph) else found

    def run_options(self, asked: RunOptions) -> RunOptions:
        """What an earlier run has chosen, and its bits depend on."""
        if self.earlier is None:
            return asked
        return self.earlier.record.engine.options(asked.workers)

    def train(
        self, session: Session, problems: Problems, reporter: Reporter, left: Left
    ) -> RunReport | None:
        """Trains, as `train_session` does, and keeps it."""
        exact = isinstance(session.spec.model.optimizer, Exact)
        deferring = DeferringReporter(reporter, defers=not exact)
        keeper = self._open(session, deferring, problems)
        if keeper is None:
            return None
        keeper.is_interrupted = deferring.has_raised
        try:
            attach(keeper, session, self.origin)
            report = self._train(session, problems, keeper, left)
            if deferring.raised is not None:
                raise deferring.raised  # the loss was no number in the step after it
            self._finish(session, keeper, report, problems)
            return report
        except WorkerError:
            keeper.finish("failed", why="a worker process has died")
            raise
        except BaseException as error:
            raised = deferring.raised or error
            keeper.finish("interrupted", why=_reason(raised))
            if raised is error:
                raise
        assert deferring.raised is not None
        raise deferring.raised

    def _open(self, session: Session, reporter: Reporter, problems: Problems) -> RunKeeper | None:
        arrays = array_fingerprints(session.dataset) if self.has_arrays else []
        if self.earlier is not None:
            return self._take_up(self.earlier, arrays, reporter, problems)
        assert self.options is not None
        if self.start is not None:
            arrays.append(weights_fingerprint(self.start))
        origin = replace(self.origin, arrays=tuple(arrays), engine=engine_record(session))
        return begin_run(self.options, origin, reporter, problems)

    def _take_up(
        self,
        earlier: Earlier,
        arrays: list[ArrayFingerprint],
        reporter: Reporter,
        problems: Problems,
    ) -> RunKeeper | None:
        folder, record = earlier.folder, earlier.record
        at = place_of(folder.path)
        starts = _starts(record)
        if starts and earlier.kept is None:
            reason = "it ended before its first state was saved, and its initial weights are lost"
            problems.add(RunDamaged(at=at, path=str(folder.path), reason=reason))
            return None
        origin = self.origin
        now = [*arrays, *starts]
        lines = changes(folder, record, origin.spec.model, origin.sources, now)
        if lines:
            problems.add(RunChanged(at=at, lines=lines, program=True))
            return None
        if earlier.damage:
            reporter(Warned(CheckpointDamaged(at=at, reason=earlier.damage)))
        return take_up(earlier, origin, reporter, problems)

    def _train(
        self, session: Session, problems: Problems, keeper: RunKeeper, left: Left
    ) -> RunReport | None:
        earlier = self.earlier
        kept = None if earlier is None else earlier.kept
        session = replace(session, goes_on=earlier is not None and earlier.goes_on)
        try:
            return train_session(
                session,
                problems,
                keeper,
                supervisor=keeper,
                resumed=None if kept is None else kept.training,
                left=left,
            )
        except EngineStateError as error:
            path = keeper.folder.path
            problems.add(StateDiffers(at=place_of(path), name=str(path), reason=str(error)))
            return None

    def _finish(
        self, session: Session, keeper: RunKeeper, report: RunReport | None, problems: Problems
    ) -> None:
        if report is not None and report.diverged is not None:
            keeper.finish("diverged", report)
        elif report is None or problems.has_errors():
            keeper.finish("failed", why=next((item.message() for item in problems), ""))
        else:
            if isinstance(session.spec.model.optimizer, Exact):
                keeper.keep_solution(session.engine.parameters())
            keeper.finish("stopped" if report.stopped is not None else "finished", report)


def _starts(record: RunRecord) -> list[ArrayFingerprint]:
    """The weights that a run was given at its start."""
    return [item for item in record.data_arrays if item.part == "start"]


def _reason(error: BaseException) -> str:
    """Why a training was left, for its record; nothing for an interrupt."""
    if isinstance(error, KeyboardInterrupt):
        return ""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
