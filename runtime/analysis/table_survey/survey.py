"""A table, read and looked at: its target, its features, and the columns that say nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ....compiler.data.tables import Table
from ....grammar.text import counted
from ...array_types import Array
from ...data.data_file import DataFile
from ...data.statistics import ComparedTarget, hash_rows
from ...data.tables.names import cut, wanted_by
from ...data.tables.reading import TableContent, read_table
from ...data.tables.reports import report_absent, report_wrong
from ...data.tables.text import table_options
from .columns import ColumnFacts, column_facts
from .target import ChosenTarget, Task, guess_target, task_of, why_no_target


@dataclass(frozen=True, slots=True, eq=False)
class LeftOut:
    """A column that is not read."""

    column: ColumnFacts
    copies: bool = False
    """Whether it determines the target, and says something all the same."""


@dataclass(frozen=True, slots=True, eq=False)
class TableSurvey:
    """What was found in a table."""

    rows: int
    columns: int
    """Of the file, but for those without a name, which hold nothing or row numbers."""
    target: ChosenTarget
    features: tuple[ColumnFacts, ...]
    left_out: tuple[LeftOut, ...]

    def with_categories(self) -> tuple[ColumnFacts, ...]:
        """The features that are texts."""
        return tuple(column for column in self.features if column.role == "categories")

    def width(self) -> int:
        """How many numbers the features are where every category occurs in the training part."""
        return sum(
            column.distinct if column.role == "categories" else 1 for column in self.features
        )

    def with_missing(self) -> tuple[ColumnFacts, ...]:
        """The features that lack values."""
        return tuple(column for column in self.features if column.missing)


NO_TARGET = (
    "none of its columns can be the target: each is an id, a date, a name, or always the same"
)
FEWEST = 10
"""Rows of which one can be held out."""
ONE_COLUMN = "it has one column: features and a target need at least two"


def survey_table(file: DataFile, data: Table, task: Task | None) -> TableSurvey | None:
    """What a table holds, read as `data` says. The target is that of `data`, or a guess. None after
    a problem."""
    named = data.target_columns() or ()
    wanted = replace(wanted_by(data, has_target=True), targets=named)
    content = read_table(file, table_options(data), wanted, (), file.place)
    if content is None:
        return None
    if len(content.columns) < 2:
        file.report_damage(ONE_COLUMN)
        return None
    if len(content.lines) < FEWEST:
        rows = counted(len(content.lines), "row")
        file.report_damage(f"it has {rows}, and a network needs {FEWEST} or more to learn from")
        return None
    facts = {
        index: column_facts(column, content.lines) for index, column in content.columns.items()
    }
    wrong = [column.column for column in facts.values() if column.role == "damaged"]
    if wrong and report_wrong(wrong, content, file):
        return None
    free = [facts[index] for index in content.plan.features]
    target = _target([facts[index] for index in content.plan.targets], free, task)
    if target is None:
        file.report_damage(NO_TARGET)
        return None
    if report_absent([column.column for column in target.columns], content, file, is_target=True):
        return None
    reason = why_no_target(target, len(content.lines))
    if reason:
        file.report_damage(reason)
        return None
    rest = [item for item in free if item not in target.columns]
    return _surveyed(content, target, rest, len(data.ignore), file)


def _target(
    named: list[ColumnFacts], free: list[ColumnFacts], task: Task | None
) -> ChosenTarget | None:
    """The columns that the author names, or a guess; None where no column can be one."""
    reason = ""
    if not named:
        guess = guess_target(free)
        if guess is None:
            return None
        named, reason = [guess[0]], guess[1]
    return ChosenTarget(tuple(named), task or task_of(named), reason)


def _surveyed(
    content: TableContent,
    target: ChosenTarget,
    rest: list[ColumnFacts],
    ignored: int,
    file: DataFile,
) -> TableSurvey | None:
    """What is known once the target is. The author has `ignored` so many columns."""
    features = [column for column in rest if column.is_feature]
    # the number of a row may say something where there is nothing else
    features = features or [column for column in rest if column.is_counter]
    if not features:
        name = cut(target.columns[0].name)
        file.report_damage(f"nothing can be learned from its columns beside the target `{name}`")
        return None
    copies = [] if len(features) == 1 else _copies(features, target)
    if len(copies) == len(features):
        copies = []
    read = [column for column in features if column not in copies]
    return TableSurvey(
        len(content.lines),
        len(content.columns) + ignored,
        target,
        tuple(read),
        tuple(LeftOut(column, column in copies) for column in rest if column not in read),
    )


def _copies(features: Sequence[ColumnFacts], target: ChosenTarget) -> list[ColumnFacts]:
    """The features of which each alone determines a target."""
    x = np.column_stack([column.values for column in features])
    originals = np.unique(hash_rows((x,)), return_index=True)[1]
    targets = [ComparedTarget.of(_compared(one, target.task)[originals]) for one in target.columns]
    return [
        column
        for index, column in enumerate(features)
        if not column.missing and any(one.is_determined_by(x[originals, index]) for one in targets)
    ]


def _compared(column: ColumnFacts, task: Task) -> Array:
    """The values of a target as `ComparedTarget` tells classes from numbers."""
    return column.values if task == "numbers" else column.values.astype(np.int64)
