"""How large texts are, in pixels, a little more than in any common monospaced font."""

from __future__ import annotations

from unicodedata import combining, east_asian_width

CHARACTER = 7.3
"""The width of a character of 12 pixels."""
SMALL = 6.7
"""The width of a character of 11 pixels."""
LINE_HEIGHT = 16.0
SMALL_HEIGHT = 14.0


def columns(text: str) -> int:
    """How many characters of a terminal a text takes."""
    return sum(
        2 if east_asian_width(character) in "WF" else 1
        for character in text
        if not combining(character)
    )


def width_of(text: str) -> float:
    return columns(text) * CHARACTER


def small_width_of(text: str) -> float:
    return columns(text) * SMALL
