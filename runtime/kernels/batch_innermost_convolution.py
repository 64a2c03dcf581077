"""Convolution over few channels, with the samples of the batch innermost: [C, H, W, N].

Windows are copied in runs of a whole row of samples, however few the channels, and the matrix
product is as wide as a band of rows times the batch. A row of the columns is a kernel element
and channel: [elements · C, rows · columns · N].
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ...compiler.shapes import Margins, Pair
from ..array_types import Array
from .kernel import Call, Kernel, beginning, by_columns, split, wide_product
from .windows import (
    Geometry,
    element_view,
    is_padded,
    kernel_elements,
    pad_calls,
    parts,
    unpad_calls,
)


def _source(x: Array, padded: Array, margins: Margins) -> tuple[Array, list[Call]]:
    if not is_padded(margins):
        return x, []
    return padded, list(pad_calls(x, padded, margins))


def _windows(x: Array, geometry: Geometry, band: slice, columns: int) -> Array:
    """x[C,Y,X,N] as [KH, KW, C, rows, columns, N], for a band of output rows."""
    (sh, sw), (dh, dw) = geometry.stride, geometry.dilation
    c, h, w, n = x.strides
    shape = (*geometry.kernel, x.shape[0], band.stop - band.start, columns, x.shape[3])
    return as_strided(x[:, band.start * sh :], shape, (h * dh, w * dw, c, h * sh, w * sw, n))


def _rows_of(y: Array, band: slice) -> Array:
    """The rows of a band of y[O,P,Q,N] as a matrix [O, rows · Q · N], without a copy."""
    each = y.shape[2] * y.shape[3]
    return y.reshape(len(y), -1)[:, band.start * each : band.stop * each]


def conv2d_chwn(
    x: Array, w: Array, y: Array, padded: Array, columns: Array,
    stride: Pair, dilation: Pair, margins: Margins,
) -> Iterable[Call]:  # fmt: skip
    kh, kw, channels, filters = w.shape
    geometry = Geometry((kh, kw), stride, dilation)
    weights = w.reshape(-1, filters).T
    source, prepare = _source(x, padded, margins)
    yield from prepare
    for band in parts(y.shape[1], columns.shape[1]):
        view = _windows(source, geometry, band, y.shape[2])
        filled = beginning(columns, view.shape)
        yield partial(np.copyto, filled, view)
        matrix = filled.reshape(kh * kw * channels, -1)
        yield wide_product(weights, matrix, _rows_of(y, band), x.shape[3])


def conv2d_chwn_grad_w(
    x: Array, dy: Array, dw: Array, padded: Array, columns: Array, part: Array,
    stride: Pair, dilation: Pair, margins: Margins,
) -> Iterable[Call]:  # fmt: skip
    kh, kw, channels, filters = dw.shape
    geometry = Geometry((kh, kw), stride, dilation)
    total = dw.reshape(-1, filters)
    source, prepare = _source(x, padded, margins)
    yield from prepare
    for band in parts(dy.shape[1], columns.shape[1]):
        view = _windows(source, geometry, band, dy.shape[2])
        filled = beginning(columns, view.shape)
        yield partial(np.copyto, filled, view)
        matrix = filled.reshape(kh * kw * channels, -1)
        gradient = _rows_of(dy, band)
        count = split(len(matrix) * filters, matrix.shape[1], x.shape[3])
        slices = zip(by_columns(matrix, count), by_columns(gradient, count), strict=True)
        for number, (some, dy_slice) in enumerate(slices):
            if band.start == number == 0:
                yield partial(np.matmul, some, dy_slice.T, total)
            else:
                yield partial(np.matmul, some, dy_slice.T, part)
                yield partial(np.add, total, part, total)


def conv2d_chwn_grad_x(
    dy: Array, w: Array, dx: Array, padded: Array, columns: Array,
    stride: Pair, dilation: Pair, margins: Margins,
) -> Iterable[Call]:  # fmt: skip
    kh, kw, channels, filters = w.shape
    geometry = Geometry((kh, kw), stride, dilation)
    weights = w.reshape(-1, filters)
    whole = padded if is_padded(margins) else dx
    yield partial(whole.fill, 0)
    for band in parts(dy.shape[1], columns.shape[1]):
        count = band.stop - band.start
        spread = beginning(columns, (kh * kw, channels, count, dy.shape[2], dy.shape[3]))
        flat = spread.reshape(kh * kw * channels, -1)
        yield wide_product(weights, _rows_of(dy, band), flat, dy.shape[3])
        lower = whole[:, band.start * stride[0] :]
        for number, offset in kernel_elements(geometry):
            place = element_view(lower, offset, geometry, (count, dy.shape[2]))
            yield partial(np.add, place, spread[number], place)
    if whole is not dx:
        yield from unpad_calls(whole, dx, margins)


KERNELS: dict[str, Kernel] = {
    "conv2d_chwn": conv2d_chwn,
    "conv2d_chwn_grad_w": conv2d_chwn_grad_w,
    "conv2d_chwn_grad_x": conv2d_chwn_grad_x,
}
