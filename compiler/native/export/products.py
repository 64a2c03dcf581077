"""Matrix products in plain C: loops over neighbouring columns that compilers turn into vectors.

Four rows and four products of each number at a time: then one number of b that is loaded serves
sixteen multiplications.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ...lower.plan import ITEM_BYTES
from ..writer import FunctionWriter

ROWS = 4
"""Rows that are computed together."""
STEPS = {ROWS: 4, 1: 8}
"""Products that are added to a sum at a time, by the rows that are computed together."""
MORE = " +\n  "
"""Between the parts of a sum of several lines."""
LONGEST = 1024
"""Products that one row is the sum of, before the next ones are summed by themselves."""
NEAR_BYTES = 1 << 18
"""So much of b stays in a cache near to the processor."""


class PortableProduct(NamedTuple):
    """out[rows, columns] = a[rows, depth] b[depth, columns] (+ bias), and clipped at zero with
    relu."""

    depth: int
    columns: int
    b_row: int
    """Elements between two rows of b, and of out."""
    rows: int
    """The most that it is called for."""
    multiple: bool
    """Whether it is always called for a multiple of ROWS rows."""
    bias: bool
    relu: bool


def product_function(c: FunctionWriter, product: PortableProduct) -> str:
    """The name of its function, with the parameters a, b, bias where there is one, out, and the
    number of rows."""
    return c.helper(product, lambda name: "\n".join(_lines(c, name, product)))


def _lines(c: FunctionWriter, name: str, product: PortableProduct) -> Iterator[str]:
    bias = " const real *restrict bias," if product.bias else ""
    step = _depth_step(c, product)
    yield f"static void {name}(const real *restrict a, const real *restrict b,{bias}"
    yield "                    real *restrict out, int64_t rows) {"
    if step == product.depth:
        for rows, head in _row_loops(product):
            yield f"{head} {{"
            yield f"real *restrict part = out + m * {product.b_row};"
            yield from _start(str(rows), product, "part")
            adder = _adder(c, product, rows, step)
            yield f"{adder}(a + m * {product.depth}, b, part);"
            yield from _finish(str(rows), product, "part")
            yield "}"
    else:
        yield from _start("rows", product)
        whole = product.depth // step * step
        yield f"for (int64_t k = 0; k < {whole}; k += {step}) {{"
        yield from _some_depth(c, product, "k", step)
        yield "}"
        if whole < product.depth:
            yield from _some_depth(c, product, str(whole), product.depth - whole)
        yield from _finish("rows", product)
    yield "}"


def _some_depth(
    c: FunctionWriter, product: PortableProduct, first: str, depth: int
) -> Iterator[str]:
    """Adds the products from one number to another to the sums of all rows. They are summed by
    themselves first: the error of a long sum then grows less with its length."""
    columns = product.columns
    yield "{"
    for rows, head in _row_loops(product):
        adder = _adder(c, product._replace(b_row=columns), rows, depth, product.b_row)
        yield f"{head} {{"
        yield f"real sums[{rows * columns}] = {{0}};"
        yield f"real *restrict part = out + m * {product.b_row};"
        yield f"{adder}(a + m * {product.depth} + {first}, b + {first} * {product.b_row}, sums);"
        place = f"r * {product.b_row} + n"
        yield f"for (int64_t r = 0; r < {rows}; r++)"
        yield f"  for (int64_t n = 0; n < {columns}; n++) part[{place}] += sums[r * {columns} + n];"
        yield "}"
    yield "}"


def _row_loops(product: PortableProduct) -> Iterator[tuple[int, str]]:
    """Rows at a time, and the head of the loop over them."""
    if product.rows < ROWS:
        yield 1, "for (int64_t m = 0; m < rows; m++)"
    elif product.multiple:
        yield ROWS, f"for (int64_t m = 0; m < rows; m += {ROWS})"
    else:
        yield ROWS, f"int64_t m = 0;\nfor (; m + {ROWS} <= rows; m += {ROWS})"
        yield 1, "for (; m < rows; m++)"


def _depth_step(c: FunctionWriter, product: PortableProduct) -> int:
    """How many rows of b meet all rows of a before the next ones."""
    row = product.columns * ITEM_BYTES[c.target.precision]
    if product.rows <= ROWS:
        return min(product.depth, LONGEST)
    if product.depth * row <= NEAR_BYTES:
        return product.depth
    return max(16, NEAR_BYTES // row // 16 * 16)


def _start(rows: str, product: PortableProduct, out: str = "out") -> Iterator[str]:
    value = "bias[n]" if product.bias else "0"
    yield from _each(rows, product, f"{_place(rows, product, out)} = {value};")


def _finish(rows: str, product: PortableProduct, out: str = "out") -> Iterator[str]:
    if product.relu:
        place = _place(rows, product, out)
        yield from _each(rows, product, f"{place} = {place} < 0 ? 0 : {place};")


def _place(rows: str, product: PortableProduct, out: str) -> str:
    return f"{out}[n]" if rows == "1" else f"{out}[r * {product.b_row} + n]"


def _each(rows: str, product: PortableProduct, statement: str) -> Iterator[str]:
    columns = f"for (int64_t n = 0; n < {product.columns}; n++) {statement}"
    if rows == "1":
        yield columns
    else:
        yield f"for (int64_t r = 0; r < {rows}; r++)"
        yield f"  {columns}"


class _Adder(NamedTuple):
    """out[rows, columns] += a[rows, depth] b[depth, columns]"""

    rows: int
    columns: int
    depth: int
    a_row: int
    b_row: int
    out_row: int


def _adder(
    c: FunctionWriter, product: PortableProduct, rows: int, depth: int, b_row: int | None = None
) -> str:
    """The function for some rows; `b_row` where rows of b are farther apart than those of out."""
    a_row = product.depth if rows > 1 else 0
    key = _Adder(rows, product.columns, depth, a_row, b_row or product.b_row, product.b_row)
    return c.helper(key, lambda name: "\n".join(_adder_lines(name, key)))


def _adder_lines(name: str, adder: _Adder) -> Iterator[str]:
    step = STEPS[adder.rows]
    whole = adder.depth // step * step
    yield f"static void {name}(const real *restrict a, const real *restrict b,"
    yield f"                   real *restrict out{'' if adder.rows > 1 else '0'}) {{"
    if adder.rows > 1:
        for r in range(adder.rows):
            yield f"real *restrict out{r} = out + {r * adder.out_row};"
    for first, last, steps in ((0, whole, step), (whole, adder.depth, 1)):
        if first < last:
            yield f"for (int64_t k = {first}; k < {last}; k += {steps}) {{"
            yield from _turn(adder, steps)
            yield "}"
    yield "}"


def _turn(adder: _Adder, step: int) -> Iterator[str]:
    """Adds some products to every sum."""
    rows, steps = range(adder.rows), range(step)
    for s in steps:
        yield f"const real *restrict b{s} = b + {_plus('k', s)} * {adder.b_row};"
    for r in rows:
        for four in _fours(steps):
            factors = ", ".join(f"f{r}_{s} = a[k + {r * adder.a_row + s}]" for s in four)
            yield f"const real {factors};"
    yield f"for (int64_t n = 0; n < {adder.columns}; n++) {{"
    for r in rows:
        terms = [" + ".join(f"f{r}_{s} * b{s}[n]" for s in four) for four in _fours(steps)]
        yield f"out{r}[n] += {MORE.join(terms)};"
    yield "}"


def _fours(steps: range) -> Iterator[range]:
    """Four at a time, as many as fit in a line."""
    return (steps[start : start + 4] for start in range(0, len(steps), 4))


def _plus(name: str, number: int) -> str:
    return f"({name} + {number})" if number else name
