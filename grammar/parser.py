"""Text to tree.

The text becomes tokens (one regular expression), the tokens become statements (a newline ends one
unless something is open), and each statement goes through the LALR tables by itself. So a mistake
costs its own statement and no other, and the grammar needs no rule for newlines: whether one ends
a statement depends on the next line that holds anything, which no LALR(1) grammar can see.

A mistake whose intention is clear is reported and mended, and the statement is read again, so that
the rest of it is checked too. Nothing here calls itself: no text is nested so deeply that reading
it ends in a crash.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from . import ast
from .brackets import Brackets, match_brackets
from .build import REDUCTIONS
from .lexer import scan
from .problem import Problems
from .source import Source, Span
from .statements import split
from .tables import ACTIONS, GOTO
from .tokens import CLOSERS, ENOUGH, OPENERS, Tokens

LARGEST = 2**19
"""Characters of the largest text that is read: twenty-five thousand lines, many times the longest
spec. Checking takes time in proportion to the length, whatever stands in it."""
MENDED_MOST = 20
"""How often one statement is mended before it is given up, so that reading stays linear."""

CLOSED_MOST = 8
"""Unclosed brackets in one statement beyond which it is not read on."""
ENDS_PARENTHESES = ("ARROW", "BAR", "LSQB", "RSQB")
"""What never stands in parentheses."""


class Nothing:
    """A statement that turned out to be a comment."""


def parse(source: Source, problems: Problems) -> ast.File:
    """The tree of a text: every statement that could be read, what is known of the others, and
    every comment."""
    whole = Span(source, 0, len(source.text))
    if len(source.text) > LARGEST:
        from .problems.characters import TextTooLarge

        start = Span(source, 0, 0)
        problems.add(TextTooLarge(at=start, size=len(source.text), most=LARGEST))
        return ast.File(source, (), (), (ast.Broken("", (), (), whole),), whole)
    before = len(problems)
    tokens, comments = scan(source, problems)
    brackets = match_brackets(tokens, problems)
    statements: list[ast.Statement] = []
    broken: list[ast.Broken] = []
    for indices in split(tokens, brackets):
        statement = _read(tokens, indices, brackets, problems)
        if isinstance(statement, Nothing):
            continue
        if statement is None:
            from .repair.partial import salvage

            pipe = _read_on(tokens, indices, brackets, problems)
            broken.append(salvage(tokens, indices, pipe))
        else:
            statements.append(statement)
            if isinstance(statement, ast.Version):
                _check_version(statement, statements, broken, problems)
    if len(problems) > before:
        from .repair.other_languages import language_of

        if (language := language_of(source, statements)) is not None:
            from .problems.declarations import AnotherLanguage

            problems.forget(source)
            problems.add(AnotherLanguage(at=language[1], language=language[0]))
            return ast.File(source, (), comments, (ast.Broken("", (), (), whole),), whole)
    return ast.File(source, tuple(statements), comments, tuple(broken), whole)


def _read(
    tokens: Tokens, statement: list[int], brackets: Brackets, problems: Problems
) -> ast.Statement | Nothing | None:
    """The node of a statement, or None after a report; `Nothing` when nothing was meant."""
    if brackets.unclosed and not brackets.unclosed.isdisjoint(statement):
        _report_unclosed(tokens, statement, brackets, problems)
        return None
    return _mend(tokens, statement, brackets, problems)


def _mend(
    tokens: Tokens,
    statement: list[int],
    brackets: Brackets,
    problems: Problems,
    guessed: frozenset[int] = frozenset(),
) -> ast.Statement | Nothing | None:
    """The node of a statement whose brackets are closed, mended as often as need be.

    Nothing is said of what stands inside a bracket whose end is `guessed`, an opening bracket: it
    may stand behind it.
    """
    last = -2
    for _ in range(MENDED_MOST):
        result, place = drive(tokens, statement)
        if place is None:
            node: ast.Statement = result
            return node
        if len(problems) >= ENOUGH:
            return None
        from .repair.explain import explain

        if not tokens.guessed.isdisjoint(statement[max(0, place - 1) : place + 1]):
            return None
        here = statement[place] if place < len(statement) else len(tokens.kinds)
        if here <= last + 1:
            return None
        last = here
        if guessed and not guessed.isdisjoint(_open_parentheses(tokens, statement[:place])):
            return None
        verdict = explain(tokens, statement, place, brackets.closer)
        if verdict.problem is not None:
            problems.add(verdict.problem)
        if verdict.statement is None:
            return None
        statement = verdict.statement
        if not statement:
            return Nothing()
    return None


def drive(tokens: Tokens, statement: list[int]) -> tuple[Any, int | None]:
    """The node of a statement and None, or None and which of its tokens does not fit (their number
    when one is missing at the end). Time grows with the number of tokens."""
    kinds = tokens.kinds
    states = [0]
    parts: list[Any] = []
    state = 0
    for place, index in enumerate((*statement, -1)):
        kind = kinds[index] if index >= 0 else "$END"
        while True:
            action = ACTIONS[state].get(kind)
            if action is None:
                return None, place
            if action > 0:
                parts.append(index)
                states.append(action)
                state = action
                break
            if action == 0:
                return parts[0], None
            symbol, length, make = REDUCTIONS[-1 - action]
            if make is not None:
                made = make(tokens, parts[-length:])
                del parts[-length:]
                parts.append(made)
            del states[-length:]
            state = GOTO[states[-1]][symbol]
            states.append(state)
    raise AssertionError("the tables end every statement")


def _read_on(
    tokens: Tokens, statement: list[int], brackets: Brackets, problems: Problems
) -> ast.Pipe | None:
    """What a pipe with an unclosed bracket says when the bracket ends where it must: a `(` before
    the next `->`, a `[` at the end."""
    unclosed = [index for index in statement if index in brackets.unclosed]
    if not unclosed or len(unclosed) > CLOSED_MOST or len(problems) >= ENOUGH:
        return None
    if tokens.kinds[statement[0]] != "NAME":
        return None
    closed: list[int] = []
    ends = dict(brackets.closer)
    waiting: list[tuple[int, str]] = []
    """The brackets that are still open, and what will close them."""

    def close() -> None:
        opener, kind = waiting.pop()
        at = tokens.ends[closed[-1]]
        ends[opener] = tokens.push(kind, at, at)
        closed.append(ends[opener])

    for index in statement:
        kind = tokens.kinds[index]
        if kind in ENDS_PARENTHESES:
            while waiting and waiting[-1][1] == "RPAR":
                close()
        closed.append(index)
        if index in brackets.unclosed:
            waiting.append((index, "RSQB" if kind == "LSQB" else "RPAR"))
    while waiting:
        close()
    guessed = frozenset(unclosed)
    node = _mend(tokens, closed, replace(brackets, closer=ends), problems, guessed)
    return node if isinstance(node, ast.Pipe) else None


def _open_parentheses(tokens: Tokens, statement: list[int]) -> list[int]:
    """The parentheses that are open behind some tokens."""
    found: list[int] = []
    for index in statement:
        kind = tokens.kinds[index]
        if kind in OPENERS:
            found.append(index)
        elif kind in CLOSERS and found:
            found.pop()
    return [index for index in found if tokens.kinds[index] != "LSQB"]


def _report_unclosed(
    tokens: Tokens, statement: list[int], brackets: Brackets, problems: Problems
) -> None:
    from .problems.brackets import UnclosedBracket
    from .repair.context import JOINTS

    source = tokens.source
    end = tokens.ends[statement[-1]]
    if "BROKEN" in (tokens.kinds[index] for index in statement):
        return
    before = "ARROW"
    for index in statement:
        kind = tokens.kinds[index]
        if index in brackets.unclosed and len(problems) < ENOUGH:
            at = Span(source, tokens.ends[index] - 1, tokens.ends[index])
            is_call = kind == "FUNCTION" and before in JOINTS
            call = tokens.text(index).removesuffix("(") if is_call else ""
            problems.add(UnclosedBracket(at=at, end=Span(source, end, end), call=call))
        before = kind


def _check_version(
    version: ast.Version,
    statements: list[ast.Statement],
    broken: list[ast.Broken],
    problems: Problems,
) -> None:
    """`netc 1` stands first and says a version that is read."""
    from .problems.declarations import VERSION, UnknownVersion, VersionNotFirst

    before = [part.span for part in (*statements[: min(1, len(statements) - 1)], *broken[:1])]
    if before:
        first = min(before, key=lambda span: span.start)
        problems.add(VersionNotFirst(at=version.span, first=first))
    elif version.number.value != VERSION or version.number.unit is not None:
        problems.add(UnknownVersion(at=version.number.span))
