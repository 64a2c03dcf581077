"""How many features a table has, from its first 256 KiB: what `netc check` says of a file at hand.

Only `prep onehot` needs more than the names of the columns, and NumPy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ....compiler.data.tables import Table
from ..bounded_reading import why_no_file
from .names import LOOK, ColumnPlan, plan_columns, read_names, wanted_by
from .text import BROKEN, TableRow, beginning, said_of


@dataclass(frozen=True, slots=True)
class TableWidth:
    """How many numbers a sample has."""

    columns: tuple[str, ...]
    """All of the table."""
    features: tuple[str, ...]
    targets: tuple[str, ...]
    least: int
    most: int | None
    """The same where it is certain; None where nothing is known."""
    missing: tuple[str, ...] = ()
    """Columns that are named and not there, which leaves everything else open."""


Counting = Callable[[ColumnPlan, Sequence[TableRow], Table], tuple[int, int]]
"""The least and the most columns that `prep onehot` makes of some rows."""


def read_width(
    path: Path, data: Table, *, has_target: bool, encoded: Counting | None
) -> TableWidth | None:
    """The width of the samples in a file; None where it is not there, or cannot be read."""
    said = said_of(data)
    try:
        found = None if said.form != "csv" or why_no_file(path) else beginning(path, said)
    except (*BROKEN, LookupError):
        return None
    if found is None or isinstance(found, str):
        return None
    rows, whole = found
    names = read_names([row for _, row in rows[:LOOK]], said.header)
    if isinstance(names, str):
        return None
    plan = plan_columns(names, wanted_by(data, has_target=has_target))
    if not isinstance(plan, ColumnPlan):
        return TableWidth(names.columns, (), (), 0, None, plan)
    body = rows[1:] if names.from_file else rows
    least = most = len(plan.features)
    if encoded is not None:
        least, most = encoded(plan, body, data)
    return TableWidth(
        names.columns,
        tuple(names.columns[index] for index in plan.features),
        tuple(names.columns[index] for index in plan.targets),
        least,
        most if whole or encoded is None else None,
    )
