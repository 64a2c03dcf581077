"""Made-up sets for learning about learning, each from a short formula and a seed.

`n` samples in all, `noise` the standard deviation of what is added to every coordinate (or, for
`linear` and `sine`, to the target). The two-class sets alternate their classes, so any even `n`
is balanced. t is uniform in [0, 1), e normal with deviation `noise`.

| set | sample | target |
|---|---|---|
| xor | a corner (+-1, +-1), taken in turn, + e | 1 where the signs differ |
| spirals | r (cos a, sin a) + e, r = t, a = 3 pi t + pi k | the arm k of 2 |
| moons | (cos pi t, sin pi t) + e, or (1 - cos pi t, 1/2 - sin pi t) + e | which of the two arcs |
| circles | r (cos 2 pi t, sin 2 pi t) + e, r = 1 or 1/2 | 0 outside, 1 inside |
| blobs | one of 3 centres on the unit circle + e | the centre |
| linear | x uniform in [-1, 1) | 2 x + 1 + e |
| sine | x uniform in [-1, 1) | sin(pi x) + e |
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..array_types import Doubles
from .dataset import RawDataset, Split

Generator = np.random.Generator
Indices = NDArray[np.int64]


def make_xor(n: int, random: Generator) -> tuple[Doubles, Indices]:
    corner = np.arange(n) % 4
    bits = np.stack([corner // 2, corner % 2], axis=1)
    return np.array(1.0 - 2.0 * bits, np.float64), bits[:, 0] ^ bits[:, 1]


def make_spirals(n: int, random: Generator) -> tuple[Doubles, Indices]:
    arm = np.arange(n) % 2
    t = random.random(n)
    angle = 3 * np.pi * t + np.pi * arm
    return t[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), arm


def make_moons(n: int, random: Generator) -> tuple[Doubles, Indices]:
    moon = np.arange(n) % 2
    angle = np.pi * random.random(n)
    outer = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return np.where(moon[:, None] == 0, outer, [1.0, 0.5] - outer), moon


def make_circles(n: int, random: Generator) -> tuple[Doubles, Indices]:
    circle = np.arange(n) % 2
    angle = 2 * np.pi * random.random(n)
    radius = np.where(circle == 0, 1.0, 0.5)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1), circle


def make_blobs(n: int, random: Generator) -> tuple[Doubles, Indices]:
    blob = np.arange(n) % 3
    angle = 2 * np.pi * blob / 3 + np.pi / 2
    return np.stack([np.cos(angle), np.sin(angle)], axis=1), blob


def _line(x: Doubles) -> Doubles:
    return 2 * x + 1


def _wave(x: Doubles) -> Doubles:
    return np.sin(np.pi * x)


CLASSED: dict[str, tuple[Callable[[int, Generator], tuple[Doubles, Indices]], int]] = {
    "xor": (make_xor, 2),
    "spirals": (make_spirals, 2),
    "moons": (make_moons, 2),
    "circles": (make_circles, 2),
    "blobs": (make_blobs, 3),
}
MEASURED: dict[str, Callable[[Doubles], Doubles]] = {"linear": _line, "sine": _wave}
SYNTHETIC = (*CLASSED, *MEASURED)


def make(name: str, *, n: int, noise: float, seed: int) -> RawDataset:
    """The set of one of the `SYNTHETIC` names."""
    random = np.random.Generator(np.random.PCG64(seed))
    if name in MEASURED:
        x = random.uniform(-1.0, 1.0, (n, 1))
        target = MEASURED[name](x) + noise * random.standard_normal((n, 1))
        return RawDataset(Split(x, target))
    rule, classes = CLASSED[name]
    points, labels = rule(n, random)
    points = points + noise * random.standard_normal(points.shape)
    names = tuple(str(index) for index in range(classes))
    return RawDataset(Split(points, labels.astype(np.int64)), classes=names)
