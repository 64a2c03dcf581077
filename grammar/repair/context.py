"""The place at which a statement stops being one, and what is decided about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from ..brackets import last_character
from ..lalr import KEYWORDS, SIGNS
from ..problem import Problem
from ..problems.statements import UnexpectedWord
from ..source import Source, Span
from ..tokens import CLOSERS, OPENERS, VALUES, Word

RESERVED = tuple(KEYWORDS.values())
STARTS_OF_VALUES = (
    "NUMBER", "SHAPE", "STRING", "NAME", "REFERENCE", "PARAMETER", "FUNCTION", "LPAR", "MINUS"
)  # fmt: skip
JOINTS = ("", "ARROW", "LSQB", "BAR")
"""The types of the words before a stage; empty at the start of a statement."""


@dataclass(slots=True)
class Verdict:
    """A problem, and the statement as it was meant when that is clear."""

    problem: Problem | None
    statement: list[Word] | None = None


@dataclass
class Mismatch:
    """A statement, and which of its words does not fit."""

    statement: list[Word]
    place: int
    """Position in `statement`; its length when a word is missing at the end."""
    accepting: Callable[[], set[str]]
    """Asks Lark's parser what it accepts here."""
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

    @cached_property
    def accepts(self) -> set[str]:
        """The types of the tokens that would be right here."""
        return self.accepting()

    def kind(self, offset: int = 0) -> str:
        """The type of the word so many places on; `$END` after the last, "" before the first."""
        place = self.place + offset
        if place >= len(self.statement):
            return "$END"
        return self.statement[place].type if place >= 0 else ""

    @property
    def head(self) -> str:
        """The type of the statement's first word."""
        return self.statement[0].type

    @property
    def in_parentheses(self) -> bool:
        return self.opener is not None and self.opener.type != "LSQB"

    @property
    def begins_stage(self) -> bool:
        """Whether only a call or a label would be right here."""
        return "REFERENCE" in self.accepts and "NUMBER" not in self.accepts

    @property
    def begins_line(self) -> bool:
        """Whether the token is the first of its line."""
        text, start = self.source.text, self.span().start
        return not text[text.rfind("\n", 0, start) + 1 : start].strip()

    def expected(self) -> str:
        """What would be right here, for a person: "a value", "`,` or `)`"."""
        accepts = self.accepts
        parts = [text for text, tokens in EXPECTED.items() if tokens <= accepts][:1]
        parts += [f"`{sign}`" for sign, token in SIGNS.items() if token in accepts & CONTINUES]
        parts += ["the end of the statement"] * ("END" in accepts and "LET" not in accepts)
        return " or ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)

    def unexpected(self, hint: str = "") -> Verdict:
        """The verdict when nothing better can be said."""
        found = "end of the statement" if self.kind() == "$END" else f"`{self.text()}`"
        after = f"`{self.text(-1)}`" if self.place else "nothing"
        expected = self.expected()
        return Verdict(
            UnexpectedWord(at=self.span(), found=found, after=after, expected=expected, hint=hint)
        )

    def word(self, offset: int = 0) -> Word:
        return self.statement[self.place + offset]

    def text(self, offset: int = 0) -> str:
        return str(self.word(offset))

    def span(self, offset: int = 0) -> Span:
        """The word's place; the empty place after the last word when there is none."""
        if self.place + offset < len(self.statement):
            return self.word(offset).span
        return self.after(-1)

    def last_span(self) -> Span:
        """The word's place; that of the last word when there is none."""
        return self.span(-1 if self.kind() == "$END" else 0)

    def after(self, offset: int) -> Span:
        """The empty place after a word."""
        end = self.word(offset).end_pos
        return Span(self.source, end, end)

    def gap(self) -> Span:
        """The blanks between the token before and this one."""
        return Span(self.source, self.span(-1).end, self.span().start)

    def opened(self) -> Span:
        """The open bracket, one character."""
        assert self.opener is not None
        return last_character(self.opener)

    def ends_value(self) -> bool:
        """Whether a value may end with the word before."""
        return self.kind(-1) in VALUES

    def without(self, offset: int) -> list[Word]:
        """The statement without a word."""
        place = self.place + offset
        return self.statement[:place] + self.statement[place + 1 :]

    def replaced(self, count: int, kind: str, at: Span, intended: str | None = None) -> list[Word]:
        """The statement with one word in place of so many from here on."""
        new = Word(kind, self.source, at.start, at.end, intended)
        return [*self.statement[: self.place], new, *self.statement[self.place + count :]]

    def with_before(self, kind: str) -> list[Word]:
        """The statement with one more word before this place."""
        return self.replaced(0, kind, self.after(-1))


EXPECTED = {
    "a statement": {"LET"},
    "an argument": {"NUMBER", "COMPARE"},
    "another argument": {"NUMBER", "ARROW"},
    "a value": {"NUMBER"},
    "a layer or a label": {"REFERENCE"},
    "a name": {"NAME"},
}
"""What is expected where these tokens are accepted; the first that holds says it."""
CONTINUES = {"ARROW", "EQUAL", "COMMA", "BAR", "RSQB", "RPAR"}
"""The signs that are worth a mention."""


class Rule(NamedTuple):
    """What to say of a mistake."""

    kinds: str
    """The types of the word that does not fit, or `*` for any."""
    before: str
    """The types of the word before it, or `*` for any."""
    verdict: Callable[[Mismatch], Verdict | None]
    """None for a mistake that the rule does not know after all."""


def first(rules: Iterable[Rule], site: Mismatch) -> Verdict | None:
    """The verdict of the first rule that has one."""
    kind, before = site.kind(), site.kind(-1)
    for rule in rules:
        fits = rule.kinds == "*" or kind in rule.kinds.split()
        fits = fits and (rule.before == "*" or before in rule.before.split())
        if fits and (verdict := rule.verdict(site)) is not None:
            return verdict
    return None
