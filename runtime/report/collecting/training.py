"""Curves, final figures, and how a run ended."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ....compiler.diagnostics import diagnostic
from ....grammar.problem import Problem
from ...events import CrossValidationReport, Diverged, EpochDone, ExpectationResult, RunReport
from ...training.metrics.expectations import final_values
from ..data import Expected, FinalFigure, ReportCurve, ReportStatus, RunFacts, Told
from ..thinning import thinned

PARTS = {"train_": "training", "val_": "validation"}
RATE = "learning rate"


def curves_of(epochs: Sequence[EpochDone], series: str = "") -> Iterator[ReportCurve]:
    """What was measured over the epochs, and the learning rate. `series` is what the curves of a
    fold are called."""
    if not epochs:
        return
    numbers = [done.epoch for done in epochs]
    # what a report measures of each class is a table of its own
    for name in (name for name in epochs[0].measured if not name.endswith("]")):
        quantity, part = split_name(name)
        values = [done.measured.get(name, float("nan")) for done in epochs]
        yield _curve(quantity, f"{series}, {part}" if series else part, numbers, values)
    rates = [done.rate for done in epochs if done.rate is not None]
    if rates and not series:
        yield _curve(RATE, "", numbers, rates)


def _curve(
    quantity: str, series: str, epochs: Sequence[int], values: Sequence[float]
) -> ReportCurve:
    kept = thinned(values)
    return ReportCurve(
        quantity, series, tuple(epochs[at] for at in kept), tuple(float(values[at]) for at in kept)
    )


def split_name(name: str) -> tuple[str, str]:
    """`val_acc` is the quantity `acc` of the `validation` part."""
    for prefix, part in PARTS.items():
        if name.startswith(prefix):
            return name.removeprefix(prefix), part
    return name, "test"


def figures_of(report: RunReport) -> tuple[FinalFigure, ...]:
    """What was measured with the weights that were kept."""
    if not report.epochs:
        return ()
    values, reasons = final_values(report)
    return _figures(values, reasons, {})


def fold_figures(report: CrossValidationReport) -> tuple[FinalFigure, ...]:
    """The means over the folds."""
    return _figures(report.mean, {}, report.deviation)


def _figures(
    values: Mapping[str, float], reasons: Mapping[str, str], deviations: Mapping[str, float]
) -> tuple[FinalFigure, ...]:
    return tuple(
        FinalFigure(*split_name(name), float(value), deviations.get(name), reasons.get(name, ""))
        for name, value in values.items()
        if not name.endswith("]")
    )


def expected_of(items: Iterable[ExpectationResult]) -> tuple[Expected, ...]:
    """Each `expect` that was judged."""
    return tuple(Expected(item.text, item.value, item.holds, item.reason) for item in items)


def told_of(problems: Iterable[Problem]) -> tuple[Told, ...]:
    """What netc said of the run."""
    found = map(diagnostic, problems)
    return tuple(
        Told(item.code, item.message, f"{item.file}:{item.line}" if item.line else "", item.help)
        for item in found
    )


def status_of(report: RunReport, facts: RunFacts) -> tuple[ReportStatus, str]:
    """How the run ended, and why."""
    if facts.running:
        return "running", "this is what there is so far"
    if report.diverged is not None:
        return "diverged", _divergence(report.diverged)
    if facts.interrupted:
        return "interrupted", "the run was stopped before its end"
    if report.grew is not None:
        grew = f"the loss grew from {report.grew.first:.4g} to {report.grew.last:.4g}"
        return "diverged", grew
    if report.stopped is not None:
        return "stopped early", report.stopped.reason
    return "finished", ""


def _divergence(diverged: Diverged) -> str:
    culprit = diverged.culprit
    first = ""
    if culprit is not None:
        name = f" `{culprit.name}`" if culprit.name else ""
        first = f"; the first value that is not finite is in the {culprit.kind}{name}"
    return f"the loss is {diverged.loss} in epoch {diverged.epoch}, batch {diverged.batch}{first}"
