"""What a kernel is, and the few calls that all families share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from math import prod
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Call = Callable[[], Any]
Kernel = Callable[..., Iterable[Call]]


def sum_rows_into(x: Array, ones: Array, out: Array) -> Call:
    """out = the sum of x over all axes but the last, as a product with ones, one a row: BLAS reads
    a matrix several times faster than NumPy's reduction over the first axis."""
    return partial(np.dot, ones, x.reshape(-1, x.shape[-1]), out)


def beginning(buffer: Array, shape: tuple[int, ...]) -> Array:
    """The first elements of a scratch buffer in another shape."""
    return buffer.reshape(-1)[: prod(shape)].reshape(shape)


def scalar(x: Array, value: float) -> Array:
    """A number in the precision of an array, so that a ufunc never widens."""
    return np.asarray(value, x.dtype)
