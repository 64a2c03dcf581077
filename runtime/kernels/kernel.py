"""What a kernel is, and the few calls that all families share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from math import prod
from typing import Any

import numpy as np

from ..array_types import Array

Call = Callable[[], Any]
Kernel = Callable[..., Iterable[Call]]


def sum_rows_into(x: Array, ones: Array, out: Array) -> Call:
    """out = the sum of x over all axes but the last, as a product with a vector of ones: BLAS reads
    a matrix several times faster than NumPy's reduction over the first axis."""
    return partial(np.dot, ones, x.reshape(-1, x.shape[-1]), out)


def sum_last_axis(x: Array, out: Array) -> Call:
    """out[...] = the sum of x over its last axis, as a product with ones."""
    rows = x.reshape(-1, x.shape[-1])
    return partial(np.dot, rows, np.ones(x.shape[-1], x.dtype), out.reshape(-1))


def zeros(size: int, dtype: str) -> Array:
    """A constant vector, of which there are few: it is the beginning of one whose length is a power
    of two."""
    return _zeros(1 << max(size - 1, 0).bit_length(), dtype)[:size]


@cache
def _zeros(size: int, dtype: str) -> Array:
    made = np.zeros(size, dtype)
    made.flags.writeable = False
    return made


FEW = 32
"""Columns of a matrix whose rows NumPy reduces slowly, one at a time."""


def largest_of_rows(x: Array, out: Array, scratch: Array) -> Iterator[Call]:
    """out[..., 0] = the largest of x over its last axis. `scratch` has the size of x."""
    columns = x.shape[-1]
    if columns > FEW:
        yield partial(np.maximum.reduce, x, axis=-1, out=out, keepdims=True)
        return
    turned = scratch.reshape(columns, -1)
    yield partial(np.copyto, turned, x.reshape(-1, columns).T)
    yield partial(np.maximum.reduce, turned, axis=0, out=out.reshape(-1))


LONG_ROW = 64
REPEATED = 512
MANY_ROWS = 1024


def rows_in_one(rows: int, channels: int, *, most: int) -> int:
    """How many rows NumPy should see as one, to be combined with a vector that is repeated as
    often: a loop over a row of a few numbers costs more than its arithmetic."""
    if channels >= LONG_ROW or rows < MANY_ROWS:
        return 1
    return next(n for n in range(min(REPEATED // channels, most), 0, -1) if rows % n == 0)


def as_row(row: Array, x: Array) -> Array:
    """A vector with as many axes as x, to be combined with each row of x. Where x is a single row
    they have the same shape, which takes NumPy half the time of one that it has to spread."""
    return row.reshape((1,) * (x.ndim - 1) + row.shape)


def beginning(buffer: Array, shape: tuple[int, ...]) -> Array:
    """The first elements of a scratch buffer in another shape."""
    return buffer.reshape(-1)[: prod(shape)].reshape(shape)


SMALL_PRODUCT = 1_000_000
"""Multiply-adds up to which OpenBLAS has kernels that do not copy their operands first: two to
three times as quick where a matrix has few rows."""
LEAST_WIDE = 256
"""Columns below which a product is too short for that to pay."""


def wide_product(a: Array, b: Array, out: Array, unit: int) -> Call:
    """out = a b for a wide b, as small products over slices of its columns where that is quicker.
    A slice is a multiple of `unit` columns."""
    count = split(a.shape[0] * a.shape[1], b.shape[1], unit)
    return partial(np.matmul, a, by_columns(b, count), by_columns(out, count))


def split(
    each: int, columns: int, unit: int = 1, *, least: int = LEAST_WIDE, most: int | None = None
) -> int:
    """Into how many equal slices to cut columns that cost so many multiply-adds each: no fewer
    than `least` columns a slice, no more than `most` slices; 1 when that makes no product small."""
    units = columns // unit
    for count in range(1, (most or units) + 1):
        width = columns // count
        if width < least:
            break
        if units % count == 0 and each * width <= SMALL_PRODUCT:
            return count
    return 1


def by_columns(x: Array, count: int) -> Array:
    """x[rows, columns] as [count, rows, columns / count]."""
    return x.reshape(len(x), count, -1).transpose(1, 0, 2)


def scalar(x: Array, value: float) -> Array:
    """A number in the precision of an array, so that a ufunc never widens."""
    return np.asarray(value, x.dtype)
