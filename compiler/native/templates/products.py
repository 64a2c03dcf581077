"""Matrix products."""

from __future__ import annotations

from ..writer import Argument, FunctionWriter, Template


def matmul(c: FunctionWriter, a: Argument, b: Argument, out: Argument) -> str:
    """out[M,N] = a[M,K] b[K,N]"""
    rows, inner = a.shape
    columns = b.columns
    return (
        f"for (int64_t m = 0; m < {rows}; m++) {{\n"
        f"  real *restrict row = {out.name} + m * {columns};\n"
        f"  for (int64_t n = 0; n < {columns}; n++) row[n] = 0;\n"
        f"  for (int64_t k = 0; k < {inner}; k++) {{\n"
        f"    const real factor = {a.name}[m * {inner} + k];\n"
        f"    const real *restrict other = {b.name} + k * {columns};\n"
        f"    for (int64_t n = 0; n < {columns}; n++) row[n] += factor * other[n];\n"
        "  }\n}"
    )


TEMPLATES: dict[str, Template] = {"matmul": matmul}
