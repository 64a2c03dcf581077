"""Normalisation: moments, and the affine maps that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

import numpy as np

from .kernel import Array, Call, Kernel, scalar, sum_rows_into


def _slices(rows: int, step: int) -> Iterator[slice]:
    """Slices of rows that stay in the cache while several passes go over them."""
    for start in range(0, rows, step):
        yield slice(start, min(rows, start + step))


def _accumulate(part: slice, ones: Array, t: Array, total: Array, extra: Array) -> Iterator[Call]:
    """total += the sum of the rows of t; the first slice sets it."""
    if part.start == 0:
        yield sum_rows_into(t, ones[: len(t)], total)
    else:
        yield sum_rows_into(t, ones[: len(t)], extra)
        yield partial(np.add, total, extra, total)


def centred_squares(
    x: Array, mean: Array, ones: Array, q: Array, t: Array, u: Array
) -> Iterable[Call]:
    rows = x.reshape(-1, x.shape[-1])
    for part in _slices(len(rows), len(t)):
        some = t[: part.stop - part.start]
        yield partial(np.subtract, rows[part], mean, some)
        yield partial(np.multiply, some, some, some)
        yield from _accumulate(part, ones, some, q, u)


def batchnorm(
    x: Array, gamma: Array, beta: Array, mean: Array, squares: Array, y: Array, inv: Array,
    u: Array, v: Array, share: float, eps: float, rows: int, relu: bool,
) -> Iterable[Call]:  # fmt: skip
    channels = x.shape[-1]
    rows_in, rows_out = x.reshape(-1, channels), y.reshape(-1, channels)
    yield partial(np.multiply, squares, scalar(x, share), inv)
    yield partial(np.add, inv, scalar(x, eps), inv)
    yield partial(np.sqrt, inv, inv)
    yield partial(np.reciprocal, inv, inv)
    # gamma · (x - mean) · inv + beta = x · u + v: a pass over x less.
    yield partial(np.multiply, inv, gamma, u)
    yield partial(np.multiply, mean, u, v)
    yield partial(np.subtract, beta, v, v)
    zero = np.zeros(channels, x.dtype)
    for part in _slices(len(rows_in), rows):
        out = rows_out[part]
        yield partial(np.multiply, rows_in[part], u, out)
        yield partial(np.add, out, v, out)
        if relu:
            yield partial(np.maximum, out, zero, out=out)


def follow_moments(
    mean_kept: Array, var_kept: Array, mean: Array, squares: Array, u: Array,
    momentum: float, share: float,
) -> Iterable[Call]:  # fmt: skip
    yield partial(np.multiply, mean_kept, scalar(u, 1 - momentum), mean_kept)
    yield partial(np.multiply, mean, scalar(u, momentum), u)
    yield partial(np.add, mean_kept, u, mean_kept)
    yield partial(np.multiply, var_kept, scalar(u, 1 - momentum), var_kept)
    yield partial(np.multiply, squares, scalar(u, momentum * share), u)
    yield partial(np.add, var_kept, u, var_kept)


def batchnorm_sums(
    dy: Array, x: Array, mean: Array, ones: Array, dbeta: Array, dots: Array, t: Array, u: Array
) -> Iterable[Call]:
    seen, came = (array.reshape(-1, x.shape[-1]) for array in (x, dy))
    for part in _slices(len(seen), len(t)):
        some = t[: part.stop - part.start]
        yield from _accumulate(part, ones, came[part], dbeta, u)
        yield partial(np.subtract, seen[part], mean, some)
        yield partial(np.multiply, some, came[part], some)
        yield from _accumulate(part, ones, some, dots, u)


def batchnorm_relu_sums(
    dy: Array, y: Array, x: Array, mean: Array, ones: Array,
    masked: Array, dbeta: Array, dots: Array, t: Array, u: Array, mask: Array,
) -> Iterable[Call]:  # fmt: skip
    channels = x.shape[-1]
    out, came, kept = (array.reshape(-1, channels) for array in (y, dy, masked))
    seen = x.reshape(-1, channels)
    for part in _slices(len(seen), len(t)):
        size = part.stop - part.start
        some, gradient = t[:size], kept[part]
        yield partial(np.greater, out[part], scalar(x, 0), mask[:size])
        yield partial(np.multiply, came[part], mask[:size], gradient)
        yield from _accumulate(part, ones, gradient, dbeta, u)
        yield partial(np.subtract, seen[part], mean, some)
        yield partial(np.multiply, some, gradient, some)
        yield from _accumulate(part, ones, some, dots, u)


def batchnorm_grad(
    dy: Array, x: Array, gamma: Array, mean: Array, inv: Array, dbeta: Array, dots: Array,
    dx: Array, t: Array, u: Array, v: Array, w: Array, s: Array, share: float,
) -> Iterable[Call]:  # fmt: skip
    seen, came, gone = (array.reshape(-1, x.shape[-1]) for array in (x, dy, dx))
    # dx = dy · s + x · u + v, with
    # s = gamma · inv, u = -share · inv² · dots · s, v = -share · dbeta · s - mean · u.
    yield partial(np.multiply, gamma, inv, s)
    yield partial(np.multiply, inv, inv, u)
    yield partial(np.multiply, u, dots, u)
    yield partial(np.multiply, u, scalar(x, -share), u)
    yield partial(np.multiply, u, s, u)
    yield partial(np.multiply, dbeta, scalar(x, -share), v)
    yield partial(np.multiply, v, s, v)
    yield partial(np.multiply, mean, u, w)
    yield partial(np.subtract, v, w, v)
    for part in _slices(len(seen), len(t)):
        some, out = t[: part.stop - part.start], gone[part]
        yield partial(np.multiply, seen[part], u, some)
        yield partial(np.add, some, v, some)
        yield partial(np.multiply, came[part], s, out)
        yield partial(np.add, out, some, out)


def batchnorm_affine(
    gamma: Array, beta: Array, mean: Array, var: Array, scale: Array, shift: Array, eps: float
) -> Iterable[Call]:
    yield partial(np.add, var, scalar(var, eps), scale)
    yield partial(np.sqrt, scale, scale)
    yield partial(np.divide, gamma, scale, scale)
    yield partial(np.multiply, scale, mean, shift)
    yield partial(np.subtract, beta, shift, shift)


def affine_rows(x: Array, scale: Array, shift: Array, y: Array) -> Iterable[Call]:
    yield partial(np.multiply, x, scale, y)
    yield partial(np.add, y, shift, y)


def groupnorm(
    x: Array, gamma: Array, beta: Array, y: Array, mean: Array, inv: Array, t: Array, eps: float
) -> Iterable[Call]:
    share = scalar(x, 1 / (x.shape[1] * x.shape[3]))
    yield partial(np.add.reduce, x, axis=(1, 3), out=mean, keepdims=True)
    yield partial(np.multiply, mean, share, mean)
    yield partial(np.subtract, x, mean, y)
    yield partial(np.multiply, y, y, t)
    yield partial(np.add.reduce, t, axis=(1, 3), out=inv, keepdims=True)
    yield partial(np.multiply, inv, share, inv)
    yield partial(np.add, inv, scalar(x, eps), inv)
    yield partial(np.sqrt, inv, inv)
    yield partial(np.reciprocal, inv, inv)
    yield partial(np.multiply, y, inv, y)
    yield partial(np.multiply, y, gamma, y)
    yield partial(np.add, y, beta, y)


def groupnorm_grad(
    dy: Array, x: Array, gamma: Array, mean: Array, inv: Array,
    dx: Array, dgamma: Array, dbeta: Array, t: Array, u: Array, s: Array,
) -> Iterable[Call]:  # fmt: skip
    share = scalar(x, 1 / (x.shape[1] * x.shape[3]))
    yield partial(np.subtract, x, mean, t)
    yield partial(np.multiply, t, inv, t)
    yield partial(np.multiply, dy, t, u)
    yield partial(np.add.reduce, u, axis=(0, 1), out=dgamma)
    yield partial(np.add.reduce, dy, axis=(0, 1), out=dbeta)
    yield partial(np.multiply, u, gamma, u)
    yield partial(np.add.reduce, u, axis=(1, 3), out=s, keepdims=True)
    yield partial(np.multiply, s, share, s)
    yield partial(np.multiply, t, s, t)
    yield partial(np.multiply, dy, gamma, dx)
    yield partial(np.add.reduce, dx, axis=(1, 3), out=s, keepdims=True)
    yield partial(np.multiply, s, share, s)
    yield partial(np.subtract, dx, s, dx)
    yield partial(np.subtract, dx, t, dx)
    yield partial(np.multiply, dx, inv, dx)


def _add_neighbours(x: Array, out: Array, before: int, after: int) -> Iterator[Call]:
    """out[i] = the sum of x[j] for j from i - before to i + after, as far as there are any."""
    channels = x.shape[-1]
    yield partial(np.copyto, out, x)
    for shift in range(-before, after + 1):
        if shift == 0 or abs(shift) >= channels:
            continue
        here = slice(max(0, -shift), channels - max(0, shift))
        there = slice(max(0, shift), channels + min(0, shift))
        yield partial(np.add, out[..., here], x[..., there], out[..., here])


def lrn(
    x: Array, y: Array, d: Array, t: Array, size: int, alpha: float, beta: float, k: float
) -> Iterable[Call]:
    yield partial(np.multiply, x, x, t)
    yield from _add_neighbours(t, d, size // 2, (size - 1) // 2)
    yield partial(np.multiply, d, scalar(x, alpha), d)
    yield partial(np.add, d, scalar(x, k), d)
    yield from _inverse_power(d, y, beta)
    yield partial(np.multiply, y, x, y)


def _inverse_power(d: Array, out: Array, beta: float) -> Iterator[Call]:
    """out = d^-beta. Three quarters, the paper's, by two square roots: a tenth of the time of
    a power."""
    if beta == 0.75:
        yield partial(np.sqrt, d, out)
        yield partial(np.sqrt, out, out)
        yield partial(np.divide, out, d, out)
    else:
        yield partial(np.power, d, scalar(d, -beta), out)


def lrn_grad(
    dy: Array, x: Array, d: Array, dx: Array, t: Array, u: Array,
    size: int, alpha: float, beta: float,
) -> Iterable[Call]:  # fmt: skip
    yield from _inverse_power(d, dx, beta)
    yield partial(np.multiply, dx, dy, dx)
    yield partial(np.multiply, dx, x, t)
    yield partial(np.divide, t, d, t)
    # i reads j within [i - size // 2, i + (size - 1) // 2], so j is read from the mirrored window.
    yield from _add_neighbours(t, u, (size - 1) // 2, size // 2)
    yield partial(np.multiply, u, x, u)
    yield partial(np.multiply, u, scalar(x, 2 * alpha * beta), u)
    yield partial(np.subtract, dx, u, dx)


KERNELS: dict[str, Kernel] = {
    "centred_squares": centred_squares,
    "batchnorm": batchnorm,
    "follow_moments": follow_moments,
    "batchnorm_sums": batchnorm_sums,
    "batchnorm_relu_sums": batchnorm_relu_sums,
    "batchnorm_grad": batchnorm_grad,
    "batchnorm_affine": batchnorm_affine,
    "affine_rows": affine_rows,
    "groupnorm": groupnorm,
    "groupnorm_grad": groupnorm_grad,
    "lrn": lrn,
    "lrn_grad": lrn_grad,
}
