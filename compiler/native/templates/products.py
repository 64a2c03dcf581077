"""Matrix products."""

from __future__ import annotations

from typing import NamedTuple

from ...lower.plan import ALIGNMENT, ITEM_BYTES
from ..products.block_kernels import Finish, SumLoop
from ..products.blocks import split_evenly
from ..products.panels import (
    Bias,
    PanelCopy,
    Product,
    blocks_of,
    can_divide_panels,
    divide_panels,
    is_narrow,
    packed_size,
    write_packing,
    write_product,
)
from ..writer import Argument, FunctionWriter, Template

DEPTH = 512
"""Products that are summed before the next rows and columns: as many as let a panel of b and the
rows of a that meet it stay in the nearer caches."""
CACHE_BYTES = 1 << 22
"""A matrix b that is larger comes from memory, or nearly."""
SINGLE_ROWS = 3
"""If no more rows of a meet it, each number of it is read once."""
WHOLE_ROWS = 8
"""So many rows of such a matrix are read whole before the next: the longest runs of memory."""
ROWS = 256
"""Rows of a that meet one panel of b before the next panel."""
DIRECT_BYTES = 1 << 18
"""A matrix b as large as this is read in place: it stays in the cache however its rows lie."""
DIRECT_ROWS = 512
"""So few rows of a do not repay a copy of b."""
PAGE_BYTES = 4096
"""Rows as far apart as this lie in memory pages of their own, of which the processor finds few at a
time, and at powers of two they share a few lines of the first-level cache."""
PAGED_ROWS = 64
"""So many rows of a repay a copy of a b whose rows are so far apart."""
PAGED_COLUMNS = 128
"""So many columns of b repay a copy of an a whose rows are so far apart."""
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
    panel: int = 0
    """Elements of a panel of b, where b is packed before."""


class Matrices(NamedTuple):
    """The addresses of a product's matrices."""

    a: str
    b: str
    out: str
    bias: str = ""
    """Of what is added to each row of out, where it is."""


def matmul(c: FunctionWriter, a: Argument, b: Argument, out: Argument) -> str:
    """out[M,N] = a[M,K] b[K,N]"""
    (rows, depth), columns = a.shape, b.columns
    sizes = ProductSizes(rows, columns, depth, depth, 1, columns, 1)
    return write_matmul(c, sizes, Matrices(a.name, b.name, out.name))


def matmul_bias(
    c: FunctionWriter, a: Argument, b: Argument, bias: Argument, out: Argument, relu: bool
) -> str:
    """out[M,N] = a[M,K] b[K,N] + bias[N], clipped at zero with relu"""
    (rows, depth), columns = a.shape, b.columns
    sizes = ProductSizes(rows, columns, depth, depth, 1, columns, 1)
    matrices = Matrices(a.name, b.name, out.name, bias.name)
    return write_matmul(c, sizes, matrices, _finish(relu))


def matmul_packed(c: FunctionWriter, a: Argument, b: Argument, out: Argument) -> str:
    """out[M,N] = a[M,K] b[K,N], b in panels"""
    return write_matmul(c, _packed_sizes(a, b), Matrices(a.name, b.name, out.name))


def matmul_packed_bias(
    c: FunctionWriter, a: Argument, b: Argument, bias: Argument, out: Argument, relu: bool
) -> str:
    """out[M,N] = a[M,K] b[K,N] + bias[N], b in panels, clipped at zero with relu"""
    matrices = Matrices(a.name, b.name, out.name, bias.name)
    return write_matmul(c, _packed_sizes(a, b), matrices, _finish(relu))


def _packed_sizes(a: Argument, b: Argument) -> ProductSizes:
    panels, depth, width = b.shape
    return ProductSizes(a.rows, panels * width, depth, depth, 1, width, 1, depth * width)


def _finish(relu: bool) -> Finish:
    return Finish.BIAS_RELU if relu else Finish.BIAS


def matmul_nt(c: FunctionWriter, a: Argument, b: Argument, out: Argument) -> str:
    """out[M,N] = a[M,K] b[N,K]ᵀ"""
    (rows, depth), columns = a.shape, b.rows
    sizes = ProductSizes(rows, columns, depth, depth, 1, 1, depth)
    return write_matmul(c, sizes, Matrices(a.name, b.name, out.name))


def matmul_tn(c: FunctionWriter, a: Argument, b: Argument, out: Argument) -> str:
    """out[M,N] = a[K,M]ᵀ b[K,N]"""
    (depth, rows), columns = a.shape, b.columns
    sizes = ProductSizes(rows, columns, depth, 1, rows, columns, 1)
    return write_matmul(c, sizes, Matrices(a.name, b.name, out.name))


def write_matmul(
    c: FunctionWriter, sizes: ProductSizes, matrices: Matrices, finish: Finish = Finish.NOTHING
) -> str:
    """The statements of a product, a part of its depth after another."""
    return "\n".join(
        f"for (int64_t k = {part.first}; k < {part.end}; k += {part.size}) {{\n"
        f"{_write_depth(c, sizes, part.size, matrices, finish)}\n}}"
        for part in split_evenly(sizes.depth, _depth(c, sizes))
    )


