"""One batch as a picture, or the columns of a table as histograms.

Images are a grid of what the network gets, sequences are curves, long vectors and tokens are rows
of a map, and vectors of some columns are histograms of the training part by class.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..array_types import Array, Doubles
from ..plots.style import COLOURS, FAINT, draw, set_title, ticks
from .data_report import ColumnSummary
from .data_run import DataView

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_TILES = 24
MOST_CURVES = 12
MOST_ROWS = 48
MOST_HISTOGRAMS = 20
BINS = 24
LONG = 30
"""Vectors of more features without names are drawn as a map."""


def draw_data(view: DataView, suffix: str) -> bytes:
    """The picture as the bytes of a file of this suffix, `.png` or `.svg`. Raises ImportError
    without matplotlib."""
    x = _first_batch(view).reshape(len(view.batch), *view.shape)
    return draw(partial(_draw, view=view, x=x), suffix)


def _first_batch(view: DataView) -> Array:
    """The samples of the first step, as the network gets them."""
    if view.augmentation is None:
        return np.asarray(view.dataset.train.x[view.batch])
    node = next(iter(view.augmentation.inputs))
    return view.augmentation.first_batch(view.batch)[node]


def _draw(figure: Figure, view: DataView, x: Array) -> None:
    item = view.report.inputs[0]
    named = not item.columns[0].name.endswith("feature 1")
    if x.ndim == 4:
        _tiles(figure, view, x)
    elif x.ndim == 3:
        _curves(figure, view, x)
    elif item.columns[0].kind == "token" or (x.shape[1] > LONG and not named):
        _map(figure, view, x)
    else:
        _histograms(figure, view)


def _batch_title(view: DataView, shown: int) -> str:
    report, size = view.report, len(view.batch)
    some = f"{shown} of the {size:,} samples" if shown < size else f"the {size:,} samples"
    steps = [f"prep {', '.join(report.preps)}"] if report.preps else []
    if view.augmentation is not None:
        steps.insert(0, "augment")
    after = f", after {' and '.join(steps)}" if steps else ""
    return f"{report.data}: {some} of the first batch{after}"


# Images


def _tiles(figure: Figure, view: DataView, x: Array) -> None:
    masks = _masks(view, x)
    count = min(len(x), MOST_TILES // (1 if masks is None else 2))
    across = min(count, 8) if masks is None else min(count, 4) * 2
    down = -(-count * (1 if masks is None else 2) // across)
    height, width, channels = x.shape[1:]
    tile = 1.05 * min(max(height / width, 0.5), 2)
    figure.set_size_inches(max(1.1 * across + 0.9 * (channels < 3), 5), down * (tile + 0.25) + 0.4)
    axes = figure.subplots(down, across, squeeze=False)
    shown = x[:count, :, :, : 3 if channels >= 3 else 1].astype(np.float64)
    low, high = float(shown.min()), float(shown.max())
    if low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    image: Any = None
    for axis in axes.flat:
        axis.axis("off")
    every = 1 if masks is None else 2
    for number in range(count):
        axis = axes.flat[number * every]
        scaled = (shown[number] - low) / max(high - low, 1e-12)
        if shown.shape[-1] == 1:
            image = axis.imshow(shown[number, :, :, 0], cmap="gray", vmin=low, vmax=high)
        else:
            axis.imshow(scaled)
        axis.set_title(_label(view, number), fontsize=8, pad=2)
        if masks is not None:
            _mask(axes.flat[number * 2 + 1], view, masks[number])
    if masks is not None:
        _class_legend(figure, view)
    if image is not None:
        bar = figure.colorbar(image, ax=axes, shrink=0.7, pad=0.02, aspect=30)
        bar.outline.set_visible(False)
        bar.set_label("what the network gets")
    elif (low, high) != (0, 1):
        figure.supxlabel(
            f"the numbers from {low:.3g} to {high:.3g} are drawn from black to full colour",
            fontsize=8,
        )
    title = _batch_title(view, count)
    if channels not in (1, 3):
        title += f" (channel{'s 1 to 3' if channels > 3 else ' 1'} of {channels})"
    set_title(figure, title)


def _mask(axis: Axes, view: DataView, mask: Array) -> None:
    """The class of each pixel in its colour; of many classes in a scale."""
    count = len(view.report.targets[0].classes)
    if count > len(COLOURS):
        axis.imshow(mask, cmap="cividis", vmin=0, vmax=count - 1)
        return
    from matplotlib.colors import to_rgb

    # what is ignored has the index -1
    colours = np.array([to_rgb(colour) for colour in (*COLOURS, "white")])
    axis.imshow(colours[mask], interpolation="nearest")


def _class_legend(figure: Figure, view: DataView) -> None:
    from matplotlib.patches import Patch

    classes = view.report.targets[0].classes
    if len(classes) <= len(COLOURS):
        patches = [Patch(color=colour) for colour in COLOURS[: len(classes)]]
        figure.legend(patches, classes, loc="outside lower left", ncols=8, frameon=False)


# Sequences, maps


def _curves(figure: Figure, view: DataView, x: Array) -> None:
    count, channels = min(len(x), MOST_CURVES), min(x.shape[-1], len(COLOURS))
    across = min(count, 4)
    down = -(-count // across)
    figure.set_size_inches(2.3 * across + 0.4, 1.35 * down + 0.8)
    axes = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
    for number, axis in enumerate(axes.flat):
        if number >= count:
            axis.axis("off")
            continue
        for channel in range(channels):
            axis.plot(x[number, :, channel], color=COLOURS[channel], linewidth=0.9)
        axis.set_title(_label(view, number), fontsize=8, pad=3)
    names = [column.name for column in view.report.inputs[0].columns[:channels]]
    if len(names) > 1:
        lines = axes.flat[0].get_lines()
        figure.legend(lines, names, loc="outside lower left", ncols=8, frameon=False)
    set_title(figure, _batch_title(view, count))


def _map(figure: Figure, view: DataView, x: Array) -> None:
    count = min(len(x), MOST_ROWS)
    figure.set_size_inches(8, 0.14 * count + 1.2)
    axis = figure.subplots()
    image = axis.imshow(
        x[:count],
        aspect="auto",
        cmap="cividis",
        interpolation="nearest",
        extent=(0.5, x.shape[1] + 0.5, count - 0.5, -0.5),
    )
    axis.set_yticks(range(count), [_label(view, number) for number in range(count)], fontsize=6.5)
    axis.tick_params(length=0)
    what = "position" if view.report.inputs[0].columns[0].kind == "token" else "feature"
    axis.set_xlabel(what)
    bar = figure.colorbar(image, ax=axis, pad=0.01, aspect=30)
    bar.outline.set_visible(False)
    bar.set_label("what the network gets")
    set_title(figure, _batch_title(view, count))


# Tables


def _histograms(figure: Figure, view: DataView) -> None:
    """The columns before `prep`, with an axis of what they become on top of each."""
    report = view.report
    item, train = report.inputs[0], view.dataset.unprepared[0]
    columns = item.columns[:MOST_HISTOGRAMS]
    x = train.x.reshape(len(train), -1).astype(np.float64)
    drawn = [(column, x[:, number], number) for number, column in enumerate(columns)]
    numbers = [target for target in report.targets if target.columns]
    across = min(4, len(drawn) + len(numbers))
    total = len(drawn) + sum(len(target.columns[:4]) for target in numbers)
    down = -(-total // across)
    extra = 0.3 if report.preps else 0.0
    figure.set_size_inches(max(2.3 * across, 5.5), (1.6 + extra) * down + 0.9)
    axes = list(figure.subplots(down, across, squeeze=False).flat)
    classes, labels = _classes(view)
    for axis, (column, values, number) in zip(axes, drawn, strict=False):
        _histogram(axis, column, values, labels, len(classes))
        change = _change(view, values, number)
        if change is not None:
            _second_axis(axis, *change)
    at = len(drawn)
    for target in numbers:
        y = train.targets[report.targets.index(target)].reshape(len(train), -1)
        for number, column in enumerate(target.columns[:4]):
            _histogram(axes[at], column, y[:, number], None, 0, colour=COLOURS[5])
            axes[at].set_title(f"target {column.name}", fontweight="bold", pad=4)
            at += 1
    for axis in axes[at:]:
        axis.axis("off")
    if classes:
        _class_legend(figure, view)
    some = (
        f"{len(columns)} of {len(item.columns)} columns, "
        if len(item.columns) > len(columns)
        else ""
    )
    prep = f"; on top, after prep {', '.join(report.preps)}" if report.preps else ""
    set_title(figure, f"{report.data}: {some}{len(train):,} training samples{prep}")


def _histogram(
    axis: Axes,
    column: ColumnSummary,
    values: Doubles,
    labels: Array | None,
    classes: int,
    *,
    colour: str = COLOURS[0],
) -> None:
    known = np.isfinite(values)
    kept = values[known]
    edges = _edges(column, kept)
    if classes and labels is not None:
        parts = [kept[labels[known] == number] for number in range(classes)]
        axis.hist(parts, edges, stacked=True, color=COLOURS[:classes], rwidth=0.92)
    else:
        axis.hist(kept, edges, color=colour, rwidth=0.92)
    missing = f" ({column.missing:,} missing)" if column.missing else ""
    axis.set_title(column.name[:28] + missing, fontweight="bold", pad=4)
    axis.yaxis.set_major_locator(ticks(3, whole=True))
    if column.kind == "constant":
        axis.set_xticks(kept[:1])
    else:
        # long numbers need more room
        few = 3 if max(abs(edges[0]), abs(edges[-1])) >= 10_000 else 5
        axis.xaxis.set_major_locator(ticks(few, whole=column.kind != "number"))


def _edges(column: ColumnSummary, values: Doubles) -> list[float]:
    """Bars at the values of a few whole numbers, else of equal widths."""
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    if low == high:
        return [low - 1.5, low - 0.5, low + 0.5, low + 1.5]
    if column.kind in ("whole", "0/1") and high - low <= BINS:
        return [low - 0.5 + step for step in range(int(high - low) + 2)]
    return [low + (high - low) * step / BINS for step in range(BINS + 1)]


def _second_axis(axis: Axes, factor: float, shift: float) -> None:
    def forward(value: Any) -> Any:
        return value * factor + shift

    def back(value: Any) -> Any:
        return (value - shift) / factor

    functions: tuple[Callable[[Any], Any], Callable[[Any], Any]] = (forward, back)
    second = axis.secondary_xaxis("top", functions=functions)
    second.tick_params(labelsize=6.5, colors=FAINT, length=2, pad=1)
    second.spines["top"].set_color(FAINT)
    second.xaxis.set_major_locator(ticks(4))


# What is drawn


def _label(view: DataView, number: int) -> str:
    """The target of a sample of the batch in a few characters."""
    row, target = view.batch[number], view.targets[0] if view.targets else None
    if target is not None:
        labels = target.labels["training"]
        if labels.ndim > 1:
            return ""
        return target.classes[labels[row]][:16] if labels[row] >= 0 else "ignored"
    y = np.asarray(view.dataset.train.y[row : row + 1]).ravel()
    return f"{float(y[0]):.4g}" if y.size == 1 else ""


def _masks(view: DataView, x: Array) -> Array | None:
    """The class of each pixel, where the targets are that."""
    target = view.targets[0] if view.targets else None
    if target is None:
        return None
    labels = target.labels["training"]
    if labels.shape[1:] != x.shape[1:3]:
        return None
    if view.augmentation is not None and view.augmentation.masks:
        feed = next(iter(view.augmentation.masks))
        return view.augmentation.first_batch(view.batch)[feed]
    return np.asarray(labels[view.batch])


def _classes(view: DataView) -> tuple[tuple[str, ...], Array | None]:
    """The classes of the first target and those of all training samples, where there are few."""
    target = view.targets[0] if view.targets else None
    if target is None or len(target.classes) > len(COLOURS):
        return (), None
    labels = target.labels["training"]
    return (target.classes, labels) if labels.ndim == 1 else ((), None)


def _change(view: DataView, values: Doubles, number: int) -> tuple[float, float] | None:
    """Factor and shift of what `prep` makes of a column, where it is that."""
    item, train = view.report.inputs[0], view.dataset.train
    names = [column.name for column in item.prepared_columns]
    if item.columns[number].name not in names:
        return None
    after = train.x.reshape(len(train), -1)[:, names.index(item.columns[number].name)]
    low, high = int(np.nanargmin(values)), int(np.nanargmax(values))
    if values[low] == values[high]:
        return None
    factor = float(after[high] - after[low]) / float(values[high] - values[low])
    shift = float(after[low]) - factor * float(values[low])
    # the prepared numbers are in single precision
    close = np.allclose(values * factor + shift, after, rtol=1e-4, atol=1e-4, equal_nan=True)
    return (factor, shift) if factor and close else None
