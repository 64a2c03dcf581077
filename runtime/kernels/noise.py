"""Random instructions. Each draws from the generator of its own stream."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np

from ..array_types import Array
from .kernel import Call, Kernel, scalar


def dropout_mask(
    x: Array, mask: Array, kept: Array, rate: float, generator: np.random.Generator
) -> Iterable[Call]:
    yield partial(generator.random, out=mask, dtype=mask.dtype)
    yield partial(np.greater_equal, mask, scalar(mask, rate), kept)
    yield partial(np.multiply, kept, scalar(mask, 1 / (1 - rate)), mask)


def gaussian_mask(
    x: Array, mask: Array, std: float, generator: np.random.Generator
) -> Iterable[Call]:
    yield from gaussian(x, mask, std, generator)
    yield partial(np.add, mask, scalar(mask, 1), mask)


def gaussian(x: Array, noise: Array, std: float, generator: np.random.Generator) -> Iterable[Call]:
    yield partial(generator.standard_normal, out=noise, dtype=noise.dtype)
    yield partial(np.multiply, noise, scalar(noise, std), noise)


KERNELS: dict[str, Kernel] = {
    "dropout_mask": dropout_mask,
    "gaussian_mask": gaussian_mask,
    "gaussian": gaussian,
}
