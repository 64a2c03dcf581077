"""The table of epochs of `netc run`: its columns, its head, and a row for each epoch."""

from __future__ import annotations

from ...runtime.events import EpochDone, Started
from ..terminal.figures import LABEL, column_width, fitted, number, seconds, small, spelt
from ..terminal.fit import ShownColumn, shown_columns
from ..terminal.screen import Screen

STAR = "  *"
"""Marks the best epoch so far."""


def epoch_columns(event: Started, screen: Screen) -> tuple[ShownColumn, ...]:
    """What is shown of each epoch: all, or on a narrow terminal what matters most."""
    names = [*event.columns, "lr", "time"]
    columns = [ShownColumn(name, column_width(name), _rank(name, event)) for name in names]
    return shown_columns(columns, screen, epoch_width(event) + len(STAR))


def _rank(name: str, event: Started) -> int:
    """The losses stay; training metrics go before those of the validation part."""
    if name in ("train_loss", "val_loss"):
        return 0
    if name == "lr":
        return 4
    if name.startswith("train_"):
        return 3
    measured = [one for one in event.columns if one.startswith("val_") and one != "val_loss"]
    return 1 if name in measured[:1] else 2


def epoch_titles(event: Started, screen: Screen) -> str:
    """The head of the table, below a line that names the columns which have no room."""
    columns = epoch_columns(event, screen)
    titles = "".join(f"{spelt(column.name):>{column.width}}" for column in columns)
    names = [*event.columns, "lr", "time"]
    return hidden_line(names, columns) + f"{'epoch':>{epoch_width(event)}}{titles}"


def hidden_line(names: list[str], columns: tuple[ShownColumn, ...]) -> str:
    """Which columns a terminal is too narrow for; nothing where all are shown."""
    shown = {column.name for column in columns}
    hidden = [spelt(name) for name in names if name not in shown]
    return f"{'hidden':<{LABEL}}{', '.join(hidden)}\n" if hidden else ""


def row_text(event: EpochDone, started: Started, screen: Screen) -> str:
    """One line of the table; a star marks the best epoch so far."""
    cells = []
    for name, wide, _ in epoch_columns(started, screen):
        if name == "lr":
            cell = "exact" if event.rate is None else fitted(event.rate, small, wide)
        elif name == "time":
            cell = seconds(event.seconds)
        else:
            cell = fitted(event.measured[name], number, wide)
        cells.append(f"{cell:>{wide}}")
    row = f"{event.epoch:>{epoch_width(started)}}{''.join(cells)}"
    return f"{row}{STAR if event.best else ''}"


def epoch_width(event: Started) -> int:
    return max(6, len(str(event.epochs)) + 1)
