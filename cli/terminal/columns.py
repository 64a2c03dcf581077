"""From characters of a line to columns of a terminal.

A tab is four columns at most, most East Asian characters and emoji are two, accents that combine
are none. A line that is too long is cut to the pieces that matter, with an ellipsis for the rest.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from operator import itemgetter
from typing import NamedTuple

from .screen import Screen, shown

TAB = 4
VERY_LONG = 2_000
"""Characters that are wider than any screen."""
MARGINS = (48, 24, 12, 6)
"""How many characters of context are kept on each side of a position in a line that is cut."""


class Laid(NamedTuple):
    """A line as it is printed."""

    text: str
    columns: tuple[tuple[int, int], ...]
    """The index of a character and its column, from 0, for every character that is printed, and
    for the first of each piece that is not; last the end of the line."""

    def column(self, index: int) -> int:
        return self.columns[bisect_right(self.columns, index, key=itemgetter(0)) - 1][1]


PAINT = re.compile(r"\x1b\[[0-9;]*m")
"""What begins and ends a style of `Screen.paint`."""


def width_of(text: str) -> int:
    """How many columns a printed text takes."""
    if "\x1b" in text:
        text = PAINT.sub("", text)
    if text.isascii():
        return len(text)
    return sum(_width(character) for character in text)


def aligned(rows: Sequence[Sequence[str]], right: str) -> list[str]:
    """Rows as lines with columns of equal width. Of each column, `right` has `r` if its cells are
    at the right, else `l`."""
    wide = [max(map(width_of, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = []
        for cell, width, side in zip(row, wide, right, strict=True):
            space = " " * (width - width_of(cell))
            cells.append(space + cell if side == "r" else cell + space)
        lines.append("  ".join(cells).rstrip())
    return lines


def lay_out(line: str, places: list[tuple[int, int]], screen: Screen, room: int) -> Laid:
    """The line, cut around the places (character ranges) if it is wider than `room`, and always if
    it is very long, so that what a snippet costs does not depend on the length of its line."""
    if len(line) <= VERY_LONG:
        whole = _join(line, [(0, len(line))], screen)
        if whole.columns[-1][1] <= room:
            return whole
    return _join(line, _kept(line, places, screen, room), screen)


def _kept(
    line: str, places: list[tuple[int, int]], screen: Screen, room: int
) -> list[tuple[int, int]]:
    """The ranges of characters to keep: as much around the places as fits."""
    ranges: list[tuple[int, int]] = []
    for margin in MARGINS:
        ranges = []
        for first, last in _ends(places, room // 4):
            first, last = _whole_words(line, max(first - margin, 0), last + margin, first, last)
            if ranges and first <= ranges[-1][1] + 3:
                ranges[-1] = (ranges[-1][0], max(last, ranges[-1][1]))
            else:
                ranges.append((first, last))
        if sum(width_of(screen.clean(line[first:last])) + 3 for first, last in ranges) <= room:
            break
    return ranges


def _ends(places: list[tuple[int, int]], most: int) -> list[tuple[int, int]]:
    """The places in order, each longer than twice `most` as its two ends."""
    pieces: list[tuple[int, int]] = []
    for start, end in sorted(places) or [(0, 0)]:
        if end - start > 2 * most:
            pieces += [(start, start + most), (end - most, end)]
        else:
            pieces.append((start, end))
    return pieces


def _whole_words(line: str, first: int, last: int, start: int, end: int) -> tuple[int, int]:
    """A range around a place, made smaller so that no word at its ends is cut."""
    if first > 0:
        space = line.find(" ", first - 1, start)
        first = first if space < 0 else space + 1
    if last < len(line):
        space = line.rfind(" ", end, last + 1)
        last = last if space < 0 else space
    return first, min(last, len(line))


def _join(line: str, kept: list[tuple[int, int]], screen: Screen) -> Laid:
    columns: list[tuple[int, int]] = []
    text: list[str] = []
    column = 0
    done = 0
    ellipsis = screen.glyphs.ellipsis
    for first, last in kept:
        if first > done:
            columns.append((done, column))
            text.append(f" {ellipsis} " if done else f"{ellipsis} ")
            column += len(text[-1])
        for index in range(first, last):
            columns.append((index, column))
            is_tab = line[index] == "\t"
            piece = " " * (TAB - column % TAB) if is_tab else shown(line[index], screen.encoding)
            text.append(piece)
            column += width_of(piece)
        done = last
    columns.append((done, column))
    if done < len(line):
        text.append(f" {ellipsis}")
    return Laid("".join(text), tuple(columns))


def _width(character: str) -> int:
    if character.isascii():
        return 1
    # Only texts that need it pay for the tables of Unicode.
    from unicodedata import category, east_asian_width

    if category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(character) in "WF" else 1
