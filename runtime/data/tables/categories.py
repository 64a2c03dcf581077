"""How many columns `prep onehot` makes of a table that is not divided yet.

They are the categories of the training part. A category with more rows than the other parts can
take is certainly among them; of others nobody knows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ....compiler.data.source import TEST_SHARE, part_sizes
from ....compiler.data.tables import Table
from .names import ColumnPlan
from .text import table_options
from .text_rows import TableRow
from .values import CellStyle, ColumnReader


def count_encoded(plan: ColumnPlan, body: Sequence[TableRow], data: Table) -> tuple[int, int]:
    """The least and the most columns that `prep onehot` makes of these rows."""
    options = table_options(data)
    style = CellStyle(options.decimal or ".", options.thousands or "", options.missing)
    elsewhere = len(body) - _training_rows(len(body), data)
    least = most = 0
    for index in plan.features:
        reader = ColumnReader(plan.names[index], style)
        reader.add([row[index] for _, row in body if index < len(row)])
        column = reader.column()
        counts = Counter(filter(None, column.spelled())) if column.kind == "texts" else {"": 0}
        least += max(1, sum(count > elsewhere for count in counts.values()))
        most += len(counts)
    return least, most


def _training_rows(rows: int, data: Table) -> int:
    """How many rows are certainly trained on; groups stay together, whatever their size."""
    if data.groups is not None:
        return 0
    parts = data.part_files()
    shares = data.shares()
    if "val" in parts:
        shares = (1.0, 0.0, 0.0)
    elif parts:
        shares = (shares[0] + TEST_SHARE, shares[1], 0.0)
    return part_sizes(min(rows, data.limit or rows), shares)[0]
