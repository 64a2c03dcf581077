"""What the first layer looks for, and what layers make of a sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ....compiler.graph import Graph, GraphNode
from ...array_types import Array
from .layers import ShownLayer, shown_layers
from .opening import Inspection

Picture3 = tuple[int, int, int]
"""Rows, columns, channels."""


@dataclass(frozen=True, slots=True, eq=False)
class Filters:
    """The weights of the first layer, in the shape of what it reads."""

    parameter: str
    """`conv1.w`."""
    heading: str
    weights: Array
    """(units, rows, columns, channels) of pictures; (units, positions, channels) of sequences;
    (units, features) of vectors."""


def first_filters(inspection: Inspection) -> Filters | None:
    """Those of the first layer with weights that reads the input; None where there is none that is
    linear."""
    graph = inspection.graph
    for node in graph.nodes:
        weights = inspection.loaded.state.weights.get(f"{node.shares or node.name}.w")
        if weights is None or not node.inputs or node.layer.token_count() is not None:
            continue
        source = input_of(graph, node)
        if source != inspection.input:
            continue
        units = np.moveaxis(weights, -1, 0)
        picture = picture_shape(inspection, source)
        if weights.ndim == 2 and picture is not None and units[0].size == np.prod(picture):
            units = units.reshape(len(units), *picture)
        return Filters(f"{node.name}.w", node.layer.heading(), units)
    return None


def input_of(graph: Graph, node: GraphNode) -> str | None:
    """The input that a node reads, through what only arranges numbers; None for another node."""
    below = graph.node(node.inputs[0])
    while below.inputs:
        layer = below.layer
        if not (layer.is_view or layer.passes_through or layer.random):
            return None
        below = graph.node(below.inputs[0])
    return below.name


def picture_shape(inspection: Inspection, name: str) -> Picture3 | None:
    """The shape in which a sample of an input is a picture: that of the input, or of its data where
    it reads flat ones; None where it is none."""
    objective, part = inspection.session.objective, inspection.session.dataset.train
    own = objective.inputs[name]
    data = part.inputs[list(objective.inputs).index(name)].shape[1:]
    for shape in (own, data):
        if len(shape) == 3:
            return shape[0], shape[1], shape[2]
    return None


@dataclass(frozen=True, slots=True, eq=False)
class FeatureMaps:
    """The output of one layer for one sample, (rows, columns, channels)."""

    layer: ShownLayer
    maps: Array


def feature_maps(inspection: Inspection, index: int) -> tuple[FeatureMaps, ...]:
    """The outputs of all layers that have rows and columns, for the sample with an index."""
    _, outputs = next(inspection.outputs_of(np.array([index])))
    return tuple(
        FeatureMaps(layer, outputs[layer.last.name][0].copy())
        for layer in shown_layers(inspection.graph)
        if has_maps(layer)
    )


def has_maps(layer: ShownLayer) -> bool:
    """Whether it gives something for rows and columns."""
    shape = layer.last.shape
    return len(shape) == 3 and shape[:2] != (1, 1)
