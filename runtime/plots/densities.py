"""How numbers are distributed, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .style import FAINT, set_title, ticks

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Density:
    """One panel."""

    name: str
    note: str
    edges: NDArray[Any]
    """Of the bins."""
    shares: NDArray[Any]
    """The share of the numbers in each bin, (epochs, bins)."""


def draw_densities(
    figure: Figure,
    panels: Sequence[Density],
    epochs: Sequence[int],
    *,
    title: str,
    label: str,
    across: int = 4,
) -> None:
    """A panel each: epochs from left to right, and darker where more numbers are. `label` is what
    the numbers are."""
    across = min(across, len(panels))
    down = -(-len(panels) // across)
    figure.set_size_inches(max(2.15 * across + 0.4, 0.085 * len(title) + 0.3), 1.75 * down + 0.7)
    axes = figure.subplots(down, across, squeeze=False, sharex=True)
    for number, axis in enumerate(axes.flat):
        if number >= len(panels):
            axis.set_axis_off()
            continue
        panel = panels[number]
        # the root makes rare numbers visible
        drawn = np.sqrt(panel.shares / max(float(panel.shares.max()), 1e-12)).T
        extent = (epochs[0] - 0.5, epochs[-1] + 0.5, panel.edges[0], panel.edges[-1])
        axis.imshow(
            drawn, cmap="Blues", vmin=0, vmax=1, origin="lower", extent=extent, aspect="auto",
            interpolation="nearest",
        )  # fmt: skip
        axis.set_title(panel.name, fontweight="bold", pad=13)
        note = axis.text(0, 1.03, panel.note, transform=axis.transAxes, fontsize=6.5)
        note.set_in_layout(False)
        axis.xaxis.set_major_locator(ticks(5, whole=True))
        if len(epochs) == 1:
            axis.set_xticks(epochs)
        axis.yaxis.set_major_locator(ticks(4))
        axis.yaxis.set_major_formatter(lambda value, _: f"{value:.3g}")
        if panel.edges[0] < 0 < panel.edges[-1]:
            axis.axhline(0, color=FAINT, linewidth=0.5)
    figure.supxlabel("epoch (0: before training)", fontsize=8.5)
    figure.supylabel(label, fontsize=8.5)
    set_title(figure, title)
