"""Small pictures in a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from .style import FAINT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TilePixels = NDArray[Any]
"""(rows, columns), or (rows, columns, 3) for colours from 0 to 1. NaN is beyond an edge."""
TileScale = Literal["grey", "signed", "strength"]
"""Of tiles with one number per pixel: black to white; red and blue around 0; dark to bright."""

BEYOND = "#c3d3e2"
"""What is drawn where there is no number: no colour of a scale."""
MAPS = {"grey": "gray", "signed": "RdBu_r", "strength": "cividis"}

TITLE, HEAD, LINE, GAP = 0.36, 0.24, 0.13, 0.07
"""Heights in inches: of the title, of the heads, of a line above a tile, and between tiles."""
LETTER = 0.062
"""The width of a letter of 8 points in inches."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One picture of a grid."""

    pixels: TilePixels
    title: str = ""
    scale: TileScale = "grey"
    limits: tuple[float, float] | None = None
    """Between which numbers the colours lie; None: as `limits_of` says."""


@dataclass(frozen=True, slots=True)
class TileGrid:
    """Rows of pictures, with what is written around them."""

    rows: Sequence[Sequence[Tile]]
    title: str
    heads: Sequence[str] = ()
    """Above the columns."""
    names: Sequence[str] = ()
    """Of the rows, at their left, in several lines."""
    note: str = ""
    size: float = 1.0
    """The width of a tile in inches."""


def limits_of(pixels: TilePixels, scale: TileScale) -> tuple[float, float]:
    """The least and the largest number; for `signed`, as far below 0 as above."""
    finite = pixels[np.isfinite(pixels)]
    if not finite.size:
        return 0.0, 1.0
    low, high = float(finite.min()), float(finite.max())
    if scale == "signed":
        high = max(abs(low), abs(high))
        low = -high
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def draw_tiles(figure: Figure, grid: TileGrid) -> None:
    """Draws the tiles of a grid, each as wide as the others."""
    across = max(map(len, grid.rows))
    lines = [max(_lines(tile.title) for tile in row) for row in grid.rows]
    heights = [grid.size * max(_ratio(tile) for tile in row) for row in grid.rows]
    left = 0.1 + LETTER * max(
        (len(line) for name in grid.names for line in name.split("\n")), default=0
    )
    width = max(left + across * (grid.size + GAP) + 0.05, 0.082 * len(grid.title) + 0.2)
    notes = grid.note.split("\n") if grid.note else []
    width = max(width, LETTER * max(map(len, notes), default=0) + 0.2)
    top = TITLE + (HEAD if grid.heads else 0)
    height = (
        top + sum(heights) + LINE * sum(lines) + GAP * len(grid.rows) + 0.17 * len(notes) + 0.06
    )
    figure.set_size_inches(width, height)
    axis = _page(figure, width, height, grid.title)
    for column, head in enumerate(grid.heads):
        x = left + column * (grid.size + GAP) + grid.size / 2
        axis.text(x, top - 0.06, head, ha="center", va="bottom", fontsize=8.5, fontweight="bold")
    for number, row in enumerate(grid.rows):
        top += LINE * lines[number]
        for column, tile in enumerate(row):
            x = left + column * (grid.size + GAP)
            place(axis, tile, (x, top, grid.size, grid.size * _ratio(tile)))
        if number < len(grid.names):
            middle = top + heights[number] / 2
            axis.text(left - 0.08, middle, grid.names[number], ha="right", va="center", fontsize=8)
        top += heights[number] + GAP
    if grid.note:
        axis.text(0.08, height - 0.07, grid.note, va="bottom", fontsize=8)


def place(axis: Axes, tile: Tile, box: tuple[float, float, float, float]) -> Any:
    """Draws a tile into a box (left, top, width, height); gives what a colour bar needs."""
    from matplotlib import colormaps
    from matplotlib.colors import to_rgb

    left, top, width, height = box
    extent = (left, left + width, top + height, top)
    pixels = tile.pixels
    if tile.title:
        axis.text(
            left + width / 2, top - 0.03, tile.title, ha="center", va="bottom", fontsize=7,
            linespacing=1.1,
        )  # fmt: skip
    if pixels.ndim == 3:
        beyond = to_rgb(BEYOND)
        shown = np.where(np.isfinite(pixels), pixels.clip(0, 1), beyond)
        return axis.imshow(shown, extent=extent, aspect="auto", interpolation="nearest")
    low, high = tile.limits or limits_of(pixels, tile.scale)
    colours = colormaps[MAPS[tile.scale]].with_extremes(bad=BEYOND)
    return axis.imshow(
        np.ma.masked_invalid(pixels), cmap=colours, vmin=low, vmax=high, extent=extent,
        aspect="auto", interpolation="nearest",
    )  # fmt: skip


def draw_mosaic(
    figure: Figure, tiles: TilePixels, *, title: str, scale: TileScale, label: str = ""
) -> None:
    """Many tiles (n, rows, columns) or (n, rows, columns, 3) on one scale, with a colour bar that
    `label` names."""
    count, rows, columns = tiles.shape[:3]
    across = min(count, max(1, round((1.5 * count * rows / columns) ** 0.5)))
    down = -(-count // across)
    size = min(5.6 / across, 1.0)
    gap = 0.06 * size + 0.02
    tall = size * rows / columns
    bar = 0.8 if label else 0.0
    width = max(0.2 + across * (size + gap) + bar, 0.082 * len(title) + 0.2)
    height = TITLE + max(down * (tall + gap), 1.2 if label else 0) + 0.05
    figure.set_size_inches(width, height)
    axis = _page(figure, width, height, title)
    image: Any = None
    for number, pixels in enumerate(tiles):
        left = 0.1 + (number % across) * (size + gap)
        top = TITLE + (number // across) * (tall + gap)
        tile = Tile(pixels, scale=scale, limits=limits_of(tiles, scale))
        image = place(axis, tile, (left, top, size, tall))
    if label:
        left, long = 0.2 + across * (size + gap), min(height - TITLE - 0.15, 3.0)
        beside = figure.add_axes((left / width, 0.08 / height, 0.12 / width, long / height))
        _style_bar(figure.colorbar(image, cax=beside), label)


def add_bar(figure: Figure, image: Any, axes: Any, label: str) -> None:
    """The scale of colours, beside some axes."""
    _style_bar(figure.colorbar(image, ax=axes, shrink=0.75, pad=0.02, aspect=28), label)


def _style_bar(bar: Any, label: str) -> None:
    bar.outline.set_visible(False)
    bar.ax.tick_params(color=FAINT)
    bar.set_label(label)


def _page(figure: Figure, width: float, height: float, title: str) -> Axes:
    """The whole figure as one axis in inches, from the top left, with its title."""
    figure.set_layout_engine("none")
    axis = figure.add_axes((0, 0, 1, 1))
    axis.set_axis_off()
    axis.set_autoscale_on(False)
    axis.set_xlim(0, width)
    axis.set_ylim(height, 0)
    axis.text(0.08, 0.2, title, fontsize=10.5, fontweight="bold")
    return axis


def _ratio(tile: Tile) -> float:
    rows, columns = tile.pixels.shape[:2]
    return float(min(max(rows / columns, 0.3), 3.0))


def _lines(text: str) -> int:
    return len(text.split("\n")) if text else 0
