"""Which part of a picture an answer depends on: a patch covers one place after another.

Source: Zeiler & Fergus, Visualizing and Understanding Convolutional Networks, 2014.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ...array_types import Array, Doubles
from .maps import Picture3
from .opening import Inspection
from .saliency import data_range
from .scores import Score


@dataclass(frozen=True, slots=True, eq=False)
class OcclusionMap:
    """The score with the patch at each place."""

    score: Score
    whole: float
    """The score of the picture itself."""
    covered: Doubles
    """That with the patch at a place, (rows, columns) of places."""
    size: int
    """Rows and columns of the patch."""
    tops: tuple[int, ...]
    """The first row of the patch at each row of places."""
    lefts: tuple[int, ...]

    def lowest(self) -> tuple[int, int]:
        """The first row and column of the patch that lowers the score most."""
        row, column = np.unravel_index(int(self.covered.argmin()), self.covered.shape)
        return self.tops[int(row)], self.lefts[int(column)]


def usual_patch(picture: Picture3) -> int:
    """A fifth of the shorter side, at least 2."""
    return max(2, round(min(picture[:2]) / 5))


def places(length: int, size: int, step: int) -> tuple[int, ...]:
    """Where a patch starts along an axis: every `step` pixels, and at the end."""
    last = max(length - size, 0)
    return tuple(dict.fromkeys((*range(0, last + 1, step), last)))


def occlude(
    inspection: Inspection, index: int, score: Score, picture: Picture3, size: int, step: int
) -> OcclusionMap:
    """Covers the sample with an index, place by place, and asks for the score each time.

    The patch has the mean of the inspected samples, channel by channel, after `prep`.
    """
    name = inspection.input
    x = np.asarray(inspection.encoded.inputs[name][index]).reshape(picture)
    _, _, fill = data_range(inspection, name, picture)
    tops, lefts = places(picture[0], size, step), places(picture[1], size, step)

    def covered() -> Iterator[Array]:
        for top in tops:
            row = np.repeat(x[None], len(lefts), axis=0)
            for copy, left in zip(row, lefts, strict=True):
                copy[top : top + size, left : left + size] = fill
            yield row

    every = np.concatenate([x[None], *covered()])
    values = score.of(outputs_for(inspection, index, name, every, score.node))
    grid = values[1:].reshape(len(tops), len(lefts))
    return OcclusionMap(score, float(values[0]), grid, size, tops, lefts)


def outputs_for(inspection: Inspection, index: int, name: str, every: Array, node: str) -> Array:
    """The output of a node for many variants (N, ...) of one input of the sample with an index,
    whose other inputs stay as they are."""
    engine, found = inspection.engine, []
    for start in range(0, len(every), inspection.batch):
        some = every[start : start + inspection.batch]
        engine.resize(len(some))
        for other, array in inspection.encoded.inputs.items():
            engine.feeds[other][:] = np.asarray(array[index])
        engine.feeds[name][:] = some.reshape(len(some), *engine.feeds[name].shape[1:])
        with np.errstate(all="ignore"):
            engine.evaluate_step()
        found.append(engine.outputs[node].copy())
    return np.concatenate(found)
