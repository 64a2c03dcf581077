"""What is read of a statement that is wrong: all of it where the intention is clear, else what it
seems to say."""

from __future__ import annotations

from .. import ast
from ..brackets import last_character
from ..lalr import KEYWORDS, parse_statements
from ..problem import Problems
from ..problems.brackets import UnclosedBracket
from ..source import Span
from ..tokens import CLOSERS, ENOUGH, OPENERS, Word
from .context import JOINTS
from .explain import explain

MENDED_MOST = 20
"""How often one statement is mended before it is given up, so that reading stays linear."""
CLOSED_MOST = 8
"""Unclosed brackets in one statement beyond which it is not read on."""
ENDS_PARENTHESES = ("ARROW", "BAR", "LSQB", "RSQB")
"""What parentheses never hold."""


def recover(statement: list[Word], problems: Problems) -> list[ast.Statement] | ast.Broken:
    """The node of a wrong statement after a report, no node when it was only a comment, or what it
    seems to say."""
    if len(problems) >= ENOUGH:
        return _partial(statement, None)
    unclosed = [word for word in statement if word.type in OPENERS and word.pair is None]
    if not unclosed:
        read = _mend(statement, problems)
        return _partial(statement, None) if read is None else read
    _report_unclosed(statement, problems)
    pipe = None
    if len(unclosed) <= CLOSED_MOST and statement[0].type == "NAME":
        read = _mend(_closed(statement), problems)
        pipe = next((node for node in read or () if isinstance(node, ast.Pipe)), None)
    return _partial(statement, pipe)


def _mend(statement: list[Word], problems: Problems) -> list[ast.Statement] | None:
    """The node of a statement whose brackets are closed, mended as often as need be.

    Nothing is said of what is in parentheses whose end was guessed: it may belong after them.
    """
    done = -1
    for _ in range(MENDED_MOST):
        read, stuck = parse_statements([statement] if statement else [])
        if stuck is None:
            return read
        place = stuck.place
        if len(problems) >= ENOUGH or _position(statement, place) <= done:
            return None
        if any(word.guessed for word in statement[max(0, place - 1) : place + 1]):
            return None
        if any(not opener.pair for opener in _open_parentheses(statement[:place])):
            return None
        done = _position(statement, place + 1)
        verdict = explain(statement, place, stuck.accepts)
        if verdict.problem is not None:
            problems.add(verdict.problem)
        if verdict.statement is None:
            return None
        statement = verdict.statement
    return None


def _position(statement: list[Word], place: int) -> int:
    """Where a word begins, or where the statement ends."""
    return statement[place].start_pos if place < len(statement) else statement[-1].end_pos


def _open_parentheses(statement: list[Word]) -> list[Word]:
    """The parentheses that are open after some words."""
    found: list[Word] = []
    for word in statement:
        if word.type in OPENERS:
            found.append(word)
        elif word.type in CLOSERS and found:
            found.pop()
    return [word for word in found if word.type != "LSQB"]


def _report_unclosed(statement: list[Word], problems: Problems) -> None:
    if any(word.type == "BROKEN" for word in statement):
        return
    end = Span(statement[-1].source, statement[-1].end_pos, statement[-1].end_pos)
    before = ""
    for word in statement:
        kind = word.type
        if kind in OPENERS and word.pair is None and len(problems) < ENOUGH:
            is_call = kind == "FUNCTION" and before in JOINTS
            call = word.removesuffix("(") if is_call else ""
            problems.add(UnclosedBracket(at=last_character(word), end=end, call=call))
        before = kind


def _closed(statement: list[Word]) -> list[Word]:
    """A statement whose unclosed brackets end where they must: a `(` before the next `->`, a `[` at
    the end."""
    closed: list[Word] = []
    waiting: list[Word] = []

    def close() -> None:
        opener, at = waiting.pop(), closed[-1].end_pos
        kind = "RSQB" if opener.type == "LSQB" else "RPAR"
        opener.pair = Word(kind, opener.source, at, at)
        closed.append(opener.pair)

    for word in statement:
        while word.type in ENDS_PARENTHESES and waiting and waiting[-1].type != "LSQB":
            close()
        closed.append(word)
        if word.type in OPENERS and word.pair is None:
            waiting.append(word)
    while waiting:
        close()
    return closed


def _partial(statement: list[Word], pipe: ast.Pipe | None) -> ast.Broken:
    """What a statement seems to define and to mention, so that nothing that follows from the
    mistake is reported."""
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
