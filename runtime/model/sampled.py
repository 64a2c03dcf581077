"""What sampled predictions come to. Needs no NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..array_types import Array


@dataclass(frozen=True, slots=True, eq=False)
class SampledPrediction:
    """Predictions with the noise of training, repeated."""

    mean: Array
    """Over the passes, in the shape of a plain prediction."""
    deviation: Array
    """The standard deviation over the passes, of a single one."""
    samples: int
    """The number of passes."""
