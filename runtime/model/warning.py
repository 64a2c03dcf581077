"""Python's warnings, at the line of the program that called netc."""

from __future__ import annotations

import sys
import warnings
from types import FrameType

from ...compiler.check.lints.allow import allowed
from ...grammar.parser import parse
from ...grammar.problem import Problems
from ...grammar.source import Source
from ..events import Event, Warned


def warn_of_data(event: Event, source: Source) -> None:
    """The reporter of who wants none: lints of the data become Python's warnings, unless a comment
    in the spec allows them."""
    if isinstance(event, Warned):
        problem = event.problem
        if not allowed(parse(source, Problems()), problem):
            warn_caller("; ".join((problem.message(), *problem.help())))


def warn_caller(text: str) -> None:
    """Warns at the innermost line outside netc."""
    package = __name__.partition(".")[0]
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and _module(frame).partition(".")[0] == package:
        level, frame = level + 1, frame.f_back
    warnings.warn(text, UserWarning, stacklevel=level)


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))
