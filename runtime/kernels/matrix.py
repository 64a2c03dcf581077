"""Matrix products. A few slices that OpenBLAS counts as small are quicker than one product that it
does not (see `SMALL_PRODUCT`); many slices lose what that gains.

A product of two matrices is a `dot`: it asks the same of BLAS as `matmul`, and a third of a
microsecond sooner."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np

from ..array_types import Array
from .kernel import Call, Kernel, by_columns, split

LEAST_SLICE = 32
"""Rows or columns of a slice."""
MOST_SLICES = 4
MOST_ROW_SLICES = 8
"""Slices of rows of the result read whole rows of both operands, and lose less."""


def matmul(a: Array, b: Array, out: Array) -> Iterable[Call]:
    count = split(a.size, b.shape[1], least=LEAST_SLICE, most=MOST_SLICES)
    if count == 1:
        yield partial(np.dot, a, b, out)
    else:
        yield partial(np.matmul, a, by_columns(b, count), by_columns(out, count))


def matmul_nt(a: Array, b: Array, out: Array) -> Iterable[Call]:
    yield partial(np.dot, a, b.T, out)


def matmul_tn(a: Array, b: Array, out: Array) -> Iterable[Call]:
    count = split(b.size, a.shape[1], least=LEAST_SLICE, most=MOST_ROW_SLICES)
    if count == 1:
        yield partial(np.dot, a.T, b, out)
    else:
        slices = by_columns(a, count).transpose(0, 2, 1)
        yield partial(np.matmul, slices, b, out.reshape(count, -1, b.shape[1]))


KERNELS: dict[str, Kernel] = {"matmul": matmul, "matmul_nt": matmul_nt, "matmul_tn": matmul_tn}
