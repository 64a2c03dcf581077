"""Training epoch by epoch on arrays that come one after the other: `Model.partial_fit`.

Between two epochs everything is kept that a resumed run would have: the state of the optimizer, the
position in the schedule, the random numbers. Preparations, classes and widths are those of the
first samples.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial

from ...compiler.language.frozen import change
from ...compiler.optimizers.exact import Exact
from ...compiler.problems.weighting import NoStepsToContinue
from ...grammar.problem import Problems
from ..engine.selection import closing_after
from ..events import EpochDone, Event, Reporter, RunReport
from .engine_choice import build_of
from .fitting import FitData, FitOptions, FitResult, fit, leaving, open_on_arrays, weights_of
from .loop.progress import StopRequest, TrainingState
from .prerequisites import report_missing_prerequisites
from .run import Left, train_session
from .session import Session
from .spec import Spec
from .trained_state import TrainedState


@dataclass(frozen=True, slots=True, eq=False)
class TrainedFurther:
    """A network after an epoch, and what the next one goes on from."""

    result: FitResult
    training: TrainingState


def train_further(
    spec: Spec,
    data: FitData,
    options: FitOptions,
    trained: TrainedState | None,
    training: TrainingState | None,
    *,
    problems: Problems,
    reporter: Reporter,
) -> TrainedFurther | None:
    """One more epoch; None after a problem. `trained` is the network so far and `training` what the
    last epoch left; None before the first one. Raises WorkerError when a worker has died."""
    if isinstance(spec.model.optimizer, Exact):
        problems.add(NoStepsToContinue(at=spec.place("optimizer")))
        return None
    done = 0 if training is None else training.progress.epoch - 1
    train = spec.model.train
    # the schedule reaches to the epochs of the spec, and then as far as there are any
    spec = spec.with_model(
        change(spec.model, train=change(train, epochs=max(train.epochs, done + 1)))
    )
    one = _OneEpoch(reporter)
    if trained is None:
        first = replace(options, train=partial(_train, one, None))
        result = fit(spec, data, first, problems=problems, reporter=reporter)
    else:
        result = _fit_more(spec, data, options, trained, training, one, problems)
    if result is None or problems.has_errors():
        return None
    assert one.kept is not None  # an epoch without a problem leaves its state
    return TrainedFurther(result, one.kept)


def _fit_more(
    spec: Spec,
    data: FitData,
    options: FitOptions,
    trained: TrainedState,
    training: TrainingState | None,
    one: _OneEpoch,
    problems: Problems,
) -> FitResult | None:
    report_missing_prerequisites(spec, problems, has_data=True)
    if problems.has_errors():
        return None
    build = build_of(options.run, one.reporter)
    opened = open_on_arrays(spec, trained, data, problems, build=build, purpose="train")
    if opened is None:
        return None
    session = replace(opened.session, goes_on=training is not None)

    def state_of() -> TrainedState:
        return replace(trained, weights=weights_of(session))

    def work() -> FitResult | None:
        left = leaving(state_of, spec, options)
        report = _train(one, training, session, problems, one.reporter, left)
        return None if report is None else FitResult(state_of(), report, spec)

    return closing_after(session.engine, work)


def _train(
    one: _OneEpoch,
    training: TrainingState | None,
    session: Session,
    problems: Problems,
    reporter: Reporter,
    left: Left,
) -> RunReport | None:
    # a part of the data may lack classes, or be odd in other ways that the whole is not
    session = replace(session, warnings=())
    return train_session(session, problems, one.told, supervisor=one, resumed=training, left=left)


@dataclass(slots=True, eq=False)
class _OneEpoch:
    """Ends a training after an epoch, and keeps the state in which it is."""

    reporter: Reporter
    kept: TrainingState | None = field(default=None, init=False)
    ended: bool = field(default=False, init=False)

    def told(self, event: Event) -> None:
        self.ended = self.ended or isinstance(event, EpochDone)
        self.reporter(event)

    def request(self) -> StopRequest | None:
        return StopRequest("one epoch was asked for") if self.ended else None

    def is_due(self, *, epoch_ended: bool, run_ended: bool = False) -> bool:
        return self.ended and run_ended

    def keep(self, state: TrainingState) -> None:
        self.kept = state
