"""What a statement that cannot be read seems to say."""

from __future__ import annotations

from .. import ast
from ..tokens import KEYWORDS, Tokens


def salvage(tokens: Tokens, statement: list[int], pipe: ast.Pipe | None = None) -> ast.Broken:
    """What it seems to define and to mention, so that nothing that follows from the mistake is
    reported."""
    kinds = tokens.kinds
    head = kinds[statement[0]]
    defines: list[str] = []
    mentions: list[str] = []
    for place, index in enumerate(statement):
        kind, text = kinds[index], tokens.text(index).removesuffix("(")
        before = kinds[statement[place - 1]] if place else ""
        after = kinds[statement[place + 1]] if place + 1 < len(statement) else ""
        labels = kind == "REFERENCE" and before == "ARROW"
        if labels or (before == "BLOCK" and kind in ("NAME", "FUNCTION")):
            defines.append(text)
        elif kind == "NAME" and head == "LET" and (after == "EQUAL" or before != "EQUAL"):
            defines.append(f"${text}")
        elif kind in ("NAME", "FUNCTION", "REFERENCE", "PARAMETER"):
            mentions.append(text)
    is_word = head == "NAME" or head in KEYWORDS.values()
    word = tokens.text(statement[0]) if is_word else ""
    span = tokens.between(statement[0], statement[-1])
    return ast.Broken(word, tuple(defines), tuple(dict.fromkeys(mentions)), span, pipe)
