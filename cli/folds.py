"""What `netc run` shows of a cross-validation: a row per fold, the mean and the deviation."""

from __future__ import annotations

from collections.abc import Mapping

from ..runtime.events import FoldDone, FoldsSummarized, Started
from .figures import column_width, fitted, number, seconds, spelt

FIRST = 9
"""The width of the column that names the row: `deviation`."""
EPOCHS = 8


def fold_titles(started: Started) -> str:
    """The head of the table."""
    cells = "".join(
        f"{title:>{column_width(title)}}" for title in measured_titles(started).values()
    )
    return f"{'fold':>{FIRST}}{'epochs':>{EPOCHS}}{cells}{'time':>{column_width('time')}}"


def fold_row(event: FoldDone, started: Started) -> str:
    """One line of the table."""
    time = f"{seconds(event.seconds):>{column_width('time')}}"
    cells = measured_text(event.measured, started)
    return f"{event.fold:>{FIRST}}{event.epochs:>{EPOCHS}}{cells}{time}"


def summary_rows(event: FoldsSummarized, started: Started) -> str:
    """Mean and deviation, under the folds."""
    rows = {"mean": event.mean, "deviation": event.deviation}
    return "\n".join(
        f"{title:>{FIRST}}{'':>{EPOCHS}}{measured_text(values, started)}"
        for title, values in rows.items()
    )


def measured_titles(started: Started) -> dict[str, str]:
    """What is measured, with its title: on the training and validation part, and on a test part."""
    columns = {name: spelt(name) for name in started.columns}
    if started.test:
        quantities = [name.removeprefix("train_") for name in columns if name.startswith("train_")]
        columns |= {quantity: f"test {quantity}" for quantity in quantities}
    return columns


def measured_text(values: Mapping[str, float], started: Started) -> str:
    """What was measured, under its titles."""
    cells = []
    for name, title in measured_titles(started).items():
        wide = column_width(title)
        cells.append(f"{fitted(values.get(name, float('nan')), number, wide):>{wide}}")
    return "".join(cells)
