"""Points: what was predicted against what is true."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from .frame import BOTTOM, LEFT, RIGHT, TOP, Chart, axes, drawing, title
from .markup import element, place, spelled
from .scales import ChartScale, spanning

SIZE = 300
"""Both axes have the same scale, so the chart is about a square."""


def scatter_chart(name: str, true: Sequence[float], predicted: Sequence[float]) -> Chart:
    """Points around the line on which a prediction is right."""
    ends = spanning((*true, *predicted), 0, 1)
    x = ChartScale(ends.low, ends.high, LEFT, SIZE - RIGHT)
    y = ChartScale(ends.low, ends.high, SIZE - BOTTOM, TOP)
    parts: list[str] = [axes(x, y, "true", "predicted")]
    line = f"M{place(x.start)} {place(y.start)}L{place(x.end)} {place(y.end)}"
    parts.append(element("path", title("predicted = true"), class_="mark", d=line))
    for t, p in zip(true, predicted, strict=True):
        if isfinite(t) and isfinite(p):
            text = f"true {spelled(t)}\npredicted {spelled(p)}"
            parts.append(element("circle", title(text), class_="point", cx=x(t), cy=y(p), r=2.5))
    return Chart(name, drawing(parts, name, SIZE, SIZE))
