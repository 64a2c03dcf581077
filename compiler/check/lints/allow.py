"""`# netc: allow(W0311)`: silences a lint where it is meant.

At the end of a line it holds for that line. Alone on a line it holds for the next line that is
not blank, and for the whole statement when one begins there. Several codes are separated by commas.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from ....grammar import ast
from ....grammar.problem import Problem, Problems
from ....grammar.source import Source, Span

_ALLOW = re.compile(r"#\s*netc:\s*allow\(([^)]*)\)")
_CODE = re.compile(r"[^\s,]+")


class Allowance(NamedTuple):
    """One code that a comment allows, and the lines for which it does."""

    code: str
    at: Span
    first: int
    last: int


def allowances(file: ast.File) -> tuple[Allowance, ...]:
    """Every code that the comments of a file allow."""
    found: list[Allowance] = []
    for comment in file.comments:
        match = _ALLOW.match(comment.text)
        if match is None:
            continue
        first, last = _lines(file, comment)
        for code in _CODE.finditer(match.group(1)):
            start = comment.span.start + match.start(1) + code.start()
            at = Span(file.source, start, start + len(code.group()))
            found.append(Allowance(code.group(), at, first, last))
    return tuple(found)


def _lines(file: ast.File, comment: ast.Comment) -> tuple[int, int]:
    """The lines that a comment speaks of."""
    source = file.source
    line = comment.span.line
    if not source.line(line).lstrip().startswith("#"):
        return line, line
    count = len(source.line_starts())
    line += 1
    while line <= count and (_is_blank(source, line)):
        line += 1
    for statement in file.statements:
        if statement.span.line == line:
            return line, statement.span.end_position[0]
    return line, line


def _is_blank(source: Source, line: int) -> bool:
    text = source.line(line).strip()
    return not text or text.startswith("#")


def allowed(file: ast.File, problem: Problem) -> bool:
    """Whether a comment of the file silences the problem. An error is never silenced."""
    if problem.is_error or problem.at.source is not file.source:
        return False
    return _covers(allowances(file), problem)


def _covers(found: tuple[Allowance, ...], problem: Problem) -> bool:
    first, last = problem.at.line, problem.at.end_position[0]
    return any(
        allowance.code == problem.code and allowance.first <= last and first <= allowance.last
        for allowance in found
    )


def filter_allowed(files: Iterable[ast.File], problems: Problems) -> Problems:
    """The problems without the lints that comments allow, and with a lint for every comment that
    allows a code which no lint has."""
    by_source = {id(file.source): allowances(file) for file in files}
    result = Problems(
        [
            problem
            for problem in problems
            if problem.is_error or not _covers(by_source.get(id(problem.at.source), ()), problem)
        ]
    )
    _check_codes([item for found in by_source.values() for item in found], result)
    return result


def _check_codes(found: list[Allowance], problems: Problems) -> None:
    """Reports what no lint has as its code. Each code is looked up once."""
    if not found:
        return
    from ...problems.catalog import all_problem_classes
    from ...problems.lints import UnknownAllow
    from ...suggest.spelling import closest

    codes = {cls.code for cls in all_problem_classes() if cls.code.startswith("W")}
    nearest: dict[str, str | None] = {}
    for allowance in found:
        name = allowance.code
        if name not in codes:
            if name not in nearest:
                nearest[name] = closest(name, sorted(codes))
            problems.add(UnknownAllow(at=allowance.at, name=name, nearest=nearest[name]))