def _depth(c: FunctionWriter, sizes: ProductSizes) -> int:
    """How many products are summed before the next columns."""
    in_place = sizes.b_column == 1 and not sizes.panel and sizes.rows <= SINGLE_ROWS
    size = sizes.columns * sizes.depth * ITEM_BYTES[c.target.precision]
    return WHOLE_ROWS if in_place and size > CACHE_BYTES else DEPTH


def _write_depth(
    c: FunctionWriter, sizes: ProductSizes, depth: int, matrices: Matrices, finish: Finish
) -> str:
    """Adds the products from k to k + depth to each sum."""
    parts = split_evenly(sizes.rows, ROWS)
    packed = _is_packed(c, sizes, depth)
    near = _near_a(c, sizes, parts[0].size, depth)
    product = Product(
        rows=parts[0].size,
        columns=sizes.columns,
        a_row=near.row,
        out_row=sizes.columns,
        loops=(SumLoop(depth, near.step, 1 if packed or sizes.panel else sizes.b_step),),
        packed=depth if packed else 0,
        finish=finish,
        panel=sizes.panel,
    )
    weights = sizes.columns * sizes.depth
    if can_divide_panels(c, product, sizes.rows * weights, weights):
        product = divide_panels(c, product)
    product = product._replace(widest=blocks_of(c, product).widest)
    bias = Bias(matrices.bias, f"k + {depth} == {sizes.depth}") if matrices.bias else None
    from_b, steps = f"{matrices.b} + k * {sizes.b_step}", (sizes.b_step, sizes.b_column)
    from_a = f"{matrices.a} + k * {sizes.a_step} + m * {sizes.a_row}"
    texts = []
    copied: PanelCopy | None = None
    if product.packed and sizes.rows <= ROWS:
        blocks = blocks_of(c, product)
        copied = PanelCopy(c.workspace(depth * blocks.widest * blocks.covering.width), steps)
    elif product.packed:
        copy = c.workspace(packed_size(c, sizes.columns, depth))
        texts.append(write_packing(c, product, from_b, steps, copy))
        from_b = copy
    for part in parts:
        call = write_product(
            c,
            product._replace(rows=part.size),
            near.address or from_a,
            from_b,
            f"{matrices.out} + m * {sizes.columns}",
            "k > 0",
            bias,
            copied,
        )
        copying = near.copy(from_a, sizes, part.size, depth)
        texts.append(
            f"for (int64_t m = {part.first}; m < {part.end}; m += {part.size}) {{\n"
            f"{copying}{call}\n}}"
        )
    return "\n".join(texts)


class _NearRows(NamedTuple):
    """Some rows of a, in place or as a copy whose rows lie together."""

    row: int
    """Elements between two rows."""
    step: int
    """Elements between neighbours of a row."""
    address: str = ""
    """Of the copy, if it is one."""

    def copy(self, from_a: str, sizes: ProductSizes, rows: int, depth: int) -> str:
        """The statement that makes the copy."""
        if not self.address:
            return ""
        if sizes.a_step == 1:
            lines, length, apart, to = rows, depth, sizes.a_row, self.row
        else:
            lines, length, apart, to = depth, rows, sizes.a_step, self.step
        return f"copy_rows({from_a}, {apart}, {lines}, {length}, {self.address}, {to});\n"


def _near_a(c: FunctionWriter, sizes: ProductSizes, rows: int, depth: int) -> _NearRows:
    """How a product reads so many rows of a."""
    item = ITEM_BYTES[c.target.precision]
    apart = max(sizes.a_row, sizes.a_step)
    if apart * item < PAGE_BYTES or sizes.columns < PAGED_COLUMNS:
        return _NearRows(sizes.a_row, sizes.a_step)
    c.use("packing.h")
    # A cache line between them, so that rows do not lie at powers of two.
    gap = ALIGNMENT // item
    if sizes.a_step == 1:
        return _NearRows(depth + gap, 1, c.workspace(rows * (depth + gap)))
    return _NearRows(1, rows + gap, c.workspace(depth * (rows + gap)))


def _is_packed(c: FunctionWriter, sizes: ProductSizes, depth: int) -> bool:
    """Whether b is copied before it is read."""
    if sizes.panel:
        return False
    if sizes.b_column != 1 or (is_narrow(c, sizes.columns) and sizes.rows >= NARROW_ROWS):
        return True
    item = ITEM_BYTES[c.target.precision]
    if sizes.b_step * item >= PAGE_BYTES and sizes.rows >= PAGED_ROWS:
        return True
    return depth * sizes.columns * item > DIRECT_BYTES and sizes.rows > DIRECT_ROWS


TEMPLATES: dict[str, Template] = {
    "matmul": matmul,
    "matmul_bias": matmul_bias,
    "matmul_packed": matmul_packed,
    "matmul_packed_bias": matmul_packed_bias,
    "matmul_nt": matmul_nt,
    "matmul_tn": matmul_tn,
}
