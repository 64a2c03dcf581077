"""The normal distribution function, which NumPy lacks.

Φ(x) = (1 + erf(x / √2)) / 2 with erf(z) = 1 - t · exp(-z² + q(t)), t = 1 / (1 + z / 2), z >= 0.
The smooth factor q is interpolated at Chebyshev points by the standard library's `math.erfc`, to
the last digits of the precision in use; the sum is Clenshaw's recurrence (Clenshaw 1955).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache, partial
from math import cos, erfc, log, pi, sqrt

import numpy as np

from ..array_types import Array
from .kernel import Call, scalar

LARGEST = 6.5
"""erfc(6.5) is 4e-20: from there on erf is 1 in double precision."""

DEGREES = {"float32": 11, "float64": 30}


@cache
def _coefficients(degree: int) -> tuple[float, ...]:
    """Chebyshev coefficients of q over s in [-1, 1], t = low + (s + 1) / 2 · (1 - low)."""
    count = degree + 1
    low = 1 / (1 + LARGEST / 2)
    angles = [pi * (k + 0.5) / count for k in range(count)]
    samples = []
    for angle in angles:
        t = low + (cos(angle) + 1) / 2 * (1 - low)
        z = 2 / t - 2
        samples.append(log(erfc(z) / t) + z * z)
    return tuple(
        (1 if k == 0 else 2) / count
        * sum(sample * cos(k * angle) for sample, angle in zip(samples, angles, strict=True))
        for k in range(count)
    )  # fmt: skip


def normal_cdf(x: Array, y: Array, t: Array, u: Array, v: Array) -> Iterable[Call]:
    """Calls that put Φ(x) in y; t, u and v are scratch."""
    coefficients = _coefficients(DEGREES[x.dtype.name])
    low = 1 / (1 + LARGEST / 2)
    slope = 4 / (1 - low)
    # t = 2s: twice the argument of the Chebyshev polynomials.
    yield partial(np.absolute, x, t)
    yield partial(np.multiply, t, scalar(x, 0.5 / sqrt(2)), t)
    yield partial(np.minimum, t, scalar(x, LARGEST / 2), out=t)
    yield partial(np.add, t, scalar(x, 1), t)
    yield partial(np.reciprocal, t, t)
    yield partial(np.multiply, t, scalar(x, slope), t)
    yield partial(np.subtract, t, scalar(x, slope * low + 2), t)
    yield partial(u.fill, 0)
    yield partial(v.fill, 0)
    later, latest, free = u, v, y
    for coefficient in reversed(coefficients[1:]):
        yield partial(np.multiply, t, later, free)
        yield partial(np.subtract, free, latest, free)
        yield partial(np.add, free, scalar(x, coefficient), free)
        later, latest, free = free, later, latest
    # q = s · later - latest + c0, in `free`
    yield partial(np.multiply, t, later, free)
    yield partial(np.multiply, free, scalar(x, 0.5), free)
    yield partial(np.subtract, free, latest, free)
    yield partial(np.add, free, scalar(x, coefficients[0]), free)
    # erfc = t · exp(q - z²), with t back from 2s
    yield partial(np.add, t, scalar(x, slope * low + 2), t)
    yield partial(np.multiply, t, scalar(x, 1 / slope), t)
    yield partial(np.multiply, x, x, later)
    yield partial(np.multiply, later, scalar(x, 0.5), later)
    yield partial(np.subtract, free, later, free)
    yield partial(np.exp, free, free)
    yield partial(np.multiply, free, t, free)
    # Φ = (1 + sign(x) · (1 - erfc)) / 2
    yield partial(np.subtract, scalar(x, 1), free, free)
    yield partial(np.copysign, free, x, free)
    yield partial(np.add, free, scalar(x, 1), free)
    yield partial(np.multiply, free, scalar(x, 0.5), y)
