"""Why a statement is none, in the words of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import ast
from .problem import Problem
from .source import Span
from .syntax_problems import UnexpectedWord
from .tokens import Tokens

if TYPE_CHECKING:
    from .parser import Stuck


def explain(tokens: Tokens, statement: list[int], stuck: Stuck) -> Problem:
    """The problem of a statement that the grammar does not know."""
    if stuck.place < len(statement):
        index = statement[stuck.place]
        return UnexpectedWord(
            at=tokens.span(index), found=f"`{tokens.text(index)}`", expected="something else"
        )
    end = tokens.ends[statement[-1]]
    return UnexpectedWord(
        at=Span(tokens.source, end, end), found="the end of the statement", expected="more"
    )


def salvage(tokens: Tokens, statement: list[int]) -> ast.Broken:
    """What a statement that cannot be read seems to define and to mention."""
    kinds = tokens.kinds
    texts = [tokens.text(index).removesuffix("(") for index in statement]
    defines: list[str] = []
    mentions: list[str] = []
    for place, index in enumerate(statement):
        kind, text = kinds[index], texts[place]
        before = kinds[statement[place - 1]] if place else ""
        after = kinds[statement[place + 1]] if place + 1 < len(statement) else ""
        if kind == "REFERENCE" and before == "ARROW":
            defines.append(text)
        elif kind in ("NAME", "FUNCTION") and before == "BLOCK":
            defines.append(text)
        elif kind == "NAME" and kinds[statement[0]] == "LET" and after == "EQUAL":
            defines.append(f"${text}")
        elif kind in ("NAME", "FUNCTION", "REFERENCE", "PARAMETER"):
            mentions.append(text)
    word = texts[0] if kinds[statement[0]] in ("NAME", "NETC", "LET", "USE", "BLOCK") else ""
    span = tokens.between(statement[0], statement[-1])
    return ast.Broken(word, tuple(defines), tuple(dict.fromkeys(mentions)), span)
