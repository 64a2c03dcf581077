"""Which samples a unit responds to most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...array_types import Array, Doubles, Labels
from ...training.objectives.batches import SampleIndices
from .layers import ShownLayer


@dataclass(frozen=True, slots=True, eq=False)
class Responses:
    """How strongly each unit of a layer responds to each sample."""

    layer: ShownLayer
    values: Doubles
    """The largest output of a unit for a sample over all positions, before a sigmoid, tanh or
    softmax, (N, units)."""
    positions: Labels
    """Where that is, as an index of the flattened positions, (N, units); 0 without positions."""

    def responds(self, unit: int) -> bool:
        """Whether it tells samples apart: a dead unit is 0 for all of them."""
        return bool(np.ptp(self.values[:, unit]) > 0)

    def strongest(self, unit: int, count: int) -> Labels:
        """The indices of the samples that a unit responds to most, the strongest first."""
        return np.argsort(-self.values[:, unit], kind="stable")[:count]

    def position(self, sample: int, unit: int) -> tuple[int, ...]:
        """Where in its output the unit responds most."""
        shape = tuple(size or 0 for size in self.layer.last.shape[:-1])
        flat = int(self.positions[sample, unit])
        return tuple(int(at) for at in np.unravel_index(flat, shape)) if shape else ()


@dataclass(slots=True)
class ResponseGatherer:
    """Gathers the responses of one layer, batch by batch."""

    layer: ShownLayer
    values: list[Array] = field(default_factory=list)
    positions: list[Array] = field(default_factory=list)

    def add(self, rows: SampleIndices, outputs: Mapping[str, Array]) -> None:
        """The outputs for the samples `rows`."""
        output = outputs[self.layer.responding.name]
        flat = output.reshape(len(rows), -1, output.shape[-1])
        at = flat.argmax(axis=1)
        self.positions.append(at)
        self.values.append(np.take_along_axis(flat, at[:, None], axis=1)[:, 0])

    def responses(self) -> Responses:
        """What has come together."""
        values = np.concatenate(self.values).astype(np.float64)
        return Responses(self.layer, values, np.concatenate(self.positions))
