"""Facts, each behind a label: a line or several that fit."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from .screen import Screen

LABEL = 10
"""The width of a label and the spaces behind it."""


def labelled(facts: Sequence[tuple[str, str]], screen: Screen) -> str:
    """Each text in lines that are as wide as the screen, below each other."""
    lines = []
    for label, text in facts:
        parts = wrap(text, screen.width - LABEL, break_long_words=False, break_on_hyphens=False)
        for number, part in enumerate(parts or [""]):
            lines.append(f"{'' if number else label:<{LABEL}}{screen.clean(part)}".rstrip() + "\n")
    return "".join(lines)
