"""Decision surfaces and fitted curves as pictures and as an animation."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from ..array_types import Doubles
from ..plots.picture import Picture
from ..plots.style import COLOURS, FAINT, INK, set_title
from .surface import SIDE, Plane

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_PANELS = 6
MOST_SAMPLES, MOST_IN_PANEL = 400, 150
"""More hide the surface, and make large files."""
MOST_FRAMES = 24
FINE = 240
"""Points of the drawing along each of two axes."""
SHADES = 12
"""Steps of a colour: flat areas are small files."""
PALE, FULL = 0.12, 0.55
"""How much of the colour of its class a point has where the network is unsure, and sure."""


def surface_pictures(
    plane: Plane, last: Doubles, found: Mapping[int, Doubles], title: str
) -> tuple[Picture, ...]:
    """What the network answers in the end, and at some epochs side by side; at all of them as an
    animation."""
    name = "surface" if len(plane.axes) == 2 else "fit"
    shown = chosen_epochs(tuple(found))
    pictures = [
        Picture(
            name,
            partial(_draw_one, plane=plane, values=last, title=title),
            _table(plane, {"": last}),
        )
    ]
    if len(shown) > 1:
        some = {epoch: found[epoch] for epoch in shown}
        table = _table(plane, {f"epoch{epoch}_": values for epoch, values in some.items()})
        fill = partial(_draw_panels, plane=plane, found=some, title=title)
        # from the last one back, so that it is shown
        apart = -(-len(found) // MOST_FRAMES)
        frames = [
            partial(_draw_one, plane=plane, values=found[epoch], title=f"{title}: {name_of(epoch)}")
            for epoch in tuple(found)[::-apart][::-1]
        ]
        pictures.append(Picture(f"{name}_epochs", fill, table, frames))
    return tuple(pictures)


def chosen_epochs(epochs: tuple[int, ...]) -> tuple[int, ...]:
    """The first, the last, and some between them that are denser at the beginning, where most
    changes."""
    if len(epochs) <= MOST_PANELS:
        return epochs
    places = np.geomspace(1, len(epochs), MOST_PANELS).round().astype(int) - 1
    return tuple(epochs[place] for place in dict.fromkeys(places.tolist()))


def name_of(epoch: int) -> str:
    return f"epoch {epoch}" if epoch else "before training"


def _table(plane: Plane, found: Mapping[str, Doubles]) -> dict[str, list[Any]]:
    """The grid with what was answered there, then the samples."""
    table: dict[str, list[Any]] = {
        name: plane.grid[:, number].tolist() for number, name in enumerate(plane.axes)
    }
    for prefix, values in found.items():
        for number, column in enumerate(values.T):
            table[f"{prefix}output{number if values.shape[1] > 1 else ''}"] = column.tolist()
    for number, name in enumerate(plane.axes):
        table[f"sample_{name}"] = plane.samples[:, number].tolist()
    truth = plane.truth.tolist()
    table[f"sample_{plane.target}"] = (
        [plane.classes[t] if t >= 0 else None for t in truth] if plane.classes else truth
    )
    return table


# Drawing


def _draw_one(figure: Figure, plane: Plane, values: Doubles, title: str) -> None:
    figure.set_size_inches(4.6, 4.0 if len(plane.axes) == 2 else 3.2)
    axis = figure.subplots()
    _draw(axis, plane, values, MOST_SAMPLES)
    _legend(figure, plane)
    set_title(figure, title)


def _draw_panels(figure: Figure, plane: Plane, found: Mapping[int, Doubles], title: str) -> None:
    across = min(3, len(found))
    down = -(-len(found) // across)
    height = 2.5 if len(plane.axes) == 2 else 2.1
    figure.set_size_inches(2.6 * across + 0.4, height * down + 0.8)
    axes = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True)
    for axis in axes.flat[len(found) :]:
        axis.axis("off")
    for axis, (epoch, values) in zip(axes.flat, found.items(), strict=False):
        _draw(axis, plane, values, MOST_IN_PANEL)
        axis.set_title(name_of(epoch), fontsize=8.5, pad=3)
        axis.label_outer()
    _legend(figure, plane)
    set_title(figure, title)


def _draw(axis: Axes, plane: Plane, values: Doubles, most: int) -> None:
    if len(plane.axes) == 1:
        _draw_curve(axis, plane, values, most)
    elif plane.classes:
        _draw_regions(axis, plane, values, most)
    else:
        _draw_height(axis, plane, values, most)
    axis.set_xlabel(plane.axes[0])
    axis.set_ylabel(plane.axes[1] if len(plane.axes) == 2 else _answer(plane))
    axis.set_xlim(*plane.limits[0])
    if len(plane.axes) == 2:
        axis.set_ylim(*plane.limits[1])


def _answer(plane: Plane) -> str:
    """What the vertical axis of a curve is."""
    if not plane.classes:
        return plane.target
    return f"probability of {plane.classes[1]}" if plane.probabilities else "output"


def class_scores(plane: Plane, values: Doubles) -> Doubles:
    """(points, classes): the largest is the answer."""
    if values.shape[1] > 1:
        return values
    over = values - plane.threshold
    return np.concatenate([-over, over], axis=1)


def _draw_regions(axis: Axes, plane: Plane, values: Doubles, most: int) -> None:
    from matplotlib.colors import to_rgb

    (left, right), (bottom, top) = plane.limits
    fine = finer(values)
    answer = class_scores(plane, fine).argmax(axis=1)
    colours = np.array([to_rgb(colour) for colour in COLOURS])[answer]
    steps = np.round(SHADES * sureness(plane, fine)) / SHADES
    strength = PALE + (FULL - PALE) * steps[:, None]
    shade = (1 - strength * (1 - colours)).reshape(FINE, FINE, 3)
    axis.imshow(
        np.clip(shade, 0, 1), origin="lower", extent=(left, right, bottom, top), aspect="auto",
        interpolation="nearest",
    )  # fmt: skip
    scores = class_scores(plane, values)
    x, y = (axis_values.reshape(SIDE, SIDE) for axis_values in plane.grid.T)
    for number in range(scores.shape[1] if scores.shape[1] > 2 else 1):
        others = np.delete(scores, number, axis=1).max(axis=1)
        ahead = (scores[:, number] - others).reshape(SIDE, SIDE)
        if ahead.min() < 0 < ahead.max():
            axis.contour(x, y, ahead, levels=[0.0], colors=[INK], linewidths=0.9)
    _draw_samples(axis, plane, most)


def finer(values: Doubles) -> Doubles:
    """What lies linearly between the points of a plane, (FINE * FINE, outputs)."""
    found = values.reshape(SIDE, SIDE, -1)
    at = np.linspace(0, SIDE - 1, FINE)
    before = np.minimum(at.astype(int), SIDE - 2)
    share = (at - before)[:, None, None]
    for _ in range(2):
        found = found[before] * (1 - share) + found[before + 1] * share
        found = found.swapaxes(0, 1)
    return found.reshape(FINE * FINE, -1)


def sureness(plane: Plane, values: Doubles) -> Doubles:
    """From 0, where classes are equally likely, to 1."""
    if not plane.probabilities:
        return np.full(len(values), 0.6)
    likeliest = np.maximum(values, 1 - values) if values.shape[1] == 1 else values
    even = 1 / max(values.shape[1], 2)
    found: Doubles = np.clip((likeliest.max(axis=1) - even) / (1 - even), 0, 1)
    return found


def _shown(plane: Plane, most: int) -> slice:
    """Every so manyth sample."""
    return slice(None, None, -(-len(plane.samples) // most))


def _draw_samples(axis: Axes, plane: Plane, most: int) -> None:
    samples, truth = plane.samples[_shown(plane, most)], plane.truth[_shown(plane, most)]
    for number in range(len(plane.classes)):
        of_class = samples[truth == number]
        axis.scatter(
            of_class[:, 0], of_class[:, 1], s=11, color=COLOURS[number], edgecolors="white",
            linewidths=0.4,
        )  # fmt: skip


def _draw_height(axis: Axes, plane: Plane, values: Doubles, most: int) -> None:
    """Numbers over two features: the colour of a sample is its target."""
    low = min(float(values.min()), float(plane.truth.min()))
    high = max(float(values.max()), float(plane.truth.max()))
    (left, right), (bottom, top) = plane.limits
    image = axis.imshow(
        values[:, 0].reshape(SIDE, SIDE), origin="lower", extent=(left, right, bottom, top),
        aspect="auto", cmap="cividis", vmin=low, vmax=high, interpolation="bilinear",
    )  # fmt: skip
    samples = plane.samples[_shown(plane, most)]
    axis.scatter(
        samples[:, 0], samples[:, 1], s=14, c=plane.truth[_shown(plane, most)], cmap="cividis",
        vmin=low, vmax=high, edgecolors="white", linewidths=0.5,
    )  # fmt: skip
    figure = axis.figure
    bar = figure.colorbar(image, ax=axis, pad=0.02, aspect=30)
    bar.outline.set_visible(False)
    bar.set_label(plane.target)


def _draw_curve(axis: Axes, plane: Plane, values: Doubles, most: int) -> None:
    samples, truth = plane.samples[_shown(plane, most)][:, 0], plane.truth[_shown(plane, most)]
    heights = truth.astype(np.float64)
    if plane.classes and plane.threshold == 0:
        heights = 2 * heights - 1
    colours = [COLOURS[t] for t in truth.tolist()] if plane.classes else FAINT
    axis.scatter(samples, heights, s=9, c=colours, linewidths=0, alpha=0.7)
    column = values[:, -1]
    axis.plot(plane.grid[:, 0], column, color=COLOURS[5], linewidth=1.8)
    low, high = float(heights.min()), float(heights.max())
    room = 0.25 * (high - low or 1.0)
    axis.set_ylim(low - room, high + room)


def _legend(figure: Figure, plane: Plane) -> None:
    from matplotlib.lines import Line2D

    marks = [
        Line2D([], [], marker="o", linestyle="none", color=COLOURS[number], markersize=5)
        for number in range(len(plane.classes))
    ]
    names = [f"class {name}" if name.isdigit() else name for name in plane.classes]
    if not plane.classes and len(plane.axes) == 1:
        marks = [
            Line2D([], [], marker="o", linestyle="none", color=FAINT, markersize=4),
            Line2D([], [], color=COLOURS[5]),
        ]
        names = ["training samples", "network"]
    if marks:
        figure.legend(marks, names, loc="outside lower left", ncols=8, frameon=False, fontsize=8)
