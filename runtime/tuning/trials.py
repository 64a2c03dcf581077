"""One setting of a spec, checked and trained as any run is.

The data is loaded once per process, and again only for a setting that reads or prepares it in
another way. The test part is not looked at: what is chosen by trials must not know it.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from functools import partial
from math import isfinite

from ...compiler.ir import Model
from ...compiler.language.frozen import change
from ...compiler.problems.tuning import NoValidation
from ...grammar.problem import Problem, Problems, in_order
from ..engine.selection import closing_after
from ..events import (
    Clock,
    CrossValidationReport,
    EpochDone,
    Event,
    FoldDone,
    Reporter,
    RunReport,
    StepDone,
)
from ..training.cross_validation import FoldTraining, train_folds
from ..training.engine_choice import build_of
from ..training.loading.shared_data import SharedData
from ..training.metrics.expectations import final_values
from ..training.prerequisites import report_missing_prerequisites
from ..training.run import train_session
from ..training.session import open_session
from ..training.spec import RunOptions, Spec
from .results import Ending, Goal, Outcome
from .space import Check, TrialSetting
from .study import GoesOn

REPORTS = 20
"""How often, at most, a trial says how far it has come, for others to be compared with it."""


class HopelessError(Exception):
    """A trial is worse than the others at the same epoch."""


class OrphanedError(Exception):
    """The process that started this one has ended."""


def trial_spec(spec: Spec) -> Spec:
    """What a trial trains of a spec: nothing is searched in it, and nothing expected of it."""
    return spec.with_model(change(spec.model, tune=None, expectations=()))


@dataclass(slots=True)
class Trainer:
    """Trains settings of one spec, one after the other."""

    check: Check
    data: SharedData
    options: RunOptions
    reporter: Reporter = field(default=lambda event: None)
    clock: Clock = time.monotonic
    parent: int | None = None
    """The process without which this one is to end."""

    def stay_only_with_parent(self) -> None:
        """Raises `OrphanedError` where the process has lost the one that it works for."""
        if self.parent is not None and os.getppid() != self.parent:
            raise OrphanedError

    def prepare(self, spec: Spec, problems: Problems) -> Goal | None:
        """Loads the data, and finds what trials are compared by; None after a problem."""
        spec = trial_spec(spec)
        report_missing_prerequisites(spec, problems)
        if problems.has_errors():
            return None
        data = self.data.load(spec, problems, self.reporter)
        dataset = data[0](problems) if isinstance(data, tuple) else data
        session = None
        if dataset is not None:
            session = open_session(spec, dataset, problems, self.options, purpose="evaluate")
        if session is None or problems.has_errors():
            return None
        session.engine.close()
        if dataset is None or dataset.validation is None:
            problems.add(NoValidation(at=spec.place("tune")))
            return None
        names = session.objective.measured()
        columns = tuple(prefix + name for prefix in ("train_", "val_") for name in names)
        return Goal(f"val_{_first_metric(spec.model, names)}", columns)

    def train(self, goal: Goal, setting: TrialSetting, watch: GoesOn) -> Outcome:
        """What training with a setting comes to."""
        start = self.clock()
        checked = self.check(setting)
        if checked.has_errors:
            return Outcome("failed", reason=_first(checked.problems))
        spec = trial_spec(Spec.of(checked))
        problems = Problems()
        reporter = _Watcher(self, goal.quantity, watch, _every(spec.model), folded=False)
        try:
            report = self._train(spec, problems, reporter)
        except HopelessError:
            return replace(reporter.outcome("pruned", ""), seconds=self.clock() - start)
        except MemoryError as error:
            return Outcome("failed", reason=f"out of memory: {error}")
        outcome = _judged(report, problems, goal, reporter)
        return replace(outcome, seconds=self.clock() - start)

    def _train(
        self, spec: Spec, problems: Problems, reporter: _Watcher
    ) -> RunReport | CrossValidationReport | None:
        data = self.data.load(spec, problems, self.reporter)
        if data is None:
            return None
        if isinstance(data, tuple):
            reporter.folded = True
            return train_folds(spec, data, FoldTraining(self.options, reporter), problems)
        build = build_of(self.options, reporter)
        session = open_session(spec, data, problems, self.options, build=build)
        if session is None:
            return None
        train = partial(train_session, session, problems, reporter)
        return closing_after(session.engine, train)


@dataclass(slots=True)
class _Watcher:
    """The reporter of one trial: hands events on, and stops a hopeless trial."""

    trainer: Trainer
    quantity: str
    watch: GoesOn
    every: int
    folded: bool
    epochs: int = 0
    last: EpochDone | None = None
    folds: list[float] = field(default_factory=list)

    def __call__(self, event: Event) -> None:
        trainer = self.trainer
        if isinstance(event, EpochDone | StepDone):
            trainer.stay_only_with_parent()
        trainer.reporter(event)
        if isinstance(event, EpochDone):
            self.epochs, self.last = self.epochs + 1, event
            if not self.folded and event.epoch % self.every == 0:
                self._report(event.epoch, event.measured.get(self.quantity, float("nan")))
        if isinstance(event, FoldDone):
            self.folds.append(event.measured.get(self.quantity, float("nan")))
            self._report(event.fold, sum(self.folds) / len(self.folds))

    def _report(self, step: int, value: float) -> None:
        if isfinite(value) and not self.watch(step, value):
            raise HopelessError

    def outcome(self, ending: Ending, reason: str) -> Outcome:
        """Of a trial without a value."""
        measured = {} if self.last is None or self.folded else dict(self.last.measured)
        return Outcome(ending, reason=reason, epochs=self.epochs, measured=measured)


def _judged(
    report: RunReport | CrossValidationReport | None,
    problems: Problems,
    goal: Goal,
    reporter: _Watcher,
) -> Outcome:
    if report is None or problems.has_errors():
        found = in_order(problems)
        diverged = any(problem.code == "E0651" for problem in found)
        return reporter.outcome("diverged" if diverged else "failed", _first(found))
    if isinstance(report, CrossValidationReport):
        measured, reasons = dict(report.mean), dict[str, str]()
    else:
        measured, reasons = final_values(report)
    value = measured.get(goal.quantity, float("nan"))
    if not isfinite(value):
        reason = reasons.get(goal.quantity, "it is not defined in every fold")
        return reporter.outcome("failed", f"{goal.quantity}: {reason}")
    return Outcome("trained", value, "", reporter.epochs, measured)


def _first(problems: tuple[Problem, ...]) -> str:
    """The first error, for a row of a table."""
    return next(f"{item.code}: {item.message()}" for item in problems if item.is_error)


def _every(model: Model) -> int:
    """At every how manyth epoch a trial says how far it has come."""
    return -(-int(model.train.epochs) // REPORTS)


def _first_metric(model: Model, names: tuple[str, ...]) -> str:
    """The first metric of the spec that is one number, else the accuracy of classes, else the
    loss."""
    wanted: tuple[str, ...] = (*(metric.word for metric in model.metrics), "acc", "loss")
    return next(name for name in wanted if name in names)
