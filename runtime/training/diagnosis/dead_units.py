"""Units that are 0 for every sample. A rectifier then passes no gradient back to them, so that
training does not change them any more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....compiler.graph import Graph
from ....compiler.ir import Model
from ....compiler.language.frozen import change
from ....compiler.lower.request import PlanRequest
from ....compiler.optimizers.optimizer import Stepping
from ....compiler.problems.run_lints import Dead, DeadUnits
from ....compiler.shapes import elements
from ...array_types import Array, float_type
from ...engine.selection import EngineOptions, build_single, set_weights
from ..objectives.batches import EncodedSplit, fill, read_batches
from ..spec import Spec

MANY_DEAD = 0.75
"""This share of a layer is worth a warning. Up to a half is usual in networks that learn well."""
MOST_SAMPLES = 1024
"""More are not looked at."""
LARGEST_BATCH = 256
MOST_BYTES = 1 << 28
"""What the outputs of all layers may take together."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerUnits:
    """The units of one activation: its channels, or its numbers where it has no positions."""

    activation: str
    """Its node: `relu1`."""
    layer: str
    """The node that it reads: `dense1`."""
    dead: NDArray[np.bool_]
    """(units,): 0 at every position of every sample."""
    samples: int
    """So many were looked at."""


def find_dead_units(
    model: Model, graph: Graph, weights: Mapping[str, NDArray[Any]], inputs: Mapping[str, Array]
) -> tuple[LayerUnits, ...]:
    """The units of every activation that can die, in the order of the network.

    `inputs` are samples by input node, of which the first `MOST_SAMPLES` are looked at; fewer, once
    every unit was alive for one of them. In a healthy network that takes one batch.
    """
    nodes = [node for node in graph.nodes if node.layer.dies]
    part = EncodedSplit(inputs, (), ())
    count = min(len(part), MOST_SAMPLES)
    if not nodes or not count:
        return ()
    numbers = sum(elements(node.shape) or 0 for node in graph.nodes)
    fitting = MOST_BYTES // (numbers * float_type(model).itemsize)
    size = max(1, min(count, LARGEST_BATCH, fitting))
    request = PlanRequest(outputs=tuple(node.name for node in nodes))
    alone = change(model, losses=())
    options = EngineOptions(size, size, seed=0, purpose="evaluate")
    engine = build_single(alone, graph, options, request=request)
    set_weights(engine, weights)
    dead = {node.name: np.ones(node.shape[-1] or 0, bool) for node in nodes}
    seen = 0
    for rows, read in read_batches(part, np.arange(count), size, None):
        engine.resize(len(rows))
        fill(engine.feeds, part, rows, len(rows), read)
        engine.evaluate_step()
        seen += len(rows)
        for name, units in dead.items():
            units &= (engine.outputs[name].reshape(-1, len(units)) == 0).all(axis=0)
        if not any(units.any() for units in dead.values()):
            break
    return tuple(LayerUnits(node.name, node.inputs[0], dead[node.name], seen) for node in nodes)


def dead_units_problem(spec: Spec, found: tuple[LayerUnits, ...]) -> DeadUnits | None:
    """What is worth a warning, at the first layer concerned."""
    many = [item for item in found if item.dead.sum() >= MANY_DEAD * len(item.dead)]
    optimizer = spec.model.optimizer
    if not many or not isinstance(optimizer, Stepping):
        return None
    usual = float(type(optimizer).model_fields["lr"].default)
    names = [node.name for node in spec.model.nodes]
    return DeadUnits(
        at=spec.place(f"nodes.{names.index(many[0].activation)}"),
        layers=tuple(Dead(item.activation, int(item.dead.sum()), len(item.dead)) for item in many),
        samples=max(item.samples for item in many),
        rate=usual if optimizer.lr > usual else None,
    )
