"""Pooling: the elements of the window one after the other, each over all positions at once.

A kernel element that reaches beyond the data serves only the positions where it reads something,
so no padding is laid and padding never wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np

from ...compiler.shapes import Margins, Pair
from ..array_types import Array
from .kernel import Call, Kernel, scalar
from .windows import Geometry, clipped_element, kernel_elements


def _served(
    x: Array, y: Array, kernel: Pair, stride: Pair, margins: Margins
) -> Iterator[tuple[int, tuple[slice, ...], tuple[slice, ...]]]:
    """For each kernel element its number, the positions that it serves and what it reads there."""
    for number, (i, j) in kernel_elements(Geometry(kernel, stride, (1, 1))):
        rows = clipped_element(x.shape[1], i, stride[0], margins[0][0], y.shape[1])
        columns = clipped_element(x.shape[2], j, stride[1], margins[1][0], y.shape[2])
        if rows is not None and columns is not None:
            everything = slice(None)
            yield number, (everything, rows[0], columns[0]), (everything, rows[1], columns[1])


def _is_whole(positions: tuple[slice, ...], y: Array) -> bool:
    """Whether a kernel element serves every position."""
    return bool(y[positions].shape == y.shape)


def _tiles(x: Array, y: Array, kernel: Pair, stride: Pair, margins: Margins) -> bool:
    """Whether the windows cover every position of x once, and nothing else."""
    whole = (y.shape[1] * kernel[0], y.shape[2] * kernel[1]) == x.shape[1:3]
    return whole and kernel == stride and not any(before for before, _ in margins)


def maxpool2d(x: Array, y: Array, kernel: Pair, stride: Pair, margins: Margins) -> Iterable[Call]:
    yield partial(y.fill, -np.inf)
    for _, positions, reads in _served(x, y, kernel, stride, margins):
        yield partial(np.maximum, y[positions], x[reads], out=y[positions])


def maxpool2d_indices(
    x: Array, y: Array, which: Array, mask: Array, t: Array,
    kernel: Pair, stride: Pair, margins: Margins,
) -> Iterable[Call]:  # fmt: skip
    # Elements come in reading order and only a larger number wins, so of equal ones the first does;
    # numbers grow, so the last winner is the largest number among the masks.
    number_type = which.dtype.type
    served = list(_served(x, y, kernel, stride, margins))
    if _is_whole(served[0][1], y):
        # The first element that reads anything is ahead everywhere; those before it read padding.
        number, _, reads = served.pop(0)
        yield partial(which.fill, number)
        yield partial(np.copyto, y, x[reads])
    else:
        yield partial(which.fill, 0)
        yield partial(y.fill, -np.inf)
    for number, positions, reads in served:
        yield partial(np.greater, x[reads], y[positions], mask[positions])
        yield partial(np.maximum, y[positions], x[reads], out=y[positions])
        yield partial(
            np.multiply, mask[positions].view(np.uint8), number_type(number), t[positions]
        )
        yield partial(np.maximum, which[positions], t[positions], out=which[positions])


def maxpool2d_grad(
    dy: Array, which: Array, dx: Array, mask: Array, t: Array,
    kernel: Pair, stride: Pair, margins: Margins,
) -> Iterable[Call]:  # fmt: skip
    once = kernel[0] <= stride[0] and kernel[1] <= stride[1]
    if not (once and _tiles(dx, dy, kernel, stride, margins)):
        yield partial(dx.fill, 0)
    for number, positions, reads in _served(dx, dy, kernel, stride, margins):
        yield partial(np.equal, which[positions], which.dtype.type(number), mask[positions])
        if once:
            # No position is read by two windows, so nothing has to be added up.
            yield partial(np.multiply, dy[positions], mask[positions], dx[reads])
        else:
            yield partial(np.multiply, dy[positions], mask[positions], t[positions])
            yield partial(np.add, dx[reads], t[positions], dx[reads])


def _positions(
    size: Pair, positions: Pair, kernel: Pair, stride: Pair, margins: Margins, counted: Pair
) -> list[np.ndarray[tuple[int], np.dtype[np.int64]]]:
    """How many positions each window covers along each axis: those of the data and of the
    padding that counts, which is all before it and `counted` after it."""
    result = []
    for axis in (0, 1):
        start = np.arange(positions[axis]) * stride[axis]
        end = margins[axis][0] + size[axis] + counted[axis]
        result.append(np.minimum(start + kernel[axis], end) - start)
    return result


def _shares(x: Array, y: Array, **options: Any) -> Array:
    """One over the positions of each window, as [1, P, Q, 1]."""
    rows, columns = _positions((x.shape[1], x.shape[2]), (y.shape[1], y.shape[2]), **options)
    return (1 / (rows[:, None] * columns))[None, :, :, None].astype(x.dtype)


def avgpool2d(
    x: Array, y: Array, kernel: Pair, stride: Pair, margins: Margins, counted: Pair
) -> Iterable[Call]:
    shares = _shares(x, y, kernel=kernel, stride=stride, margins=margins, counted=counted)
    yield partial(y.fill, 0)
    for _, positions, reads in _served(x, y, kernel, stride, margins):
        yield partial(np.add, y[positions], x[reads], y[positions])
    yield partial(np.multiply, y, shares, y)


def avgpool2d_grad(
    dy: Array, dx: Array, t: Array, kernel: Pair, stride: Pair, margins: Margins, counted: Pair
) -> Iterable[Call]:
    shares = _shares(dx, dy, kernel=kernel, stride=stride, margins=margins, counted=counted)
    yield partial(np.multiply, dy, shares, t)
    yield partial(dx.fill, 0)
    for _, positions, reads in _served(dx, dy, kernel, stride, margins):
        yield partial(np.add, dx[reads], t[positions], dx[reads])


def mean_positions(x: Array, y: Array) -> Iterable[Call]:
    yield partial(np.add.reduce, x, axis=1, out=y)
    yield partial(np.multiply, y, scalar(x, 1 / x.shape[1]), y)


def mean_positions_grad(dy: Array, dx: Array) -> Iterable[Call]:
    yield partial(np.multiply, dy[:, None, :], scalar(dy, 1 / dx.shape[1]), dx)


KERNELS: dict[str, Kernel] = {
    "maxpool2d": maxpool2d,
    "maxpool2d_indices": maxpool2d_indices,
    "maxpool2d_grad": maxpool2d_grad,
    "maxpool2d_indices_wide": maxpool2d_indices,
    "maxpool2d_grad_wide": maxpool2d_grad,
    "avgpool2d": avgpool2d,
    "avgpool2d_grad": avgpool2d_grad,
    "mean_positions": mean_positions,
    "mean_positions_grad": mean_positions_grad,
}
