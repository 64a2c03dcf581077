"""Histograms, a panel each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .style import COLOURS, FAINT, set_title, ticks

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Bars:
    """One histogram."""

    name: str
    note: str
    edges: NDArray[Any]
    counts: NDArray[Any]


def draw_histograms(
    figure: Figure, bars: Sequence[Bars], *, title: str, label: str, across: int = 4
) -> None:
    """A panel per histogram, each with its own scale, as shares of the largest bin. `label` is what
    is counted."""
    across = min(across, len(bars))
    down = -(-len(bars) // across)
    figure.set_size_inches(max(2.05 * across, 0.085 * len(title) + 0.3), 1.5 * down + 0.6)
    axes = figure.subplots(down, across, squeeze=False)
    for number, axis in enumerate(axes.flat):
        if number >= len(bars):
            axis.set_axis_off()
            continue
        item = bars[number]
        share = item.counts / max(int(np.max(item.counts)), 1)
        axis.stairs(share, item.edges, fill=True, color=COLOURS[0])
        axis.axvline(0, color=FAINT, linewidth=0.6)
        axis.set_title(item.name, fontweight="bold", pad=13)
        axis.text(0, 1.03, item.note, transform=axis.transAxes, fontsize=7)
        axis.set_yticks([])
        axis.spines["left"].set_visible(False)
        axis.xaxis.set_major_locator(ticks(4))
    figure.supxlabel(label, fontsize=8.5)
    set_title(figure, title)
