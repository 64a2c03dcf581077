"""Which column of a table is the target where nobody says so, and whether it holds classes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...data.tables.names import cut
from .columns import LEAST_ROWS, ColumnFacts

Task = Literal["classes", "labels", "numbers"]
"""One class for each row; several columns of yes and no; numbers."""

USUAL = frozenset(
    {"target", "label", "labels", "class", "classes", "outcome", "y"}
    | {"survived", "species", "diagnosis", "churn", "churned", "attrition", "exited", "default"}
    | {"fraud", "is_fraud", "isfraud", "spam", "is_spam", "loan_status", "approved", "stroke"}
    | {"price", "saleprice", "sale_price", "selling_price", "medv", "median_house_value"}
    | {"quality", "mpg", "charges", "cnt", "prix", "preis", "precio"}
)
"""What columns are called that somebody wants to predict, in lower case."""

UNUSUAL = frozenset({"sex", "gender", "region", "country", "city", "state", "type", "group"})
"""What columns of few texts are called that say something else."""

LEAST_FOLLOWING = 3
"""So many measurements have a name in front of them."""
FEW_CLASSES = 10
"""Up to so many different whole numbers are classes."""
MOST_CLASSES = 100
"""Of texts."""


@dataclass(frozen=True, slots=True, eq=False)
class ChosenTarget:
    """What is predicted."""

    columns: tuple[ColumnFacts, ...]
    task: Task
    reason: str
    """Why these: `the last column`; empty where the author says so."""


def guess_target(columns: Sequence[ColumnFacts]) -> tuple[ColumnFacts, str] | None:
    """The most likely target among columns in the order of the table, and why; None where no column
    can be one."""
    able = [column for column in columns if _can_be_target(column)]
    able = able or [column for column in columns if column.is_counter]
    if not able:
        return None
    whole = [column for column in able if not column.missing] or able
    names = {_plain(column.name) for column in columns}
    usual = [column for column in able if _plain(column.name) in USUAL]
    if names & {"x", "z"}:  # a place in the plane
        usual = [column for column in usual if _plain(column.name) != "y"]
    if usual:
        return usual[-1], "by its name"
    if columns[0] in whole and _names_all_others(columns):
        return columns[0], "the only text column"
    if whole[-1] is columns[-1]:
        return whole[-1], "the last column"
    if whole[-1] is able[-1]:
        return whole[-1], "the last column that can be one"
    return whole[-1], "the last one without missing values"


def why_no_target(target: ChosenTarget, rows: int) -> str:
    """Why columns that the author named cannot be a target of this kind; empty where they can."""
    for column in target.columns:
        name = f"its column `{cut(column.name)}`"
        if column.distinct < 2:
            held = "one value" if column.distinct else "no values"
            return f"{name} has {held}: it cannot be the target"
        if target.task == "numbers" and column.categories:
            return f"{name} holds texts, which are classes: omit `--task numbers`"
        if target.task == "classes" and not column.whole and not column.categories:
            return f"{name} holds numbers with decimals, which are not classes"
        if target.task == "classes" and 2 * column.distinct > rows:
            many = f"{column.distinct:,} different values in {rows:,} rows"
            return f"{name} has {many}: too many for classes"
    return ""


def task_of(columns: Sequence[ColumnFacts]) -> Task:
    """What kind of target some columns are."""
    if len(columns) > 1:
        return "labels" if all(map(_is_flag, columns)) else "numbers"
    column = columns[0]
    if column.categories:
        return "classes"
    few = column.distinct == 2 or LEAST_ROWS * column.distinct <= len(column.known())
    return "classes" if column.whole and few and column.distinct <= FEW_CLASSES else "numbers"


def _names_all_others(columns: Sequence[ColumnFacts]) -> bool:
    """Whether the first column is the only one of texts, and at least three of numbers follow, of
    which the last is no yes or no."""
    features = [column for column in columns if column.is_feature]
    texts = [column for column in features if column.categories]
    is_alone = texts == [columns[0]] and len(features) > LEAST_FOLLOWING
    return is_alone and features[-1].distinct > 2 and _plain(columns[0].name) not in UNUSUAL


def _is_flag(column: ColumnFacts) -> bool:
    return column.role == "flags" or set(np.unique(column.known()).tolist()) == {0.0, 1.0}


def _can_be_target(column: ColumnFacts) -> bool:
    if not column.is_feature or column.rises or 2 * column.missing > len(column.values):
        return False
    if column.role != "categories":
        return True
    counts = np.bincount(column.known().astype(np.int64))
    return len(counts) <= MOST_CLASSES and int(counts.min()) > 1


def _plain(name: str) -> str:
    """A name in lower case, with one underscore for whatever is between its words."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
