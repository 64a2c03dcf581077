"""The charts and tables of a run's page, from its values."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from ..analysis.run_pictures import is_share, wants_log
from .charts.frame import Chart
from .charts.histograms import histogram_chart
from .charts.lines import ChartLine, LineAxes, line_chart
from .charts.markup import Element, element, points, spelled
from .charts.matrix import confusion_chart
from .charts.scatter import scatter_chart
from .data import (
    CategoryRow,
    Insides,
    LayerSeconds,
    PredictedNumbers,
    ReportCurve,
    ReportData,
    RocCurve,
    StepTimes,
)

RATE = "learning rate"
PARTS = ("training", "validation", "test")
MOST_QUANTITIES = 8
STEEP = 10
"""So many times its first value, a curve leaves the panel."""
SPARK_WIDTH, SPARK_HEIGHT = 220, 60
NAMES = {"acc": "accuracy", "lr": "learning rate"}


def named(quantity: str) -> str:
    """What people call a quantity."""
    return NAMES.get(quantity, quantity.replace("_", " "))


# Training


def curve_charts(data: ReportData) -> list[Chart]:
    """A chart for each quantity, the learning rate last."""
    quantities = list(dict.fromkeys(curve.quantity for curve in data.curves))
    metrics = [one for one in quantities if one != RATE][:MOST_QUANTITIES]
    chosen = [*metrics, *(one for one in quantities if one == RATE)]
    return [
        quantity_chart(
            quantity,
            [curve for curve in data.curves if curve.quantity == quantity],
            data.best_epoch,
        )
        for quantity in chosen
    ]


def quantity_chart(
    quantity: str,
    curves: Sequence[ReportCurve],
    best: int | None,
    marks: Sequence[str] = (),
) -> Chart:
    """One quantity of several parts, folds or runs, which may have `marks`. A curve that explodes
    leaves the chart."""
    values = [value for curve in curves for value in curve.values]
    log = wants_log(values, "rate" if quantity == RATE else quantity)
    limits, note = (None, "") if log else _without_explosions(curves)
    about = LineAxes(
        "epoch",
        "",
        log=log,
        limits=limits,
        within=(0.0, 1.0) if is_share(values, quantity) and min(values, default=-1) >= 0 else None,
        at=best if best is not None and quantity != RATE else None,
        at_text=f"best epoch: {best}",
    )
    marks = marks or _fold_marks(curves)
    lines = [
        ChartLine(curve.series, curve.epochs, curve.values, marks[number])
        for number, curve in enumerate(curves)
    ]
    chart = line_chart(named(quantity), lines, about)
    legend = chart.legend if len(lines) <= 12 else ()
    return Chart(chart.title, chart.svg, legend, note)


def _fold_marks(curves: Sequence[ReportCurve]) -> list[str]:
    """Folds have a colour each, and their training parts are dashed."""
    if not any(curve.series.startswith("fold ") for curve in curves):
        return [""] * len(curves)
    folds = list(dict.fromkeys(curve.series.split(",")[0] for curve in curves))
    return [
        f"c{folds.index(curve.series.split(',')[0]) % 8} d{int('training' in curve.series)}"
        for curve in curves
    ]


def _without_explosions(curves: Sequence[ReportCurve]) -> tuple[tuple[float, float] | None, str]:
    """Limits that keep what is small visible beside what explodes."""
    firsts = sorted(curve.values[0] for curve in curves if isfinite(curve.values[0]))
    finite = [value for curve in curves for value in curve.values if isfinite(value)]
    if not firsts or firsts[0] <= 0 or max(finite) <= STEEP * firsts[len(firsts) // 2]:
        return None, ""
    return (min(0.0, *finite), STEEP * firsts[len(firsts) // 2]), "larger values are not shown"


# What came out


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A quantity with its value on each part."""

    name: str
    cells: tuple[tuple[str, str], ...]
    """The value and, where it has none, the reason."""


def figure_parts(data: ReportData) -> list[str]:
    """The parts that were measured."""
    return [part for part in PARTS if any(figure.part == part for figure in data.figures)]


def figure_rows(data: ReportData) -> list[FigureRow]:
    """The final figures as a table."""
    parts = figure_parts(data)
    rows = []
    for quantity in dict.fromkeys(figure.quantity for figure in data.figures):
        found = {f.part: f for f in data.figures if f.quantity == quantity}
        cells = []
        for part in parts:
            figure = found.get(part)
            if figure is None:
                cells.append(("", ""))
                continue
            spread = "" if figure.deviation is None else f" ± {spelled(figure.deviation)}"
            cells.append((spelled(figure.value) + spread, figure.reason))
        rows.append(FigureRow(named(quantity), tuple(cells)))
    return rows


