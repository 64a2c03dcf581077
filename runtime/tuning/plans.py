"""Which settings a search tries.

A plan depends on the spec, its seed and what was measured, on nothing else, so
any process that joins a study has the same one.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice, product, repeat
from math import prod

import numpy as np

from ...compiler.training.tuners import MOST_TRIALS, CoarseToFine, Grid, Random, Tpe, Tuner
from .space import ListedValues, Params, Range, Space

FINE = 0.25
"""The part of each range that the grid around the best trial covers."""

TrialPlan = Iterator[Params | None]
"""The settings in their order, each made when it is asked for: a plan may be a long one."""


def trials_of(tuner: Tuner, space: Space) -> int:
    """How many trials a search has."""
    if isinstance(tuner, Grid):
        whole = prod(len(axis.texts) for axis in space if isinstance(axis, ListedValues))
        return min(tuner.trials or MOST_TRIALS, whole)
    assert isinstance(tuner, Random | Tpe | CoarseToFine)
    return tuner.trials


def plan(tuner: Tuner, space: Space, seed: int) -> TrialPlan:
    """The trials that are known before any is trained, with None for values that are chosen when
    the trial begins. For `coarse_to_fine`, `fine_grid` adds the others."""
    count = trials_of(tuner, space)
    if isinstance(tuner, Grid):
        return islice(grid(space), count)
    if isinstance(tuner, Random):
        return (draw(space, seed, index) for index in range(count))
    if isinstance(tuner, CoarseToFine):
        return (draw(space, seed, index) for index in range(count - fine_size(space, count)))
    return repeat(None, count)


def grid(space: Space) -> Iterator[Params]:
    """Every combination of the listed values; the last name changes fastest."""
    names = [axis.name for axis in space]
    values = [axis.texts for axis in space if isinstance(axis, ListedValues)]
    return (dict(zip(names, combination, strict=True)) for combination in product(*values))


def draw(space: Space, seed: int, index: int) -> Params:
    """The values of one random trial, uniform on the scale of each range. They depend on the seed
    and the number of the trial, not on the trials before it."""
    random = np.random.default_rng((seed, index))
    drawn: dict[str, str | int | float] = {}
    for axis in space:
        share = float(random.random())
        if isinstance(axis, ListedValues):
            drawn[axis.name] = axis.texts[int(share * len(axis.texts))]
        else:
            drawn[axis.name] = axis.at(share)
    return drawn


def fine_counts(space: Space, trials: int) -> tuple[int, ...]:
    """How many values of each name the grid of `coarse_to_fine` has: at most half of the trials,
    as equally divided among the ranges as that allows; one for a name without a range."""
    counts = [1] * len(space)
    ranges = [index for index, axis in enumerate(space) if isinstance(axis, Range)]
    grows = True
    while grows:
        grows = False
        for index in ranges:
            more = [count + (at == index) for at, count in enumerate(counts)]
            if prod(more) <= trials // 2:
                counts, grows = more, True
    return tuple(counts)


def fine_size(space: Space, trials: int) -> int:
    """How many trials the grid of `coarse_to_fine` has: none where it would be a single one."""
    size = prod(fine_counts(space, trials))
    return 0 if size == 1 else size


def fine_grid(space: Space, best: Params, trials: int) -> list[Params]:
    """The trials of `coarse_to_fine` around the best of its random ones: a quarter of each range,
    as a grid."""
    values: list[tuple[str | int | float, ...]] = []
    for axis, count in zip(space, fine_counts(space, trials), strict=True):
        value = best[axis.name]
        if isinstance(axis, ListedValues) or isinstance(value, str) or count == 1:
            values.append((value,))
            continue
        middle = min(max(axis.share_of(value), FINE / 2), 1 - FINE / 2)
        steps = [(2 * index + 1) / (2 * count) - 0.5 for index in range(count)]
        values.append(tuple(axis.at(middle + FINE * step) for step in steps))
    names = [axis.name for axis in space]
    return [dict(zip(names, combination, strict=True)) for combination in product(*values)]
