"""Sums over the rows of a matrix, for each column: what biases, normalizations and means over
positions have in common."""

from __future__ import annotations

from functools import partial
from math import gcd

from ..writer import FunctionWriter

LEAST_VECTORS = 4
"""Vectors of a row that keep the adders busy: shorter rows are taken several at a time."""
MOST_VECTORS = 32
"""Vectors of a row that is made of several: beyond, its sums do not stay in the cache."""


def wide_rows(c: FunctionWriter, rows: int, columns: int) -> int:
    """How many rows `sum_columns` takes for one, so that they make whole vectors."""
    lanes = c.target.lanes
    if columns >= LEAST_VECTORS * lanes:
        return 1
    times = lanes // gcd(lanes, columns)
    times *= -(-LEAST_VECTORS * lanes // (times * columns))
    fits = times * columns <= MOST_VECTORS * lanes and rows >= 2 * times
    return times if fits else 1


def sum_columns(
    c: FunctionWriter, terms: str, rows: int, columns: int, times: int, **operands: str
) -> str:
    """The call of `sum_columns` of `reductions.h`, with the members of its `column_operands`."""
    c.use("reductions.h")
    wide = c.workspace(5 * times * columns) if times > 1 else "NULL"
    members = ", ".join(f".{name} = {value}" for name, value in operands.items())
    name = c.helper(("sum_columns", terms), partial(_shared, terms))
    return f"{name}((struct column_operands){{{members}}}, {rows}, {columns}, {times}, {wide});"


def _shared(terms: str, name: str) -> str:
    """One function for all sizes: it is as fast as one for each, and networks have many sizes."""
    return (
        f"static __attribute__((noinline)) void {name}(struct column_operands of, int64_t rows,"
        f" int64_t columns, int64_t times, real *wide) {{\n"
        f"sum_columns({terms}, of, rows, columns, times, wide);\n}}"
    )
