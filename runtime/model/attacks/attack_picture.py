"""The pictures of `netc attack`: accuracy against eps, and samples before and after."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ...array_types import Array
from ...plots.curves import Curve, draw_curves
from ...plots.picture import Picture
from ...plots.style import set_title
from ...plots.tiles import Tile, TileGrid, draw_tiles
from .attack_run import AttackPoint, AttackReport

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROWS = 6
"""Samples of the grid."""


def attack_pictures(report: AttackReport) -> Iterator[Picture]:
    """Accuracy against eps; and, of images, some samples that an attack made wrong."""
    points = report.points
    yield Picture(
        "accuracy",
        partial(_draw_accuracy, report),
        {
            "eps": [point.eps for point in points],
            "accuracy": [point.accuracy for point in points],
            "loss": [point.loss for point in points],
        },
    )
    chosen = chosen_examples(report)
    if chosen is not None and points[0].samples.ndim == 4:
        point, rows = chosen
        yield Picture(
            "examples", partial(_draw_examples, report, point, rows), _numbers(report, point, rows)
        )


def chosen_examples(report: AttackReport) -> tuple[AttackPoint, Array] | None:
    """The first attack that makes a quarter of the right predictions wrong (or the one that makes
    most), and the first samples that it does this to; None where none does."""
    right = report.points[0].predicted == report.truths
    fooled = [right & (point.predicted != report.truths) for point in report.points]
    counts = np.array([own.sum() for own in fooled])
    if not counts.any():
        return None
    enough = np.flatnonzero(counts >= right.sum() / 4)
    index = int(enough[0]) if len(enough) else int(counts.argmax())
    return report.points[index], np.flatnonzero(fooled[index])[:ROWS]


def _draw_accuracy(report: AttackReport, figure: Figure) -> None:
    figure.set_size_inches(4.6, 3.0)
    set_title(figure, f"{report.data}: accuracy under {report.options.method}")
    axis = figure.add_subplot()
    curve = Curve(
        "", [point.eps for point in report.points], [point.accuracy for point in report.points]
    )
    what = {"linf": "eps", "l2": "eps (length)"}[report.options.norm]
    draw_curves(axis, [curve], label="accuracy", over=f"{what}, fraction of the data's range")
    axis.set_ylim(0, 1.02)


def _draw_examples(report: AttackReport, point: AttackPoint, rows: Array, figure: Figure) -> None:
    before = report.points[0]
    low, high = (float(one.min()) for one in (report.ranges[0].low, report.ranges[0].high))
    grid = []
    for row in rows:
        first, last = before.samples[row], point.samples[row]
        change = (last - first).mean(axis=-1)
        grid.append(
            [
                Tile(_pixels(first, low, high), _says(report, before, row), limits=(0, 1)),
                Tile(change / (high - low), scale="signed"),
                Tile(_pixels(last, low, high), _says(report, point, row), limits=(0, 1)),
            ]
        )
    options = report.options
    title = f"{options.method} ({options.norm}), eps {point.eps:g}"
    names = [f"truth\n{report.classes[report.truths[row]]}" for row in rows]
    note = "red: brighter, blue: darker"
    draw_tiles(figure, TileGrid(grid, title, ("before", "difference", "after"), names, note))


def _says(report: AttackReport, point: AttackPoint, row: int) -> str:
    label: str = report.classes[point.predicted[row]]
    if point.probabilities is None:
        return label
    return f"{label}  {100 * float(point.probabilities[row]):.0f} %"


def _pixels(sample: Array, low: float, high: float) -> Array:
    """An image between 0 and 1."""
    shown = (sample - low) / (high - low)
    return np.asarray(shown if shown.shape[-1] == 3 else shown.mean(axis=-1))


def _numbers(report: AttackReport, point: AttackPoint, rows: Array) -> dict[str, list[object]]:
    """A line for each number of each picture."""
    before = report.points[0].samples[rows]
    after = point.samples[rows]
    places = np.indices(before.shape).reshape(before.ndim, -1)
    sample, row, column, channel = places
    truths = [report.classes[report.truths[rows[index]]] for index in sample]
    predicted = [report.classes[point.predicted[rows[index]]] for index in sample]
    return {
        "sample": [int(rows[index]) + 1 for index in sample],
        "truth": truths,
        "predicted": predicted,
        "row": row.tolist(),
        "column": column.tolist(),
        "channel": channel.tolist(),
        "before": before.reshape(-1).tolist(),
        "after": after.reshape(-1).tolist(),
    }
