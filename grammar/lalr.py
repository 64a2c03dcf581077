"""Lark's parser of the language, and the words and signs that its grammar spells out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from lark import UnexpectedToken
from lark.lexer import PatternStr

from . import ast
from .source import Source
from .tables import load
from .tokens import Word

PARSER = load()

SIGNS = {
    terminal.pattern.value: terminal.name
    for terminal in PARSER.terminals
    if isinstance(terminal.pattern, PatternStr)
}
KEYWORDS = {text: SIGNS.pop(text) for text in (*SIGNS,) if text.isalpha()}

END = Word("END", Source("", ""), 0, 0)


class Stuck(NamedTuple):
    """Where Lark could not go on: in which statement, at which of its words (their number when one
    is missing at the end), and what gives the types of the tokens that would be right there."""

    statement: int
    place: int
    accepts: Callable[[], set[str]]


def parse_statements(
    statements: list[list[Word]], first: int = 0
) -> tuple[list[ast.Statement], Stuck | None]:
    """The nodes of the statements from one on until the first wrong one, and where that is
    wrong."""
    at = first

    def words() -> Iterator[Word]:
        nonlocal at
        for at in range(first, len(statements)):
            yield from statements[at]
            yield END

    try:
        return _nodes(words()), None
    except UnexpectedToken as error:
        wrong = statements[at]
        place = next((i for i, word in enumerate(wrong) if word is error.token), len(wrong))
        stuck = Stuck(at, place, error.interactive_parser.accepts)
    right = (word for statement in statements[first:at] for word in (*statement, END))
    return _nodes(right), stuck


def _nodes(words: Iterator[Word]) -> list[ast.Statement]:
    nodes: list[ast.Statement] = PARSER.parse(words)  # type: ignore[assignment]
    return nodes
