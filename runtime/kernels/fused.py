"""Instructions that join several others, in plans for the native engine. NumPy gains nothing by
them: they are the calls of those others, one after the other, and give the same bits."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np

from ..array_types import Array
from .kernel import Call, Kernel, scalar, sum_rows_into
from .normalization import ChannelsLast, centred_squares


def moments(
    x: Array, ones: Array, mean: Array, squares: Array, t: Array, u: Array, share: float
) -> Iterable[Call]:
    yield sum_rows_into(x, ones, mean)
    yield partial(np.multiply, mean, scalar(x, share), mean)
    yield from centred_squares(ChannelsLast, x, mean, ones, squares, t, u)


KERNELS: dict[str, Kernel] = {
    "moments": moments,
}
