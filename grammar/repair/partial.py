"""What a statement that cannot be read seems to say."""

from __future__ import annotations

from .. import ast
from ..lalr import KEYWORDS
from ..tokens import Word


def partial_statement(statement: list[Word], pipe: ast.Pipe | None = None) -> ast.Broken:
    """What it seems to define and to mention, so that nothing that follows from the mistake is
    reported."""
    head = statement[0].type
    defines: list[str] = []
    mentions: list[str] = []
    types = ["", *(word.type for word in statement), ""]
    for place, word in enumerate(statement):
        before, kind, after = types[place : place + 3]
        text = word.removesuffix("(")
        labels = kind == "REFERENCE" and before == "ARROW"
        if labels or (before == "BLOCK" and kind in ("NAME", "FUNCTION")):
            defines.append(text)
        elif kind == "NAME" and head == "LET" and (after == "EQUAL" or before != "EQUAL"):
            defines.append(f"${text}")
        elif kind in ("NAME", "FUNCTION", "REFERENCE", "PARAMETER"):
            mentions.append(text)
    is_word = head == "NAME" or head in KEYWORDS.values()
    first = str(statement[0]) if is_word else ""
    span = statement[0].to(statement[-1])
    return ast.Broken(first, tuple(defines), tuple(dict.fromkeys(mentions)), span, pipe)
