"""The words and signs of a text, as Lark takes them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from lark import Token
from lark.lexer import Lexer

from .source import Source, Span

OPENERS = ("LSQB", "LPAR", "FUNCTION", "RESERVED")
CLOSERS = ("RSQB", "RPAR")
ENOUGH = 1000
"""Mistakes in one text behind which no more are looked for."""
VALUES = ("NUMBER", "SHAPE", "STRING", "NAME", "REFERENCE", "PARAMETER", "RPAR")
"""The tokens with which a value may end."""
OPERATORS = ("PLUS", "MINUS", "TIMES", "OVER", "INTO", "SUBTRACT")

LONGEST_WHOLE = 18
"""Digits that any whole number of so many fits in 64 bits with."""


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
        cls, kind: str, source: Source, start: int, end: int, meant: str | None = None
    ) -> Word:
        word = str.__new__(cls, source.text[start:end] if meant is None else meant)
        word.type = kind
        word.source = source
        word.start_pos = start
        word.end_pos = end
        word.guessed = meant is not None
        word.pair = None
        return word

    @property
    def span(self) -> Span:
        return Span(self.source, self.start_pos, self.end_pos)

    def to(self, last: Word) -> Span:
        """From the start of this word to the end of another."""
        return Span(self.source, self.start_pos, last.end_pos)


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
