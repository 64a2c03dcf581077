"""A matrix as a map of colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .style import INK, set_title, ticks
from .tiles import MAPS, add_bar, limits_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST_NUMBERS = 20
"""Rows or columns up to which the numbers are written into the cells."""
MOST_NAMES = 40
LONGEST_NAME = 24


@dataclass(frozen=True, slots=True)
class NamedMatrix:
    """Numbers with the names of their rows and columns."""

    values: NDArray[Any]
    title: str
    rows: str
    """What the rows are."""
    columns: str
    label: str
    """What the colours are."""
    row_names: Sequence[str] = ()
    """None: they are numbered from 1."""
    column_names: Sequence[str] = ()
    signed: bool = False
    """Whether red and blue are around 0."""
    shares: bool = False
    """Whether the colour is the share of the row."""


def draw_matrix(figure: Figure, matrix: NamedMatrix) -> None:
    """One cell per number, which is written into it where there is room."""
    values, signed = matrix.values, matrix.signed
    height, width = values.shape
    figure.set_size_inches(
        max(min(0.42 * width, 7.5) + 2.0, 4.2, 0.085 * len(matrix.title) + 0.3),
        min(0.36 * height, 7.0) + 1.3,
    )
    axis = figure.subplots()
    drawn = values.astype(np.float64)
    low, high = limits_of(drawn, "signed" if signed else "strength")
    if matrix.shares:
        drawn = drawn / np.maximum(drawn.sum(axis=1, keepdims=True), 1)
        low, high = 0.0, 1.0
    cmap = MAPS["signed"] if signed else "Blues"
    image = axis.imshow(
        drawn, cmap=cmap, vmin=low, vmax=high, aspect="auto", interpolation="nearest"
    )
    _name_axis(axis, "y", matrix.rows, matrix.row_names, height)
    _name_axis(axis, "x", matrix.columns, matrix.column_names, width)
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    if max(height, width) <= MOST_NUMBERS:
        _write_numbers(axis, values, (drawn - low) / (high - low), signed=signed)
    add_bar(figure, image, axis, matrix.label)
    set_title(figure, matrix.title)


def _name_axis(axis: Axes, which: str, label: str, names: Sequence[str], count: int) -> None:
    own = axis.yaxis if which == "y" else axis.xaxis
    own.set_label_text(label)
    if names and count <= MOST_NAMES:
        own.set_ticks(range(count), [cut_name(name) for name in names])
        if which == "x" and max(map(len, names)) > 3:
            axis.tick_params(axis="x", rotation=45 if count > 6 else 0)
            if count > 6:
                for text in axis.get_xticklabels():
                    text.set_horizontalalignment("right")
                    text.set_rotation_mode("anchor")
    else:
        own.set_major_locator(ticks(8, whole=True))
        own.set_major_formatter(lambda at, _: f"{at + 1:.0f}")


def cut_name(name: str, longest: int = LONGEST_NAME) -> str:
    """A name that is not too long for its place."""
    return name if len(name) <= longest else name[: longest - 1] + "…"


def _write_numbers(axis: Axes, values: NDArray[Any], share: NDArray[Any], *, signed: bool) -> None:
    whole = values.dtype.kind in "iu"
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            value = values[row, column]
            if whole and value == 0:
                continue
            dark = abs(share[row, column] - 0.5) > 0.3 if signed else share[row, column] > 0.55
            axis.text(
                column, row, f"{value:,}" if whole else f"{value:.2g}", ha="center", va="center",
                fontsize=6.5, color="white" if dark else INK,
            )  # fmt: skip
