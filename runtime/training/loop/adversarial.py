"""`train adversarial`: how far each number of a sample may move, and between which ends."""

from __future__ import annotations

import numpy as np

from ....compiler.graph import differentiable_inputs
from ....compiler.lower.adversarial import BOUNDS, bounds_feed
from ...array_types import Array, Floats, float_type
from ...data.data_range import range_of
from ...data.dataset import Dataset
from ...data.fitted_prep import Categories, FittedPrep, prepare
from ..objectives.objectives import Objective
from ..spec import Spec


def adversarial_bounds(spec: Spec, dataset: Dataset, objective: Objective) -> dict[str, Array]:
    """What is fed besides the batches, by feed; for each input the fraction of the range of its
    data, and the ends of that range, as the network reads them after `prep`. Empty where the spec
    says nothing."""
    eps = spec.model.train.adversarial
    found: dict[str, Array] = {}
    if not eps:
        return found
    names = differentiable_inputs(spec.graph)
    raw_shapes = (dataset.raw_shape, *dataset.more_raw_shapes)
    all_steps = (dataset.steps, *dataset.more_steps)
    for index, (node, shape) in enumerate(objective.inputs.items()):
        if node not in names:
            continue
        raw, steps = dataset.unprepared[0].inputs[index], all_steps[index]
        place = range_of(raw, dataset.scales[index].white if dataset.scales else None)
        ends = np.stack(
            [np.broadcast_to(end, raw_shapes[index]) for end in (place.low, place.high)]
        )
        fixed = _with_fixed_codes(ends, steps)
        dtype = float_type(spec.model)
        prepared = prepare(ends, steps, dtype)
        moving = prepare(fixed, steps, dtype)
        bounds = (
            eps * np.abs(moving[1] - moving[0]),
            prepared.min(axis=0),
            prepared.max(axis=0),
        )
        for what, bound in zip(BOUNDS, bounds, strict=True):
            found[bounds_feed(what, node)] = _seen(np.asarray(bound, dtype), shape)
    return found


def _with_fixed_codes(ends: Array, steps: tuple[FittedPrep, ...]) -> Array:
    """The same ends, but equal ones for columns of categories, whose codes do not move."""
    columns = [column for step in steps if isinstance(step, Categories) for column in step.kept]
    fixed = ends.copy()
    fixed[1][columns] = fixed[0][columns]
    return fixed


def _seen(bound: Floats, shape: tuple[int, ...]) -> Floats:
    """In the shape of the input; where `augment crop` makes images smaller, the widest range of
    every channel."""
    if bound.size == int(np.prod(shape)):
        return bound.reshape(shape)
    return np.broadcast_to(bound.max(axis=tuple(range(bound.ndim - 1))), shape)
