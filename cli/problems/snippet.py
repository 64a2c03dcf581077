"""Lines of a source with marks under them.

Places on one line are underlined below it, the words of the last one beside its underline and
those of the others further down, each hanging from its place:

    5 │   -> conv 16 5x5 relu -> maxpool 2x2
      │      ────────────────    ^^^^^^^^^^^ a remainder of 1
      │      │
      │      gives 7x7x16

A place of several lines is embraced on the left.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ...grammar.source import Source, Span
from ..terminal.columns import Laid, lay_out, width_of
from ..terminal.fit import wrapped
from ..terminal.screen import Screen

LEAST_ROOM = 24
"""The least columns for a line, or for words beside an underline before they go below it."""
ALL_LINES = 6
"""A place of more lines than this shows its first two and its last two."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place of the source with words on it; `style` colours both."""

    span: Span
    text: str
    primary: bool
    style: str


@dataclass(frozen=True, slots=True)
class _Place:
    """A mark in lines (from 1) and character indices (from 0)."""

    mark: Mark
    first: int
    start: int
    last: int
    end: int

    @property
    def one_line(self) -> bool:
        return self.first == self.last


@dataclass(frozen=True, slots=True)
class Ink:
    """What the rows of one snippet are drawn with."""

    screen: Screen
    gutter: int
    """The digits of the largest line number."""

    def row(self, content: str, number: str = "") -> str:
        left = self.screen.paint(f"{number:>{self.gutter}} {self.screen.glyphs.bar}", "frame")
        content = content.rstrip()
        return f"{left} {content}" if content else left

    def gap(self) -> str:
        return self.screen.paint(" " * (self.gutter + 1) + self.screen.glyphs.gap, "frame")

    def fork(self, glyph: str, text: str) -> str:
        return self.screen.paint(" " * (self.gutter + 1) + glyph, "frame") + f" {text}"


def last_line(marks: Iterable[Mark]) -> int:
    """The largest line number that a snippet of these marks shows."""
    return max(_place(mark).last for mark in marks)


def snippet(source: Source, marks: Sequence[Mark], ink: Ink) -> list[str]:
    """The rows of one source. Every mark lies in it."""
    places = [_place(mark) for mark in marks]
    rails = sorted(
        (place for place in places if not place.one_line), key=lambda p: (p.first, p.start, -p.last)
    )
    rows: list[str] = []
    before = 0
    for number in _shown_lines(places):
        if before and number == before + 2:
            rows.extend(_line(source, before + 1, places, rails, ink))
        elif before and number > before + 1:
            rows.append(ink.gap())
        rows.extend(_line(source, number, places, rails, ink))
        before = number
    return rows


def _place(mark: Mark) -> _Place:
    source = mark.span.source
    first, column = source.position(mark.span.start)
    last, end = source.position(max(mark.span.end, mark.span.start))
    if end == 1 and last > first:
        # It ends with the end of a line, not before the first character of the next.
        last -= 1
        end = len(source.line(last)) + 1
    return _Place(mark, first, column - 1, last, end - 1)


def _shown_lines(places: Sequence[_Place]) -> list[int]:
    lines: set[int] = set()
    for place in places:
        if place.last - place.first < ALL_LINES:
            lines.update(range(place.first, place.last + 1))
        else:
            lines.update((place.first, place.first + 1, place.last - 1, place.last))
    return sorted(lines)


def _line(
    source: Source, number: int, places: Sequence[_Place], rails: Sequence[_Place], ink: Ink
) -> list[str]:
    """The line itself and everything that hangs under it."""
    screen, glyphs = ink.screen, ink.screen.glyphs
    text = source.line(number)
    here = [place for place in places if place.one_line and place.first == number]
    ends = [(p.start, p.start + 1) for p in rails if p.first == number]
    ends += [(max(p.end - 1, 0), p.end) for p in rails if p.last == number]
    room = screen.width - ink.gutter - 3 - 2 * len(rails)
    laid = lay_out(text, [(p.start, p.end) for p in here] + ends, screen, max(room, LEAST_ROOM))
    blank = len(text) - len(text.lstrip())

    open_: list[bool] = [place.first < number <= place.last for place in rails]
    head = list(open_)
    left = []
    for index, place in enumerate(rails):
        glyph = glyphs.bar if open_[index] else " "
        if place.first == number and place.start <= blank:
            glyph, head[index] = glyphs.opening, True
        left.append(screen.paint(glyph, place.mark.style if glyph != " " else "") + " ")
    rows = [ink.row("".join(left) + laid.text, str(number))]

    for index, place in enumerate(rails):
        if place.first == number and place.start > blank:
            rows.append(
                ink.row(_arm(rails, head, index, glyphs.opening, laid.column(place.start), ink))
            )
            head[index] = True
    rail = _rail(rails, head, ink)
    rows.extend(ink.row(rail + row) for row in _underlines(here, laid, ink, room))
    for index, place in enumerate(rails):
        if place.last == number:
            column = laid.column(max(place.end - 1, 0))
            arm = _arm(rails, head, index, glyphs.closing, column, ink)
            head[index] = False
            rows += _arm_words(arm, place.mark, _rail(rails, head, ink), ink)
    return rows


