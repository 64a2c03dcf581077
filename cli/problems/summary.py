"""The last lines of a command: how many problems there are."""

from __future__ import annotations

from collections.abc import Sequence

from ...grammar.problem import Problem
from ...grammar.text import counted
from ..terminal.screen import Screen

MOST = 50
"""How many errors people see where they do not choose."""


def first_errors(problems: Sequence[Problem], most: int) -> tuple[Sequence[Problem], int]:
    """The problems up to the last error that is shown, and how many errors are not; a `most` of 0
    shows all."""
    errors = [n for n, problem in enumerate(problems) if problem.is_error]
    if not most or len(errors) <= most:
        return problems, 0
    return problems[: errors[most - 1] + 1], len(errors) - most


def hidden_line(hidden: int, command: str, screen: Screen) -> str:
    """How many errors are not shown, and what shows them; nothing if none is hidden."""
    if not hidden:
        return ""
    return f"{screen.glyphs.ellipsis} and {counted(hidden, 'more error')}: {command} shows all\n\n"


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
