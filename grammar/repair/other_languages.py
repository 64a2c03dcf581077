"""Texts of another language, of which nothing is read: a model in Python, a file of YAML."""

from __future__ import annotations

import re

from .. import ast
from ..source import Source, Span

SIGNS = (
    (
        "C",
        re.compile(
            r"""^[ \t]*+ (?: \#[ \t]*+include[ \t]*+[<"][^\n]*+
                | (?:(?:static|const|unsigned)[ ])*+ (?:int|void|float|double|char)\b
                  [ \t*]++\w++[ \t]*+[(\[=;] )""",
            re.VERBOSE | re.MULTILINE,
        ),
    ),
    (
        "Python",
        re.compile(
            r"""^[ \t]*+(?: import[ ]\w[^\n]*+ | from[ ][\w.]++[ ]import[ ][^\n]*+
                | class[ ]\w++[^\n:]*+:
                | def[ ]\w++\([^\n()]*+\)[ ]*+(?:->[^\n:]*+)?: | print\( | return[ ] )
              | \b(?: nn | torch | tf | keras | layers | model | self )\.\w++(?>(?:\.\w++)*)\(""",
            re.VERBOSE | re.MULTILINE,
        ),
    ),
    ("JSON", re.compile(r"\A\s*+[{\[]\s*+[{\[\"]")),
    ("a prototxt file", re.compile(r"^layers?\s*+\{", re.MULTILINE)),
    ("YAML", re.compile(r"^[ \t]*+-[ ]++[\w.]++:(?=\s|$)", re.MULTILINE)),
    ("XML", re.compile(r"^[ \t]*+<[?!/]?[A-Za-z][^<>\n]*+>", re.MULTILINE)),
    ("MATLAB", re.compile(r"\b[a-z]\w*?Layer\(")),
)


def language_of(source: Source, statements: list[ast.Statement]) -> tuple[str, Span] | None:
    """The language that a text with mistakes is written in, and where that shows first. None for
    one that begins a pipe with a call and its arguments: it is a spec, with a line too many."""
    for statement in statements:
        if isinstance(statement, ast.Pipe) and len(statement.stages) > 1:
            first = statement.stages[0]
            if isinstance(first, ast.Call) and first.arguments:
                return None
    for language, sign in SIGNS:
        found = sign.search(source.text)
        if found is not None:
            text = found[0]
            start = found.start() + len(text) - len(text.lstrip())
            return language, Span(source, start, found.end())
    return None
