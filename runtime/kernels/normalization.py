"""Normalisation: moments, and the affine maps that follow from them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Self

import numpy as np

from ..array_types import Array
from .kernel import Call, Kernel, rows_in_one, scalar
from .windows import parts


@dataclass(frozen=True, slots=True)
class ChannelsLast:
    """Arrays [..., C] as [rows, C], or as [rows / times, times · C] where C is small."""

    channels: int
    times: int

    @classmethod
    def of(cls, x: Array, together: int) -> Self:
        """For x, of which so many rows are handled together."""
        channels = x.shape[-1]
        return cls(channels, rows_in_one(x.size // channels, channels, most=together))

    def flat(self, x: Array) -> Array:
        length = self.channels * self.times
        return x.reshape(-1)[: x.size // length * length].reshape(-1, length)

    @staticmethod
    def positions(flat: Array) -> int:
        return len(flat)

    def cut(self, flat: Array, part: slice) -> Array:
        return flat[part]

    def wide(self, vector: Array) -> Array:
        """A buffer for a vector of channels, repeated to match the flat arrays."""
        return vector if self.times == 1 else np.empty(self.channels * self.times, vector.dtype)

    def spread(self, vector: Array, wide: Array) -> Iterator[Call]:
        """wide = the numbers of channels."""
        if self.times > 1:
            yield partial(np.copyto, wide.reshape(self.times, -1), vector)

    def total(self, flat: Array, ones: Array, wide: Array) -> Call:
        """wide = the sums over positions, as a product with ones: BLAS reads a matrix several times
        faster than NumPy's reduction over the first axis."""
        return partial(np.dot, ones[: len(flat)], flat, wide)

    def gather(self, wide: Array, vector: Array) -> Iterator[Call]:
        """vector = the sums for channels."""
        if self.times > 1:
            yield partial(np.add.reduce, wide.reshape(self.times, -1), axis=0, out=vector)


@dataclass(frozen=True, slots=True)
class ChannelsFirst:
    """Arrays [C, ...] as [C, positions]."""

    times: ClassVar[int] = 1

    @classmethod
    def of(cls, x: Array, together: int) -> Self:
        return cls()

    def flat(self, x: Array) -> Array:
        return x.reshape(len(x), -1)

    @staticmethod
    def positions(flat: Array) -> int:
        return int(flat.shape[1])

    def cut(self, flat: Array, part: slice) -> Array:
        return flat[:, part]

    def wide(self, vector: Array) -> Array:
        return vector[:, None]

    def spread(self, vector: Array, wide: Array) -> Iterator[Call]:
        yield from ()

    def total(self, flat: Array, ones: Array, wide: Array) -> Call:
        return partial(np.dot, flat, ones[: flat.shape[1]], wide[:, 0])

    def gather(self, wide: Array, vector: Array) -> Iterator[Call]:
        yield from ()


ChannelLayout = ChannelsLast | ChannelsFirst
"""The channel axis of a batch normalisation: the first argument of all of its kernels."""


def accumulate(
    side: ChannelLayout, part: slice, ones: Array, t: Array, total: Array, extra: Array
) -> Iterator[Call]:
    """total += the sum of t for each channel; the first slice sets it."""
    if part.start == 0:
        yield side.total(t, ones, total)
    else:
        yield side.total(t, ones, extra)
        yield partial(np.add, total, extra, total)


def affine_form(
    gamma: Array, beta: Array, mean: Array, inv: Array, u: Array, v: Array
) -> Iterator[Call]:
    """gamma · (x - mean) · inv + beta = x · u + v: a pass over x less."""
    yield partial(np.multiply, inv, gamma, u)
    yield partial(np.multiply, mean, u, v)
    yield partial(np.subtract, beta, v, v)


