"""How often each level of pixels occurs in each channel, which says all figures of any number of
pixels: they are counted once, as bytes, and not copied in double precision."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..array_types import Array, Doubles
from .fitted_prep import LEVELS, Affine, FittedPrep, prepare
from .streamed import portions


@dataclass(frozen=True, slots=True, eq=False)
class LevelCounts:
    """The pixels of samples (N, ..., C)."""

    counts: NDArray[np.int64]
    """(levels, C)."""
    levels: Array
    """Samples that have every level once, (levels, 1, ..., C)."""

    def values(self, steps: tuple[FittedPrep, ...], dtype: np.dtype[Any]) -> Doubles:
        """What each level is after some steps, in this type, (levels, C)."""
        done = prepare(self.levels, steps, dtype)
        return done.reshape(self.counts.shape).astype(np.float64)

    def moments(self, values: Doubles) -> tuple[Doubles, Doubles]:
        """The mean and the deviation of each channel, where levels stand for these values."""
        count = self.counts.sum(axis=0)
        mean = (self.counts * values).sum(axis=0) / count
        return mean, np.sqrt((self.counts * np.square(values - mean)).sum(axis=0) / count)

    def extremes(self, values: Doubles) -> tuple[Doubles, Doubles]:
        """The least and the largest value of each channel."""
        occurs = self.counts > 0
        return (
            values.min(axis=0, where=occurs, initial=np.inf),
            values.max(axis=0, where=occurs, initial=-np.inf),
        )


def count_levels(x: Array, steps: tuple[FittedPrep, ...] = ()) -> LevelCounts | None:
    """The levels of pixels, where each stands for the same number wherever it is, also after some
    steps; None for other samples, and where there are fewer pixels than levels."""
    if x.dtype not in LEVELS or x.ndim < 3 or not all(map(_keeps_levels, steps)):
        return None
    levels, columns = int(np.iinfo(x.dtype).max) + 1, x.shape[-1]
    if x.size < levels * columns:
        return None
    counts = np.zeros(levels * columns, np.int64)
    # as wide as a sample: a loop over one or three channels would be slow
    offsets = np.tile(np.arange(columns) * levels, prod(x.shape[1:-1]))
    for part in portions(x):
        flat = part.reshape(len(part), -1)
        counts += np.bincount((flat + offsets).ravel(), minlength=len(counts))
    ramp = np.arange(levels, dtype=x.dtype).reshape(-1, *(1 for _ in x.shape[1:]))
    return LevelCounts(counts.reshape(columns, levels).T, np.repeat(ramp, columns, axis=x.ndim - 1))


def _keeps_levels(step: FittedPrep) -> bool:
    """Whether a step makes the same of a level at every position."""
    return isinstance(step, Affine) and step.shift.ndim < 2 and step.factor.ndim < 2
