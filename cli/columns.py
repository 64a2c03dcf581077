"""From characters of a line to columns of a terminal.

A tab is four columns at most, most East Asian characters and emoji are two, accents that combine
are none. A line that is too long is cut to the pieces that matter, with an ellipsis for the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .screen import Screen, shown

TAB = 4
MARGINS = (48, 24, 12, 6)
"""How many characters of context are kept on each side of a position in a line that is cut."""


@dataclass(frozen=True, slots=True)
class Laid:
    """A line as it is printed."""

    text: str
    columns: tuple[int, ...]
    """The column, from 0, of every character, and of the end."""

    def column(self, index: int) -> int:
        return self.columns[min(index, len(self.columns) - 1)]


def width_of(text: str) -> int:
    """How many columns a printed text takes."""
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
    """The line, cut around the places (character ranges) if it is wider than `room`."""
    pieces: list[str] = []
    widths: list[int] = []
    column = 0
    for character in line:
        piece = (
            " " * (TAB - column % TAB) if character == "\t" else shown(character, screen.encoding)
        )
        width = width_of(piece)
        pieces.append(piece)
        widths.append(width)
        column += width
    kept = [(0, len(line))] if column <= room else _kept(line, places, widths, room)
    return _join(pieces, widths, kept, screen.glyphs.ellipsis)


def _kept(
    line: str, places: list[tuple[int, int]], widths: list[int], room: int
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
        if sum(sum(widths[first:last]) + 3 for first, last in ranges) <= room:
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


def _join(pieces: list[str], widths: list[int], kept: list[tuple[int, int]], ellipsis: str) -> Laid:
    columns: list[int] = []
    text: list[str] = []
    column = 0
    done = 0
    for first, last in kept:
        if first > done:
            columns.extend([column] * (first - done))
            mark = f" {ellipsis} " if done else f"{ellipsis} "
            text.append(mark)
            column += len(mark)
        for index in range(first, last):
            columns.append(column)
            text.append(pieces[index])
            column += widths[index]
        done = last
    columns.extend([column] * (len(pieces) - done + 1))
    if done < len(pieces):
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
