"""Arithmetic on whole arrays, copies and sums."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np

from ..array_types import Array
from .kernel import Call, Kernel, as_row, rows_in_one, scalar, sum_rows_into, zeros

CACHED_ELEMENTS = 65_536
"""Elements of a slice that stays in the second-level cache between two passes: 256 KiB of
float32."""
FEW_ELEMENTS = 16_384


def fill(y: Array, value: float) -> Iterable[Call]:
    yield partial(y.fill, value)


def copy(x: Array, y: Array) -> Iterable[Call]:
    yield partial(np.copyto, y, x)


def add(a: Array, b: Array, out: Array) -> Iterable[Call]:
    yield partial(np.add, a, b, out)


def multiply(a: Array, b: Array, out: Array) -> Iterable[Call]:
    yield partial(np.multiply, a, b, out)


def scale(x: Array, y: Array, by: float) -> Iterable[Call]:
    yield partial(np.multiply, x, scalar(x, by), y)


def scale_shift(x: Array, y: Array, by: float, plus: float) -> Iterable[Call]:
    yield partial(np.multiply, x, scalar(x, by), y)
    yield partial(np.add, y, scalar(x, plus), y)


def _rows(x: Array, y: Array, vector: Array) -> tuple[Array, Array, Array]:
    """Two arrays as rows, and room for the vector that meets them: itself, or where it is short,
    as many repetitions as make a row."""
    channels = len(vector)
    times = rows_in_one(x.size // channels, channels, most=x.size)
    row = vector if times == 1 else np.empty(times * channels, vector.dtype)
    return x.reshape(-1, len(row)), y.reshape(-1, len(row)), row


def add_row(x: Array, b: Array, y: Array) -> Iterable[Call]:
    rows_in, rows_out, row = _rows(x, y, b)
    if row is not b:
        yield partial(np.copyto, row.reshape(-1, len(b)), b)
    yield partial(np.add, rows_in, as_row(row, rows_in), rows_out)


def add_row_relu(x: Array, b: Array, y: Array) -> Iterable[Call]:
    # Slice by slice, so that the second pass finds the first one's results in the cache.
    rows_in, rows_out, wide = _rows(x, y, b)
    if wide is not b:
        yield partial(np.copyto, wide.reshape(-1, len(b)), b)
    step = max(1, CACHED_ELEMENTS // len(wide))
    row = as_row(wide, rows_in)
    for start in range(0, len(rows_in), step):
        part = rows_out[start : start + step]
        # NumPy compares few numbers with as many zeros in half the time of a row of zeros. Of many,
        # the zeros would crowd the cache.
        few = part.size <= FEW_ELEMENTS
        zero = zeros(part.size, x.dtype.name).reshape(part.shape) if few else np.zeros_like(row)
        yield partial(np.add, rows_in[start : start + step], row, part)
        yield partial(np.maximum, part, zero, out=part)


def scale_rows(x: Array, s: Array, y: Array) -> Iterable[Call]:
    yield partial(np.multiply, x, s[..., None], y)


def multiply_row(x: Array, s: Array, y: Array) -> Iterable[Call]:
    yield partial(np.multiply, x, as_row(s, x), y)


def perturb(x: Array, g: Array, step: Array, low: Array, high: Array, y: Array) -> Iterable[Call]:
    yield partial(np.sign, g, y)
    yield partial(np.multiply, y, step, y)
    yield partial(np.add, y, x, y)
    yield partial(np.clip, y, low, high, y)


def sum_rows(x: Array, ones: Array, y: Array) -> Iterable[Call]:
    yield sum_rows_into(x, ones, y)


def sum_all(x: Array, ones: Array, y: Array, factor: float) -> Iterable[Call]:
    yield partial(np.dot, x.reshape(-1), ones, y)
    yield partial(np.multiply, y, scalar(x, factor), y)


KERNELS: dict[str, Kernel] = {
    "fill": fill,
    "copy": copy,
    "add": add,
    "multiply": multiply,
    "scale": scale,
    "scale_shift": scale_shift,
    "add_row": add_row,
    "add_row_relu": add_row_relu,
    "multiply_row": multiply_row,
    "scale_rows": scale_rows,
    "perturb": perturb,
    "sum_rows": sum_rows,
    "sum_all": sum_all,
}
