"""The place at which a statement stops being one, and what is decided about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..brackets import last_character
from ..problem import Problem
from ..source import Source, Span
from ..tokens import CLOSERS, OPENERS, VALUES, Word

JOINTS = ("ARROW", "LSQB", "BAR", "")
"""What a stage begins behind; the empty text is the beginning of a statement."""


@dataclass(slots=True)
class Verdict:
    """A problem, and the statement as it was meant when that is clear."""

    problem: Problem | None
    statement: list[Word] | None = None


@dataclass(slots=True)
class Site:
    """A statement, and which of its words does not fit."""

    statement: list[Word]
    place: int
    """Position in `statement`; its length when a word is missing at the end."""
    opener: Word | None = field(init=False, default=None)
    """The innermost open bracket."""

    def __post_init__(self) -> None:
        open_now: list[Word] = []
        for word in self.statement[: self.place]:
            if word.type in OPENERS:
                open_now.append(word)
            elif word.type in CLOSERS and open_now:
                open_now.pop()
        self.opener = open_now[-1] if open_now else None

    @property
    def source(self) -> Source:
        return self.statement[0].source

    def kind(self, offset: int = 0) -> str:
        """The type of the word so many places on; `$END` behind the last, "" before the first."""
        place = self.place + offset
        if place >= len(self.statement):
            return "$END"
        return self.statement[place].type if place >= 0 else ""

    @property
    def head(self) -> str:
        """The type of the statement's first word."""
        return self.statement[0].type

    @property
    def second(self) -> str:
        """The type of the statement's second word."""
        return self.statement[1].type if len(self.statement) > 1 else "$END"

    @property
    def in_parentheses(self) -> bool:
        return self.opener is not None and self.opener.type != "LSQB"

    @property
    def begins_stage(self) -> bool:
        """Whether a call or a label is what should stand here."""
        before = self.kind(-1)
        after_block = before == "EQUAL" and self.head == "BLOCK" and self.opener is None
        return before in JOINTS or after_block

    def word(self, offset: int = 0) -> Word:
        return self.statement[self.place + offset]

    def text(self, offset: int = 0) -> str:
        return str(self.word(offset))

    def span(self, offset: int = 0) -> Span:
        """The word's place; the empty place behind the last word when there is none."""
        if self.place + offset < len(self.statement):
            return self.word(offset).span
        return self.behind(-1)

    def behind(self, offset: int) -> Span:
        """The empty place behind a word."""
        end = self.word(offset).end_pos
        return Span(self.source, end, end)

    def opened(self) -> Span:
        """The open bracket, one character."""
        assert self.opener is not None
        return last_character(self.opener)

    def ends_value(self, offset: int) -> bool:
        """Whether a value may end with this word."""
        return self.kind(offset) in VALUES

    def without(self, *offsets: int) -> list[Word]:
        """The statement without these words."""
        gone = {self.place + offset for offset in offsets}
        return [word for place, word in enumerate(self.statement) if place not in gone]

    def replaced(self, count: int, kind: str, at: Span, intended: str | None = None) -> list[Word]:
        """The statement with one word in place of so many from here on."""
        new = Word(kind, self.source, at.start, at.end, intended)
        return [*self.statement[: self.place], new, *self.statement[self.place + count :]]

    def with_before(self, kind: str) -> list[Word]:
        """The statement with one more word before this place."""
        return self.replaced(0, kind, self.behind(-1))
