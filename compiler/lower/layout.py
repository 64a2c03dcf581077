"""Where parameters live: one flat vector for the trained ones, one for the others.

The gradients have the same layout. Parameters that are updated alike (same learning-rate factor,
same penalties) are next to each other, so that the optimizer sees few long segments.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from ..graph import Graph, GraphNode
from ..ir import Model
from ..layers.layer import Layer, Learning, Parameter, Trainable
from .plan import Slot
from .program import Region
from .vectors import Treatment

LANE = 16
"""Parameters begin at multiples of this many elements: a cache line of float32."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Neighbouring parameters with one treatment, in elements of the flat vector."""

    start: int
    size: int
    treatment: Treatment


@dataclass(frozen=True, slots=True)
class ParameterLayout:
    """The slots of all parameters, and the segments of the trained ones."""

    trained: tuple[Slot, ...]
    kept: tuple[Slot, ...]
    segments: tuple[Segment, ...]
    trained_size: int
    kept_size: int


def lay_out(model: Model, graph: Graph) -> ParameterLayout:
    """Gives every parameter its offset."""
    trained: list[tuple[Treatment, GraphNode, Parameter]] = []
    kept: list[tuple[GraphNode, Parameter]] = []
    for node in graph.nodes:
        for parameter in node.parameters:
            if parameter.trained and not _is_frozen(node.layer):
                trained.append((_treatment(model, node, parameter), node, parameter))
            else:
                kept.append((node, parameter))
    order = {key: index for index, key in enumerate(dict.fromkeys(item[0] for item in trained))}
    trained.sort(key=lambda item: order[item[0]])

    slots: list[Slot] = []
    segments: list[Segment] = []
    offset = 0
    for treatment, node, parameter in trained:
        slots.append(_slot(node, parameter, "parameters", offset))
        end = _aligned(offset + prod(slots[-1].shape))
        if segments and segments[-1].treatment == treatment:
            last = segments.pop()
            segments.append(Segment(last.start, end - last.start, treatment))
        else:
            segments.append(Segment(offset, end - offset, treatment))
        offset = end

    kept_slots: list[Slot] = []
    kept_offset = 0
    for node, parameter in kept:
        kept_slots.append(_slot(node, parameter, "kept", kept_offset))
        kept_offset = _aligned(kept_offset + prod(kept_slots[-1].shape))
    return ParameterLayout(tuple(slots), tuple(kept_slots), tuple(segments), offset, kept_offset)


def _is_frozen(layer: Layer) -> bool:
    return isinstance(layer, Learning) and layer.freeze


def _slot(node: GraphNode, parameter: Parameter, region: Region, offset: int) -> Slot:
    shape = tuple(size for size in parameter.shape if size is not None)
    return Slot(node.name, parameter, shape, region, offset)


def _aligned(size: int) -> int:
    return -(-size // LANE) * LANE


def _treatment(model: Model, node: GraphNode, parameter: Parameter) -> Treatment:
    penalties = {"l1": 0.0, "l2": 0.0}
    if parameter.decays:
        for regularizer in model.regularizers:
            penalties[regularizer.word] += regularizer.strength
        if isinstance(node.layer, Trainable):
            own = {"l1": node.layer.l1, "l2": node.layer.l2}
            penalties |= {word: value for word, value in own.items() if value is not None}
    rate = node.layer.lr if isinstance(node.layer, Learning) else 1.0
    return Treatment(rate, parameter.decays, penalties["l1"], penalties["l2"])
