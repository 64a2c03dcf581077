"""Several settings of one spec, each an ordinary run with the same seed and the same data."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from ...compiler.language.frozen import change
from ...compiler.problems.running import TrainingDiverged
from ...grammar.problem import Problem, Problems, in_order
from ..engine.selection import closing_after
from ..events import Clock, CrossValidationReport, Event, Reporter, RunReport
from .cross_validation import FoldTraining, train_folds
from .engine_choice import build_of
from .loading.shared_data import SharedData
from .metrics.expectations import final_values
from .prerequisites import report_missing_prerequisites
from .run import train_session
from .session import open_session
from .spec import RunOptions, Spec

VariantReport = RunReport | CrossValidationReport


@dataclass(frozen=True, slots=True, eq=False)
class Variant:
    """A spec with some of its values set."""

    title: str
    """What is set: `lr=0.1 batch=32`."""
    spec: Spec


@dataclass(frozen=True, slots=True)
class VariantStarted:
    """A variant begins. What follows are the events of its run, up to its `VariantDone`."""

    title: str


@dataclass(frozen=True, slots=True, eq=False)
class VariantDone:
    """A variant ended."""

    title: str
    report: VariantReport | None
    """None where it could not be trained."""
    problem: Problem | None
    """Why it diverged, or could not be trained."""
    seconds: float
    watched: str = ""
    """The quantity that its best epoch is chosen by; of folds, no epoch is."""

    @property
    def diverged(self) -> bool:
        return isinstance(self.problem, TrainingDiverged)

    @property
    def epochs(self) -> tuple[int, ...]:
        """How many were trained, of each fold."""
        if isinstance(self.report, CrossValidationReport):
            return tuple(len(fold.epochs) for fold in self.report.folds)
        return () if self.report is None else (len(self.report.epochs),)

    def measured(self) -> dict[str, float]:
        """With the weights that were kept; the mean of folds."""
        if self.report is None or self.problem is not None:
            return {}
        if isinstance(self.report, CrossValidationReport):
            return dict(self.report.mean)
        return final_values(self.report)[0]

    def deviation(self) -> dict[str, float]:
        """The standard deviation over the folds, where there are some."""
        if self.problem is not None or not isinstance(self.report, CrossValidationReport):
            return {}
        return dict(self.report.deviation)

    def best(self) -> tuple[int, float] | None:
        """The best epoch, and what the watched quantity was."""
        if not isinstance(self.report, RunReport) or self.report.best_epoch is None:
            return None
        epoch = self.report.best_epoch
        return epoch, self.report.epochs[epoch - 1].measured[self.watched]


VariantEvent = Event | VariantStarted | VariantDone


def run_variants(
    variants: Sequence[Variant],
    options: RunOptions,
    data: SharedData,
    reporter: Callable[[VariantEvent], None],
    *,
    clock: Clock = time.monotonic,
) -> tuple[VariantDone, ...]:
    """Trains each variant; one that diverges does not keep the others from it."""
    done = []
    for variant in variants:
        reporter(VariantStarted(variant.title))
        done.append(run_variant(variant, options, data, reporter, clock=clock))
        reporter(done[-1])
    return tuple(done)


def run_variant(
    variant: Variant,
    options: RunOptions,
    data: SharedData,
    reporter: Reporter,
    *,
    clock: Clock = time.monotonic,
) -> VariantDone:
    """Trains one variant as `netc run` would. Nothing is expected of it."""
    spec = variant.spec
    spec = spec.with_model(change(spec.model, expectations=(), tune=None))
    problems, start, watched = Problems(), clock(), ""
    report_missing_prerequisites(spec, problems)
    loaded = None if problems.has_errors() else data.load(spec, problems, reporter)
    report: VariantReport | None = None
    if isinstance(loaded, tuple):
        training = FoldTraining(options, reporter, clock)
        report = train_folds(spec, loaded, training, problems)
    elif loaded is not None:
        build = build_of(options, reporter)
        session = open_session(spec, loaded, problems, options, build=build)
        if session is not None:
            watched = session.settings.watched
            train = partial(train_session, session, problems, reporter, clock=clock)
            report = closing_after(session.engine, train)
    problem = next((item for item in in_order(problems) if item.is_error), None)
    return VariantDone(variant.title, report, problem, clock() - start, watched)
