"""Where statements begin and end.

A newline or `;` ends one. A newline does not inside `( )` or `[ ]`, after `->`, after the `=` of a
`block`, or when the next line that holds anything begins with `->`.
"""

from __future__ import annotations

from .problem import Problems
from .tokens import Tokens

OPENERS = ("LSQB", "LPAR", "FUNCTION")
CLOSERS = ("RSQB", "RPAR")


def split(tokens: Tokens, problems: Problems) -> list[list[int]]:
    """The statements, each the indices of its tokens."""
    kinds = tokens.kinds
    statements: list[list[int]] = []
    now: list[int] = []
    depth = 0
    for index, kind in enumerate(kinds):
        if kind == "NEWLINE":
            if now and depth == 0 and not _goes_on(kinds, index, now):
                statements.append(now)
                now = []
        elif kind == "SEMICOLON" and depth == 0:
            if now:
                statements.append(now)
                now = []
        else:
            now.append(index)
            if kind in OPENERS:
                depth += 1
            elif kind in CLOSERS:
                depth = max(0, depth - 1)
    if now:
        statements.append(now)
    return statements


def _goes_on(kinds: list[str], newline: int, now: list[int]) -> bool:
    last = kinds[now[-1]]
    if last == "ARROW" or (last == "EQUAL" and kinds[now[0]] == "BLOCK"):
        return True
    while newline < len(kinds) and kinds[newline] == "NEWLINE":
        newline += 1
    return newline < len(kinds) and kinds[newline] == "ARROW"
