"""Sums."""

from __future__ import annotations

from ..writer import Argument, FunctionWriter, Template
from .columns import sum_columns, wide_rows


def sum_rows(c: FunctionWriter, x: Argument, ones: Argument, y: Argument) -> str:
    times = wide_rows(c, x.rows, x.columns)
    return sum_columns(c, "COLUMN_SUM", x.rows, x.columns, times, x=x.name, first=y.name)


def sum_all(c: FunctionWriter, x: Argument, ones: Argument, y: Argument, factor: float) -> str:
    c.use("reductions.h")
    return f"*{y.name} = sum_of({x.name}, {x.size}) * {c.number(factor)};"


def sum_channel(c: FunctionWriter, x: Argument, ones: Argument, y: Argument) -> str:
    c.use("reductions.h")
    channels = x.shape[0]
    each = x.size // channels
    return (
        f"for (int64_t c = 0; c < {channels}; c++)"
        f" {y.name}[c] = sum_of({x.name} + c * {each}, {each});"
    )


TEMPLATES: dict[str, Template] = {
    "sum_rows": sum_rows,
    "sum_all": sum_all,
    "sum_channel": sum_channel,
}
