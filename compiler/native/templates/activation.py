"""Activations that are more than the same for every element."""

from __future__ import annotations

from ..writer import Argument, FunctionWriter, Template
from .columns import sum_columns, wide_rows


def softmax(c: FunctionWriter, x: Argument, y: Argument) -> str:
    c.use("losses.h")
    return f"softmax_rows({x.name}, {y.name}, {x.rows}, {x.columns});"


def softmax_grad(c: FunctionWriter, dy: Argument, y: Argument, dx: Argument) -> str:
    c.use("losses.h")
    return f"softmax_gradient({dy.name}, {y.name}, {dx.name}, {dy.rows}, {dy.columns});"


def prelu_grad(
    c: FunctionWriter, dy: Argument, x: Argument, a: Argument, ones: Argument,
    dx: Argument, da: Argument,
) -> str:  # fmt: skip
    """dx holds the terms of da before it is the gradient."""
    c.use("reductions.h")
    times = wide_rows(c, x.rows, x.columns)
    total = sum_columns(c, "COLUMN_SUM", x.rows, x.columns, times, x=dx.name, first=da.name)
    return (
        f"IVDEP for (int64_t i = 0; i < {x.size}; i++)"
        f" {{ const real value = {x.name}[i];"
        f" {dx.name}[i] = {dy.name}[i] * (value > 0 ? 0 : value); }}\n"
        f"{total}\n"
        f"for (int64_t r = 0; r < {x.rows}; r++)\n"
        f"IVDEP for (int64_t c = 0; c < {x.columns}; c++) {{\n"
        f"const int64_t i = r * {x.columns} + c;\n"
        f"const real slope = {a.name}[c];\n"
        f"{dx.name}[i] = {dy.name}[i] * ({x.name}[i] > 0 ? 1 : slope);\n}}"
    )


TEMPLATES: dict[str, Template] = {
    "softmax": softmax,
    "softmax_grad": softmax_grad,
    "prelu_grad": prelu_grad,
}
