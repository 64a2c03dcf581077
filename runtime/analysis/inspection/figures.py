"""What the numbers of a trained network look like, layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ....compiler.layers.layer import Layer
from ...array_types import Array, Doubles
from ...training.objectives.batches import SampleIndices
from .layers import ShownLayer

BINS = 60
MOST_VALUES = 2**18
"""Numbers of one layer that its histogram counts, at most."""
NEAR_END = 0.05 / 4
"""How near the ends of its range, as a share of that, a saturated output is. For sigmoid and tanh
the derivative there is below a twentieth of its largest."""


@dataclass(frozen=True, slots=True, eq=False)
class Histogram:
    """Counts between edges."""

    edges: Doubles
    counts: Array


@dataclass(frozen=True, slots=True, eq=False)
class ParameterFigures:
    """One parameter: what its numbers look like."""

    name: str
    """`conv1.w`."""
    shape: tuple[int, ...]
    mean: float
    deviation: float
    """sqrt(mean of (w - mean)^2)."""
    least: float
    most: float
    distinct: int | None
    """How many units have weights of their own: all, unless some are equal. None for a vector."""
    histogram: Histogram


@dataclass(frozen=True, slots=True, eq=False)
class ActivationFigures:
    """The output of one layer for some samples."""

    name: str
    heading: str
    shape: tuple[int, ...]
    samples: int
    mean: float
    deviation: float
    least: float
    most: float
    zeros: float
    """The share of numbers that are 0."""
    saturated: float | None
    """The share of numbers near the ends of the range; None where it has no two ends."""
    dead: int | None
    """Units that are 0 for every sample, of an activation such as relu; None for others."""
    units: int
    histogram: Histogram


def parameter_figures(name: str, array: Array) -> ParameterFigures:
    """Those of one parameter, (..., units)."""
    every = -(-array.size // MOST_VALUES)
    return ParameterFigures(
        name,
        array.shape,
        float(array.mean(dtype=np.float64)),
        float(array.std(dtype=np.float64)),
        float(array.min()),
        float(array.max()),
        distinct_units(array) if array.ndim > 1 else None,
        histogram(array.ravel()[::every]),
    )


def distinct_units(array: Array) -> int:
    """How many different columns the weights (..., units) have."""
    return len({hash(unit.tobytes()) for unit in array.reshape(-1, array.shape[-1]).T})


def histogram(values: Array) -> Histogram:
    """The finite numbers in equal bins from the least to the largest: `BINS`, fewer of few."""
    finite = values[np.isfinite(values)]
    counts, edges = np.histogram(finite, int(np.clip(2 * finite.size**0.5, 8, BINS)))
    return Histogram(np.asarray(edges, np.float64), counts)


def output_range(layer: Layer) -> tuple[float, float] | None:
    """The ends of the range of an activation that saturates on both sides."""
    if not layer.saturates:
        return None
    return (0.0, 1.0) if layer.probabilities else (-1.0, 1.0)


@dataclass(slots=True)
class ActivationGatherer:
    """Gathers the figures of one layer, batch by batch."""

    layer: ShownLayer
    samples: int
    """How many there will be."""
    count: int = 0
    total: float = 0.0
    squares: float = 0.0
    least: float = np.inf
    most: float = -np.inf
    zeros: int = 0
    saturated: int = 0
    alive: Array | None = None
    kept: list[Array] = field(default_factory=list)

    def add(self, rows: SampleIndices, outputs: Mapping[str, Array]) -> None:
        """The outputs of the samples `rows`."""
        values = outputs[self.layer.last.name]
        flat = values.reshape(-1, values.shape[-1])
        self.count += values.size
        self.total += float(values.sum(dtype=np.float64))
        self.squares += float(np.square(values, dtype=np.float64).sum())
        self.least = min(self.least, float(values.min()))
        self.most = max(self.most, float(values.max()))
        self.zeros += values.size - int(np.count_nonzero(values))
        ends = output_range(self.layer.last.layer)
        if ends is not None:
            place = (values - ends[0]) / (ends[1] - ends[0])
            self.saturated += int(np.count_nonzero(np.abs(place - 0.5) > 0.5 - NEAR_END))
        alive: Array = np.asarray(flat.any(axis=0))
        self.alive = alive if self.alive is None else np.logical_or(self.alive, alive)
        every = -(-self.samples * values[0].size // MOST_VALUES)
        self.kept.append(values[rows % every == 0].copy())

    def figures(self) -> ActivationFigures:
        """What has come together."""
        assert self.alive is not None
        layer, mean = self.layer, self.total / self.count
        last = layer.last.layer
        return ActivationFigures(
            layer.name,
            layer.heading,
            tuple(size or 0 for size in layer.last.shape),
            self.samples,
            mean,
            float(np.sqrt(max(self.squares / self.count - mean**2, 0.0))),
            self.least,
            self.most,
            self.zeros / self.count,
            self.saturated / self.count if last.saturates else None,
            int((~self.alive).sum()) if last.dies else None,
            layer.units,
            histogram(np.concatenate(self.kept)),
        )
