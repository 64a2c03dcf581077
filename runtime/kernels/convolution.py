"""Convolution as a matrix product over columns: the windows of a few samples (or a few rows of
one) are copied side by side, so that what is copied is still in the cache when it is multiplied.

Shapes of the column matrices: positions x (elements · channels of a group). How many samples or
rows are handled at a time is the plan's decision; it is read from the scratch buffers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from math import prod

import numpy as np

from ...compiler.shapes import Margins, Pair
from ..array_types import Array
from .kernel import Call, Kernel, beginning
from .windows import (
    Geometry,
    element_view,
    is_padded,
    kernel_elements,
    pad_calls,
    parts,
    unpad_calls,
    window_view,
)


def with_padding(
    x: Array, part: slice, padded: Array, margins: Margins
) -> tuple[Array, list[Call]]:
    """The samples of a part with their padding, and the calls that lay it."""
    chosen = x[part]
    if not is_padded(margins):
        return chosen, []
    buffer = padded[: len(chosen)]
    return buffer, list(pad_calls(chosen, buffer, margins))


def _matrices(
    x: Array, padded: Array, columns: Array, geometry: Geometry, positions: Pair,
    margins: Margins, groups: int,
) -> Iterator[tuple[list[Call], slice, int, slice, Array]]:  # fmt: skip
    """The column matrices: the calls that fill one, its samples, its group, its output rows, and
    the matrix."""
    (p, q), d = positions, x.shape[-1] // groups
    for part in parts(len(x), len(columns)):
        source, calls = with_padding(x, part, padded, margins)
        for g in range(groups):
            group = slice(g * d, (g + 1) * d)
            for band in parts(p, columns.shape[1]):
                count = band.stop - band.start
                windows = window_view(source, geometry, count, q, band.start)[..., group]
                filled = beginning(columns, windows.shape)
                calls.append(partial(np.copyto, filled, windows))
                yield calls, part, g, band, filled.reshape(-1, prod(windows.shape[3:]))
                calls = []


def conv2d(
    x: Array, w: Array, y: Array, padded: Array, columns: Array,
    stride: Pair, dilation: Pair, margins: Margins, groups: int,
) -> Iterable[Call]:  # fmt: skip
    kh, kw, d, o = w.shape
    geometry = Geometry((kh, kw), stride, dilation)
    weights = w.reshape(kh * kw * d, o)
    matrices = _matrices(x, padded, columns, geometry, y.shape[1:3], margins, groups)
    for calls, part, g, band, matrix in matrices:
        filters = slice(g * o // groups, (g + 1) * o // groups)
        out = y[part, band].reshape(-1, o)[:, filters]
        yield from calls
        yield partial(np.matmul, matrix, weights[:, filters], out)


def rotate_weights(w: Array, t: Array) -> Iterable[Call]:
    yield partial(np.copyto, t, w[::-1, ::-1].transpose(0, 1, 3, 2))


def conv2d_grad_w(
    x: Array, dy: Array, dw: Array, padded: Array, columns: Array, part: Array,
    stride: Pair, dilation: Pair, margins: Margins, groups: int,
) -> Iterable[Call]:  # fmt: skip
    kh, kw, d, o = dw.shape
    geometry = Geometry((kh, kw), stride, dilation)
    total = dw.reshape(kh * kw * d, o)
    begun: set[int] = set()
    matrices = _matrices(x, padded, columns, geometry, dy.shape[1:3], margins, groups)
    for calls, samples, g, band, matrix in matrices:
        filters = slice(g * o // groups, (g + 1) * o // groups)
        gradient = dy[samples, band].reshape(-1, o)[:, filters]
        yield from calls
        if g in begun:
            yield partial(np.matmul, matrix.T, gradient, part[:, filters])
            yield partial(np.add, total[:, filters], part[:, filters], total[:, filters])
        else:
            yield partial(np.matmul, matrix.T, gradient, total[:, filters])
            begun.add(g)


def conv2d_grad_x(
    dy: Array, w: Array, dx: Array, padded: Array, columns: Array,
    stride: Pair, dilation: Pair, margins: Margins, groups: int,
) -> Iterable[Call]:  # fmt: skip
    kh, kw, d, o = w.shape
    geometry = Geometry((kh, kw), stride, dilation)
    weights = w.reshape(kh * kw * d, o)
    each = o // groups
    q = dy.shape[2]
    for part in parts(len(dy), len(columns)):
        chosen = dx[part]
        whole = padded[: len(chosen)] if is_padded(margins) else chosen
        yield partial(whole.fill, 0)
        for g in range(groups):
            channels = slice(g * d, (g + 1) * d)
            filters = slice(g * each, (g + 1) * each)
            for band in parts(dy.shape[1], columns.shape[1]):
                count = band.stop - band.start
                spread = beginning(columns, (len(chosen), count, q, kh * kw, d))
                gradient = dy[part, band].reshape(-1, o)[:, filters]
                flat = spread.reshape(-1, kh * kw * d)
                yield partial(np.matmul, gradient, weights[:, filters].T, flat)
                lower = whole[:, band.start * stride[0] :, :, channels]
                for number, offset in kernel_elements(geometry):
                    place = element_view(lower, offset, geometry, (count, q))
                    yield partial(np.add, place, spread[:, :, :, number], place)
        if whole is not chosen:
            yield from unpad_calls(whole, chosen, margins)


KERNELS: dict[str, Kernel] = {
    "conv2d": conv2d,
    "rotate_weights": rotate_weights,
    "conv2d_grad_w": conv2d_grad_w,
    "conv2d_grad_x": conv2d_grad_x,
}
