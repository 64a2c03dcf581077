"""The part of a picture that one position of a layer sees."""

from __future__ import annotations

from ....compiler.graph import Graph
from ....compiler.layers.deconv import Deconv
from ....compiler.layers.sliding_window import axes_of
from ....compiler.layers.windowed import Windowed

SeenRange = tuple[int, int]
"""First and last position along an axis; the first may be below 0, in a border."""


def field_of(graph: Graph, node: str, position: tuple[int, ...]) -> tuple[SeenRange, ...] | None:
    """The rows and columns (or positions) of the input that the output of a node at a position
    depends on, those in borders among them; None where it is the whole input."""
    return _seen(graph, node, tuple((at, at) for at in position))


def _seen(graph: Graph, name: str, ranges: tuple[SeenRange, ...]) -> tuple[SeenRange, ...] | None:
    node = graph.node(name)
    layer = node.layer
    if not node.inputs:
        return ranges
    below = ranges
    if isinstance(layer, Deconv) or node.window is None:
        return None
    if isinstance(layer, Windowed):
        axes = axes_of(layer.sliding_window(), graph.node(node.inputs[0]).shape)
        known = [axis for axis in axes if axis is not None]
        if len(known) != len(ranges):
            return None
        below = tuple(
            (first * axis.stride - axis.before, last * axis.stride - axis.before + axis.window - 1)
            for (first, last), axis in zip(ranges, known, strict=True)
        )
    elif not (layer.keeps_shape or layer.passes_through or layer.carries_skip):
        return None
    found = [_seen(graph, input_name, below) for input_name in node.inputs]
    seen = [item for item in found if item is not None]
    if len(seen) < len(found):
        return None
    return tuple(
        (min(first for first, _ in axis), max(last for _, last in axis))
        for axis in zip(*seen, strict=True)
    )
