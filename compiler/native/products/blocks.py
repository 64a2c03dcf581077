"""How the results of a product are divided into blocks that stay in registers."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import NamedTuple

MOST_ROWS = 14
"""Rows of a block: more make code longer and nothing faster."""


class EqualParts(NamedTuple):
    """Some of equal size, one after another."""

    first: int
    """Where they begin."""
    size: int
    times: int

    @property
    def end(self) -> int:
        """Where they end."""
        return self.first + self.size * self.times


def split_evenly(total: int, most: int) -> tuple[EqualParts, ...]:
    """A total as few parts of nearly equal size, none above `most`: the larger ones first."""
    parts = -(-total // most)
    small, larger = divmod(total, parts)
    middle = (small + 1) * larger
    found = (EqualParts(0, small + 1, larger), EqualParts(middle, small, parts - larger))
    return tuple(part for part in found if part.times)


class Covering(NamedTuple):
    """Vectors of one width that cover a row of columns. Where the width does not divide the
    columns, the last vector begins so early that it ends with them: some columns are computed
    twice, and nothing is read or written beyond them. Few columns may be a part of one vector."""

    columns: int
    width: int
    vectors: int

    @property
    def ragged(self) -> bool:
        """Whether two vectors overlap."""
        return self.vectors * self.width > self.columns and self.vectors > 1

    @property
    def stored(self) -> int:
        """Numbers of a vector that are stored."""
        return min(self.width, self.columns)


def cover(columns: int, lanes: int, padded: bool = False) -> Covering:
    """As few vectors as possible, and of these the narrowest. With `padded`, a row of what is read
    is as long as its vectors, so that a vector may be wider than the columns."""
    if padded and columns < lanes:
        return Covering(columns, 1 << (columns - 1).bit_length(), 1)
    width = 1
    while 2 * width <= min(columns, lanes):
        width *= 2
    vectors = -(-columns // width)
    while width > 1 and -(-columns // (width // 2)) == vectors:
        width //= 2
    return Covering(columns, width, vectors)


class Run(NamedTuple):
    """Vectors of one width, one after another."""

    first: int
    """The number at which they begin."""
    width: int
    vectors: int


def runs(length: int, lanes: int) -> tuple[Run, ...]:
    """A row of numbers as vectors that never overlap: as many as possible of the full width, then
    narrower ones."""
    found, first, width = [], 0, lanes
    while first < length:
        vectors = (length - first) // width
        if vectors:
            found.append(Run(first, width, vectors))
            first += vectors * width
        width //= 2
    return tuple(found)


class Panel(NamedTuple):
    """Neighbouring vectors of a covering that a block has in each of its rows."""

    first: int
    """The number of its first vector."""
    vectors: int
    last: int
    """The column at which its last vector begins, from its first one on."""


class Blocks(NamedTuple):
    """The blocks of a product."""

    covering: Covering
    panels: tuple[Panel, ...]
    rows: tuple[EqualParts, ...]

    @property
    def widest(self) -> int:
        """Vectors of the widest panel."""
        return max(panel.vectors for panel in self.panels)


def count_units(covering: Covering, unit: int) -> int:
    """Into how many parts a covering can be divided, with so many vectors in a unit: two that
    overlap are one."""
    return covering.vectors // unit - covering.ragged


def bounds_of_parts(covering: Covering, parts: int, unit: int) -> tuple[int, ...]:
    """Where parts of about as many vectors begin, whole units of them, and where the last ends:
    no more parts than `count_units`."""
    units = count_units(covering, unit)
    bounds = [-(-units * part // parts) * unit for part in range(parts)]
    return (*bounds, covering.vectors)


@cache
def divide(
    rows: int,
    covering: Covering,
    registers: int,
    widest: int | None = None,
    unit: int = 1,
    parts: int = 1,
) -> Blocks:
    """The quickest division: many products for each number that is loaded, few blocks that are
    too small to hide the latency of their sums. With `widest` the panels are those of a division
    whose widest panel has so many vectors. A panel is whole units of vectors, or one of equal parts
    of a unit; none is in two of the `parts`."""
    # Sums are added to what is there, so two overlapping vectors must be in one panel.
    widths = (3, 4, 6, 8, 12) if covering.ragged else (1, 2, 3, 4, 6, 8, 12)
    found = []
    for most in widths if widest is None else (widest,):
        if most % unit and unit % most:
            continue
        part = min(most, unit)
        panels = tuple(
            EqualParts(begin + equal.first * part, equal.size * part, equal.times)
            for begin, end in pairwise(bounds_of_parts(covering, parts, unit))
            for equal in split_evenly((end - begin) // part, most // part)
        )
        vectors = max(panel.size for panel in panels)
        if 2 * vectors + 1 > registers:  # one row of sums, the vectors of b and a number of a
            continue
        heights = split_evenly(rows, min(MOST_ROWS, (registers - 1 - vectors) // vectors))
        cost = sum(
            height.times * panel.times * _cycles(height.size, panel.size)
            for height in heights
            for panel in panels
        )
        found.append((cost, vectors, panels, heights))
    _, _, chosen, heights = min(found)
    return Blocks(covering, tuple(_panels(covering, chosen)), heights)


def _cycles(rows: int, vectors: int) -> float:
    """About how long a block takes for one product of each of its numbers, in half cycles: one
    multiplication of vectors, one load, eight sums under way at least, and the loop around them."""
    return max(rows * vectors, rows + vectors, 8) + 1.2


def _panels(covering: Covering, parts: tuple[EqualParts, ...]) -> list[Panel]:
    panels, first = [], 0
    for part in parts:
        for _ in range(part.times):
            panels.append(Panel(first, part.size, (part.size - 1) * covering.width))
            first += part.size
    end = panels[-1]
    last = covering.columns - covering.stored - end.first * covering.width
    return [*panels[:-1], end._replace(last=last)]
