"""A progress bar below what a command prints, on a terminal that can draw over its last line."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .columns import width_of
from .output import print_text, writing
from .screen import ColorChoice

if TYPE_CHECKING:
    from rich.progress import Progress


WIDE = 80
"""Narrower terminals get shorter bars, for what is beside them."""


def draws_bars(color: ColorChoice) -> bool:
    """Whether standard output is a terminal that can move its cursor."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and color != "never"


@dataclass(slots=True)
class LiveBar:
    """One bar, which is drawn from its first `update` to `end`."""

    live: bool
    """Whether bars may be drawn; without that, nothing is."""
    _progress: Progress | None = None
    _task: Any = None

    @property
    def is_drawn(self) -> bool:
        return self._progress is not None

    def update(self, **state: Any) -> None:
        """Draws the bar, with another `description`, `completed`, `total`, `count` or `line`."""
        if not self.live:
            return
        with writing(sys.stdout):
            if self._progress is None:
                self._progress = _new_progress()
                self._progress.start()
                self._task = self._progress.add_task("", total=None, line="", count="")
            self._progress.update(self._task, **state)

    def print(self, text: str) -> None:
        """Prints lines above the bar."""
        if self._progress is None:
            print_text(f"{text}\n")
            return
        with writing(sys.stdout):
            self._progress.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def end(self) -> None:
        """Takes the bar away."""
        progress, self._progress = self._progress, None
        if progress is not None:
            with writing(sys.stdout):
                progress.stop()


def bar_width(columns: int) -> int:
    return 20 if columns >= WIDE else 10


def room_beside(description: str, count: str, columns: int) -> int:
    """The columns that a bar and what is always beside it leave."""
    return columns - width_of(description) - width_of(count) - bar_width(columns) - 4


def _new_progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.table import Column

    def column() -> Column:
        return Column(no_wrap=True, overflow="ellipsis")

    console = Console(file=sys.stdout, highlight=False)
    return Progress(
        TextColumn("{task.description}", markup=False, table_column=column()),
        BarColumn(bar_width=bar_width(console.width)),
        TextColumn(
            "{task.fields[count]}  {task.fields[line]}", markup=False, table_column=column()
        ),
        console=console,
        transient=True,
    )
