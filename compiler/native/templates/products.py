"""Matrix products."""

from __future__ import annotations

from typing import NamedTuple

from ...lower.plan import ITEM_BYTES
from ..blocks import split_evenly
from ..micro_kernels import SumLoop
from ..panels import Product, blocks_of, is_narrow, packed_size, write_packing, write_product
from ..writer import Argument, FunctionWriter, Template

DEPTH = 512
"""Products that are summed before the next rows and columns: as many as let a panel of b and the
rows of a that meet it stay in the nearer caches."""
ROWS = 256
"""Rows of a that meet one panel of b before the next panel."""
DIRECT_BYTES = 1 << 18
"""A matrix b as large as this is read in place: it stays in the cache however its rows lie."""
DIRECT_ROWS = 32
"""So few rows of a do not repay a copy of b."""
NARROW_ROWS = 8
"""So many rows repay a copy of b that saves a vector."""


class ProductSizes(NamedTuple):
    """A product out[rows, columns] of matrices, and the steps of a and b along their axes."""

    rows: int
    columns: int
    depth: int
    a_row: int
    a_step: int
    b_step: int
    b_column: int


def matmul(c: FunctionWriter, a: Argument, b: Argument, out: Argument) -> str:
    """out[M,N] = a[M,K] b[K,N]"""
    (rows, depth), columns = a.shape, b.columns
    return write_matmul(c, ProductSizes(rows, columns, depth, depth, 1, columns, 1), a, b, out)


def matmul_nt(c: FunctionWriter, a: Argument, b: Argument, out: Argument) -> str:
    """out[M,N] = a[M,K] b[N,K]ᵀ"""
    (rows, depth), columns = a.shape, b.rows
    return write_matmul(c, ProductSizes(rows, columns, depth, depth, 1, 1, depth), a, b, out)


def matmul_tn(c: FunctionWriter, a: Argument, b: Argument, out: Argument) -> str:
    """out[M,N] = a[K,M]ᵀ b[K,N]"""
    (depth, rows), columns = a.shape, b.columns
    return write_matmul(c, ProductSizes(rows, columns, depth, 1, rows, columns, 1), a, b, out)


def write_matmul(
    c: FunctionWriter, sizes: ProductSizes, a: Argument, b: Argument, out: Argument
) -> str:
    """The statements of a product, a part of its depth after another."""
    begin, texts = 0, []
    for part in split_evenly(sizes.depth, DEPTH):
        end = begin + part.size * part.times
        texts.append(
            f"for (int64_t k = {begin}; k < {end}; k += {part.size}) {{\n"
            f"{_write_depth(c, sizes, part.size, a, b, out)}\n}}"
        )
        begin = end
    return "\n".join(texts)


def _write_depth(
    c: FunctionWriter, sizes: ProductSizes, depth: int, a: Argument, b: Argument, out: Argument
) -> str:
    """Adds the products from k to k + depth to each sum."""
    parts = split_evenly(sizes.rows, ROWS)
    product = Product(
        parts[0].size,
        sizes.columns,
        sizes.a_row,
        sizes.columns,
        (SumLoop(depth, sizes.a_step, sizes.b_step),),
        _is_packed(c, sizes, depth),
    )
    product = product._replace(widest=blocks_of(c, product).widest)
    from_b = f"{b.name} + k * {sizes.b_step}"
    texts, begin = [], 0
    if product.packed:
        copy = c.workspace(packed_size(c, sizes.columns, depth))
        texts.append(write_packing(c, product, from_b, (sizes.b_step, sizes.b_column), copy))
        from_b = copy
    for part in parts:
        end = begin + part.size * part.times
        call = write_product(
            c,
            product._replace(rows=part.size),
            f"{a.name} + k * {sizes.a_step} + m * {sizes.a_row}",
            from_b,
            f"{out.name} + m * {sizes.columns}",
            add="k > 0",
        )
        texts.append(f"for (int64_t m = {begin}; m < {end}; m += {part.size}) {{\n{call}\n}}")
        begin = end
    return "\n".join(texts)


def _is_packed(c: FunctionWriter, sizes: ProductSizes, depth: int) -> bool:
    """Whether b is copied before it is read."""
    if sizes.b_column != 1 or (is_narrow(c, sizes.columns) and sizes.rows >= NARROW_ROWS):
        return True
    size = depth * sizes.columns * ITEM_BYTES[c.target.precision]
    return size > DIRECT_BYTES and sizes.rows > DIRECT_ROWS


TEMPLATES: dict[str, Template] = {
    "matmul": matmul,
    "matmul_nt": matmul_nt,
    "matmul_tn": matmul_tn,
}
