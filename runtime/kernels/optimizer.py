"""Optimizers: in-place passes over slices of the flat vectors."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from math import sqrt

import numpy as np

from .kernel import Array, Call, Kernel, scalar


def multiply_cell(c: Array, by: float) -> Iterable[Call]:
    yield partial(np.multiply, c, by, c)


def rate(lr: Array, rate: Array, factor: float) -> Iterable[Call]:
    yield partial(np.multiply, lr, factor, rate, casting="same_kind")


def decay_l2(g: Array, p: Array, t: Array, strength: float) -> Iterable[Call]:
    yield partial(np.multiply, p, scalar(p, strength), t)
    yield partial(np.add, g, t, g)


def decay_l1(g: Array, p: Array, t: Array, strength: float) -> Iterable[Call]:
    yield partial(np.sign, p, t)
    yield partial(np.multiply, t, scalar(p, strength), t)
    yield partial(np.add, g, t, g)


def sgd(p: Array, g: Array, rate: Array, t: Array) -> Iterable[Call]:
    yield partial(np.multiply, g, rate, t)
    yield partial(np.subtract, p, t, p)


def momentum(
    p: Array, g: Array, m: Array, rate: Array, t: Array, by: float, nesterov: bool
) -> Iterable[Call]:
    factor = scalar(m, by)
    yield partial(np.multiply, m, factor, m)
    yield partial(np.add, m, g, m)
    if nesterov:
        yield partial(np.multiply, m, factor, t)
        yield partial(np.add, t, g, t)
        yield partial(np.multiply, t, rate, t)
    else:
        yield partial(np.multiply, m, rate, t)
    yield partial(np.subtract, p, t, p)


def adam_rates(
    lr: Array, b1t: Array, b2t: Array, rate: Array, floor: Array, factor: float, eps: float
) -> Iterable[Call]:
    def set_rates() -> None:
        correction = sqrt(1 - float(b2t))
        rate[...] = factor * float(lr) * correction / (1 - float(b1t))
        floor[...] = eps * correction

    yield set_rates


def adam(
    p: Array,
    g: Array,
    m: Array,
    v: Array,
    rate: Array,
    floor: Array,
    t: Array,
    b1: float,
    b2: float,
) -> Iterable[Call]:
    yield partial(np.multiply, m, scalar(m, b1), m)
    yield partial(np.multiply, g, scalar(m, 1 - b1), t)
    yield partial(np.add, m, t, m)
    yield partial(np.multiply, v, scalar(v, b2), v)
    yield partial(np.multiply, g, g, t)
    yield partial(np.multiply, t, scalar(v, 1 - b2), t)
    yield partial(np.add, v, t, v)
    yield partial(np.sqrt, v, t)
    yield partial(np.add, t, floor, t)
    yield partial(np.divide, m, t, t)
    yield partial(np.multiply, t, rate, t)
    yield partial(np.subtract, p, t, p)


KERNELS: dict[str, Kernel] = {
    "multiply_cell": multiply_cell,
    "rate": rate,
    "decay_l2": decay_l2,
    "decay_l1": decay_l1,
    "sgd": sgd,
    "momentum": momentum,
    "adam_rates": adam_rates,
    "adam": adam,
}
