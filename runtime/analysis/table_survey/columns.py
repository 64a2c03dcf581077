"""What a column of a table is good for: numbers and categories are something to learn from; ids,
dates and the like are not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ....compiler.problems.tables import AMOUNT, DATE
from ...array_types import Array, Doubles, Labels
from ...data.statistics import is_counter
from ...data.tables.values import MOST_STRANGE, Column, looks_like_number

Role = Literal[
    "numbers", "flags", "categories",
    "nothing", "constant", "counter", "keys", "names", "codes", "dates", "amounts", "damaged",
]  # fmt: skip
"""`flags` are yes and no. Nothing can be learned from the others as they are: a `counter` only
numbers the rows, `keys` are called ids and may repeat, `names` are texts that hardly do, and
`codes` mix numbers and texts. `damaged` are numbers with a few texts among them: mistakes, or marks
that a spec has to explain."""

FEATURES: tuple[Role, ...] = ("numbers", "flags", "categories")

KEY = re.compile(r"(^|[^a-zA-Z])([iI][dD]|uuid|UUID|guid|GUID)$|[a-z](Id|ID)$")
"""What ids are called."""

MANY = 20
"""So many categories are few in any table."""
LEAST_ROWS = 5
"""With fewer rows for each category on average, texts are names."""
ODD = 3
"""A value that all rows have but fewer than these is as good as constant."""
LONGEST = 80
"""Characters of a category."""
LEAST_RISING = 20
"""So many numbers do not rise by chance."""


@dataclass(frozen=True, slots=True, eq=False)
class ColumnFacts:
    """A column, and what was found out about it."""

    column: Column
    role: Role
    values: Doubles
    """Numbers, or the index of each category; NaN where a cell is missing."""
    categories: tuple[str, ...]
    """Of texts, and of yes and no; empty for numbers."""
    distinct: int
    """Different values."""
    rises: bool
    """Whether each number is greater than the one before, as of a clock."""

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def missing(self) -> int:
        return int(self.column.missing.sum())

    @property
    def is_feature(self) -> bool:
        """Whether something can be learned from it."""
        return self.role in FEATURES

    @property
    def is_counter(self) -> bool:
        """Whether it numbers the rows, with numbers that are exact."""
        return self.role == "counter" and self.column.large() is None

    @property
    def whole(self) -> bool:
        """Whether it holds numbers, and whole ones only."""
        known = self.known()
        return not self.categories and bool((known == np.round(known)).all())

    def known(self) -> Doubles:
        """The values that are not missing."""
        return self.values[~np.isnan(self.values)]


def column_facts(column: Column, lines: Labels) -> ColumnFacts:
    """What a column holds, whose rows have these numbers in their file."""
    is_text = column.kind in ("texts", "booleans")
    categories = column.categories() if is_text else ()
    values = column.coded(categories) if is_text else column.as_numbers()
    held = ~np.isnan(values)
    distinct = len(np.unique(values[held]))
    role = _role(column, values, held, categories, lines)
    rises = held.sum() >= LEAST_RISING and bool((np.diff(values[held]) > 0).all())
    return ColumnFacts(column, role, values, categories, distinct, rises and not is_text)


def _role(
    column: Column, values: Doubles, held: Array, categories: tuple[str, ...], lines: Labels
) -> Role:
    known = values[held]
    if not held.any() and not column.strange.any():
        return "nothing"
    if column.large() is not None:  # too large to be exact, and ids at best
        return "counter"
    if column.kind == "mixed":
        return _role_of_mixed(column)
    if len(np.unique(known)) == 1:
        return "constant"
    if column.kind == "booleans":
        return "flags"
    whole = bool((known == np.round(known)).all())
    if whole and KEY.search(column.name):
        return "keys"
    if column.kind == "texts":
        return _role_of_texts(known, categories)
    if whole and held.all() and is_counter(known, lines, column.name):
        return "counter"
    return "numbers"


def _role_of_mixed(column: Column) -> Role:
    """Numbers and texts: codes such as `A/5 21171` where both are frequent."""
    share = column.strange.sum() / max(1, (~column.missing).sum())
    few = share <= MOST_STRANGE or len(column.texts) <= MANY
    numbers = all(map(looks_like_number, column.texts))
    return "damaged" if few or numbers else "codes"


def _role_of_texts(known: Doubles, categories: tuple[str, ...]) -> Role:
    counts = np.bincount(known.astype(np.int64), minlength=len(categories))
    if all(map(DATE.fullmatch, categories)):
        return "dates"
    if len(categories) > MANY and all(map(AMOUNT.fullmatch, categories)):
        return "amounts"
    if len(known) - counts.max() < ODD and len(known) > 2 * ODD:
        return "constant"
    if len(categories) > MANY and len(known) < LEAST_ROWS * len(categories):
        return "names"
    if len(categories) == len(known) or any(map(_is_prose, categories)):
        return "names"
    return "categories"


def _is_prose(text: str) -> bool:
    """Whether a text is too long to be the name of a category."""
    return len(text) > LONGEST or "\n" in text
