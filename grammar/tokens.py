"""The words and signs of a text, as Lark takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from lark import Token
from lark.lexer import Lexer

from .problem import Problems
from .source import Source, Span

OPENERS = ("LSQB", "LPAR", "FUNCTION", "RESERVED")
CLOSERS = ("RSQB", "RPAR")
ENOUGH = 1000
"""Mistakes in one text after which no more are looked for."""
FARTHEST = 2000
"""Characters or words within which the other end of something is looked for."""
VALUES = ("NUMBER", "SHAPE", "STRING", "NAME", "REFERENCE", "PARAMETER", "RPAR")
"""The tokens with which a value may end."""
UNITS = ("ep", "it", "%", "min", "h", "s")
OPERATORS = ("PLUS", "MINUS", "TIMES", "OVER", "INTO", "SUBTRACT")

LONGEST_WHOLE = 18
"""Digits that any whole number of so many fits in 64 bits with."""
LARGEST_WHOLE: int = 10**LONGEST_WHOLE - 1


class Word(Token):
    """A token and its place. Its text is how it is spelt, or what it was taken for.

    Some types are none of the grammar's: `NEWLINE` and `SEMICOLON` end statements; `BROKEN` is a
    mistake that was reported, `NOTHING` one that is passed over; `SUBTRACT` is a minus sign between
    two values outside parentheses; `RESERVED` is `let(` and its like.
    """

    __slots__ = ("guessed", "pair", "source")

    # Lines and columns are worked out from the place when a person asks for them.
    line = column = end_line = end_column = None

    source: Source
    start_pos: int
    end_pos: int
    guessed: bool
    """Whether a mistake was taken for it. When it does not fit, that is no second mistake."""
    pair: Word | None
    """The bracket that closes this one."""

    def __new__(
        cls, kind: str, source: Source, start: int, end: int, intended: str | None = None
    ) -> Word:
        word = str.__new__(cls, source.text[start:end] if intended is None else intended)
        word.type = kind
        word.source = source
        word.start_pos = start
        word.end_pos = end
        word.guessed = intended is not None
        word.pair = None
        return word

    @property
    def span(self) -> Span:
        return Span(self.source, self.start_pos, self.end_pos)

    def to(self, last: Word) -> Span:
        """From the start of this word to the end of another."""
        return Span(self.source, self.start_pos, last.end_pos)


@dataclass(slots=True)
class Words:
    """The words of a text as they are found, and what the mistakes in it need to know."""

    source: Source
    problems: Problems
    found: list[Word] = field(default_factory=list)

    open_braces: list[bool] = field(default_factory=list)
    """For every `{` that waits for its `}`, whether the two were taken for brackets."""

    block_names: frozenset[str] | None = None
    """The words after `block`, once somebody needed them."""

    value_names: frozenset[str] | None = None
    """What may be read with `$`: constants and parameters of blocks, once somebody needed them."""

    def push(self, kind: str, at: Span, intended: str | None = None) -> None:
        self.found.append(Word(kind, self.source, at.start, at.end, intended))

    def replace(self, kind: str, end: int, intended: str | None) -> Span:
        """The last word goes on to `end`, and what it is then is certain. Returns its place."""
        self.found[-1] = Word(kind, self.source, self.found[-1].start_pos, end, intended)
        self.found[-1].guessed = False
        return self.found[-1].span

    def last(self) -> str:
        """The type of the last word; the empty text before the first."""
        return self.found[-1].type if self.found else ""

    def in_parentheses(self) -> bool:
        """Whether a parenthesis is open."""
        closed = 0
        for word in reversed(self.found[-FARTHEST:]):
            closed += (word.type in CLOSERS) - (word.type in OPENERS)
            if closed < 0:
                return word.type != "LSQB"
        return False

    def in_value(self) -> bool:
        """Whether what comes next is the value of an option, or an item of its list."""
        if self.last() == "EQUAL":
            return True
        before = reversed(self.found[-FARTHEST:])
        for word in before:
            if word.type == "LPAR":
                opener = next(before, None)
                return opener is not None and opener.type == "EQUAL"
            if word.type not in ("NAME", "STRING", "NUMBER", "COMMA"):
                return False
        return False

    def statement(self) -> str:
        """The first word of the statement so far; the empty text before one."""
        first = ""
        for word in reversed(self.found[-FARTHEST:]):
            if word.type in ("NEWLINE", "SEMICOLON"):
                break
            first = str(word)
        return first

    def touches(self, start: int) -> bool:
        """Whether the last word ends right there."""
        return bool(self.found) and self.found[-1].end_pos == start


class WordLexer(Lexer):
    """Hands Lark words that were already found."""

    def __init__(self, lexer_conf: Any) -> None:
        pass

    def lex(self, data: Iterable[Word]) -> Iterator[Token]:  # type: ignore[override]
        return iter(data)


def excess(kind: str, text: str) -> str:
    """In what way a number or shape is out of range; empty when it is not."""
    if len(text) <= LONGEST_WHOLE and "e" not in text and "E" not in text:
        return ""
    digits = text.rstrip("%epitmnhs")
    if kind == "SHAPE" or digits.isdecimal():
        return "too large" if any(len(n) > LONGEST_WHOLE for n in digits.split("x")) else ""
    if float(digits) == float("inf"):
        return "too large"
    is_written_zero = re.search("[1-9]", re.split("[eE]", digits)[0]) is None
    return "too small" if float(digits) == 0 and not is_written_zero else ""
