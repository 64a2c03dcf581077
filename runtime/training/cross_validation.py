"""`kfold`: a spec is trained once per fold, and measured on the samples of that fold.

The folds are divided as the parts of a run are: stratified by class, by group, or in the order of
the data. Every fold begins with the same initial weights and is an ordinary run, whose
preparations are fitted on its own training samples.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from ...compiler.language.frozen import change
from ...compiler.problems.training import FoldsDoNotFit
from ...grammar.problem import Problems
from ..data.load import Fold
from ..data.splits import fold_parts
from ..engine.selection import closing_after
from ..events import (
    Clock,
    Compiled,
    CrossValidationReport,
    Event,
    ExpectationsChecked,
    FoldDone,
    FoldsSummarized,
    FoldStarted,
    NotCompiled,
    Reporter,
    RunReport,
    TorchChosen,
    Tuned,
    Warned,
)
from .engine_choice import build_of
from .fitting import FitData, chosen_of, is_stratified, prepare_arrays, root_of, take_arrays
from .loading.free_sizes import bind_to_arrays
from .loading.spec_data import load_spec_folds
from .loop.progress import UNSUPERVISED, Supervisor, TrainingState
from .metrics.expectations import final_values, judge_values
from .prerequisites import report_missing_prerequisites
from .run import train_session
from .session import Session, open_session
from .spec import RunOptions, Spec

DEFAULT = RunOptions()


@dataclass(frozen=True, slots=True, eq=False)
class EarlierFolds:
    """What a cross-validation that goes on has behind it."""

    done: tuple[FoldDone, ...] = ()
    state: TrainingState | None = None
    """Of the fold after them."""


NONE_EARLIER = EarlierFolds()


@dataclass(frozen=True, slots=True, eq=False)
class FoldTraining:
    """How the folds are trained."""

    options: RunOptions
    reporter: Reporter
    clock: Clock = time.monotonic
    supervisor: Supervisor = UNSUPERVISED
    earlier: EarlierFolds = NONE_EARLIER
    opened: Callable[[Session], None] = lambda session: None
    """Is told what is trained, fold by fold; a problem that it adds ends the cross-validation."""
    on_arrays: bool = False
    """Whether arrays take the place of the data of the spec."""


def cross_validate(
    spec: Spec,
    options: RunOptions = DEFAULT,
    *,
    root: Path,
    problems: Problems,
    reporter: Reporter,
    clock: Clock = time.monotonic,
    supervisor: Supervisor = UNSUPERVISED,
    earlier: EarlierFolds = NONE_EARLIER,
    opened: Callable[[Session], None] = lambda session: None,
) -> CrossValidationReport | None:
    """Trains a spec with `kfold` on the data that it names; None after a problem. A fold that
    diverges is a problem, and ends the cross-validation. `supervisor` keeps the states of each
    fold's training and may stop it; `earlier` is what an earlier cross-validation came to;
    `opened` is told what is trained."""
    report_missing_prerequisites(spec, problems)
    if problems.has_errors():
        return None
    folds = load_spec_folds(spec, root=root, problems=problems, reporter=reporter)
    if folds is None:
        return None
    training = FoldTraining(options, reporter, clock, supervisor, earlier, opened)
    return train_folds(spec, folds, training, problems)


def cross_validate_arrays(
    spec: Spec, data: FitData, options: RunOptions, *, problems: Problems, reporter: Reporter
) -> CrossValidationReport | None:
    """Trains a spec with `kfold` on the arrays of a program, or, without any, on the data that it
    names; None after a problem."""
    if data.x is None:
        return cross_validate(
            spec, options, root=root_of(spec), problems=problems, reporter=reporter
        )
    report_missing_prerequisites(spec, problems, has_data=True)
    if problems.has_errors():
        return None
    # nothing is expected of arrays that the spec does not know
    spec = spec.with_model(change(spec.model, expectations=()))
    taken = take_arrays(spec, data, problems)
    if taken is None:
        return None
    assert spec.model.kfold is not None
    raw = taken.raw
    parts = fold_parts(
        chosen_of(spec, raw), spec.model.kfold.folds, stratify=is_stratified(spec, raw)
    )
    if isinstance(parts, str):
        problems.add(FoldsDoNotFit(at=spec.place("kfold"), reason=parts))
        return None
    folds = tuple(partial(prepare_arrays, spec, raw, fold) for fold in parts)
    training = FoldTraining(options, reporter, on_arrays=True)
    return train_folds(spec, folds, training, problems)


def train_folds(
    spec: Spec, folds: tuple[Fold, ...], training: FoldTraining, problems: Problems
) -> CrossValidationReport | None:
    """Trains a spec on each fold; None after a problem."""
    reporter, options = training.reporter, training.options
    once = replace(training, reporter=_once(reporter))
    measured: list[FoldDone] = list(training.earlier.done)
    for number, fold in enumerate(folds, 1):
        if number <= len(measured):
            continue
        start = training.clock()
        dataset = fold(problems)
        if dataset is None:
            return None
        build = build_of(options, once.reporter)
        bound = bind_to_arrays(spec, dataset, problems) if training.on_arrays else spec
        if bound is None:
            return None
        session = open_session(bound, dataset, problems, options, build=build)
        if session is None:
            return None
        train = partial(_train_fold, session, FoldStarted(number, len(folds)), once, problems)
        report = closing_after(session.engine, train)
        if report is None or problems.has_errors():
            return None
        options = _as_chosen(options, session)
        values, reasons = final_values(report)
        seconds = training.clock() - start
        done = FoldDone(number, len(report.epochs), values, reasons, seconds, report)
        measured.append(done)
        reporter(done)
    summary = _summarize(measured)
    reporter(summary)
    wanted = () if options.fast else spec.model.expectations
    reasons = {name: why for done in reversed(measured) for name, why in done.reasons.items()}
    nothing = dict.fromkeys(reasons, float("nan"))
    results = judge_values(wanted, nothing | dict(summary.mean), reasons, spec.spans)
    if results:
        reporter(ExpectationsChecked(results))
    reports = tuple(done.report for done in measured if done.report is not None)
    return CrossValidationReport(reports, summary.mean, summary.deviation, results)


def _as_chosen(options: RunOptions, session: Session) -> RunOptions:
    """What the last bits depend on is chosen for the first fold, and holds for all: a run that goes
    on in a later one knows no more than that."""
    engine = session.engine
    return replace(options, tunes=False, shards=engine.shards, algorithms=engine.algorithms)


def _train_fold(
    session: Session, started: FoldStarted, training: FoldTraining, problems: Problems
) -> RunReport | None:
    """An ordinary run, which is not judged by itself."""
    training.opened(session)
    if problems.has_errors():
        return None
    training.reporter(started)
    earlier = training.earlier
    return train_session(
        replace(session, spec=_without_expectations(session.spec)),
        problems,
        training.reporter,
        clock=training.clock,
        supervisor=training.supervisor,
        resumed=earlier.state if started.fold == len(earlier.done) + 1 else None,
    )


def _without_expectations(spec: Spec) -> Spec:
    return spec.with_model(change(spec.model, expectations=()))


def _summarize(folds: list[FoldDone]) -> FoldsSummarized:
    """Mean and standard deviation of what has a meaning in every fold."""
    undefined = {name for fold in folds for name in fold.reasons}
    names = [name for name in folds[0].measured if name not in undefined]
    columns = {name: np.array([fold.measured[name] for fold in folds]) for name in names}
    return FoldsSummarized(
        {name: float(column.mean()) for name, column in columns.items()},
        {name: float(column.std()) for name, column in columns.items()},
    )


def _once(reporter: Reporter) -> Reporter:
    """Hands events on; warnings, and what tuning and compiling did, only in the first fold that has
    them."""
    told: set[object] = set()

    def tell(event: Event) -> None:
        if isinstance(event, Warned | Tuned | Compiled | NotCompiled | TorchChosen):
            kind = type(event)
            said = (event.problem.code, event.problem.at) if isinstance(event, Warned) else kind
            if said in told:
                return
            told.add(said)
        reporter(event)

    return tell
