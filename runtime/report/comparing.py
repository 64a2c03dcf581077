"""What a page that compares several runs shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from ...compiler.training.monitors import measure
from .charts.frame import Chart
from .charts.lines import mark_of
from .charts.markup import spelled
from .data import ReportCurve, ReportData
from .thinning import thinned
from .views import moment, named, quantity_chart, time_text

MOST_SETTINGS = 80
MOST_POINTS, LEAST_POINTS = 4000, 40
"""Of all curves of a chart together, and of one."""


@dataclass(frozen=True, slots=True)
class ComparedRun:
    """One of the runs."""

    name: str
    mark: str
    """The classes of its colour."""
    data: ReportData


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A quantity or a setting of every run."""

    name: str
    cells: tuple[str, ...]
    best: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several runs beside each other."""

    title: str
    runs: tuple[ComparedRun, ...]
    figures: tuple[ComparedRow, ...]
    settings: tuple[ComparedRow, ...]
    left_out: int
    charts: tuple[Chart, ...]


def comparison_of(runs: Sequence[ReportData]) -> Comparison:
    """Final figures, settings that differ, and curves over each other."""
    named_runs = tuple(
        ComparedRun(name, mark_of(number), data)
        for number, (name, data) in enumerate(zip(_names(runs), runs, strict=True))
    )
    settings = _settings(runs)
    return Comparison(
        f"Comparison of {len(runs)} runs",
        named_runs,
        _figures(runs),
        settings[:MOST_SETTINGS],
        max(0, len(settings) - MOST_SETTINGS),
        _charts(named_runs),
    )


def _names(runs: Sequence[ReportData]) -> list[str]:
    """Titles; with the time of the run, or a number, where several have the same one."""
    titles = [run.facts.title for run in runs]
    if len(set(titles)) < len(titles):
        titles = [f"{run.facts.title} {moment(run.facts.started)}".strip() for run in runs]
    if len(set(titles)) < len(titles):
        titles = [f"{title} ({number})" for number, title in enumerate(titles, 1)]
    return titles


def _figures(runs: Sequence[ReportData]) -> tuple[ComparedRow, ...]:
    keys = dict.fromkeys(
        (part, figure.quantity)
        for part in ("test", "validation", "training")
        for run in runs
        for figure in run.figures
        if figure.part == part
    )
    rows = []
    for part, quantity in keys:
        found = [
            next((f for f in run.figures if (f.part, f.quantity) == (part, quantity)), None)
            for run in runs
        ]
        values = [None if one is None or one.reason else one.value for one in found]
        cells = tuple(
            ""
            if one is None
            else spelled(one.value)
            + ("" if one.deviation is None else f" ± {spelled(one.deviation)}")
            for one in found
        )
        rows.append(ComparedRow(f"{part} {named(quantity)}", cells, _best(values, quantity)))
    rows += [
        ComparedRow("parameters", tuple(_count(run.network.parameters) for run in runs)),
        ComparedRow("multiply-adds", tuple(_count(run.network.multiply_adds) for run in runs)),
        ComparedRow("epochs", tuple(f"{run.epochs:,}" for run in runs)),
        ComparedRow("best epoch", tuple(_count(run.best_epoch) for run in runs)),
        ComparedRow("time", tuple(_time(run.facts.seconds) for run in runs)),
        ComparedRow("status", tuple(run.status for run in runs)),
    ]
    return tuple(row for row in rows if any(row.cells))


def _best(values: Sequence[float | None], quantity: str) -> tuple[bool, ...]:
    """Which runs are the best by a quantity, where they differ."""
    known = [value for value in values if value is not None and isfinite(value)]
    if len(set(known)) < 2:
        return ()
    # a second output has its label in front: `aux_acc`
    found = measure(quantity) or measure(quantity.partition("_")[2])
    if found is None:
        return ()
    best = max(known) if found.larger_is_better else min(known)
    return tuple(value == best for value in values)


def _settings(runs: Sequence[ReportData]) -> tuple[ComparedRow, ...]:
    """Those that are not the same in all runs."""
    tables = [dict(run.settings) for run in runs]
    names = dict.fromkeys(name for table in tables for name in table)
    rows = [ComparedRow(name, tuple(table.get(name, "") for table in tables)) for name in names]
    return tuple(row for row in rows if len(set(row.cells)) > 1)


def _charts(runs: Sequence[ComparedRun]) -> tuple[Chart, ...]:
    """A chart for each quantity and part; of folds their mean."""
    curves = [(run, curve) for run in runs for curve in _curves(run.data)]
    keys = dict.fromkeys((curve.quantity, curve.series) for _, curve in curves)
    charts = []
    for quantity, series in sorted(keys, key=lambda key: key[0] == "learning rate"):
        here = [
            (run, curve)
            for run, curve in curves
            if (curve.quantity, curve.series) == (quantity, series)
        ]
        chart = quantity_chart(
            quantity,
            [_fewer(curve, run.name, len(runs)) for run, curve in here],
            None,
            [run.mark for run, _ in here],
        )
        title = f"{named(quantity)}, {series}" if series else named(quantity)
        charts.append(Chart(title, chart.svg, (), chart.note))
    return tuple(charts)


def _fewer(curve: ReportCurve, name: str, runs: int) -> ReportCurve:
    """The curve of a run among so many."""
    kept = thinned(curve.values, max(LEAST_POINTS, MOST_POINTS // runs))
    return ReportCurve(
        curve.quantity,
        name,
        tuple(curve.epochs[at] for at in kept),
        tuple(curve.values[at] for at in kept),
    )


def _curves(data: ReportData) -> list[ReportCurve]:
    if data.folds is None:
        return list(data.curves)
    groups: dict[tuple[str, str], list[ReportCurve]] = {}
    for curve in data.curves:
        groups.setdefault((curve.quantity, curve.series.rpartition(", ")[2]), []).append(curve)
    return [_mean(quantity, part, found) for (quantity, part), found in groups.items()]


def _mean(quantity: str, part: str, curves: Sequence[ReportCurve]) -> ReportCurve:
    """The mean over the folds, at the epochs that all of them have."""
    tables = [dict(zip(curve.epochs, curve.values, strict=True)) for curve in curves]
    epochs = [epoch for epoch in tables[0] if all(epoch in table for table in tables)]
    means = tuple(sum(table[epoch] for table in tables) / len(tables) for epoch in epochs)
    return ReportCurve(quantity, part, tuple(epochs), means)


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _time(seconds: float | None) -> str:
    return "" if seconds is None else time_text(seconds)
