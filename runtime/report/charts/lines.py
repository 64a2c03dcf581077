"""Curves over each other."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from .frame import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart, Legend, axes, drawing, title
from .markup import Element, element, place, points, spelled
from .scales import ChartScale, spanning

MOST_BANDS = 120
"""Places along a chart that say their values."""
MOST_SAID = 8
"""Curves of which a place says the value."""
COLOURS = 8
"""Of the style sheet."""


@dataclass(frozen=True, slots=True)
class ChartLine:
    """A curve."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    mark: str = ""
    """Its classes; empty: by its place among the curves."""


@dataclass(frozen=True, slots=True)
class LineAxes:
    """What curves are drawn over."""

    x: str
    y: str
    """Empty where the title of the chart says it."""
    log: bool = False
    limits: tuple[float, float] | None = None
    """Of y."""
    within: tuple[float, float] | None = None
    """What y is never beyond."""
    whole: bool = True
    """Whether x are whole numbers."""
    at: float | None = None
    """A value of x that is marked."""
    at_text: str = ""


def mark_of(number: int) -> str:
    """A colour, and dashes once the colours have been used."""
    return f"c{number % COLOURS} d{number // COLOURS % 3}"


def line_chart(name: str, lines: Sequence[ChartLine], about: LineAxes) -> Chart:
    """Curves with the values at each place."""
    marked = [
        ChartLine(line.name, line.x, line.y, line.mark or mark_of(number))
        for number, line in enumerate(lines)
    ]
    xs = [value for line in lines for value in line.x]
    x = spanning(xs, LEFT, WIDTH - RIGHT, margin=0.0)
    bottom = HEIGHT - BOTTOM
    if about.limits is None:
        ys = [value for line in lines for value in line.y]
        y = spanning(ys, bottom, TOP, log=about.log, margin=0.05, within=about.within)
    else:
        y = ChartScale(*about.limits, bottom, TOP)
    parts: list[str] = [axes(x, y, about.x, about.y, whole=about.whole)]
    if about.at is not None and x.holds(about.at):
        down = f"M{place(x(about.at))} {TOP}V{place(bottom)}"
        parts.append(element("path", title(about.at_text), class_="mark", d=down))
    parts += [_curve(line, x, y) for line in marked]
    parts += _bands(marked, x, about, name)
    legend = tuple(Legend(f"line {line.mark}", line.name) for line in marked if line.name)
    return Chart(name, drawing(parts, name), legend if len(legend) > 1 else ())


def _curve(line: ChartLine, x: ChartScale, y: ChartScale) -> Element:
    ys = [y(min(value, y.high)) if isfinite(value) else float("nan") for value in line.y]
    ys = [value if value != value or value <= y.start else y.start for value in ys]
    xs = [x(value) for value in line.x]
    shown = [at for at in zip(xs, ys, strict=True) if at[1] == at[1]]
    if len(shown) == 1:
        return element("circle", class_=f"dot {line.mark}", cx=shown[0][0], cy=shown[0][1], r=3)
    return element("path", class_=f"line {line.mark}", d=points(xs, ys))


def _bands(lines: Sequence[ChartLine], x: ChartScale, about: LineAxes, name: str) -> list[Element]:
    """A column for each place along x, which says the values of the curves there."""
    xs = sorted({value for line in lines for value in line.x})
    every = -(-len(xs) // MOST_BANDS)
    xs = xs[::every] if every <= 1 or xs[-1] in xs[::every] else [*xs[::every], xs[-1]]
    columns = [_column(line) for line in lines]
    found = []
    for number, value in enumerate(xs):
        left = x(xs[number - 1]) if number else x.start
        right = x(xs[number + 1]) if number + 1 < len(xs) else x.end
        begin = (left + x(value)) / 2 if number else x.start
        end = (x(value) + right) / 2 if number + 1 < len(xs) else x.end
        said = [f"{about.x} {spelled(value)}"]
        for line, column in zip(lines[:MOST_SAID], columns, strict=False):
            here = _nearest(column, value)
            if here is not None:
                said.append(f"{line.name or about.y or name} {spelled(here)}")
        found.append(
            element(
                "rect",
                title("\n".join(said)),
                class_="band",
                x=begin,
                y=float(TOP),
                width=max(end - begin, 0.5),
                height=float(HEIGHT - BOTTOM - TOP),
            )
        )
    return found


def _column(line: ChartLine) -> tuple[list[float], list[float]]:
    pairs = sorted(zip(line.x, line.y, strict=True), key=lambda pair: pair[0])
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _nearest(column: tuple[list[float], list[float]], value: float) -> float | None:
    """What a curve has at a place, or, of one that was thinned out, beside it; None beyond its
    ends."""
    xs, ys = column
    if not xs or not xs[0] <= value <= xs[-1]:
        return None
    at = min(bisect_left(xs, value), len(xs) - 1)
    if at and value - xs[at - 1] < xs[at] - value:
        at -= 1
    return ys[at]
