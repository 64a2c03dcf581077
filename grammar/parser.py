"""Text to tree.

The text becomes words (one regular expression), the words become statements (a newline ends one
unless something is open), and Lark parses them. The grammar needs no rule for newlines: whether
one ends a statement depends on the next line that holds anything, which no LALR(1) grammar can see.

A mistake costs its own statement and no other. One whose intention is clear is reported and mended,
and the statement is parsed again, so that the rest of it is checked too. Nothing here calls itself:
no text is nested so deeply that reading it ends in a crash.
"""

from __future__ import annotations

from . import ast
from .brackets import match_brackets
from .lalr import parse_statements
from .lexer import scan
from .problem import Problems
from .source import Source, Span
from .statements import Statement, split

LARGEST = 2**19
"""Characters of the largest text that is read: twenty-five thousand lines, many times the longest
spec. Checking takes time in proportion to the length, whatever it contains."""
STATEMENTS_MOST = 50_000
"""Statements of the largest text that is read: five times a network of ten thousand layers."""


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
    _check_versions(statements, broken, problems)
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
    start = 0
    while start < len(waiting):
        read, stuck = parse_statements(waiting, start)
        statements += read
        if stuck is None:
            break
        from .repair.recover import recover

        recovered = recover(waiting[stuck.statement], problems)
        if isinstance(recovered, ast.Broken):
            broken.append(recovered)
        else:
            statements += recovered
        start = stuck.statement + 1
    return statements, broken


def _check_versions(
    statements: list[ast.Statement], broken: list[ast.Broken], problems: Problems
) -> None:
    """`netc 1` comes first and says a version that is read."""
    for statement in statements:
        if isinstance(statement, ast.Version):
            from .problems.declarations import VERSION, UnknownVersion, VersionNotFirst

            spans = [part.span for part in (*statements[:1], *broken[:1])]
            first = min(spans, key=lambda span: span.start)
            if first.start < statement.span.start:
                problems.add(VersionNotFirst(at=statement.span, first=first))
            elif statement.number.value != VERSION or statement.number.unit is not None:
                problems.add(UnknownVersion(at=statement.number.span))
