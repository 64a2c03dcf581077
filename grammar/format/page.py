"""The page that the formatter writes on: lines, and the comments that wait for their place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .. import ast
from ..source import Span

WIDTH = 88
SPEAKS = re.compile(r"#\s*netc:")
"""A comment that says something to netc, and of its line."""


@dataclass(slots=True)
class Page:
    """Lines so far. Comments are taken in their order, so that each is written once."""

    comments: tuple[ast.Comment, ...]
    lines: list[str] = field(default_factory=list)
    taken: int = 0
    """How many of the comments are written."""
    is_closed: bool = True
    """Whether a comment ends the last line, so that nothing may be added to it."""
    pinned: frozenset[int] = frozenset()
    """The author's lines that stay one line: a comment at their end speaks of them."""

    @staticmethod
    def of(comments: tuple[ast.Comment, ...]) -> Page:
        """A page for these comments. A line with `# netc: allow(...)` at its end is pinned."""
        speaking = (item for item in comments if SPEAKS.match(item.text))
        return Page(
            comments,
            pinned=frozenset(
                item.span.line
                for item in speaking
                if not item.span.source.line(item.span.line).lstrip().startswith("#")
            ),
        )

    def is_pinned(self, span: Span) -> bool:
        """Whether a place begins on a line that stays one."""
        return bool(self.pinned) and span.line in self.pinned

    @property
    def column(self) -> int:
        return len(self.lines[-1])

    def new_line(self, text: str) -> None:
        self.lines.append(text)
        self.is_closed = False

    def add(self, text: str) -> None:
        """Goes on with the last line."""
        self.lines[-1] += text

    def blank(self) -> None:
        """One empty line, but none at the top and never two."""
        if self.lines and self.lines[-1]:
            self.lines.append("")

    def waiting(self, until: int) -> tuple[ast.Comment, ...]:
        """The comments before an offset that are not written."""
        end = self.taken
        while end < len(self.comments) and self.comments[end].span.start < until:
            end += 1
        return self.comments[self.taken : end]

    def put_comments(self, until: int, after: int, indent: int) -> None:
        """Writes the comments before an offset: the first at the end of the line if it was on
        the line of `after`, an offset in what is written; the others on lines of their own."""
        found = self.waiting(until)
        self.taken += len(found)
        for place, comment in enumerate(found):
            text = comment.text.rstrip()
            between = comment.span.source.text[after : comment.span.start]
            if place == 0 and not self.is_closed and "\n" not in between:
                self.lines[-1] += f"  {text}"
            else:
                self.lines.append(" " * indent + text)
            self.is_closed = True
