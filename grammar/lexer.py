"""Text to tokens, with one regular expression."""

from __future__ import annotations

import re

from . import ast
from .problem import Problems
from .source import Source, Span
from .tokens import ENOUGH, KEYWORDS, SIGNS, TOKEN, UNITS, Tokens, excess

WORDS = {**KEYWORDS, **dict.fromkeys((unit for unit in UNITS if unit.isalpha()), "UNIT")}

# Control characters, and those that turn the direction of the text around.
UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]+")


def scan(source: Source, problems: Problems) -> tuple[Tokens, tuple[ast.Comment, ...]]:
    """The tokens and the comments of a text. What is no token is reported, and taken for what was
    meant where that is clear."""
    tokens = Tokens(source)
    kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends
    comments: list[ast.Comment] = []
    text = source.text
    for match in TOKEN.finditer(text, 1 if text.startswith("\ufeff") else 0):
        kind = match.lastgroup
        if kind is None:
            break
        start, end = match.span(kind)
        if kind == "SIGN":
            kind = SIGNS[text[start:end]]
        elif kind == "NAME":
            kind = WORDS.get(text[start:end], kind)
            if kind == "UNIT":
                from .repair.mistakes import mend_unit

                if mend_unit(tokens, start, end, problems):
                    continue
                kind = "NAME"
        elif kind == "NUMBER" or kind == "SHAPE":
            if reason := excess(kind, text[start:end]):
                from .problems.numbers import NumberOutOfRange

                problems.add(NumberOutOfRange(at=Span(source, start, end), reason=reason))
                kind = "BROKEN"
        elif kind == "FUNCTION":
            if text[start : end - 1] in KEYWORDS:
                kind = "RESERVED"
        elif kind == "COMMENT":
            comments.append(ast.Comment(text[start:end], Span(source, start, end)))
            continue
        elif kind.startswith("BAD"):
            if len(problems) < ENOUGH:
                from .repair.mistakes import mend

                mend(tokens, kind, start, end, problems)
                continue
            kind = "BROKEN"
        kinds.append(kind)
        starts.append(start)
        ends.append(end)
    _report_unseen(source, comments, tokens, problems)
    return tokens, tuple(comments)


def _report_unseen(
    source: Source, comments: list[ast.Comment], tokens: Tokens, problems: Problems
) -> None:
    """Characters that nobody sees are as wrong in a comment or a string as anywhere."""
    if UNSEEN.search(source.text) is None:
        return
    from .problems.characters import UnknownCharacter
    from .repair.mistakes import character_name

    places = [comment.span for comment in comments]
    places += [tokens.span(index) for index, kind in enumerate(tokens.kinds) if kind == "STRING"]
    for place in places:
        for found in UNSEEN.finditer(source.text, place.start, place.end):
            problems.add(
                UnknownCharacter(
                    at=Span(source, found.start(), found.end()),
                    character=found[0][0],
                    name=character_name(found[0][0]),
                    hint="remove it",
                )
            )