def _rail(rails: Sequence[_Place], open_: Sequence[bool], ink: Ink) -> str:
    bar = ink.screen.glyphs.bar
    return "".join(
        (ink.screen.paint(bar, place.mark.style) if on else " ") + " "
        for place, on in zip(rails, open_, strict=True)
    )


def _arm(
    rails: Sequence[_Place], open_: Sequence[bool], index: int, corner: str, column: int, ink: Ink
) -> str:
    """From the rail of a place to the column of its first or last character."""
    place = rails[index]
    glyphs = ink.screen.glyphs
    before = _rail(rails[:index], open_[:index], ink)
    length = 2 * (len(rails) - index) - 1 + column
    point = glyphs.primary if place.mark.primary else glyphs.across
    return before + ink.screen.paint(corner + glyphs.across * length + point, place.mark.style)


def _arm_words(arm: str, mark: Mark, rail: str, ink: Ink) -> list[str]:
    """The words at the end of a place of several lines: beside its arm, or below it."""
    screen = ink.screen
    words = screen.clean(mark.text)
    room = screen.width - ink.gutter - 3
    if not screen.terminal or width_of(f"{arm} {words}") <= room:
        return [ink.row(f"{arm} {screen.paint(words, mark.style)}" if words else arm)]
    left = f"{rail}  "
    lines = wrapped(words, room - width_of(left))
    return [ink.row(arm), *(ink.row(left + screen.paint(line, mark.style)) for line in lines)]


def _underlines(places: Sequence[_Place], laid: Laid, ink: Ink, room: int) -> list[str]:
    """The row of underlines, then the words that found no room in it."""
    if not places:
        return []
    screen, glyphs = ink.screen, ink.screen.glyphs
    ordered = sorted(places, key=lambda p: (p.start, p.end, not p.mark.primary))
    row: dict[int, tuple[str, str]] = {}
    # Primary places are drawn last, over the others.
    for place in sorted(ordered, key=lambda p: p.mark.primary):
        glyph = glyphs.primary if place.mark.primary else glyphs.secondary
        start, end = laid.column(place.start), laid.column(place.end)
        for column in range(start, max(end, start + 1)):
            row[column] = (glyph, place.mark.style)
    worded = [place for place in ordered if place.mark.text]
    first = _draw(row, screen)
    if not worded:
        return [first]
    beside, others = worded[-1], worded[:-1]
    width = max(row) + 1
    rows = [first]
    if laid.column(beside.end) >= width or laid.column(beside.start) == max(
        laid.column(place.start) for place in ordered
    ):
        words = _word_lines(beside.mark, screen, room - width - 1)
        if words:
            rows = [f"{first} {words[0]}"]
            rows += (_hang(others, laid, screen, width + 1) + line for line in words[1:])
            worded = others
    if worded:
        rows.append(_hang(worded, laid, screen))
    while worded:
        place = worded.pop()
        start = laid.column(place.start)
        words = _word_lines(place.mark, screen, room - start)
        if not words:
            # Too far to the right: the words go below their bar.
            start = max(0, room - min(room, 2 * LEAST_ROOM))
            words = _word_lines(place.mark, screen, room - start)
        before = [p for p in worded if laid.column(p.start) < start]
        rows += (_hang(before, laid, screen, start) + line for line in words)
    return rows


def _word_lines(mark: Mark, screen: Screen, room: int) -> list[str]:
    """The words of a mark; none where the terminal has too little room for them."""
    words = _one_line(mark.text, screen)
    if not screen.terminal or width_of(words) <= room:
        return [screen.paint(words, mark.style)]
    if room < LEAST_ROOM:
        return []
    return [screen.paint(line, mark.style) for line in wrapped(words, room)]


def _hang(places: Sequence[_Place], laid: Laid, screen: Screen, width: int = 0) -> str:
    row = {laid.column(place.start): (screen.glyphs.bar, place.mark.style) for place in places}
    return _draw(row, screen, width)


def _draw(row: dict[int, tuple[str, str]], screen: Screen, width: int = 0) -> str:
    """Cells as text, neighbours of one style painted together."""
    parts: list[str] = []
    run, style = "", ""
    for column in range(max(max(row, default=-1) + 1, width)):
        glyph, wanted = row.get(column, (" ", ""))
        if wanted != style:
            parts.append(screen.paint(run, style))
            run, style = "", wanted
        run += glyph
    parts.append(screen.paint(run, style))
    return "".join(parts)


def _one_line(text: str, screen: Screen) -> str:
    return screen.clean(" ".join(text.split("\n")))