def headline(data: ReportData) -> list[tuple[str, str]]:
    """The few numbers of the head of the page."""
    parts = figure_parts(data)
    found = []
    if parts:
        figures = [figure for figure in data.figures if figure.part == parts[-1]]
        chosen = [figure for figure in figures if figure.quantity != "loss"][:2] or figures[:1]
        for figure in chosen:
            spread = "" if figure.deviation is None else f" ± {spelled(figure.deviation)}"
            found.append((f"{parts[-1]} {named(figure.quantity)}", spelled(figure.value) + spread))
    if data.network.parameters is not None:
        found.append(("parameters", f"{data.network.parameters:,}"))
    found.append(("epochs", f"{data.epochs:,}"))
    if data.facts.seconds is not None:
        found.append(("time", time_text(data.facts.seconds)))
    return found


def confusion_of_run(data: ReportData) -> Chart | None:
    """The matrix, where there is one."""
    classes = data.classes
    if classes is None or not classes.counts:
        return None
    names = [row.name for row in classes.rows]
    called = f"{classes.part} part"
    if classes.right is not None and classes.total:
        right = f"{classes.right:,} of {classes.total:,} {classes.unit}"
        called = f"{right} of the {classes.part} part right"
    return confusion_chart(names, classes.counts, called, classes.unit)


def roc_chart(rocs: Sequence[RocCurve]) -> Chart | None:
    """The curves over each other, with the diagonal of a guess."""
    if not rocs:
        return None
    lines = [
        ChartLine(f"{roc.positive}, area {roc.area:.4f}", roc.false_rates, roc.true_rates)
        for roc in rocs
    ]
    guess = ChartLine("guessing", (0.0, 1.0), (0.0, 1.0), "faint d1")
    about = LineAxes("false positive rate", "true positive rate", limits=(0.0, 1.02), whole=False)
    chart = line_chart("ROC", [*lines, guess], about)
    return Chart("ROC curve", chart.svg, chart.legend)


def number_charts(numbers: Sequence[PredictedNumbers]) -> list[Chart]:
    """Predicted against true, and the differences."""
    charts = []
    for item in numbers:
        chart = scatter_chart(f"{item.name}: predicted against true", item.true, item.predicted)
        count = sum(1 for value in item.predicted if isfinite(value))
        some = f"{count:,} of the {item.total:,} samples of the {item.part} part"
        charts.append(Chart(chart.title, chart.svg, note=some))
        if item.residuals is not None:
            charts.append(histogram_chart(item.residuals))
    return charts


# Inside


def histogram_groups(insides: Insides) -> list[tuple[str, list[Chart]]]:
    """Weights, outputs and gradients."""
    groups = (
        ("Weights", insides.weights),
        ("Outputs", insides.outputs),
        ("Gradients of one batch", insides.gradients),
    )
    return [(name, [histogram_chart(item) for item in items]) for name, items in groups if items]


def sparkline(values: Sequence[float]) -> Element:
    """A sequence as a small curve."""
    finite = [value for value in values if isfinite(value)] or [0.0]
    low, high = min(finite), max(finite)
    room = (high - low) or 1.0
    xs = [4 + (SPARK_WIDTH - 8) * at / max(len(values) - 1, 1) for at in range(len(values))]
    ys = [SPARK_HEIGHT - 6 - (SPARK_HEIGHT - 12) * (value - low) / room for value in values]
    said = element("title", f"{spelled(low)} to {spelled(high)}")
    line = element("path", class_="line c0", d=points(xs, ys))
    back = element("rect", said, class_="band", width=SPARK_WIDTH, height=SPARK_HEIGHT)
    box = f"0 0 {SPARK_WIDTH} {SPARK_HEIGHT}"
    return element("svg", line, back, class_="spark", viewBox=box, role="img", aria_label="curve")


def share_text(value: float | None) -> str:
    """`98.7 %`; a dash for what is not known."""
    return "-" if value is None or not isfinite(value) else f"{100 * value:.1f} %"


def width_of(value: float | None, most: float = 1.0) -> str:
    """The width of a bar in a cell, in percent."""
    if value is None or not isfinite(value) or most <= 0:
        return "0"
    return f"{100 * min(max(value / most, 0.0), 1.0):.1f}"


def moment(text: str) -> str:
    """A time of ISO 8601 as people write it, without the offset from UTC."""
    return text[:19].replace("T", " ")


def time_text(seconds: float) -> str:
    """`0.4 ms`, `2.1 s`, `1 min 5 s`, `1 h 2 min`."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.0f} µs"
    if seconds < 1:
        return f"{seconds * 1e3:.3g} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def picture_uri(png: bytes) -> str:
    """A PNG file within a page."""
    return "data:image/png;base64," + base64.b64encode(png).decode()


def most_samples(rows: Sequence[CategoryRow], part: int) -> int:
    """How many samples the largest class has in a part."""
    return max((row.samples[part] for row in rows if row.samples), default=1)


MOST_TIMES = 30
"""Layers whose time is shown."""


def slowest(times: StepTimes) -> list[LayerSeconds]:
    """The layers in the order of the network; of very many, the slowest."""
    if len(times.layers) <= MOST_TIMES:
        return list(times.layers)
    return sorted(times.layers, key=lambda layer: -layer.seconds)[:MOST_TIMES]
