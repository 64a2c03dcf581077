"""Fitted preparations: what `prep` has become once it has seen the training part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..array_types import Floats

CHUNK = 4096
"""Samples at a time, so that a float64 copy of a whole set is never made."""


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """x -> (x - shift) * factor, broadcast over the last axes."""

    shift: Floats
    factor: Floats

    def __call__(self, x: Floats) -> Floats:
        return (x - self.shift) * self.factor


@dataclass(frozen=True, slots=True, eq=False)
class Rotation:
    """x -> (flat x - mean) @ matrix, in the sample's shape."""

    mean: Floats
    matrix: Floats

    def __call__(self, x: Floats) -> Floats:
        flat = x.reshape(len(x), -1) - self.mean
        return np.asarray(flat @ self.matrix, x.dtype).reshape(x.shape)


@dataclass(frozen=True, slots=True, eq=False)
class ZeroPadding:
    """x of (N, H, W, C) -> (N, H + 2 size, W + 2 size, C), and so for any number of axes."""

    size: int

    def __call__(self, x: Floats) -> Floats:
        inner = [(self.size, self.size)] * (x.ndim - 2)
        return np.pad(x, [(0, 0), *inner, (0, 0)])


FittedPrep = Affine | Rotation | ZeroPadding


def apply_prep(step: FittedPrep, x: Floats) -> Floats:
    """The samples after one step, in their own type. Numbers that it cannot hold become infinite
    or NaN, which `is_finite` tells."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.ascontiguousarray(step(x), x.dtype)


def is_finite(x: Floats) -> bool:
    """Whether all numbers are: none of them is NaN or infinite."""
    return all(
        bool(np.isfinite(x[start : start + CHUNK]).all()) for start in range(0, len(x), CHUNK)
    )
