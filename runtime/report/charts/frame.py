"""The axes of a chart: lines at round values, their texts, and what is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .markup import Element, cut, element, joined, place, spelled
from .scales import ChartScale

WIDTH, HEIGHT = 360, 224
"""Of a chart in the units of its drawing: about pixels on a phone."""
LEFT, RIGHT, TOP, BOTTOM = 46, 10, 20, 36


@dataclass(frozen=True, slots=True)
class Legend:
    """What a mark stands for."""

    mark: str
    """A class of the style sheet."""
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its texts."""

    title: str
    svg: Element
    legend: tuple[Legend, ...] = ()
    note: str = ""
    wide: bool = False
    """Whether it needs more room than a column."""


def drawing(
    content: Sequence[str], label: str, width: float = WIDTH, height: float = HEIGHT
) -> Element:
    """The whole picture; `label` says what it is to who cannot see it."""
    return element(
        "svg",
        *content,
        class_="chart",
        width=place(width),
        viewBox=f"0 0 {place(width)} {place(height)}",
        role="img",
        aria_label=label,
    )


def title(text: str) -> Element:
    """What is said of an element that the pointer is on."""
    return element("title", text)


def axes(
    x: ChartScale, y: ChartScale, x_label: str, y_label: str, *, whole: bool = False
) -> Element:
    """Grid lines with their values, and what the axes are."""
    left, right = min(x.start, x.end), max(x.start, x.end)
    bottom = max(y.start, y.end)
    parts: list[str] = []
    grid = "".join(f"M{place(left)} {place(y(value))}H{place(right)}" for value in y.ticks(5))
    parts.append(element("path", class_="grid", d=grid))
    parts += [
        element("text", spelled(value), class_="tick end", x=left - 5, y=y(value) + 3.5)
        for value in y.ticks(5)
    ]
    parts += [
        element("text", spelled(value), class_="tick middle", x=x(value), y=bottom + 14)
        for value in x.ticks(5, whole=whole)
    ]
    parts.append(element("path", class_="axis", d=f"M{place(left)} {place(bottom)}H{place(right)}"))
    middle = (left + right) / 2
    parts.append(element("text", x_label, class_="label middle", x=middle, y=bottom + 30))
    if y_label:
        parts.append(element("text", cut(y_label, 50), class_="label", x=2, y=10))
    return joined(parts)
