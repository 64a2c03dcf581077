"""What the report of a finished run shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from ....grammar.problem import Problem, Problems
from ...analysis.inspection.report import inspect_network
from ...events import CrossValidationReport, RunReport
from ...training.diagnosis.balance import weights_in_words
from ...training.session import Session
from ...training.spec import Spec
from ..data import (
    Insides,
    NamedTexts,
    PredictedNumbers,
    ReportData,
    ReportedClasses,
    ReportedData,
    ReportStatus,
    RocCurve,
    RunFacts,
    SamplePicture,
    StepTimes,
    WorstSamples,
)
from .held_out import find_classes, held_out_title
from .inside import insides_of, inspect_session
from .network import network_of
from .numbers import predicted_numbers
from .samples import rebuilt_pairs, worst_samples
from .settings import settings_of
from .times import step_times
from .training import (
    curves_of,
    expected_of,
    figures_of,
    fold_figures,
    status_of,
    told_of,
)

PARTS = ("training", "validation", "test")
LONGEST_TEXT = 100_000
"""Characters of a spec."""
WITHOUT_MEMORY = "there was not enough memory"


@dataclass(slots=True)
class LookedAt:
    """What a look at the trained network gave."""

    classes: ReportedClasses | None = None
    rocs: tuple[RocCurve, ...] = ()
    numbers: tuple[PredictedNumbers, ...] = ()
    worst: WorstSamples | None = None
    rebuilt: tuple[tuple[SamplePicture, SamplePicture], ...] = ()
    insides: Insides | None = None
    times: StepTimes | None = None
    missing: NamedTexts = ()

    def lack(self, what: str, why: str) -> None:
        """Notes that something is not shown."""
        self.missing = (*self.missing, (what, why))


def collect(
    session: Session,
    report: RunReport,
    facts: RunFacts,
    told: Iterable[Problem] = (),
    *,
    measures: bool = True,
) -> ReportData:
    """What a report shows of a run. The engine of the session, which is not closed yet, has the
    weights that were kept, and the session keeps its samples as they were read
    (`RunOptions.keeps_samples`). `told` are the warnings and errors of the run; without `measures`,
    no steps are timed."""
    dataset, spec = session.dataset, session.spec
    found = _look(session, report, measures=measures)
    status, why = status_of(report, facts)
    parts = (dataset.train, dataset.validation, dataset.test)
    sizes = [(name, len(part)) for name, part in zip(PARTS, parts, strict=True) if part is not None]
    return ReportData(
        facts=facts,
        spec=shortened(spec.source.text),
        settings=settings_of(spec.model),
        network=network_of(spec.graph, facts.title),
        data=ReportedData(
            dataset.name,
            dataset.note,
            tuple(sizes),
            tuple(dataset.hashes.items()),
            weights_in_words(dataset, session.objective),
        ),
        status=status,
        status_text=why,
        epochs=len(report.epochs),
        best_epoch=report.best_epoch,
        weights_of=report.weights_of,
        curves=tuple(curves_of(report.epochs)),
        figures=figures_of(report),
        expected=expected_of(report.expectations),
        told=told_of(told),
        classes=found.classes,
        rocs=found.rocs,
        numbers=found.numbers,
        worst=found.worst,
        rebuilt=found.rebuilt,
        insides=found.insides,
        times=found.times,
        missing=found.missing,
    )


def collect_folds(
    spec: Spec, report: CrossValidationReport, facts: RunFacts, told: Iterable[Problem] = ()
) -> ReportData:
    """The same of a cross-validation, which keeps no network."""
    folds = report.folds
    curves = (
        curve
        for number, fold in enumerate(folds, 1)
        for curve in curves_of(fold.epochs, f"fold {number}")
    )
    data = spec.model.data
    grew = any(fold.grew is not None or fold.diverged is not None for fold in folds)
    status: ReportStatus = "finished"
    if facts.running or facts.interrupted:
        status = "running" if facts.running else "interrupted"
    status = "diverged" if grew else status
    return ReportData(
        facts=facts,
        spec=shortened(spec.source.text),
        settings=settings_of(spec.model),
        network=network_of(spec.graph, facts.title),
        data=ReportedData("" if data is None else data.word, "", ()),
        status=status,
        status_text="the loss of a fold grew" if grew else "",
        epochs=max((len(fold.epochs) for fold in folds), default=0),
        best_epoch=None,
        weights_of=None,
        curves=tuple(curves),
        figures=fold_figures(report),
        expected=expected_of(report.expectations),
        told=told_of(told),
        missing=(("classes, samples and layers", "a cross-validation keeps no network"),),
        folds=len(folds),
    )


def collect_curves(
    spec: Spec,
    report: RunReport,
    facts: RunFacts,
    told: Iterable[Problem] = (),
    *,
    reason: str = "there are no weights",
) -> ReportData:
    """The same of a run whose network is not at hand, for a reason: what was measured in it."""
    status, why = status_of(report, facts)
    data = spec.model.data
    return ReportData(
        facts=facts,
        spec=shortened(spec.source.text),
        settings=settings_of(spec.model),
        network=network_of(spec.graph, facts.title),
        data=ReportedData("" if data is None else data.word, "", ()),
        status=status,
        status_text=why,
        epochs=len(report.epochs),
        best_epoch=report.best_epoch,
        weights_of=report.weights_of,
        curves=tuple(curves_of(report.epochs)),
        figures=figures_of(report),
        expected=expected_of(report.expectations),
        told=told_of(told),
        missing=(("classes, samples and layers", reason),),
    )


def shortened(text: str) -> str:
    """A text that a page can hold."""
    left = len(text) - LONGEST_TEXT
    return text if left <= 0 else f"{text[:LONGEST_TEXT]}\n# ... and {left:,} more characters\n"


def _look(session: Session, report: RunReport, *, measures: bool) -> LookedAt:
    """Looks at the trained network, as far as there is one and the memory reaches."""
    found = LookedAt()
    weights = session.engine.parameters().values()
    if not all(np.isfinite(array).all() for array in weights):
        found.lack("classes, samples and layers", "the weights are not finite numbers")
        return found
    if not report.epochs:
        found.lack("classes, samples and layers", "no epoch was completed")
        return found
    try:
        classes = find_classes(session)
        if classes is not None:
            found.classes, found.rocs = classes.classes, classes.rocs
    except MemoryError:
        found.lack("classes", WITHOUT_MEMORY)
    try:
        _look_inside(session, found)
    except MemoryError:
        found.lack("samples and layers", WITHOUT_MEMORY)
    if measures:
        try:
            times = step_times(session, report)
            if isinstance(times, str):
                found.lack("time by layer", times)
            else:
                found.times = times
        except MemoryError:
            found.lack("time by layer", WITHOUT_MEMORY)
    return found


def _look_inside(session: Session, found: LookedAt) -> None:
    if not session.dataset.unprepared:
        found.lack("samples and layers", "the samples were not kept as they were read")
        return
    problems = Problems()
    inspection = inspect_session(session, problems)
    if inspection is None:
        reason = next((problem.message() for problem in problems), "the network cannot be opened")
        found.lack("samples and layers", reason)
        return
    part = held_out_title(session)
    report = inspect_network(inspection, None)
    found.insides = insides_of(inspection, report, part)
    found.numbers = predicted_numbers(inspection, part)
    found.rebuilt = rebuilt_pairs(inspection)
    found.worst = worst_samples(inspection, report.outcomes, part)


def with_facts(data: ReportData, facts: RunFacts) -> ReportData:
    """The same with other facts, such as the time that is known at the end."""
    return replace(data, facts=facts)
