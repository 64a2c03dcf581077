"""Characters that make no word of netc."""

from __future__ import annotations

from .problem import Problems
from .source import Span
from .syntax_problems import UnexpectedWord
from .tokens import Tokens


def mend(tokens: Tokens, kind: str, start: int, end: int, problems: Problems) -> str | None:
    """Reports a token that is none; the kind it is taken for, or None to pass it over."""
    span = Span(tokens.source, start, end)
    problems.add(UnexpectedWord(at=span, found=f"`{span.text}`", expected="a word or a number"))
    return None
