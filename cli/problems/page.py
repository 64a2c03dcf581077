"""The `netc explain` page of a code: the docstring of its class."""

from __future__ import annotations

import inspect
import re
import sys

from ...grammar.problem import Problem
from ..terminal.columns import width_of
from ..terminal.fit import fit_lines, wrapped
from ..terminal.screen import Screen

STRIPPED = "Python runs with -OO, which removes the explanations."
HEADED = re.compile(r"[A-Z][a-z]+: ")
"""A line that says what it is about, such as `Shapes: ...`, starts a paragraph."""


def page_text(cls: type[Problem]) -> str:
    """The docstring without the indentation of its source."""
    # without docstrings, a data class has one that lists its fields
    return STRIPPED if sys.flags.optimize >= 2 else inspect.cleandoc(cls.__doc__ or cls.title)


def printed(text: str, screen: Screen) -> str:
    """A page for a terminal: fenced examples are set in by four columns, without their fences, and
    paragraphs that are too wide are filled anew."""
    rows: list[str] = []
    paragraph: list[str] = []
    inside = False
    for line in text.split("\n"):
        if line.lstrip().startswith("```"):
            inside = not inside
            rows += _filled(paragraph, screen)
            paragraph = []
        elif inside and line.strip():
            rows.append("    " + screen.paint(screen.clean(line), "note"))
        elif not inside and (line[:1].isalpha() or line[:1] == "`"):
            if HEADED.match(line):
                rows += _filled(paragraph, screen)
                paragraph = []
            paragraph.append(screen.clean(line))
        else:
            rows += _filled(paragraph, screen)
            paragraph = []
            rows.append(fit_lines(screen.clean(line), screen))
    return "\n".join([*rows, *_filled(paragraph, screen)])


def _filled(lines: list[str], screen: Screen) -> list[str]:
    """The lines of a paragraph, all broken anew where one does not fit."""
    if not screen.terminal or max(map(width_of, lines), default=0) <= screen.width:
        return lines
    return wrapped(" ".join(lines), screen.width)
