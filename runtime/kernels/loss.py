"""Losses, one number per sample, and their gradients."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np

from ..array_types import Array
from .activation import sigmoid_into
from .kernel import Call, Kernel, largest_of_rows, scalar, sum_last_axis


def softmax_ce(
    x: Array, t: Array, loss: Array, p: Array, m: Array, s: Array, u: Array
) -> Iterable[Call]:
    # -log p = log(the sum of exp(x - max)) - (x - max): finite for logits of any size.
    yield from largest_of_rows(x, m, u)
    yield partial(np.subtract, x, m, u)
    yield partial(np.exp, u, p)
    yield sum_last_axis(p, s)
    yield partial(np.divide, p, s, p)
    yield partial(np.log, s, s)
    yield partial(np.subtract, s, u, u)
    yield partial(np.multiply, u, t, u)
    yield sum_last_axis(u, loss)


def softmax_ce_grad(p: Array, t: Array, dx: Array, factor: float) -> Iterable[Call]:
    yield partial(np.subtract, p, t, dx)
    yield partial(np.multiply, dx, scalar(dx, factor), dx)


def ce(p: Array, t: Array, loss: Array, u: Array) -> Iterable[Call]:
    # The smallest normal number keeps log finite where a probability has rounded to zero.
    yield partial(np.maximum, p, scalar(p, np.finfo(p.dtype).tiny), out=u)
    yield partial(np.log, u, u)
    yield partial(np.multiply, u, t, u)
    yield sum_last_axis(u, loss)
    yield partial(np.negative, loss, loss)


def ce_grad(p: Array, t: Array, dp: Array, factor: float) -> Iterable[Call]:
    yield partial(np.maximum, p, scalar(p, np.finfo(p.dtype).tiny), out=dp)
    yield partial(np.divide, t, dp, dp)
    yield partial(np.multiply, dp, scalar(p, -factor), dp)


def sigmoid_bce(x: Array, t: Array, loss: Array, u: Array, v: Array) -> Iterable[Call]:
    yield partial(np.absolute, x, u)
    yield partial(np.negative, u, u)
    yield partial(np.exp, u, u)
    yield partial(np.log1p, u, u)
    yield partial(np.maximum, x, scalar(x, 0), out=v)
    yield partial(np.add, u, v, u)
    yield partial(np.multiply, x, t, v)
    yield partial(np.subtract, u, v, u)
    yield sum_last_axis(u, loss)
    yield partial(np.multiply, loss, scalar(x, 1 / x.shape[-1]), loss)


def sigmoid_bce_grad(x: Array, t: Array, dx: Array, u: Array, factor: float) -> Iterable[Call]:
    yield from sigmoid_into(x, dx, u)
    yield partial(np.subtract, dx, t, dx)
    yield partial(np.multiply, dx, scalar(x, factor / x.shape[-1]), dx)


def bce(p: Array, t: Array, loss: Array, u: Array, v: Array) -> Iterable[Call]:
    tiny = scalar(p, np.finfo(p.dtype).tiny)
    one = scalar(p, 1)
    yield partial(np.subtract, one, p, u)
    yield partial(np.maximum, u, tiny, out=u)
    yield partial(np.log, u, u)
    yield partial(np.subtract, one, t, v)
    yield partial(np.multiply, u, v, u)
    yield partial(np.maximum, p, tiny, out=v)
    yield partial(np.log, v, v)
    yield partial(np.multiply, v, t, v)
    yield partial(np.add, u, v, u)
    yield sum_last_axis(u, loss)
    yield partial(np.multiply, loss, scalar(p, -1 / p.shape[-1]), loss)


def bce_grad(p: Array, t: Array, dp: Array, u: Array, factor: float) -> Iterable[Call]:
    yield partial(np.subtract, scalar(p, 1), p, u)
    yield partial(np.multiply, u, p, u)
    yield partial(np.maximum, u, scalar(p, np.finfo(p.dtype).tiny), out=u)
    yield partial(np.subtract, p, t, dp)
    yield partial(np.divide, dp, u, dp)
    yield partial(np.multiply, dp, scalar(p, factor / p.shape[-1]), dp)


def mse(y: Array, t: Array, loss: Array, u: Array) -> Iterable[Call]:
    yield partial(np.subtract, y, t, u)
    yield partial(np.multiply, u, u, u)
    yield sum_last_axis(u, loss)
    yield partial(np.multiply, loss, scalar(y, 1 / y.shape[-1]), loss)


def mse_grad(y: Array, t: Array, dy: Array, factor: float) -> Iterable[Call]:
    yield partial(np.subtract, y, t, dy)
    yield partial(np.multiply, dy, scalar(y, 2 * factor / y.shape[-1]), dy)


KERNELS: dict[str, Kernel] = {
    "softmax_ce": softmax_ce,
    "softmax_ce_grad": softmax_ce_grad,
    "ce": ce,
    "ce_grad": ce_grad,
    "sigmoid_bce": sigmoid_bce,
    "sigmoid_bce_grad": sigmoid_bce_grad,
    "bce": bce,
    "bce_grad": bce_grad,
    "mse": mse,
    "mse_grad": mse_grad,
}
