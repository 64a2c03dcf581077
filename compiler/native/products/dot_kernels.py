"""Products whose sums run along memory: each is a vector of partial sums until it is complete."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product as pairs
from typing import NamedTuple

from ..writer import FunctionWriter
from .block_kernels import SumLoop, counts, merge_loops, open_loops
from .blocks import EqualParts, split_evenly

MOST_SIDE = 9
"""Rows or columns of a block."""


class DotKernel(NamedTuple):
    """out[m, v] = (out[m, v] +) the sum of a[m] · b[v] over all loops and numbers of a vector."""

    a_places: tuple[int, ...]
    """Where the rows of a begin, in elements."""
    b_places: tuple[int, ...]
    out_rows: tuple[int, ...]
    """Where the rows of out begin; its columns are neighbours."""
    width: int
    loops: tuple[SumLoop, ...]


def dot_kernel(c: FunctionWriter, kernel: DotKernel) -> str:
    """The name of its C function, of (a, b, out, add) and the counts of loops."""
    c.use("vectors.h")
    kernel = kernel._replace(loops=merge_loops(kernel.loops))
    return c.helper(kernel, lambda name: "\n".join(_lines(name, kernel)))


def divide_dots(
    rows: int, rows_of_unit: int, columns: int, registers: int
) -> tuple[tuple[EqualParts, ...], tuple[EqualParts, ...]]:
    """How many units of rows and how many columns the blocks have: the sums, the rows of a and one
    vector of b are in registers."""
    found = []
    for most_rows, most_columns in pairs(range(1, MOST_SIDE + 1), repeat=2):
        units, parts = split_evenly(rows, most_rows), split_evenly(columns, most_columns)
        tallest = units[0].size * rows_of_unit
        if tallest * parts[0].size + tallest + 1 > registers and most_rows * most_columns > 1:
            continue
        cost = sum(
            unit.times * part.times * _half_cycles(unit.size * rows_of_unit, part.size)
            for unit in units
            for part in parts
        )
        found.append((cost, units, parts))
    _, units, parts = min(found)
    return units, parts


def _half_cycles(rows: int, columns: int) -> float:
    """About how long a block takes for one vector of each of its sums: a multiplication or a
    load, and eight sums under way at least."""
    return max(rows * columns, rows + columns, 8) + 1


def _lines(name: str, kernel: DotKernel) -> Iterator[str]:
    rows, columns = range(len(kernel.a_places)), range(len(kernel.b_places))
    vec, width = f"vec{kernel.width}", kernel.width
    more = "".join(f", int64_t {count}" for count in counts(kernel.loops))
    yield (
        f"static __attribute__((noinline)) void {name}(const real *restrict a, "
        f"const real *restrict b, real *restrict out, int add{more}) {{"
    )
    for m in rows:
        yield f"{vec} {', '.join(f's{m}_{v} = {{0}}' for v in columns)};"
    yield from open_loops(kernel.loops)
    for m, place in enumerate(kernel.a_places):
        yield f"const {vec} a{m} = *(const {vec} *)(a_ + {place});"
    for v, place in enumerate(kernel.b_places):
        sums = " ".join(f"s{m}_{v} += a{m} * f;" for m in rows)
        yield f"{{ const {vec} f = *(const {vec} *)(b_ + {place}); {sums} }}"
    yield "}" * len(kernel.loops)
    yield f"real partial[{len(rows) * len(columns) * width}];"
    for m, v in pairs(rows, columns):
        yield f"*({vec} *)(partial + {(m * len(columns) + v) * width}) = s{m}_{v};"
    for m in rows:
        first = f"partial + {m * len(columns) * width}"
        yield f"add_partial({first}, {len(columns)}, {width}, out + {kernel.out_rows[m]}, add);"
    yield "}"
