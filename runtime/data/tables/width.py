"""How many features a table has, from its beginning: what `netc check` says of a file at hand.

Only `prep onehot` needs more than the names of the columns, and NumPy. The reader of Parquet and
Excel, which needs NumPy too, comes from the caller.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ....compiler.data.tables import Table
from ..bounded_reading import why_no_file
from .names import LOOK, ColumnPlan, HeaderNames, plan_columns, read_names, wanted_by
from .text import BROKEN, TableOptions, beginning, table_options
from .text_rows import TableRow


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


Beginning = tuple[HeaderNames, list[TableRow], bool]
"""The columns of a file, its first rows without the header, and whether they are all."""


def text_beginning(path: Path, options: TableOptions) -> Beginning | str:
    """That of a file of text; or why there is none. Raises one of `BROKEN`."""
    found = beginning(path, options)
    if isinstance(found, str):
        return found
    rows, whole = found
    names = read_names([row for _, row in rows[:LOOK]], options.header)
    if isinstance(names, str):
        return names
    return names, rows[1:] if names.from_file else rows, whole


def read_width(
    path: Path,
    data: Table,
    *,
    has_target: bool,
    encoded: Counting | None,
    read: Callable[[Path, TableOptions], Beginning | str] = text_beginning,
) -> TableWidth | None:
    """The width of the samples in a file; None where it is not there, or cannot be read."""
    try:
        found = "" if why_no_file(path) else read(path, table_options(data))
    except (*BROKEN, LookupError):
        return None
    if isinstance(found, str):
        return None
    names, body, whole = found
    plan = plan_columns(names, wanted_by(data, has_target=has_target))
    if not isinstance(plan, ColumnPlan):
        return TableWidth(names.columns, (), (), 0, None, plan)
    if not plan.features:  # which is an error of its own when it is read
        return None
    least = most = len(plan.features)
    if encoded is not None:
        if not body:  # categories are in the rows
            return None
        least, most = encoded(plan, body, data)
    return TableWidth(
        names.columns,
        tuple(names.columns[index] for index in plan.features),
        tuple(names.columns[index] for index in plan.targets),
        least,
        most if whole or encoded is None else None,
    )
