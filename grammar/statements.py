"""Where statements begin and end.

A newline or `;` ends one. A newline does not inside `( )` or `[ ]`, after `->`, after the `=` of a
`block`, or when the next line that holds anything begins with `->`.

A bracket that is never closed does not take the rest of the text with it: its statement ends
before the next line that begins with a word in the first column.
"""

from __future__ import annotations

from .brackets import begins_anew
from .lalr import KEYWORDS
from .tokens import OPENERS, Word

Statement = list[Word]


def split(words: list[Word]) -> list[Statement]:
    """The statements, without their ends."""
    statements: list[Statement] = []
    now: Statement = []
    until: Word | None = None
    is_open = False
    for index, word in enumerate(words):
        kind = word.type
        if kind == "NEWLINE":
            if not now or until is not None or _goes_on(words, index, now, is_open=is_open):
                continue
        elif kind == "NOTHING":
            continue
        elif kind != "SEMICOLON" or until is not None:
            now.append(word)
            if until is None:
                until = word.pair
                is_open = is_open or (until is None and kind in OPENERS)
            elif word is until:
                until = None
            continue
        if now:
            statements.append(now)
        now = []
        is_open = False
    if now:
        statements.append(now)
    return statements


def _goes_on(words: list[Word], newline: int, now: Statement, *, is_open: bool) -> bool:
    """Whether a statement continues after a newline outside brackets."""
    after = words[newline + 1] if newline + 1 < len(words) else None
    if after is not None and after.type == "NEWLINE":
        return True
    if after is not None and after.type in KEYWORDS.values():
        # No stage begins with a reserved word: what came before has no end.
        return False
    last = now[-1].type
    if is_open:
        return after is not None and not begins_anew(words, newline + 1)
    if last == "ARROW" or (last == "EQUAL" and now[0].type == "BLOCK"):
        return True
    return after is not None and after.type == "ARROW"
