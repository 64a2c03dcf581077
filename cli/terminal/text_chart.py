"""Curves over the epochs as lines of text: a letter for each curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, log

from ...runtime.analysis.run_pictures import wants_log
from .figures import number
from .screen import Screen

ROWS = 9
WIDEST = 100
SEVERAL = "*"
"""Where curves meet."""


def text_chart(title: str, curves: Mapping[str, Sequence[float]], screen: Screen) -> list[str]:
    """A chart whose curves are drawn with the letters that are their keys; nothing where no value
    is a number. The scale is logarithmic where values are far apart, and the title says so."""
    values = [value for curve in curves.values() for value in curve if isfinite(value)]
    if not values:
        return []
    is_log = wants_log(values, title.rpartition(" ")[2])
    low, high = min(values), max(values)
    labels = _labels(low, high, is_log=is_log)
    wide = max(map(len, labels))
    across = max(10, min(WIDEST, screen.width) - wide - 3)
    longest = max(map(len, curves.values()))
    grid = [[" "] * across for _ in range(ROWS)]
    for mark, curve in curves.items():
        for column, value in _columns(curve, longest, across):
            row = ROWS - 1 - round((ROWS - 1) * _share(value, low, high, is_log=is_log))
            grid[row][column] = mark if grid[row][column] in (" ", mark) else SEVERAL
    bar = screen.glyphs.bar
    lines = [f"{title}{' (logarithmic)' if is_log else ''}"]
    lines += [
        f"{label:>{wide}} {bar}{''.join(cells)}".rstrip()
        for label, cells in zip(labels, grid, strict=True)
    ]
    last = str(longest)
    ends = f"1{last:>{across - 1}}" if longest > 1 else "1"
    return [*lines, f"{'epoch':>{wide}}  {ends}" if wide >= 5 else f"{'':>{wide}}  {ends}"]


def _labels(low: float, high: float, *, is_log: bool) -> list[str]:
    """The values at the top, in the middle and at the bottom."""
    middle = (low * high) ** 0.5 if is_log else (low + high) / 2
    labels = [""] * ROWS
    labels[0], labels[-1] = number(high), number(low)
    if low < high:
        labels[ROWS // 2] = number(middle)
    else:
        labels[0] = labels[-1] = ""
        labels[ROWS // 2] = number(low)
    return labels


def _columns(curve: Sequence[float], longest: int, across: int) -> list[tuple[int, float]]:
    """The value in each column that a curve reaches, between epochs on a straight line."""
    if longest == 1:
        return [(0, value) for value in curve if isfinite(value)]
    found = []
    for column in range(across):
        at = column * (longest - 1) / (across - 1)
        first = int(at)
        if at > len(curve) - 1:
            break
        second = min(first + 1, len(curve) - 1)
        value = curve[first] + (at - first) * (curve[second] - curve[first])
        if isfinite(value):
            found.append((column, value))
    if len(curve) == 1 and not found and isfinite(curve[0]):
        found.append((0, curve[0]))
    return found


def _share(value: float, low: float, high: float, *, is_log: bool) -> float:
    """How far up a value is, from 0 to 1."""
    if low == high:
        return 0.5
    if is_log:
        return log(value / low) / log(high / low)
    return (value - low) / (high - low)
