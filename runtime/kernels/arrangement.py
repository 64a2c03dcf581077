"""Positions and channels: padding, cropping, repeating, joining, looking up."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np

from ..array_types import Array
from .kernel import Call, Kernel, scalar

LARGE_IMAGE = 2048
"""Elements of an image from which it is copied to another layout with few others at a time."""


def swap_layout(x: Array, y: Array) -> Iterable[Call]:
    # the same place of many large images falls into few sets of the cache, which they fight for
    fights = x[0].size >= LARGE_IMAGE and len(x) > x.shape[3]
    step = 8 if fights else len(x)
    for start in range(0, len(x), step):
        end = start + step
        yield partial(np.copyto, y[..., start:end], x[start:end].transpose(3, 1, 2, 0))


def add_channel(x: Array, b: Array, y: Array) -> Iterable[Call]:
    yield partial(np.add, x.reshape(len(x), -1), b[:, None], y.reshape(len(y), -1))


def sum_channel(x: Array, ones: Array, y: Array) -> Iterable[Call]:
    yield partial(np.dot, x.reshape(len(x), -1), ones, y)


def pad2d(x: Array, y: Array, top: int, left: int) -> Iterable[Call]:
    height, width = x.shape[1:3]
    yield partial(y.fill, 0)
    yield partial(np.copyto, y[:, top : top + height, left : left + width], x)


def crop2d(x: Array, y: Array, top: int, left: int) -> Iterable[Call]:
    height, width = y.shape[1:3]
    yield partial(np.copyto, y, x[:, top : top + height, left : left + width])


def _blocks(large: Array, small: Array) -> Array:
    """The larger array with an axis for the repeats after each position axis."""
    n, h, w, c = small.shape
    return large.reshape(n, h, large.shape[1] // h, w, large.shape[2] // w, c)


def upsample2d(x: Array, y: Array) -> Iterable[Call]:
    yield partial(np.copyto, _blocks(y, x), x[:, :, None, :, None, :])


def upsample2d_grad(dy: Array, dx: Array) -> Iterable[Call]:
    yield partial(np.add.reduce, _blocks(dy, dx), axis=(2, 4), out=dx)


def concat(xs: tuple[Array, ...], y: Array) -> Iterable[Call]:
    start = 0
    for x in xs:
        end = start + x.shape[-1]
        yield partial(np.copyto, y[..., start:end], x)
        start = end


def slice_channels(x: Array, y: Array, start: int) -> Iterable[Call]:
    yield partial(np.copyto, y, x[..., start : start + y.shape[-1]])


def maximum(a: Array, b: Array, out: Array) -> Iterable[Call]:
    yield partial(np.maximum, a, b, out=out)


def maximum_grad(
    dy: Array, a: Array, b: Array, da: Array, db: Array, mask: Array
) -> Iterable[Call]:
    yield partial(np.greater_equal, a, b, mask)
    yield partial(np.multiply, dy, mask, da)
    yield partial(np.less, a, b, mask)
    yield partial(np.multiply, dy, mask, db)


def powers(x: Array, y: Array) -> Iterable[Call]:
    features = x.shape[-1]
    yield partial(np.copyto, y[..., :features], x)
    for start in range(features, y.shape[-1], features):
        before = y[..., start - features : start]
        yield partial(np.multiply, before, x, y[..., start : start + features])


def powers_grad(dy: Array, x: Array, dx: Array, t: Array, u: Array) -> Iterable[Call]:
    features = x.shape[-1]
    yield partial(np.copyto, dx, dy[..., :features])
    yield partial(t.fill, 1)
    for degree in range(2, dy.shape[-1] // features + 1):
        part = dy[..., (degree - 1) * features : degree * features]
        yield partial(np.multiply, t, x, t)
        yield partial(np.multiply, t, scalar(x, degree), u)
        yield partial(np.multiply, u, part, u)
        yield partial(np.add, dx, u, dx)


def take_rows(w: Array, ids: Array, y: Array, index: Array) -> Iterable[Call]:
    yield partial(np.copyto, index, ids, casting="unsafe")
    yield partial(np.take, w, index, axis=0, out=y, mode="clip")


NARROW = 16
"""Numbers of a row up to which a table is added to column by column."""
ROWS_AT_ONCE = 16_384
"""Rows that are added to all columns before the next ones."""
PLACES_AT_ONCE = 32_768
"""Places of a table that are worked out together: few enough to stay in the cache."""


def take_rows_grad(dy: Array, ids: Array, dw: Array, index: Array) -> Iterable[Call]:
    # NumPy adds at places of a vector many times as quickly as at rows of a matrix, in the same
    # order and so with the same bits
    rows, table = _in_pairs(dy.reshape(-1, dw.shape[1])), _in_pairs(dw)
    yield partial(np.copyto, index, ids, casting="unsafe")
    yield partial(dw.fill, 0)
    add = _add_to_columns if table.shape[1] <= NARROW else _add_to_places
    yield from add(table, index.reshape(-1), rows)


def _add_to_columns(table: Array, index: Array, rows: Array) -> Iterable[Call]:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = slice(start, start + ROWS_AT_ONCE)
        for column in range(table.shape[1]):
            yield partial(np.add.at, table[:, column], index[some], rows[some, column])


def _add_to_places(table: Array, index: Array, rows: Array) -> Iterable[Call]:
    """Adds at the places of a row of the table in memory; `index` becomes where it begins."""
    width = table.shape[1]
    starts, columns = index[:, None], np.arange(width)
    size = max(1, PLACES_AT_ONCE // width)
    places = np.empty((min(size, len(rows)), width), np.int64)
    yield partial(np.multiply, index, width, index)
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        at = places[: len(some)]
        yield partial(np.add, starts[start : start + size], columns, at)
        yield partial(np.add.at, table.reshape(-1), at.reshape(-1), some.reshape(-1))


def _in_pairs(x: Array) -> Array:
    """Two numbers of a row as one complex number, which halves the places to add at."""
    return x if x.shape[-1] % 2 else x.view(np.result_type(x, np.complex64))


KERNELS: dict[str, Kernel] = {
    "swap_layout": swap_layout,
    "add_channel": add_channel,
    "sum_channel": sum_channel,
    "pad2d": pad2d,
    "crop2d": crop2d,
    "upsample2d": upsample2d,
    "upsample2d_grad": upsample2d_grad,
    "concat": concat,
    "slice_channels": slice_channels,
    "maximum": maximum,
    "maximum_grad": maximum_grad,
    "powers": powers,
    "powers_grad": powers_grad,
    "take_rows": take_rows,
    "take_rows_grad": take_rows_grad,
}
