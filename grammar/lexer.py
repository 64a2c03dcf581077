"""Text to tokens."""

from __future__ import annotations

from . import ast
from .problem import Problems
from .source import Source, Span
from .tokens import KEYWORDS, SIGNS, TOKEN, Tokens


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
            kind = KEYWORDS.get(text[start:end], kind)
        elif kind == "COMMENT":
            comments.append(ast.Comment(text[start:end], Span(source, start, end)))
            continue
        elif kind.startswith("BAD"):
            from .mistaken import mend

            mended = mend(tokens, kind, start, end, problems)
            if mended is None:
                continue
            kind = mended
        kinds.append(kind)
        starts.append(start)
        ends.append(end)
    return tokens, tuple(comments)
