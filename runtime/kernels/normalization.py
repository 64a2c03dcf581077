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
    count = part.stop - part.start
    if part.start == 0:
        yield sum_rows_into(t[:count], ones[:count], total)
    else:
        yield sum_rows_into(t[:count], ones[:count], extra)
        yield partial(np.add, total, extra, total)


def batchnorm(
    x: Array, gamma: Array, beta: Array, mean_kept: Array, var_kept: Array, ones: Array,
    y: Array, mean: Array, inv: Array, t: Array, u: Array, v: Array,
    momentum: float, eps: float, relu: bool,
) -> Iterable[Call]:  # fmt: skip
    channels = x.shape[-1]
    rows_in, rows_out = x.reshape(-1, channels), y.reshape(-1, channels)
    count = len(rows_in)
    yield sum_rows_into(x, ones, mean)
    yield partial(np.multiply, mean, scalar(x, 1 / count), mean)
    for part in _slices(count, len(t)):
        some = t[: part.stop - part.start]
        yield partial(np.subtract, rows_in[part], mean, some)
        yield partial(np.multiply, some, some, some)
        yield from _accumulate(part, ones, t, inv, u)
    # The kept variance is the unbiased one.
    yield partial(np.multiply, mean_kept, scalar(x, 1 - momentum), mean_kept)
    yield partial(np.multiply, mean, scalar(x, momentum), u)
    yield partial(np.add, mean_kept, u, mean_kept)
    yield partial(np.multiply, var_kept, scalar(x, 1 - momentum), var_kept)
    yield partial(np.multiply, inv, scalar(x, momentum / max(1, count - 1)), u)
    yield partial(np.add, var_kept, u, var_kept)
    yield partial(np.multiply, inv, scalar(x, 1 / count), inv)
    yield partial(np.add, inv, scalar(x, eps), inv)
    yield partial(np.sqrt, inv, inv)
    yield partial(np.reciprocal, inv, inv)
    yield partial(np.multiply, inv, gamma, u)
    yield partial(np.copyto, v, beta)
    zero = np.zeros(channels, x.dtype)
    for part in _slices(count, len(t)):
        out = rows_out[part]
        yield partial(np.subtract, rows_in[part], mean, out)
        yield partial(np.multiply, out, u, out)
        yield partial(np.add, out, v, out)
        if relu:
            yield partial(np.maximum, out, zero, out=out)


def batchnorm_grad(
    dy: Array, x: Array, gamma: Array, mean: Array, inv: Array, ones: Array,
    dx: Array, dgamma: Array, dbeta: Array, t: Array, u: Array, v: Array, s: Array,
) -> Iterable[Call]:  # fmt: skip
    scratch = (t, u, v, s, None)
    yield from _batchnorm_grad(dy, None, x, gamma, mean, inv, ones, dx, dgamma, dbeta, scratch)


def batchnorm_relu_grad(
    dy: Array, y: Array, x: Array, gamma: Array, mean: Array, inv: Array, ones: Array,
    dx: Array, dgamma: Array, dbeta: Array, t: Array, u: Array, v: Array, s: Array, mask: Array,
) -> Iterable[Call]:  # fmt: skip
    scratch = (t, u, v, s, mask)
    yield from _batchnorm_grad(dy, y, x, gamma, mean, inv, ones, dx, dgamma, dbeta, scratch)


def _batchnorm_grad(
    dy: Array, y: Array | None, x: Array, gamma: Array, mean: Array, inv: Array, ones: Array,
    dx: Array, dgamma: Array, dbeta: Array,
    scratch: tuple[Array, Array, Array, Array, Array | None],
) -> Iterator[Call]:  # fmt: skip
    t, u, v, s, mask = scratch
    channels = x.shape[-1]
    seen, came, gone = (array.reshape(-1, channels) for array in (x, dy, dx))
    count = len(seen)
    for part in _slices(count, len(t)):
        size = part.stop - part.start
        some, gradient = t[:size], gone[part]
        if y is not None and mask is not None:
            yield partial(np.greater, y.reshape(-1, channels)[part], scalar(x, 0), mask[:size])
            yield partial(np.multiply, came[part], mask[:size], gradient)
        else:
            gradient = came[part]
        yield from _accumulate(slice(part.start, part.stop), ones, gradient, dbeta, u)
        yield partial(np.subtract, seen[part], mean, some)
        yield partial(np.multiply, some, gradient, some)
        yield from _accumulate(part, ones, t, dgamma, u)
    yield partial(np.multiply, dgamma, inv, dgamma)
    # dx = gamma · inv · (dy - dbeta / n - (x - mean) · inv · dgamma / n)
    yield partial(np.multiply, dgamma, inv, u)
    yield partial(np.multiply, u, scalar(x, -1 / count), u)
    yield partial(np.multiply, dbeta, scalar(x, -1 / count), v)
    yield partial(np.multiply, gamma, inv, s)
    for part in _slices(count, len(t)):
        some, out = t[: part.stop - part.start], gone[part]
        gradient = came[part] if y is None else out
        yield partial(np.subtract, seen[part], mean, some)
        yield partial(np.multiply, some, u, some)
        yield partial(np.add, some, v, some)
        yield partial(np.add, gradient, some, out)
        yield partial(np.multiply, out, s, out)


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
    "batchnorm": batchnorm,
    "batchnorm_grad": batchnorm_grad,
    "batchnorm_relu_grad": batchnorm_relu_grad,
    "batchnorm_affine": batchnorm_affine,
    "affine_rows": affine_rows,
    "groupnorm": groupnorm,
    "groupnorm_grad": groupnorm_grad,
    "lrn": lrn,
    "lrn_grad": lrn_grad,
}
