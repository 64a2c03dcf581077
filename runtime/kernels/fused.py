"""Instructions that join several others, in plans for the native engine. NumPy gains nothing by
them: they are the calls of those others, one after the other, and give the same bits."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np

from ..array_types import Array
from .activation import relu
from .kernel import Call, Kernel, scalar, sum_rows_into
from .normalization import ChannelsLast, batchnorm, centred_squares


def moments(
    x: Array, ones: Array, mean: Array, squares: Array, t: Array, u: Array, share: float
) -> Iterable[Call]:
    yield sum_rows_into(x, ones, mean)
    yield partial(np.multiply, mean, scalar(x, share), mean)
    yield from centred_squares(ChannelsLast, x, mean, ones, squares, t, u)


def add_relu(a: Array, b: Array, out: Array) -> Iterable[Call]:
    yield partial(np.add, a, b, out)
    yield from relu(out, out)


def batchnorm_add_relu(
    x: Array, gamma: Array, beta: Array, mean: Array, squares: Array, other: Array,
    y: Array, inv: Array, u: Array, v: Array, share: float, eps: float, step: int,
) -> Iterable[Call]:  # fmt: skip
    yield from batchnorm(
        ChannelsLast, x, gamma, beta, mean, squares, y, inv, u, v, share, eps, step, relu=False
    )
    yield from add_relu(y, other, y)


KERNELS: dict[str, Kernel] = {
    "moments": moments,
    "add_relu": add_relu,
    "batchnorm_add_relu": batchnorm_add_relu,
}