def centred_squares(
    sides: type[ChannelLayout], x: Array, mean: Array, ones: Array, q: Array, t: Array, u: Array
) -> Iterable[Call]:
    side = sides.of(x, sides.positions(t))
    x_flat, buffer = side.flat(x), side.flat(t)
    mean_wide, total, extra = side.wide(mean), side.wide(q), side.wide(u)
    yield from side.spread(mean, mean_wide)
    for part in parts(side.positions(x_flat), side.positions(buffer)):
        centred = side.cut(buffer, slice(part.stop - part.start))
        yield partial(np.subtract, side.cut(x_flat, part), mean_wide, centred)
        yield partial(np.multiply, centred, centred, centred)
        yield from accumulate(side, part, ones, centred, total, extra)
    yield from side.gather(total, q)


def batchnorm(
    sides: type[ChannelLayout], x: Array, gamma: Array, beta: Array, mean: Array, squares: Array,
    y: Array, inv: Array, u: Array, v: Array, share: float, eps: float, step: int, relu: bool,
) -> Iterable[Call]:  # fmt: skip
    yield partial(np.multiply, squares, scalar(x, share), inv)
    yield partial(np.add, inv, scalar(x, eps), inv)
    yield partial(np.sqrt, inv, inv)
    yield partial(np.reciprocal, inv, inv)
    yield from affine_form(gamma, beta, mean, inv, u, v)
    side = sides.of(x, step)
    x_flat, out_flat, factor, term = side.flat(x), side.flat(y), side.wide(u), side.wide(v)
    yield from side.spread(u, factor)
    yield from side.spread(v, term)
    zero = np.zeros_like(factor)
    for part in parts(side.positions(x_flat), max(1, step // side.times)):
        out = side.cut(out_flat, part)
        yield partial(np.multiply, side.cut(x_flat, part), factor, out)
        yield partial(np.add, out, term, out)
        if relu:
            yield partial(np.maximum, out, zero, out=out)


def update_statistics(
    running_mean: Array, running_var: Array, mean: Array, squares: Array, u: Array,
    momentum: float, share: float,
) -> Iterable[Call]:  # fmt: skip
    yield partial(np.multiply, running_mean, scalar(u, 1 - momentum), running_mean)
    yield partial(np.multiply, mean, scalar(u, momentum), u)
    yield partial(np.add, running_mean, u, running_mean)
    yield partial(np.multiply, running_var, scalar(u, 1 - momentum), running_var)
    yield partial(np.multiply, squares, scalar(u, momentum * share), u)
    yield partial(np.add, running_var, u, running_var)


def batchnorm_sums(
    sides: type[ChannelLayout], dy: Array, x: Array, mean: Array, ones: Array,
    dbeta: Array, dots: Array, t: Array, u: Array,
) -> Iterable[Call]:  # fmt: skip
    side = sides.of(x, sides.positions(t))
    x_flat, dy_flat, buffer = (side.flat(array) for array in (x, dy, t))
    mean_wide, total, products, extra = (side.wide(vector) for vector in (mean, dbeta, dots, u))
    yield from side.spread(mean, mean_wide)
    for part in parts(side.positions(x_flat), side.positions(buffer)):
        centred, gradient = side.cut(buffer, slice(part.stop - part.start)), side.cut(dy_flat, part)
        yield from accumulate(side, part, ones, gradient, total, extra)
        yield partial(np.subtract, side.cut(x_flat, part), mean_wide, centred)
        yield partial(np.multiply, centred, gradient, centred)
        yield from accumulate(side, part, ones, centred, products, extra)
    yield from side.gather(total, dbeta)
    yield from side.gather(products, dots)


def batchnorm_relu_sums(
    sides: type[ChannelLayout], dy: Array, y: Array, x: Array, mean: Array, ones: Array,
    masked: Array, dbeta: Array, dots: Array, t: Array, u: Array, mask: Array,
) -> Iterable[Call]:  # fmt: skip
    side = sides.of(x, sides.positions(t))
    out, dy_flat, kept, x_flat = (side.flat(array) for array in (y, dy, masked, x))
    buffer, signs = side.flat(t), side.flat(mask)
    mean_wide, total, products, extra = (side.wide(vector) for vector in (mean, dbeta, dots, u))
    yield from side.spread(mean, mean_wide)
    for part in parts(side.positions(x_flat), side.positions(buffer)):
        size = slice(part.stop - part.start)
        centred, positive, gradient = (
            side.cut(buffer, size),
            side.cut(signs, size),
            side.cut(kept, part),
        )
        yield partial(np.greater, side.cut(out, part), scalar(x, 0), positive)
        yield partial(np.multiply, side.cut(dy_flat, part), positive, gradient)
        yield from accumulate(side, part, ones, gradient, total, extra)
        yield partial(np.subtract, side.cut(x_flat, part), mean_wide, centred)
        yield partial(np.multiply, centred, gradient, centred)
        yield from accumulate(side, part, ones, centred, products, extra)
    yield from side.gather(total, dbeta)
    yield from side.gather(products, dots)


def batchnorm_grad(
    sides: type[ChannelLayout], dy: Array, x: Array, gamma: Array, mean: Array, inv: Array,
    dbeta: Array, dots: Array, dx: Array, t: Array, u: Array, v: Array, w: Array, s: Array,
    share: float,
) -> Iterable[Call]:  # fmt: skip
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
    side = sides.of(x, sides.positions(t))
    x_flat, dy_flat, out_flat, buffer = (side.flat(array) for array in (x, dy, dx, t))
    slope, term, factor = (side.wide(vector) for vector in (u, v, s))
    for vector, wide in ((u, slope), (v, term), (s, factor)):
        yield from side.spread(vector, wide)
    for part in parts(side.positions(x_flat), side.positions(buffer)):
        centred, out = side.cut(buffer, slice(part.stop - part.start)), side.cut(out_flat, part)
        yield partial(np.multiply, side.cut(x_flat, part), slope, centred)
        yield partial(np.add, centred, term, centred)
        yield partial(np.multiply, side.cut(dy_flat, part), factor, out)
        yield partial(np.add, out, centred, out)


def batchnorm_affine(
    gamma: Array, beta: Array, mean: Array, var: Array, scale: Array, shift: Array, eps: float
) -> Iterable[Call]:
    yield partial(np.add, var, scalar(var, eps), scale)
    yield partial(np.sqrt, scale, scale)
    yield partial(np.divide, gamma, scale, scale)
    yield partial(np.multiply, scale, mean, shift)
    yield partial(np.subtract, beta, shift, shift)


def affine(
    sides: type[ChannelLayout], x: Array, scale: Array, shift: Array, y: Array
) -> Iterable[Call]:
    side = sides.of(x, 1)
    out = side.flat(y)
    yield partial(np.multiply, side.flat(x), side.wide(scale), out)
    yield partial(np.add, out, side.wide(shift), out)


def multiply_channel(x: Array, s: Array, y: Array) -> Iterable[Call]:
    yield partial(np.multiply, x.reshape(len(x), -1), s[:, None], y.reshape(len(y), -1))


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
    "centred_squares": partial(centred_squares, ChannelsLast),
    "centred_squares_chwn": partial(centred_squares, ChannelsFirst),
    "batchnorm": partial(batchnorm, ChannelsLast),
    "batchnorm_chwn": partial(batchnorm, ChannelsFirst),
    "update_statistics": update_statistics,
    "batchnorm_sums": partial(batchnorm_sums, ChannelsLast),
    "batchnorm_sums_chwn": partial(batchnorm_sums, ChannelsFirst),
    "batchnorm_relu_sums": partial(batchnorm_relu_sums, ChannelsLast),
    "batchnorm_relu_sums_chwn": partial(batchnorm_relu_sums, ChannelsFirst),
    "batchnorm_grad": partial(batchnorm_grad, ChannelsLast),
    "batchnorm_grad_chwn": partial(batchnorm_grad, ChannelsFirst),
    "batchnorm_affine": batchnorm_affine,
    "affine_rows": partial(affine, ChannelsLast),
    "affine_channel": partial(affine, ChannelsFirst),
    "multiply_channel": multiply_channel,
    "groupnorm": groupnorm,
    "groupnorm_grad": groupnorm_grad,
    "lrn": lrn,
    "lrn_grad": lrn_grad,
}
