"""The last lines of a command: how many problems there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ...grammar.problem import Problem
from ...grammar.text import counted
from ..terminal.screen import Screen

MOST = 50
"""How many errors, and how many warnings, people see where they do not choose."""


def first_problems(
    problems: Sequence[Problem], most: int
) -> tuple[Sequence[Problem], Sequence[Problem]]:
    """The first errors and the first warnings, in order, and what is not shown; a `most` of 0
    shows all."""
    if not most:
        return problems, ()
    shown: list[Problem] = []
    hidden: list[Problem] = []
    counts = Counter[bool]()
    for problem in problems:
        counts[problem.is_error] += 1
        (shown if counts[problem.is_error] <= most else hidden).append(problem)
    return shown, hidden


def hidden_line(hidden: Sequence[Problem], command: str, screen: Screen) -> str:
    """How many problems are not shown, and what shows them; nothing if none is hidden."""
    if not hidden:
        return ""
    errors = sum(problem.is_error for problem in hidden)
    warnings = len(hidden) - errors
    parts = [counted(errors, "more error")] if errors else []
    parts += [counted(warnings, "more warning")] if warnings else []
    return f"{screen.glyphs.ellipsis} and {', '.join(parts)}: {command} shows all\n\n"


def summary(problems: Sequence[Problem], files: int, screen: Screen) -> str:
    """The last line: `2 errors, 1 warning in 3 files`, or that all is well."""
    if not problems:
        return screen.paint("no problems", "good") + f" in {counted(files, 'file')}"
    errors = sum(problem.is_error for problem in problems)
    warnings = len(problems) - errors
    parts = []
    if errors:
        parts.append(screen.paint(counted(errors, "error"), "error"))
    if warnings:
        parts.append(screen.paint(counted(warnings, "warning"), "warning"))
    places = len({problem.at.source.name for problem in problems})
    return f"{', '.join(parts)} in {counted(places, 'file')}"
