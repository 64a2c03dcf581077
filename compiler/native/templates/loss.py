"""Losses, a number for each sample. Most are a sum over the row of a function of one output and one
target, which runs over the numbers of many rows at once: rows are often shorter than a vector."""

from __future__ import annotations

from functools import partial

from ..writer import Argument, FunctionWriter, Template

BLOCK = 1024
"""Numbers, at least, that are handled at once."""

TERMS: dict[str, tuple[str, bool]] = {
    "ce": ("-target * LOG(larger(output, REAL_TINY))", False),
    "sigmoid_bce": ("softplus_real(output) - output * target", True),
    "bce": (
        "-(LOG(larger(1 - output, REAL_TINY)) * (1 - target)"
        " + LOG(larger(output, REAL_TINY)) * target)",
        True,
    ),
    "mse": ("(output - target) * (output - target)", True),
    "mae": ("ABS(output - target)", True),
    "negentropy": ("target * LOG(larger(target, REAL_TINY))", False),
}
"""Of an output and a target; and whether the loss is the mean of them, not the sum."""


def _row_sums(
    c: FunctionWriter, loss: Argument, rows: int, columns: int, arrays: dict[str, str],
    term: str, factor: float,
) -> str:  # fmt: skip
    """loss = factor times the sum over each row of a term, in which the arrays are variables."""
    c.use("reductions.h")
    together = max(1, BLOCK // columns)
    work = c.workspace(together * columns)
    values = " ".join(f"const real {name} = {array}[begin * {columns} + i];"
                      for name, array in arrays.items())  # fmt: skip
    return (
        f"real *restrict work = {work};\n"
        f"for (int64_t begin = 0; begin < {rows}; begin += {together}) {{\n"
        f"const int64_t count = lesser({together}, {rows} - begin);\n"
        f"IVDEP for (int64_t i = 0; i < count * {columns}; i++) {{ {values} work[i] = {term}; }}\n"
        f"for (int64_t r = 0; r < count; r++) {loss.name}[begin + r] ="
        f" sum_of(work + r * {columns}, {columns}) * {c.number(factor)};\n}}"
    )


def row_loss(
    term: str, mean: bool, c: FunctionWriter, t: Argument, *,
    p: Argument | None = None, x: Argument | None = None, y: Argument | None = None,
    loss: Argument | None = None, h: Argument | None = None,
) -> str | None:  # fmt: skip
    """The template of a loss: its output is p, x or y in the pattern, its result loss or h."""
    output, result = p or x or y or t, loss or h
    if result is None:
        return None
    factor = 1 / t.columns if mean else 1.0
    arrays = {"target": t.name} if output is t else {"output": output.name, "target": t.name}
    return _row_sums(c, result, t.rows, t.columns, arrays, term, factor)


def huber(c: FunctionWriter, y: Argument, t: Argument, loss: Argument, delta: float) -> str:
    # With q = min(|r|, delta): q · (|r| - q / 2) is both branches at once.
    distance = "ABS(output - target)"
    q = f"smaller({distance}, {c.number(delta)})"
    arrays = {"output": y.name, "target": t.name}
    term = f"{q} * ({distance} - (real)0.5 * {q})"
    return _row_sums(c, loss, t.rows, t.columns, arrays, term, 1 / t.columns)


def softmax_ce(c: FunctionWriter, x: Argument, t: Argument, loss: Argument, p: Argument) -> str:
    c.use("losses.h")
    return (
        f"softmax_cross_entropy({x.name}, {t.name}, {loss.name}, {p.name}, {x.rows}, {x.columns});"
    )


def multi_hinge(
    c: FunctionWriter, y: Argument, t: Argument, loss: Argument, z: Argument, m: Argument,
    margin: float,
) -> str:  # fmt: skip
    c.use("losses.h")
    return (
        f"multi_class_hinge({y.name}, {t.name}, {loss.name}, {z.name}, {m.name},"
        f" {c.number(margin)}, {y.rows}, {y.columns});"
    )


def multi_hinge_grad(
    c: FunctionWriter, z: Argument, m: Argument, t: Argument, dy: Argument, factor: float
) -> str:
    c.use("losses.h")
    return (
        f"multi_class_hinge_gradient({z.name}, {m.name}, {t.name}, {dy.name},"
        f" {c.number(factor)}, {z.rows}, {z.columns});"
    )


TEMPLATES: dict[str, Template] = {
    **{row: partial(row_loss, term, mean) for row, (term, mean) in TERMS.items()},
    "huber": huber,
    "softmax_ce": softmax_ce,
    "multi_hinge": multi_hinge,
    "multi_hinge_grad": multi_hinge_grad,
}
