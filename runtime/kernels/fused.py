"""Instructions that join several others, in plans for the native engine. NumPy gains nothing by
them: they are the calls of those others, one after the other, and give the same bits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

import numpy as np

from ..array_types import Array
from .activation import relu
from .arithmetic import add_row, add_row_relu
from .convolution import conv2d
from .depthwise import depthwise2d
from .kernel import Call, Kernel, scalar, sum_rows_into
from .matrix import matmul
from .normalization import (
    ChannelsLast,
    accumulate,
    affine_form,
    batchnorm,
    batchnorm_grad,
    centred_squares,
)
from .windows import parts
from .winograd import winograd2d_once


def moments(
    x: Array, ones: Array, mean: Array, squares: Array, t: Array, u: Array, share: float
) -> Iterable[Call]:
    yield sum_rows_into(x, ones, mean)
    yield partial(np.multiply, mean, scalar(x, share), mean)
    yield from centred_squares(ChannelsLast, x, mean, ones, squares, t, u)


def product_bias(
    product: Kernel, result: str, bias: Array, relu: bool, **named: Any
) -> Iterable[Call]:
    """A product whose result has this name in its pattern, and a bias added to it."""
    yield from product(**named)
    out = named[result]
    yield from (add_row_relu if relu else add_row)(out, bias, out)


def pack_panels(b: Array, packed: Array) -> Iterable[Call]:
    yield partial(np.copyto, packed, _as_panels(b, packed))


def matmul_packed(a: Array, b: Array, out: Array) -> Iterable[Call]:
    plain = np.empty((b.shape[1], out.shape[1]), b.dtype)
    yield partial(np.copyto, _as_panels(plain, b), b)
    yield from matmul(a, plain, out)


def conv2d_packed(x: Array, w: Array, y: Array, **named: Any) -> Iterable[Call]:
    plain = np.empty((*w.shape[1:4], y.shape[3]), w.dtype)
    panels = w.reshape(len(w), -1, w.shape[-1])
    yield partial(np.copyto, _as_panels(plain.reshape(-1, y.shape[3]), panels), panels)
    yield from conv2d(x, plain, y, groups=1, **named)


def _as_panels(matrix: Array, panels: Array) -> Array:
    """A view of a matrix with the axes of its panels."""
    return matrix.reshape(len(matrix), len(panels), -1).transpose(1, 0, 2)


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


def batchnorm_relu_sums_again(
    dy: Array, x: Array, gamma: Array, beta: Array, mean: Array, inv: Array, ones: Array,
    dbeta: Array, dots: Array, t: Array, masked: Array, mask: Array, u: Array, v: Array, w: Array,
) -> Iterable[Call]:  # fmt: skip
    side = ChannelsLast.of(x, len(t))
    x_flat, dy_flat = side.flat(x), side.flat(dy)
    buffer, kept, signs = side.flat(t), side.flat(masked), side.flat(mask)
    mean_wide, total, products, extra = (side.wide(vector) for vector in (mean, dbeta, dots, u))
    factor, term = side.wide(v), side.wide(w)
    yield from affine_form(gamma, beta, mean, inv, v, w)
    for vector, wide in ((mean, mean_wide), (v, factor), (w, term)):
        yield from side.spread(vector, wide)
    for part in parts(len(x_flat), len(buffer)):
        size = slice(part.stop - part.start)
        rows, centred, gradient = x_flat[part], buffer[size], kept[size]
        yield from _signs(rows, factor, term, centred, signs[size])
        yield partial(np.multiply, dy_flat[part], signs[size], gradient)
        yield from accumulate(side, part, ones, gradient, total, extra)
        yield partial(np.subtract, rows, mean_wide, centred)
        yield partial(np.multiply, centred, gradient, centred)
        yield from accumulate(side, part, ones, centred, products, extra)
    yield from side.gather(total, dbeta)
    yield from side.gather(products, dots)


def batchnorm_relu_grad_again(
    dy: Array, x: Array, gamma: Array, beta: Array, mean: Array, inv: Array, dbeta: Array,
    dots: Array, dx: Array, t: Array, mask: Array, u: Array, v: Array, w: Array, s: Array,
    share: float,
) -> Iterable[Call]:  # fmt: skip
    side = ChannelsLast.of(x, len(t))
    x_flat, dy_flat, out = (side.flat(array) for array in (x, dy, dx))
    buffer, signs = side.flat(t), side.flat(mask)
    factor, term = side.wide(u), side.wide(v)
    yield from affine_form(gamma, beta, mean, inv, u, v)
    for vector, wide in ((u, factor), (v, term)):
        yield from side.spread(vector, wide)
    for part in parts(len(x_flat), len(buffer)):
        size = slice(part.stop - part.start)
        yield from _signs(x_flat[part], factor, term, buffer[size], signs[size])
        yield partial(np.multiply, dy_flat[part], signs[size], out[part])
    yield from batchnorm_grad(
        ChannelsLast, dx, x, gamma, mean, inv, dbeta, dots, dx, t, u, v, w, s, share
    )


def _signs(x: Array, factor: Array, term: Array, t: Array, positive: Array) -> Iterator[Call]:
    """positive = x · factor + term > 0, rounded as in the forward pass."""
    yield partial(np.multiply, x, factor, t)
    yield partial(np.add, t, term, t)
    yield partial(np.greater, t, scalar(x, 0), positive)


KERNELS: dict[str, Kernel] = {
    "moments": moments,
    "matmul_bias": partial(product_bias, matmul, "out"),
    "pack_panels": pack_panels,
    "matmul_packed": matmul_packed,
    "matmul_packed_bias": partial(product_bias, matmul_packed, "out"),
    "conv2d_packed": conv2d_packed,
    "conv2d_packed_bias": partial(product_bias, conv2d_packed, "y"),
    "conv2d_bias": partial(product_bias, conv2d, "y"),
    "depthwise2d_bias": partial(product_bias, depthwise2d, "y"),
    "winograd2d_bias": partial(product_bias, winograd2d_once, "y"),
    "add_relu": add_relu,
    "batchnorm_add_relu": batchnorm_add_relu,
    "batchnorm_relu_sums_again": batchnorm_relu_sums_again,
    "batchnorm_relu_grad_again": batchnorm_relu_grad_again,
}
