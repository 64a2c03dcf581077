"""Text to tree.

The text becomes words (one regular expression), the words become statements (a newline ends one
unless something is open), and Lark parses them. The grammar needs no rule for newlines: whether
one ends a statement depends on the next line that holds anything, which no LALR(1) grammar can see.

A mistake costs its own statement and no other. One whose intention is clear is reported and mended,
and the statement is parsed again, so that the rest of it is checked too. Nothing here calls itself:
no text is nested so deeply that reading it ends in a crash.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lark import UnexpectedToken

from . import ast
from .brackets import last_character, match_brackets
from .lalr import PARSER
from .lexer import scan
from .problem import Problems
from .source import Source, Span
from .statements import Statement, split
from .tokens import CLOSERS, ENOUGH, OPENERS, Word

LARGEST = 2**19
"""Characters of the largest text that is read: twenty-five thousand lines, many times the longest
spec. Checking takes time in proportion to the length, whatever stands in it."""
STATEMENTS_MOST = 50_000
"""Statements of the largest text that is read: five times a network of ten thousand layers."""
MENDED_MOST = 20
"""How often one statement is mended before it is given up, so that reading stays linear."""

CLOSED_MOST = 8
"""Unclosed brackets in one statement beyond which it is not read on."""
ENDS_PARENTHESES = ("ARROW", "BAR", "LSQB", "RSQB")
"""What never stands in parentheses."""

END = Word("END", Source("", ""), 0, 0)


class Nothing:
    """A statement that turned out to be a comment."""


class Stuck(NamedTuple):
    """Where Lark could not go on: in which statement, and at which of its words (their number when
    one is missing at the end)."""

    statement: int
    place: int


def parse(source: Source, problems: Problems) -> ast.File:
    """The tree of a text: every statement that could be read, what is known of the others, and
    every comment."""
    whole = Span(source, 0, len(source.text))
    if len(source.text) > LARGEST:
        return _too_large(whole, len(source.text), "characters", LARGEST, problems)
    before = len(problems)
    words, comments = scan(source, problems)
    match_brackets(words, problems)
    waiting = split(words)
    if len(waiting) > STATEMENTS_MOST:
        return _too_large(whole, len(waiting), "statements", STATEMENTS_MOST, problems)
    statements, broken = _read(waiting, problems)
    if len(problems) > before:
        from .repair.other_languages import language_of

        if (language := language_of(source, statements)) is not None:
            from .problems.declarations import AnotherLanguage

            problems.forget(source)
            problems.add(AnotherLanguage(at=language[1], language=language[0]))
            return ast.File(source, (), comments, (ast.Broken("", (), (), whole),), whole)
    return ast.File(source, tuple(statements), comments, tuple(broken), whole)


def _too_large(whole: Span, size: int, unit: str, most: int, problems: Problems) -> ast.File:
    """The tree of a text that is not read, after a report."""
    from .problems.characters import TextTooLarge

    start = Span(whole.source, 0, 0)
    problems.add(TextTooLarge(at=start, size=size, unit=unit, most=most))
    return ast.File(whole.source, (), (), (ast.Broken("", (), (), whole),), whole)


def _read(
    waiting: list[Statement], problems: Problems
) -> tuple[list[ast.Statement], list[ast.Broken]]:
    """The nodes of the statements, and what is known of those that could not be read."""
    statements: list[ast.Statement] = []
    broken: list[ast.Broken] = []
    while waiting:
        read, stuck = parse_statements(waiting)
        _check_versions(read, statements, broken, problems)
        statements += read
        if stuck is None:
            break
        wrong = waiting[stuck.statement]
        waiting = waiting[stuck.statement + 1 :]
        statement = _read_wrong(wrong, problems)
        if statement is None:
            from .repair.partial import partial_statement

            broken.append(partial_statement(wrong, _read_on(wrong, problems)))
        elif not isinstance(statement, Nothing):
            _check_versions([statement], statements, broken, problems)
            statements.append(statement)
    return statements, broken


def parse_statements(statements: list[Statement]) -> tuple[list[ast.Statement], Stuck | None]:
    """The nodes of the statements before the first wrong one, and where that is wrong."""
    at = -1

    def words() -> Iterator[Word]:
        nonlocal at
        for statement in statements:
            at += 1
            yield from statement
            yield END

    try:
        return _nodes(words()), None
    except UnexpectedToken as error:
        wrong = statements[at]
        place = next((i for i, word in enumerate(wrong) if word is error.token), len(wrong))
    right = (word for statement in statements[:at] for word in (*statement, END))
    return _nodes(right), Stuck(at, place)


def _nodes(words: Iterator[Word]) -> list[ast.Statement]:
    nodes: list[ast.Statement] = PARSER.parse(words)  # type: ignore[assignment]
    return nodes


def _read_wrong(statement: Statement, problems: Problems) -> ast.Statement | Nothing | None:
    """The node of a statement that is wrong, or None after a report; `Nothing` when nothing was
    meant."""
    if any(word.type in OPENERS and word.pair is None for word in statement):
        _report_unclosed(statement, problems)
        return None
    return _mend(statement, problems)


def _mend(statement: Statement, problems: Problems) -> ast.Statement | Nothing | None:
    """The node of a statement whose brackets are closed, mended as often as need be.

    Nothing is said of what stands in parentheses whose end was guessed: it may stand behind them.
    """
    done = -1
    for _ in range(MENDED_MOST):
        read, stuck = parse_statements([statement])
        if stuck is None:
            return read[0]
        place = stuck.place
        if len(problems) >= ENOUGH or _position(statement, place) <= done:
            return None
        if any(word.guessed for word in statement[max(0, place - 1) : place + 1]):
            return None
        if any(not opener.pair for opener in _open_parentheses(statement[:place])):
            return None
        from .repair.explain import explain

        done = _position(statement, place + 1)
        verdict = explain(statement, place)
        if verdict.problem is not None:
            problems.add(verdict.problem)
        if verdict.statement is None:
            return None
        statement = verdict.statement
        if not statement:
            return Nothing()
    return None


def _position(statement: Statement, place: int) -> int:
    """Where a word begins, or where the statement ends."""
    return statement[place].start_pos if place < len(statement) else statement[-1].end_pos


def _read_on(statement: Statement, problems: Problems) -> ast.Pipe | None:
    """What a pipe with an unclosed bracket says when the bracket ends where it must: a `(` before
    the next `->`, a `[` at the end."""
    unclosed = [word for word in statement if word.type in OPENERS and word.pair is None]
    if not unclosed or len(unclosed) > CLOSED_MOST or len(problems) >= ENOUGH:
        return None
    if statement[0].type != "NAME":
        return None
    closed: list[Word] = []
    waiting: list[Word] = []

    def close() -> None:
        opener, at = waiting.pop(), closed[-1].end_pos
        kind = "RSQB" if opener.type == "LSQB" else "RPAR"
        opener.pair = Word(kind, opener.source, at, at)
        closed.append(opener.pair)

    for word in statement:
        if word.type in ENDS_PARENTHESES:
            while waiting and waiting[-1].type != "LSQB":
                close()
        closed.append(word)
        if word.type in OPENERS and word.pair is None:
            waiting.append(word)
    while waiting:
        close()
    node = _mend(closed, problems)
    return node if isinstance(node, ast.Pipe) else None


def _open_parentheses(statement: Statement) -> list[Word]:
    """The parentheses that are open behind some words."""
    found: list[Word] = []
    for word in statement:
        if word.type in OPENERS:
            found.append(word)
        elif word.type in CLOSERS and found:
            found.pop()
    return [word for word in found if word.type != "LSQB"]


def _report_unclosed(statement: Statement, problems: Problems) -> None:
    from .problems.brackets import UnclosedBracket
    from .repair.context import JOINTS

    end = Span(statement[-1].source, statement[-1].end_pos, statement[-1].end_pos)
    if any(word.type == "BROKEN" for word in statement):
        return
    before = "ARROW"
    for word in statement:
        kind = word.type
        if kind in OPENERS and word.pair is None and len(problems) < ENOUGH:
            is_call = kind == "FUNCTION" and before in JOINTS
            call = word.removesuffix("(") if is_call else ""
            problems.add(UnclosedBracket(at=last_character(word), end=end, call=call))
        before = kind


def _check_versions(
    read: list[ast.Statement],
    statements: list[ast.Statement],
    broken: list[ast.Broken],
    problems: Problems,
) -> None:
    """`netc 1` stands first and says a version that is read. `statements` and `broken` stand before
    those that were `read`."""
    for index, statement in enumerate(read):
        if isinstance(statement, ast.Version):
            from .problems.declarations import VERSION, UnknownVersion, VersionNotFirst

            before = [part.span for part in (*statements[:1], *read[: min(index, 1)], *broken[:1])]
            if before:
                first = min(before, key=lambda span: span.start)
                problems.add(VersionNotFirst(at=statement.span, first=first))
            elif statement.number.value != VERSION or statement.number.unit is not None:
                problems.add(UnknownVersion(at=statement.number.span))
