"""Lines over epochs, or over another quantity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .style import COLOURS, LineStyle, ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class Curve:
    """One line."""

    name: str
    """In the legend; without one if it is empty."""
    x: Sequence[float]
    y: Sequence[float]
    colour: str = COLOURS[0]
    style: LineStyle = "solid"
    width: float = 1.4


def draw_curves(
    axis: Axes, curves: Sequence[Curve], *, label: str, over: str = "epoch", log: str = ""
) -> None:
    """Draws lines into one panel. `log` names the axes with a logarithmic scale: `x`, `y` or `xy`.
    Ticks over epochs are whole numbers, and a line of one point is a dot."""
    for curve in curves:
        axis.plot(
            curve.x,
            curve.y,
            color=curve.colour,
            linestyle=curve.style,
            linewidth=curve.width,
            marker="o" if len(curve.x) == 1 else None,
            markersize=4,
            label=curve.name or None,
        )
    if "x" in log:
        axis.set_xscale("log")
    elif over == "epoch":
        axis.xaxis.set_major_locator(ticks(8, whole=True))
    if "y" in log:
        axis.set_yscale("log")
    axis.set_xlabel(over)
    axis.set_ylabel(label)
    axis.grid(axis="y", color="#e6eaee", linewidth=0.6)
    axis.set_axisbelow(True)
    if any(curve.name for curve in curves):
        # without a place, matplotlib warns where finding the best takes a second
        axis.legend(loc="best", frameon=False, fontsize=8)
