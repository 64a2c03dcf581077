"""Facts, each behind a label."""

from __future__ import annotations

from collections.abc import Iterable

from .fit import fit_lines
from .screen import Screen

LABEL = 10
"""The width of a label and the spaces behind it."""


def labelled(facts: Iterable[tuple[str, str]], screen: Screen) -> str:
    """A line for each fact, in parts below each other where the terminal is narrow."""
    lines = (f"{label:<{LABEL}}{screen.clean(text)}".rstrip() + "\n" for label, text in facts)
    return fit_lines("".join(lines), screen, LABEL)
