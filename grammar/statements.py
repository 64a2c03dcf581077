"""Where statements begin and end.

A newline or `;` ends one. A newline does not inside `( )` or `[ ]`, after `->`, after the `=` of a
`block`, or when the next line that holds anything begins with `->`.

A bracket that is never closed does not take the rest of the text with it: its statement ends
before the next line that begins with a word in the first column.
"""

from __future__ import annotations

from .brackets import Brackets, begins_anew
from .tokens import KEYWORDS, Tokens


def split(tokens: Tokens, brackets: Brackets) -> list[list[int]]:
    """The statements, each the indices of its tokens."""
    kinds = tokens.kinds
    closer, unclosed = brackets.closer, brackets.unclosed
    statements: list[list[int]] = []
    now: list[int] = []
    until = -1
    is_open = False
    for index, kind in enumerate(kinds):
        if kind == "NEWLINE":
            if not now or index < until or kinds[index + 1 : index + 2] == ["NEWLINE"]:
                continue
            if _goes_on(tokens, index, now, is_open=is_open):
                continue
        elif kind == "NOTHING":
            continue
        elif kind != "SEMICOLON" or index < until:
            now.append(index)
            if index > until:
                until = closer.get(index, until)
                is_open = is_open or index in unclosed
            continue
        if now:
            statements.append(now)
        now = []
        is_open = False
    if now:
        statements.append(now)
    return statements


def _goes_on(tokens: Tokens, newline: int, now: list[int], *, is_open: bool) -> bool:
    """Whether a statement goes on behind the last of some newlines, outside brackets."""
    kinds = tokens.kinds
    last = kinds[now[-1]]
    after = newline + 1
    if after < len(kinds) and kinds[after] in KEYWORDS.values():
        # No stage begins with a reserved word: what stood before misses its end.
        return False
    if not is_open and (last == "ARROW" or (last == "EQUAL" and kinds[now[0]] == "BLOCK")):
        return True
    if is_open:
        return after < len(kinds) and not begins_anew(tokens, after)
    return after < len(kinds) and kinds[after] == "ARROW"
