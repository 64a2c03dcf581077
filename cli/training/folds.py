"""What `netc run` shows of a cross-validation: a row per fold, the mean and the deviation."""

from __future__ import annotations

from collections.abc import Mapping

from ...runtime.events import FoldDone, FoldsSummarized, Started
from ..terminal.figures import column_width, fitted, number, seconds, spelt
from ..terminal.fit import ShownColumn, shown_columns
from ..terminal.screen import Screen
from .epochs import hidden_line

FIRST = 9
"""The width of the column that names the row: `deviation`."""
EPOCHS = 8


def fold_titles(started: Started, screen: Screen) -> str:
    """The head of the table, below a line that names the columns which have no room."""
    columns = result_columns(started, screen, FIRST + EPOCHS)
    cells = "".join(f"{column.name:>{column.width}}" for column in columns)
    names = [*measured_titles(started).values(), "time"]
    return f"{hidden_line(names, columns)}{'fold':>{FIRST}}{'epochs':>{EPOCHS}}{cells}"


def fold_row(event: FoldDone, started: Started, screen: Screen) -> str:
    """One line of the table."""
    columns = result_columns(started, screen, FIRST + EPOCHS)
    cells = result_cells(columns, event.measured, started, event.seconds)
    return f"{event.fold:>{FIRST}}{event.epochs:>{EPOCHS}}{cells}"


def summary_rows(event: FoldsSummarized, started: Started, screen: Screen) -> str:
    """Mean and deviation, under the folds."""
    rows = {"mean": event.mean, "deviation": event.deviation}
    columns = result_columns(started, screen, FIRST + EPOCHS)
    return "\n".join(
        f"{title:>{FIRST}}{'':>{EPOCHS}}{result_cells(columns, values, started)}".rstrip()
        for title, values in rows.items()
    )


def result_columns(started: Started, screen: Screen, taken: int) -> tuple[ShownColumn, ...]:
    """What is shown of the end of a training: everything measured and the time, or on a narrow
    terminal, beside what is `taken`, what matters most."""
    titles = measured_titles(started)
    columns = [
        ShownColumn(title, column_width(title), _rank(name, list(titles)))
        for name, title in titles.items()
    ]
    return shown_columns([*columns, ShownColumn("time", column_width("time"), 5)], screen, taken)


def _rank(name: str, names: list[str]) -> int:
    """The validation loss stays, then the first metric; the training part goes first."""
    if name.startswith("train_"):
        return 6
    if name in ("val_loss", "loss"):
        return 0 if name == "val_loss" else 3
    same = [one for one in names if one.startswith("val_") == name.startswith("val_")]
    metrics = [one for one in same if not one.startswith("train_") and not one.endswith("loss")]
    first = 1 if name.startswith("val_") else 2
    return first if name == metrics[0] else 4


def result_cells(
    columns: tuple[ShownColumn, ...],
    values: Mapping[str, float],
    started: Started,
    time: float | None = None,
) -> str:
    """What was measured, under its titles; the deviation of several has no time."""
    by_title = {title: name for name, title in measured_titles(started).items()}
    cells = []
    for title, wide, _ in columns:
        if title in by_title:
            value = values.get(by_title[title], float("nan"))
            cells.append(f"{fitted(value, number, wide):>{wide}}")
        else:
            cells.append(" " * wide if time is None else f"{seconds(time):>{wide}}")
    return "".join(cells)


def measured_titles(started: Started) -> dict[str, str]:
    """What is measured, with its title: on the training and validation part, and on a test part."""
    columns = {name: spelt(name) for name in started.columns}
    if started.test:
        quantities = [name.removeprefix("train_") for name in columns if name.startswith("train_")]
        columns |= {quantity: f"test {quantity}" for quantity in quantities}
    return columns
