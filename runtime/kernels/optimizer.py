"""Optimizers: in-place passes over slices of the flat vectors."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from math import sqrt

import numpy as np

from ..array_types import Array
from .kernel import Call, Kernel, scalar


def multiply_cell(c: Array, by: float) -> Iterable[Call]:
    yield partial(np.multiply, c, by, c)


def count_step(steps: Array) -> Iterable[Call]:
    yield partial(np.add, steps, 1.0, steps)


def flush(
    x: Array, steps: Array, t: Array, mask: Array, least: float, every: int
) -> Iterable[Call]:
    # What decays for long becomes denormal, and arithmetic on such numbers is up to a hundred
    # times slower. NumPy cannot have the processor take them for zeros.
    limit = scalar(x, least)

    def flush_now() -> None:
        if int(steps) % every == 0:
            np.abs(x, out=t)
            np.greater_equal(t, limit, out=mask)
            np.multiply(x, mask, out=x)

    yield flush_now


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
    lr: Array, b1t: Array, b2t: Array, rate: Array, floor: Array,
    factor: float, eps: float, b1: float, b2: float,
) -> Iterable[Call]:  # fmt: skip
    # The moments are kept without their factors 1 - b1 and 1 - b2, which are applied here: this
    # saves two passes over all parameters.
    def set_rates() -> None:
        root = sqrt((1 - float(b2t)) / (1 - b2))
        rate[...] = factor * float(lr) * root * (1 - b1) / (1 - float(b1t))
        floor[...] = eps * root

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
    yield partial(np.add, m, g, m)
    yield partial(np.multiply, g, g, t)
    yield partial(np.multiply, v, scalar(v, b2), v)
    yield partial(np.add, v, t, v)
    yield partial(np.sqrt, v, t)
    yield partial(np.add, t, floor, t)
    yield partial(np.divide, m, t, t)
    yield partial(np.multiply, t, rate, t)
    yield partial(np.subtract, p, t, p)


def clip_factor(g: Array, factor: Array, most: float) -> Iterable[Call]:
    yield partial(np.dot, g, g, factor)
    yield partial(np.sqrt, factor, factor)
    yield partial(np.add, factor, scalar(g, 1e-6), factor)
    yield partial(np.divide, scalar(g, most), factor, factor)
    yield partial(np.minimum, factor, scalar(g, 1), out=factor)


def scale_gradient(g: Array, factor: Array) -> Iterable[Call]:
    yield partial(np.multiply, g, factor, g)


def shrink(p: Array, rate: Array, f: Array, strength: float) -> Iterable[Call]:
    yield partial(np.multiply, rate, scalar(p, -strength), f)
    yield partial(np.add, f, scalar(p, 1), f)
    yield partial(np.multiply, p, f, p)


def _follow_square(v: Array, g: Array, t: Array, rho: float) -> Iterable[Call]:
    """v = rho v + (1 - rho) g²"""
    yield partial(np.multiply, v, scalar(v, rho), v)
    yield partial(np.multiply, g, g, t)
    yield partial(np.multiply, t, scalar(v, 1 - rho), t)
    yield partial(np.add, v, t, v)


def _follow(m: Array, g: Array, t: Array, share: float) -> Iterable[Call]:
    """m = share m + (1 - share) g"""
    yield partial(np.multiply, m, scalar(m, share), m)
    yield partial(np.multiply, g, scalar(m, 1 - share), t)
    yield partial(np.add, m, t, m)


def _over_root(g: Array, v: Array, t: Array, eps: float) -> Iterable[Call]:
    """t = g / (sqrt(v) + eps)"""
    yield partial(np.sqrt, v, t)
    yield partial(np.add, t, scalar(v, eps), t)
    yield partial(np.divide, g, t, t)


def rmsprop(
    p: Array, g: Array, v: Array, rate: Array, t: Array, rho: float, eps: float
) -> Iterable[Call]:
    yield from _follow_square(v, g, t, rho)
    yield from _over_root(g, v, t, eps)
    yield partial(np.multiply, t, rate, t)
    yield partial(np.subtract, p, t, p)


def rmsprop_momentum(
    p: Array, g: Array, v: Array, m: Array, rate: Array, t: Array, rho: float, eps: float, by: float
) -> Iterable[Call]:
    yield from _follow_square(v, g, t, rho)
    yield from _over_root(g, v, t, eps)
    yield partial(np.multiply, m, scalar(m, by), m)
    yield partial(np.add, m, t, m)
    yield partial(np.multiply, m, rate, t)
    yield partial(np.subtract, p, t, p)


def adagrad(p: Array, g: Array, v: Array, rate: Array, t: Array, eps: float) -> Iterable[Call]:
    yield partial(np.multiply, g, g, t)
    yield partial(np.add, v, t, v)
    yield from _over_root(g, v, t, eps)
    yield partial(np.multiply, t, rate, t)
    yield partial(np.subtract, p, t, p)


def adadelta(
    p: Array, g: Array, v: Array, u: Array, rate: Array, s: Array, t: Array, rho: float, eps: float
) -> Iterable[Call]:
    yield from _follow_square(v, g, t, rho)
    yield partial(np.add, v, scalar(v, eps), t)
    yield partial(np.add, u, scalar(u, eps), s)
    yield partial(np.divide, s, t, s)
    yield partial(np.sqrt, s, s)
    yield partial(np.multiply, s, g, s)
    yield from _follow_square(u, s, t, rho)
    yield partial(np.multiply, s, rate, s)
    yield partial(np.subtract, p, s, p)


def _mu(beta1: float, count: float, decay: float) -> float:
    return beta1 * (1 - 0.5 * float(0.96 ** (count * decay)))


def nadam_step(count: Array, product: Array, b1: float, decay: float) -> Iterable[Call]:
    def step() -> None:
        count[...] += 1
        product[...] *= _mu(b1, float(count), decay)

    yield step


def nadam_rates(
    lr: Array, b2t: Array, count: Array, product: Array, rate: Array, rate_g: Array, floor: Array,
    factor: float, b1: float, decay: float, eps: float,
) -> Iterable[Call]:  # fmt: skip
    def set_rates() -> None:
        correction = sqrt(1 - float(b2t))
        now, following = (_mu(b1, float(count) + ahead, decay) for ahead in (0, 1))
        size = factor * float(lr) * correction
        rate[...] = size * following / (1 - float(product) * following)
        rate_g[...] = size * (1 - now) / (1 - float(product))
        floor[...] = eps * correction

    yield set_rates


def nadam(
    p: Array, g: Array, m: Array, v: Array, rate: Array, rate_g: Array, floor: Array,
    s: Array, t: Array, b1: float, b2: float,
) -> Iterable[Call]:  # fmt: skip
    yield from _follow(m, g, t, b1)
    yield from _follow_square(v, g, t, b2)
    yield partial(np.multiply, m, rate, t)
    yield partial(np.multiply, g, rate_g, s)
    yield partial(np.add, t, s, t)
    yield partial(np.sqrt, v, s)
    yield partial(np.add, s, floor, s)
    yield partial(np.divide, t, s, t)
    yield partial(np.subtract, p, t, p)


def lion(
    p: Array, g: Array, m: Array, rate: Array, t: Array, b1: float, b2: float
) -> Iterable[Call]:
    # sign(b1 m + (1 - b1) g) = sign(m + (1 - b1) / b1 g) for b1 > 0; b1 = 0 has no mean in it.
    if b1 > 0:
        yield partial(np.multiply, g, scalar(g, (1 - b1) / b1), t)
        yield partial(np.add, t, m, t)
        yield partial(np.sign, t, t)
    else:
        yield partial(np.sign, g, t)
    yield partial(np.multiply, t, rate, t)
    yield partial(np.subtract, p, t, p)
    yield from _follow(m, g, t, b2)


KERNELS: dict[str, Kernel] = {
    "count_step": count_step,
    "flush": flush,
    "multiply_cell": multiply_cell,
    "rate": rate,
    "decay_l2": decay_l2,
    "decay_l1": decay_l1,
    "sgd": sgd,
    "momentum": momentum,
    "adam_rates": adam_rates,
    "adam": adam,
    "clip_factor": clip_factor,
    "scale_gradient": scale_gradient,
    "shrink": shrink,
    "rmsprop": rmsprop,
    "rmsprop_momentum": rmsprop_momentum,
    "adagrad": adagrad,
    "adadelta": adadelta,
    "nadam_step": nadam_step,
    "nadam_rates": nadam_rates,
    "nadam": nadam,
    "lion": lion,
}
