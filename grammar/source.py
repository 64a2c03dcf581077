"""A text and places in it.

Offsets count characters of `Source.text`. Lines and columns are worked out only when a person
asks for them, because most checks end without a problem to show.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """One text that is read as netc: a file, standard input or a command-line argument."""

    name: str
    """What a person calls it: a path as they wrote it, `<stdin>` or `<text>`."""
    text: str = field(repr=False)
    path: str | None = None
    """The file it came from, which a `use` in it is relative to."""
    typed: str | None = field(default=None, repr=False)
    """What a person wrote instead of the text, with everything at the same place: `--set a=1` for
    `let   a=1`."""
    _starts: list[int] = field(default_factory=list, repr=False)

    def line_starts(self) -> list[int]:
        """Offsets at which the lines begin. A line ends with `\\n`, which `\\r` may precede."""
        if not self._starts:
            self._starts.append(0)
            at = self.text.find("\n")
            while at >= 0:
                self._starts.append(at + 1)
                at = self.text.find("\n", at + 1)
        return self._starts

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end."""
        starts = self.line_starts()
        end = starts[number] - 1 if number < len(starts) else len(self.text)
        text = self.text if self.typed is None else self.typed
        return text[starts[number - 1] : end].removesuffix("\r")

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1, the column in characters."""
        starts = self.line_starts()
        line = bisect_right(starts, offset)
        return line, offset - starts[line - 1] + 1


class Span(NamedTuple):
    """The characters `[start, end)` of a source."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    @property
    def end_position(self) -> tuple[int, int]:
        """Line and column just after the last character, both counted from 1."""
        return self.source.position(self.end)

    @property
    def calls(self) -> tuple[Span, ...]:
        """The calls of the blocks around it, innermost first; a span alone knows none."""
        return ()

    @property
    def before(self) -> Span:
        """The empty span at its start, where text can be inserted."""
        return Span(self.source, self.start, self.start)

    @property
    def after(self) -> Span:
        """The empty span at its end."""
        return Span(self.source, self.end, self.end)

    def to(self, other: Span) -> Span:
        """The span from the start of this one to the end of the other."""
        return Span(self.source, self.start, max(self.end, other.end))
