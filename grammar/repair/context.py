"""The place at which a statement stops being one, and what is decided about it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..problem import Problem
from ..source import Span
from ..tokens import OPENERS, VALUES, Tokens

JOINTS = ("ARROW", "LSQB", "BAR", "")
"""What a stage begins behind; the empty text is the beginning of a statement."""


@dataclass(slots=True)
class Verdict:
    """A problem, and the statement as it was meant when that is clear."""

    problem: Problem | None
    statement: list[int] | None = None


@dataclass(slots=True)
class Site:
    """A statement, and which of its tokens does not fit."""

    tokens: Tokens
    statement: list[int]
    place: int
    """Position in `statement`; its length when a token is missing at the end."""
    opener: int = field(init=False, default=-1)
    """The innermost open bracket, an index of `tokens`, or -1."""

    def __post_init__(self) -> None:
        open_now: list[int] = []
        for index in self.statement[: self.place]:
            kind = self.tokens.kinds[index]
            if kind in OPENERS:
                open_now.append(index)
            elif kind in ("RSQB", "RPAR") and open_now:
                open_now.pop()
        self.opener = open_now[-1] if open_now else -1

    def kind(self, offset: int = 0) -> str:
        """The kind of the token so many places on; `$END` behind the last, "" before the first."""
        place = self.place + offset
        if place >= len(self.statement):
            return "$END"
        return self.tokens.kinds[self.statement[place]] if place >= 0 else ""

    @property
    def head(self) -> str:
        """The kind of the statement's first token."""
        return self.tokens.kinds[self.statement[0]]

    @property
    def second(self) -> str:
        """The kind of the statement's second token."""
        return self.tokens.kinds[self.statement[1]] if len(self.statement) > 1 else "$END"

    @property
    def in_parentheses(self) -> bool:
        return self.opener >= 0 and self.tokens.kinds[self.opener] != "LSQB"

    @property
    def begins_stage(self) -> bool:
        """Whether a call or a label is what should stand here."""
        before = self.kind(-1)
        after_block = before == "EQUAL" and self.head == "BLOCK" and self.opener < 0
        return before in JOINTS or after_block

    def index(self, offset: int = 0) -> int:
        return self.statement[self.place + offset]

    def text(self, offset: int = 0) -> str:
        return self.tokens.text(self.index(offset))

    def span(self, offset: int = 0) -> Span:
        """The token's place; the empty place behind the last token when there is none."""
        if self.place + offset < len(self.statement):
            return self.tokens.span(self.index(offset))
        return self.behind(-1)

    def behind(self, offset: int) -> Span:
        """The empty place behind a token."""
        end = self.tokens.ends[self.index(offset)]
        return Span(self.tokens.source, end, end)

    def opened(self) -> Span:
        """The open bracket, one character."""
        end = self.tokens.ends[self.opener]
        return Span(self.tokens.source, end - 1, end)

    def ends_value(self, offset: int) -> bool:
        """Whether a value may end with this token."""
        return self.kind(offset) in VALUES

    def without(self, *offsets: int) -> list[int]:
        """The statement without these tokens."""
        gone = {self.place + offset for offset in offsets}
        return [index for place, index in enumerate(self.statement) if place not in gone]

    def replaced(self, count: int, new: int) -> list[int]:
        """The statement with one token in place of so many from here on."""
        return [*self.statement[: self.place], new, *self.statement[self.place + count :]]

    def with_before(self, kind: str) -> list[int]:
        """The statement with one more token before this place."""
        at = self.behind(-1).start
        new = self.tokens.push(kind, at, at)
        return [*self.statement[: self.place], new, *self.statement[self.place :]]
