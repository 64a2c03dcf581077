"""Activations and their gradients.

No `where`, no masked copies: a comparison copied to floats and multiplied is many times faster.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from math import pi, sqrt

import numpy as np

from ..array_types import Array
from .error_function import normal_cdf
from .kernel import Call, Kernel, as_row, scalar, sum_last_axis, sum_rows_into


def relu(x: Array, y: Array) -> Iterable[Call]:
    # A row of zeros, not a scalar: NumPy's vector loop for two arrays is the faster one.
    yield partial(np.maximum, x, as_row(np.zeros(x.shape[-1:], x.dtype), x), out=y)


def relu_grad(dy: Array, y: Array, dx: Array, mask: Array) -> Iterable[Call]:
    yield partial(np.greater, y, scalar(y, 0), mask)
    yield partial(np.multiply, dy, mask, dx)


def clipped_relu(x: Array, y: Array, most: float) -> Iterable[Call]:
    yield partial(np.maximum, x, scalar(x, 0), out=y)
    yield partial(np.minimum, y, scalar(x, most), out=y)


def clipped_relu_grad(
    dy: Array, y: Array, dx: Array, mask: Array, below: Array, most: float
) -> Iterable[Call]:
    yield from _between(y, 0, most, mask, below)
    yield partial(np.multiply, dy, mask, dx)


def _between(x: Array, least: float, most: float, mask: Array, below: Array) -> Iterable[Call]:
    """mask = least < x < most."""
    yield partial(np.greater, x, scalar(x, least), mask)
    yield partial(np.less, x, scalar(x, most), below)
    yield partial(np.logical_and, mask, below, mask)


def leaky(x: Array, y: Array, t: Array, slope: float) -> Iterable[Call]:
    zero = scalar(x, 0)
    yield partial(np.minimum, x, zero, out=t)
    yield partial(np.multiply, t, scalar(x, slope), t)
    yield partial(np.maximum, x, zero, out=y)
    yield partial(np.add, y, t, y)


def leaky_grad(
    dy: Array, x: Array, dx: Array, mask: Array, t: Array, slope: float
) -> Iterable[Call]:
    yield partial(np.greater, x, scalar(x, 0), mask)
    yield partial(np.multiply, mask, scalar(x, 1 - slope), t)
    yield partial(np.add, t, scalar(x, slope), t)
    yield partial(np.multiply, dy, t, dx)


def elu(x: Array, y: Array, t: Array, alpha: float, scale: float) -> Iterable[Call]:
    zero = scalar(x, 0)
    yield partial(np.minimum, x, zero, out=t)
    yield partial(np.expm1, t, t)
    yield partial(np.multiply, t, scalar(x, alpha * scale), t)
    yield partial(np.maximum, x, zero, out=y)
    yield partial(np.multiply, y, scalar(x, scale), y)
    yield partial(np.add, y, t, y)


def elu_grad(
    dy: Array, x: Array, dx: Array, mask: Array, t: Array, u: Array, alpha: float, scale: float
) -> Iterable[Call]:
    zero = scalar(x, 0)
    yield partial(np.minimum, x, zero, out=t)
    yield partial(np.exp, t, t)
    yield partial(np.multiply, t, scalar(x, alpha * scale), t)
    # t holds alpha · scale where x > 0: replace it by scale there.
    yield partial(np.greater, x, zero, mask)
    yield partial(np.multiply, mask, scalar(x, scale - alpha * scale), u)
    yield partial(np.add, t, u, t)
    yield partial(np.multiply, dy, t, dx)


def prelu(x: Array, a: Array, y: Array, t: Array) -> Iterable[Call]:
    zero = scalar(x, 0)
    yield partial(np.minimum, x, zero, out=t)
    yield partial(np.multiply, t, a, t)
    yield partial(np.maximum, x, zero, out=y)
    yield partial(np.add, y, t, y)


def prelu_grad(
    dy: Array, x: Array, a: Array, ones: Array, dx: Array, da: Array, t: Array, mask: Array
) -> Iterable[Call]:
    zero = scalar(x, 0)
    yield partial(np.minimum, x, zero, out=t)
    yield partial(np.multiply, t, dy, t)
    yield sum_rows_into(t, ones, da)
    # dx = dy · (a + (1 - a) where x > 0)
    yield partial(np.greater, x, zero, mask)
    yield partial(np.subtract, scalar(x, 1), a, dx)
    yield partial(np.multiply, dx, mask, dx)
    yield partial(np.add, dx, a, dx)
    yield partial(np.multiply, dx, dy, dx)


def sigmoid_into(x: Array, y: Array, t: Array) -> Iterable[Call]:
    """exp(min(x, 0)) / (1 + exp(-|x|)): both signs without overflow or lost digits."""
    yield partial(np.absolute, x, t)
    yield partial(np.negative, t, t)
    yield partial(np.exp, t, t)
    yield partial(np.add, t, scalar(x, 1), t)
    yield partial(np.minimum, x, scalar(x, 0), out=y)
    yield partial(np.exp, y, y)
    yield partial(np.divide, y, t, y)


def sigmoid(x: Array, y: Array, t: Array) -> Iterable[Call]:
    yield from sigmoid_into(x, y, t)


def sigmoid_grad(dy: Array, y: Array, dx: Array, t: Array) -> Iterable[Call]:
    yield partial(np.subtract, scalar(y, 1), y, t)
    yield partial(np.multiply, t, y, t)
    yield partial(np.multiply, dy, t, dx)


def silu(x: Array, y: Array, t: Array) -> Iterable[Call]:
    yield from sigmoid_into(x, y, t)
    yield partial(np.multiply, y, x, y)


def silu_grad(dy: Array, x: Array, dx: Array, s: Array, t: Array) -> Iterable[Call]:
    yield from sigmoid_into(x, s, t)
    yield partial(np.subtract, scalar(x, 1), s, t)
    yield partial(np.multiply, t, x, t)
    yield partial(np.add, t, scalar(x, 1), t)
    yield partial(np.multiply, t, s, t)
    yield partial(np.multiply, dy, t, dx)


def tanh(x: Array, y: Array) -> Iterable[Call]:
    yield partial(np.tanh, x, y)


def tanh_grad(dy: Array, y: Array, dx: Array, t: Array) -> Iterable[Call]:
    yield partial(np.multiply, y, y, t)
    yield partial(np.subtract, scalar(y, 1), t, t)
    yield partial(np.multiply, dy, t, dx)


def hardsigmoid(x: Array, y: Array) -> Iterable[Call]:
    yield partial(np.multiply, x, scalar(x, 1 / 6), y)
    yield partial(np.add, y, scalar(x, 0.5), y)
    yield partial(np.maximum, y, scalar(x, 0), out=y)
    yield partial(np.minimum, y, scalar(x, 1), out=y)


def hardsigmoid_grad(dy: Array, y: Array, dx: Array, mask: Array, below: Array) -> Iterable[Call]:
    yield from _between(y, 0, 1, mask, below)
    yield partial(np.multiply, dy, mask, dx)
    yield partial(np.multiply, dx, scalar(dy, 1 / 6), dx)


def hardswish(x: Array, y: Array, t: Array) -> Iterable[Call]:
    yield from hardsigmoid(x, t)
    yield partial(np.multiply, t, x, y)


def hardswish_grad(dy: Array, x: Array, dx: Array, t: Array, mask: Array) -> Iterable[Call]:
    # an infinite number times 0 would be none
    yield partial(np.maximum, x, scalar(x, -3), out=t)
    yield partial(np.minimum, t, scalar(x, 3), out=t)
    yield partial(np.multiply, t, scalar(x, 1 / 3), t)
    yield partial(np.add, t, scalar(x, 0.5), t)
    # -1/2 and 3/2 at the ends, where the derivative is 0 and 1
    yield partial(np.less, x, scalar(x, 3), mask)
    yield partial(np.multiply, t, mask, t)
    yield partial(np.logical_not, mask, mask)
    yield partial(np.add, t, mask, t)
    yield partial(np.greater, x, scalar(x, -3), mask)
    yield partial(np.multiply, t, mask, t)
    yield partial(np.multiply, dy, t, dx)


def softplus(x: Array, y: Array, t: Array) -> Iterable[Call]:
    yield partial(np.absolute, x, t)
    yield partial(np.negative, t, t)
    yield partial(np.exp, t, t)
    yield partial(np.log1p, t, t)
    yield partial(np.maximum, x, scalar(x, 0), out=y)
    yield partial(np.add, y, t, y)


def softplus_grad(dy: Array, x: Array, dx: Array, t: Array, u: Array) -> Iterable[Call]:
    yield from sigmoid_into(x, u, t)
    yield partial(np.multiply, dy, u, dx)


def gelu(x: Array, y: Array, t: Array, u: Array, v: Array) -> Iterable[Call]:
    yield from normal_cdf(x, y, t, u, v)
    yield partial(np.multiply, y, x, y)


def gelu_grad(dy: Array, x: Array, dx: Array, t: Array, u: Array, v: Array) -> Iterable[Call]:
    yield from normal_cdf(x, dx, t, u, v)
    yield partial(np.multiply, x, x, t)
    yield partial(np.multiply, t, scalar(x, -0.5), t)
    yield partial(np.exp, t, t)
    yield partial(np.multiply, t, x, t)
    yield partial(np.multiply, t, scalar(x, 1 / sqrt(2 * pi)), t)
    yield partial(np.add, dx, t, dx)
    yield partial(np.multiply, dx, dy, dx)


def sign(x: Array, y: Array) -> Iterable[Call]:
    yield partial(np.sign, x, y)


def step(x: Array, y: Array, mask: Array) -> Iterable[Call]:
    yield partial(np.greater_equal, x, scalar(x, 0), mask)
    yield partial(np.copyto, y, mask)


def softmax(x: Array, y: Array, m: Array) -> Iterable[Call]:
    if m.size == 1:
        # One sample: vectors and a number take NumPy half the time of matrices.
        x, y, m = x.reshape(-1), y.reshape(-1), m.reshape(())
        yield partial(np.maximum.reduce, x, out=m)
    else:
        yield partial(np.maximum.reduce, x, axis=-1, out=m, keepdims=True)
    yield partial(np.subtract, x, m, y)
    yield partial(np.exp, y, y)
    yield sum_last_axis(y, m)
    yield partial(np.divide, y, m, y)


def softmax_grad(dy: Array, y: Array, dx: Array, t: Array, s: Array) -> Iterable[Call]:
    yield partial(np.multiply, dy, y, t)
    yield sum_last_axis(t, s)
    yield partial(np.subtract, dy, s, dx)
    yield partial(np.multiply, dx, y, dx)


KERNELS: dict[str, Kernel] = {
    "relu": relu,
    "relu_grad": relu_grad,
    "clipped_relu": clipped_relu,
    "clipped_relu_grad": clipped_relu_grad,
    "leaky": leaky,
    "leaky_grad": leaky_grad,
    "elu": elu,
    "elu_grad": elu_grad,
    "prelu": prelu,
    "prelu_grad": prelu_grad,
    "sigmoid": sigmoid,
    "sigmoid_grad": sigmoid_grad,
    "silu": silu,
    "silu_grad": silu_grad,
    "tanh": tanh,
    "tanh_grad": tanh_grad,
    "hardsigmoid": hardsigmoid,
    "hardsigmoid_grad": hardsigmoid_grad,
    "hardswish": hardswish,
    "hardswish_grad": hardswish_grad,
    "softplus": softplus,
    "softplus_grad": softplus_grad,
    "gelu": gelu,
    "gelu_grad": gelu_grad,
    "sign": sign,
    "step": step,
    "softmax": softmax,
    "softmax_grad": softmax_grad,
}
