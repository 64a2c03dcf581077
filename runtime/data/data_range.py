"""Between which numbers the samples of an input lie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..array_types import Array, Doubles


@dataclass(frozen=True, slots=True, eq=False)
class DataRange:
    """Between which numbers the samples of an input lie, broadcast over samples."""

    low: Doubles
    high: Doubles

    @property
    def span(self) -> Doubles:
        return self.high - self.low

    def shares(self, x: Doubles) -> Doubles:
        """Samples as numbers between 0 and 1; 0 where the range is a point."""
        span = self.span
        return np.asarray((x - self.low) / np.where(span > 0, span, 1.0))

    def values(self, u: Doubles) -> Doubles:
        return np.asarray(self.low + u * self.span)


def range_of(x: Array, white: float | None) -> DataRange:
    """From black to white for pixels; else from the smallest to the largest number, of all of an
    image or of each feature."""
    if x.dtype in (np.uint8, np.uint16):
        return DataRange(np.zeros(()), np.ones(()))
    if white is not None and float(x.max()) <= white:
        return DataRange(np.zeros(()), np.full((), white))
    axis = None if x.ndim > 3 else 0
    return DataRange(np.nanmin(x, axis=axis) + 0.0, np.nanmax(x, axis=axis) + 0.0)
