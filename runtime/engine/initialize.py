"""Starting values of parameters, by the rules of `compiler/language/initializers.py`.

Each parameter draws from a generator of its own (seed and position), so that adding a layer at
the end leaves the others as they were.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from ...compiler.layers.layer import Parameter
from ...compiler.lower.plan import Slot
from ..array_types import Array


def initialize(arrays: dict[str, Array], slots: tuple[Slot, ...], *, seed: int) -> None:
    """Fills every parameter in place."""
    for index, slot in enumerate(slots):
        sequence = np.random.SeedSequence(seed, spawn_key=(index,))
        generator = np.random.Generator(np.random.PCG64(sequence))
        array = arrays[slot.name]
        array[...] = draw(slot.parameter, array.shape, generator)


def draw(parameter: Parameter, shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    """Starting values in double precision."""
    initializer = parameter.initializer
    if initializer is None:
        raise ValueError(f"parameter `{parameter.name}` has no initialiser")
    fan_in = parameter.fan_in or 1
    fan_out = parameter.fan_out or 1
    match initializer.rule:
        case "zeros":
            return np.zeros(shape)
        case "ones":
            return np.ones(shape)
        case "constant":
            return np.full(shape, initializer.scale)
        case "normal":
            return generator.normal(0.0, initializer.scale or 0.0, shape)
        case "uniform":
            bound = initializer.scale or 0.0
            return generator.uniform(-bound, bound, shape)
        case "he":
            return generator.normal(0.0, sqrt(2 / fan_in), shape)
        case "xavier" | "lecun":
            return generator.normal(0.0, sqrt(1 / fan_in), shape)
        case "glorot":
            bound = sqrt(6 / (fan_in + fan_out))
            return generator.uniform(-bound, bound, shape)
        case "orthogonal":
            return _orthogonal(shape, generator)
    raise ValueError(f"no initialiser is called {initializer.rule!r}")


def _orthogonal(shape: tuple[int, ...], generator: np.random.Generator) -> Array:
    """Orthonormal rows or columns of the matrix (all axes but the last) x (the last)."""
    rows, columns = int(np.prod(shape[:-1])), shape[-1]
    tall, wide = max(rows, columns), min(rows, columns)
    q, r = np.linalg.qr(generator.normal(size=(tall, wide)))
    q *= np.sign(np.diagonal(r))
    return (q if rows >= columns else q.T).reshape(shape)
