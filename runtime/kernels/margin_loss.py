"""Losses on linear outputs: absolute, Huber, and those of classifiers with a margin."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np

from ..array_types import Array
from .activation import sigmoid_into
from .kernel import Call, Kernel, scalar, sum_last_axis


def mae(y: Array, t: Array, loss: Array, u: Array) -> Iterable[Call]:
    yield partial(np.subtract, y, t, u)
    yield partial(np.absolute, u, u)
    yield sum_last_axis(u, loss)
    yield partial(np.multiply, loss, scalar(y, 1 / y.shape[-1]), loss)


def mae_grad(y: Array, t: Array, dy: Array, factor: float) -> Iterable[Call]:
    yield partial(np.subtract, y, t, dy)
    yield partial(np.sign, dy, dy)
    yield partial(np.multiply, dy, scalar(y, factor / y.shape[-1]), dy)


def huber(y: Array, t: Array, loss: Array, u: Array, v: Array, delta: float) -> Iterable[Call]:
    # With q = min(|r|, delta): q · (|r| - q / 2) is both branches at once.
    yield partial(np.subtract, y, t, u)
    yield partial(np.absolute, u, u)
    yield partial(np.minimum, u, scalar(y, delta), out=v)
    yield partial(np.multiply, u, v, u)
    yield partial(np.multiply, v, v, v)
    yield partial(np.multiply, v, scalar(y, 0.5), v)
    yield partial(np.subtract, u, v, u)
    yield sum_last_axis(u, loss)
    yield partial(np.multiply, loss, scalar(y, 1 / y.shape[-1]), loss)


def huber_grad(y: Array, t: Array, dy: Array, factor: float, delta: float) -> Iterable[Call]:
    yield partial(np.subtract, y, t, dy)
    yield partial(np.clip, dy, scalar(y, -delta), scalar(y, delta), out=dy)
    yield partial(np.multiply, dy, scalar(y, factor / y.shape[-1]), dy)


def hinge(y: Array, t: Array, loss: Array, margin: float) -> Iterable[Call]:
    flat = loss.reshape(y.shape)
    yield partial(np.multiply, y, t, flat)
    yield partial(np.subtract, scalar(y, margin), flat, flat)
    yield partial(np.maximum, flat, scalar(y, 0), out=flat)


def hinge_grad(
    y: Array, t: Array, dy: Array, mask: Array, factor: float, margin: float
) -> Iterable[Call]:
    # At the kink itself the gradient is not 0: a perceptron whose weights are all zero must learn.
    yield partial(np.multiply, y, t, dy)
    yield partial(np.less_equal, dy, scalar(y, margin), mask)
    yield partial(np.multiply, t, mask, dy)
    yield partial(np.multiply, dy, scalar(y, -factor), dy)


def multi_hinge(
    y: Array, t: Array, loss: Array, z: Array, m: Array, u: Array, margin: float
) -> Iterable[Call]:
    yield partial(np.subtract, scalar(y, 1), t, z)
    yield partial(np.multiply, z, scalar(y, margin), z)
    yield partial(np.add, z, y, z)
    yield partial(np.maximum.reduce, z, axis=-1, out=m, keepdims=True)
    yield partial(np.multiply, y, t, u)
    yield sum_last_axis(u, loss)
    yield partial(np.subtract, m.reshape(loss.shape), loss, loss)


def multi_hinge_grad(
    z: Array, m: Array, t: Array, dy: Array, mask: Array, s: Array, factor: float
) -> Iterable[Call]:
    yield partial(np.equal, z, m, mask)
    yield partial(np.copyto, dy, mask)
    yield sum_last_axis(dy, s)
    yield partial(np.divide, dy, s, dy)
    yield partial(np.subtract, dy, t, dy)
    yield partial(np.multiply, dy, scalar(z, factor), dy)


def logistic(y: Array, t: Array, loss: Array, u: Array) -> Iterable[Call]:
    flat = loss.reshape(y.shape)
    yield partial(np.multiply, y, t, flat)
    yield partial(np.absolute, flat, u)
    yield partial(np.negative, u, u)
    yield partial(np.exp, u, u)
    yield partial(np.log1p, u, u)
    yield partial(np.minimum, flat, scalar(y, 0), out=flat)
    yield partial(np.subtract, u, flat, flat)


def logistic_grad(
    y: Array, t: Array, dy: Array, u: Array, v: Array, factor: float
) -> Iterable[Call]:
    yield partial(np.multiply, y, t, u)
    yield partial(np.negative, u, u)
    yield from sigmoid_into(u, dy, v)
    yield partial(np.multiply, dy, t, dy)
    yield partial(np.multiply, dy, scalar(y, -factor), dy)


def negentropy(t: Array, h: Array, u: Array) -> Iterable[Call]:
    yield partial(np.maximum, t, scalar(t, np.finfo(t.dtype).tiny), out=u)
    yield partial(np.log, u, u)
    yield partial(np.multiply, u, t, u)
    yield sum_last_axis(u, h)


KERNELS: dict[str, Kernel] = {
    "mae": mae,
    "mae_grad": mae_grad,
    "huber": huber,
    "huber_grad": huber_grad,
    "hinge": hinge,
    "hinge_grad": hinge_grad,
    "multi_hinge": multi_hinge,
    "multi_hinge_grad": multi_hinge_grad,
    "logistic": logistic,
    "logistic_grad": logistic_grad,
    "negentropy": negentropy,
}
