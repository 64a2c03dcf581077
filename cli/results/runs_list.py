"""The table of `netc runs`: a row per run, and what it is sorted by."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import TYPE_CHECKING

import click

from ...compiler.training.monitors import measure
from ..terminal.columns import width_of
from ..terminal.figures import number, seconds, short, spelt
from ..terminal.fit import ShownColumn, fit_lines, shown_columns, table_lines
from ..terminal.screen import Screen
from ..training.epochs import hidden_line

if TYPE_CHECKING:
    from ...runtime.runs.listing import DamagedRun, ListedRun

    Value = Callable[[ListedRun], str | float | None]


@dataclass(frozen=True, slots=True)
class RunColumn:
    """A column of the list."""

    title: str
    value: Value
    """What it is sorted by; None where a run has none."""
    cell: Callable[[ListedRun], str]
    rank: int = 0
    """The columns with the highest rank are the first to be dropped on a narrow terminal."""
    side: str = "r"
    descends: bool = False
    """Whether the largest value comes first."""


def columns_of(runs: Sequence[ListedRun]) -> list[RunColumn]:
    """What these runs have to show."""
    # a cross-validation has a best epoch in each fold, and none of its own
    bests = dict.fromkeys(
        run.record.monitored for run in runs if run.record.best_epoch and run.record.monitored
    )
    tested = dict.fromkeys(
        name for run in runs for name in run.record.tested if not name.endswith("]")
    )
    tested = dict.fromkeys(sorted(tested, key="loss".__eq__))  # the metrics before the loss
    columns = [
        RunColumn("run", lambda run: run.folder.name, lambda run: run.folder.name, side="l"),
        RunColumn("status", lambda run: run.status, lambda run: run.status, side="l"),
        RunColumn("epochs", lambda run: run.record.epochs, _epochs, 3),
    ]
    columns += [
        _figure(f"best {spelt(name)}", name, _best(name), 1 if n == 0 else 4)
        for n, name in enumerate(bests)
    ]
    columns += [
        _figure(f"test {spelt(name)}", name, _tested(name), 2 if n == 0 else 5)
        for n, name in enumerate(tested)
    ]
    return [
        *columns,
        RunColumn("parameters", lambda run: run.record.parameters, _parameters, 4),
        RunColumn(
            "time", lambda run: run.record.seconds, lambda run: seconds(run.record.seconds), 4
        ),
    ]  # fmt: skip


def _figure(title: str, quantity: str, value: Value, rank: int) -> RunColumn:
    def cell(run: ListedRun) -> str:
        found = value(run)
        return number(found) if isinstance(found, float) else ""

    return RunColumn(title, value, cell, rank, descends=larger_is_better(quantity))


def larger_is_better(quantity: str) -> bool:
    # a second output has its label in front: `aux_acc`
    found = measure(quantity) or measure(quantity.partition("_")[2])
    return found is not None and found.larger_is_better


def _best(name: str) -> Value:
    return lambda run: run.record.best_value if run.record.monitored == name else None


def _tested(name: str) -> Value:
    def value(run: ListedRun) -> float | None:
        found = run.record.tested.get(name, None)
        return nan if found is None and name in run.record.tested else found

    return value


def _epochs(run: ListedRun) -> str:
    record = run.record
    return f"{record.epochs}/{record.planned_epochs}" if record.planned_epochs else ""


def _parameters(run: ListedRun) -> str:
    return short(run.record.parameters) if run.record.parameters else ""


def sorted_runs(
    runs: Sequence[ListedRun], columns: Sequence[RunColumn], wanted: str
) -> list[ListedRun]:
    """The best first, or the smallest; those without a value at the end. Raises UsageError."""
    title = wanted.replace("_", " ").replace("-", " ").strip().lower()
    matching = [
        column
        for column in columns
        if column.title == title
        or column.title.endswith(f" {title}")
        or column.title.startswith(f"{title} ")
    ]
    if not matching:
        titles = ", ".join(f"`{column.title.replace(' ', '_')}`" for column in columns)
        raise click.UsageError(f"--sort takes one of {titles}, not `{wanted}`")
    chosen = next((column for column in matching if column.title == title), matching[0])

    def has_value(run: ListedRun) -> bool:
        value = chosen.value(run)
        return value is not None and not (isinstance(value, float) and isnan(value))

    known = [run for run in runs if has_value(run)]
    known.sort(key=lambda run: chosen.value(run) or 0, reverse=chosen.descends)
    return known + [run for run in runs if not has_value(run)]


def list_text(
    runs: Sequence[ListedRun],
    damaged: Sequence[DamagedRun],
    columns: Sequence[RunColumn],
    base: str,
    screen: Screen,
) -> str:
    """The table, and below it the folders that cannot be read."""
    lines = list[str]()
    if not runs and not damaged:
        text = f"no runs are kept in `{base}`; `netc run SPEC` keeps each run there\n"
        return fit_lines(screen.clean(text), screen)
    if runs:
        cells = {
            column.title: [column.title, *(screen.clean(column.cell(run)) for run in runs)]
            for column in columns
        }
        wide = [
            ShownColumn(column.title, max(map(width_of, cells[column.title])) + 2, column.rank)
            for column in columns
        ]
        shown = shown_columns(wide, screen, -2)
        hidden = hidden_line([column.title for column in columns], shown)
        lines += fit_lines(hidden.rstrip("\n"), screen, 8).split("\n") if hidden else []
        sides = {column.title: column.side for column in columns}
        rows = list(zip(*(cells[column.name] for column in shown), strict=True))
        right = "".join(sides[column.name] for column in shown)
        lines += table_lines(rows, right, screen, head="faint")
    for one in damaged:
        text = f"damaged  {one.folder.record}: {one.reason}"
        lines += fit_lines(screen.clean(text), screen, 9).split("\n")
    return "\n".join(lines) + "\n"
