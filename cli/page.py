"""The `netc explain` page of a code: the docstring of its class."""

from __future__ import annotations

import inspect

from ..grammar.problem import Problem
from .screen import Screen


def page_text(cls: type[Problem]) -> str:
    """The docstring without the indentation of its source."""
    return inspect.cleandoc(cls.__doc__ or cls.title)


def printed(text: str, screen: Screen) -> str:
    """A page for a terminal: fenced examples are set in by four columns, without their fences."""
    rows: list[str] = []
    inside = False
    for line in text.split("\n"):
        if line.lstrip().startswith("```"):
            inside = not inside
        elif inside and line.strip():
            rows.append("    " + screen.paint(screen.clean(line), "note"))
        else:
            rows.append(screen.clean(line))
    return "\n".join(rows)
