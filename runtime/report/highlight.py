"""A spec with its words told apart by colours."""

from __future__ import annotations

from collections.abc import Iterator

from ...grammar.lexer import scan
from ...grammar.problem import Problems
from ...grammar.source import Source
from .charts.markup import Element, element, joined

KINDS = {
    "NUMBER": "number",
    "SHAPE": "number",
    "STRING": "string",
    "PARAMETER": "name",
    "REFERENCE": "name",
    "ARROW": "sign",
    "NETC": "word",
    "LET": "word",
    "USE": "word",
    "BLOCK": "word",
}
"""The classes of words that are always the same."""
ENDS = ("NEWLINE", "SEMICOLON")
JOINTS = ("ARROW", "LSQB", "BAR")
LONGEST = 60_000
"""Characters of a text whose words are told apart."""


def highlighted(text: str) -> Element:
    """The text, escaped; a long one without colours."""
    if len(text) > LONGEST:
        return joined([text])
    parts: list[str] = []
    at = 0
    for start, end, kind in _marked(text):
        if start < at:
            continue
        parts += [text[at:start], element("span", text[start:end], class_=f"t-{kind}")]
        at = end
    return joined([*parts, text[at:]])


def _marked(text: str) -> list[tuple[int, int, str]]:
    """The places of words and comments with their kinds, in order."""
    words, comments = scan(Source("", text), Problems())
    found = [(item.span.start, item.span.end, "comment") for item in comments]
    kinds = [word.type for word in words]
    for word, kind in zip(words, _kinds(kinds), strict=True):
        if kind:
            found.append((word.start_pos, word.end_pos, kind))
    return sorted(found)


def _kinds(types: list[str]) -> Iterator[str]:
    """What each word is: the first of a statement, a layer after an arrow, an option's name."""
    before = "NEWLINE"
    for number, kind in enumerate(types):
        after = types[number + 1] if number + 1 < len(types) else ""
        if kind in KINDS:
            yield KINDS[kind]
        elif kind not in ("NAME", "FUNCTION"):
            yield ""
        elif before in ENDS:
            yield "word"
        elif before in JOINTS or before == "BLOCK":
            yield "layer"
        else:
            yield "option" if after == "EQUAL" else ""
        before = kind
