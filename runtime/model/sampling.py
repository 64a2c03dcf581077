"""Predictions with the noise of training: Monte-Carlo dropout.

With dropout and noise active and batch normalisation in evaluation mode, each pass through the
network draws other random numbers, and over S passes

    mean = 1/S sum of y_s        deviation = sqrt(1/(S - 1) sum of (y_s - mean)^2)

The mean estimates the prediction of the ensemble of thinned networks, with a standard error of
deviation / sqrt(S), and the deviation how much they disagree.
Source: Gal & Ghahramani, Dropout as a Bayesian Approximation, 2016.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...compiler.graph import Graph
from ..array_types import Array, Doubles
from .sampled import SampledPrediction

LEAST = 2
"""Passes from which a deviation can be told."""


@dataclass(slots=True)
class RunningMoments:
    """Mean and squared distances so far (Welford, 1962)."""

    count: int = 0
    mean: Doubles | float = 0.0
    squares: Doubles | float = 0.0

    def add(self, y: Array) -> None:
        self.count += 1
        away = y - self.mean
        self.mean = self.mean + away / self.count
        self.squares = self.squares + away * (y - self.mean)

    def sampled(self, dtype: np.dtype[Any]) -> SampledPrediction:
        spread = np.sqrt(np.asarray(self.squares) / (self.count - 1))
        return SampledPrediction(
            np.asarray(self.mean, dtype), np.asarray(spread, dtype), self.count
        )


NO_NOISE = (
    "the network draws no random numbers",
    "add a `dropout` or another layer with noise, and train again",
)
"""Why nothing can be sampled, and what to do."""


def draws_noise(graph: Graph) -> bool:
    """Whether two passes of sampling can differ."""
    return any(
        node.layer.random and node.layer.without_noise() != node.layer for node in graph.nodes
    )


def joined(parts: Sequence[SampledPrediction]) -> SampledPrediction:
    """Predictions of samples that follow one another."""
    return SampledPrediction(
        np.concatenate([part.mean for part in parts]),
        np.concatenate([part.deviation for part in parts]),
        parts[0].samples,
    )
