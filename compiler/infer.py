"""Shapes, parameters, costs and receptive fields of every layer, one walk over the model.

A layer that fails has no shape, unless there is no doubt about what flows out of it. What an
unknown shape flows into is passed over without a word, so that one cause gives one error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from ..grammar.problem import Problem, Problems
from ..grammar.source import Span
from .graph import Graph, GraphNode, Receptive
from .ir import Model, Node
from .language.initializers import default_rule
from .layers.layer import Layer, Learning, Trainable, Window
from .layers.missing import Missing
from .shapes import Shape, shape_text
from .spans import Place, Spans


class Inference(NamedTuple):
    """A graph, as much of it as has shapes."""

    graph: Graph
    complete: bool
    """False when a layer of the model is missing in the graph."""
    shapes: dict[str, Shape]
    """Also the shapes after layers that failed, where there is no doubt about them."""


@dataclass(slots=True)
class _Site:
    """A layer's place in the text, and its way to report."""

    span: Place
    path: str
    inputs: Sequence[str]
    positions: dict[str, int]
    spans: Spans
    problems: Problems
    open: bool

    def is_open(self) -> bool:
        return self.open

    def option(self, name: str) -> Span:
        place = self.spans.get(f"{self.path}.{name}")
        return place or self.span

    def source(self, index: int) -> Span:
        place = self.spans.get(f"nodes.{self.positions[self.inputs[index]]}")
        return place or self.span

    def report(self, problem: Problem) -> None:
        self.problems.add(problem)


def infer(model: Model, spans: Spans, problems: Problems) -> Inference:
    """The graph of a model. Nodes that failed, and those that follow from them, are left out."""
    nodes: dict[str, GraphNode] = {}
    known: dict[str, Shape] = {}
    places: dict[str, Place] = {}
    fields: dict[str, Field | None] = {}
    opened: set[str] = set()
    positions = {node.name: index for index, node in enumerate(model.nodes)}
    for index, node in enumerate(model.nodes):
        path = f"nodes.{index}"
        place = spans.get(path)
        assert place is not None, "every node of a resolved model has its place"
        places[node.name] = place
        shapes = [known[name] for name in node.inputs if name in known]
        is_open = _takes_open_width(node.inputs, known, opened)
        site = _Site(place, path, node.inputs, positions, spans, problems, is_open)
        sized = len(shapes) == len(node.inputs) and not isinstance(node.layer, Missing)
        try:
            shape = node.layer.infer(shapes, site) if sized else None
            if shape is None:
                shape = node.layer.output_despite([known.get(name) for name in node.inputs])
            elif all(name in nodes for name in node.inputs):
                nodes[node.name] = _node(node, shapes, shape, fields)
        except Exception as error:
            if not node.layer.package:
                raise
            _report_failure(node.layer, error, place, problems)
            shape = None
        if shape is not None:
            known[node.name] = shape
            begins = not node.inputs or node.layer.takes_units()
            if shape == (None,) and (begins or is_open):
                opened.add(node.name)
    shared = _share(model, nodes, places, spans, problems)
    _fill_initializers(nodes)
    read = {name for node in model.nodes for name in node.inputs}
    graph = Graph(
        nodes=tuple(nodes.values()),
        labels={label: name for label, name in model.labels.items() if name in nodes},
        outputs=tuple(name for name in nodes if name not in read),
    )
    return Inference(graph, shared and len(nodes) == len(model.nodes), known)


def _report_failure(layer: Layer, error: Exception, place: Place, problems: Problems) -> None:
    from .language.outside import fault_of
    from .problems.outside import WordFailed

    problems.add(
        WordFailed(
            at=place,
            calls=place.calls,
            word=layer.word,
            category=layer.category,
            package=layer.package,
            error=fault_of(error),
        )
    )


def _takes_open_width(inputs: Sequence[str], known: dict[str, Shape], opened: set[str]) -> bool:
    """Whether all free sizes of the inputs are widths that data decide."""
    free = [name for name in inputs if None in known.get(name, ())]
    return bool(free) and all(name in opened for name in free)


def _node(
    node: Node, shapes: Sequence[Shape], shape: Shape, fields: dict[str, Field | None]
) -> GraphNode:
    layer: Layer = node.layer
    window = layer.window(shapes)
    fields[node.name] = _field(window, shape, [fields[name] for name in node.inputs])
    return GraphNode(
        name=node.name,
        layer=layer,
        inputs=node.inputs,
        shape=shape,
        parameters=layer.parameters(shapes),
        shares=None,
        multiply_adds=layer.multiply_adds(shapes, shape),
        receptive=_rounded(fields[node.name]),
        window=window,
    )


Field = tuple[tuple[float, ...], tuple[float, ...]]
"""A receptive field before its size is rounded up: sizes and jumps by axis."""


def _field(window: Window | None, shape: Shape, inputs: Sequence[Field | None]) -> Field | None:
    """The receptive field after a layer.

    size' = size + (k - 1) jump and jump' = jump stride / zoom on each axis (Araujo et al. 2019);
    of several inputs the largest counts. A vector has no positions, so it sees everything.
    """
    axes = len(shape) - 1
    if axes < 1 or window is None:
        return None
    sizes = [1.0] * axes
    jumps = [1.0] * axes
    for index, field in enumerate(inputs):
        if field is None or len(field[0]) != axes:
            return None
        larger = max if index else _second
        sizes = [larger(a, b) for a, b in zip(sizes, field[0], strict=True)]
        jumps = [larger(a, b) for a, b in zip(jumps, field[1], strict=True)]
    size, stride, zoom = (
        part * axes if len(part) == 1 else part
        for part in (window.size, window.stride, window.zoom)
    )
    return (
        tuple(a + (k - 1) * jump for a, k, jump in zip(sizes, size, jumps, strict=True)),
        tuple(jump * s / z for jump, s, z in zip(jumps, stride, zoom, strict=True)),
    )


def _second(_: float, value: float) -> float:
    return value


def _whole(number: float) -> float:
    """A whole number as an `int`, which prints without a point."""
    return int(number) if number.is_integer() else number


def _rounded(field: Field | None) -> Receptive | None:
    if field is None:
        return None
    # A third added up three times may be a hair above 1.
    sizes = tuple(ceil(size - 1e-9) for size in field[0])
    return Receptive(sizes, tuple(_whole(jump) for jump in field[1]))


def _fill_initializers(nodes: dict[str, GraphNode]) -> None:
    """Gives every parameter without a rule its default, by the activation that comes after.

    Normalisation, pooling, dropout and merges between the two do not count, so the convolution
    before a residual sum starts by the rectifier after the sum. Layers with weights of their
    own end the search: after them other weights decide.
    """
    rectified: dict[str, bool] = {}
    for node in reversed(nodes.values()):
        if node.layer.activation:
            after = node.layer.rectifier
        elif isinstance(node.layer, Trainable):
            after = False
        else:
            after = rectified.get(node.name, False)
        if any(parameter.initializer is None for parameter in node.parameters):
            rule = default_rule(rectified=rectified.get(node.name, False))
            parameters = tuple(
                parameter if parameter.initializer else parameter._replace(initializer=rule)
                for parameter in node.parameters
            )
            nodes[node.name] = node._replace(parameters=parameters)
        for name in node.inputs:
            rectified[name] = rectified.get(name, False) or after


def _share(
    model: Model,
    nodes: dict[str, GraphNode],
    places: dict[str, Place],
    spans: Spans,
    problems: Problems,
) -> bool:
    """Lets layers use the parameters of those that they name; False when one cannot."""
    origins: dict[str, str] = {}
    for node in model.nodes:
        label = node.layer.share if isinstance(node.layer, Learning) else None
        if label is not None and label in model.labels:
            origins[node.name] = model.labels[label]
    good = True
    for index, node in enumerate(model.nodes):
        if node.name not in origins or node.name not in nodes:
            continue
        origin: str | None = origins[node.name]
        seen = {node.name}
        while origin in origins and origin not in seen:
            seen.add(origin)
            origin = origins[origin]
        if origin not in seen and origin not in nodes:
            continue
        assert origin is not None
        here, there = nodes[node.name], nodes[origin]
        reason = _mismatch(here, there, cyclic=origin in seen)
        if not reason:
            nodes[node.name] = here._replace(parameters=(), shares=origin)
            continue
        from .problems.flow import ShareMismatch

        good = False
        place = spans.get(f"nodes.{index}.share") or places[node.name]
        problems.add(
            ShareMismatch(
                at=place,
                name=node.layer.share,
                here=_weights(here),
                there=_weights(there),
                origin=places[origin],
                reason=reason,
                labelled=_labelled(model, here, there, nodes),
            )
        )
    return good


def _labelled(
    model: Model, here: GraphNode, there: GraphNode, nodes: dict[str, GraphNode]
) -> str | None:
    """How the layer before a labelled activation would be labelled, where its weights fit."""
    inputs = {node.name: node.inputs for node in model.nodes}
    before = nodes.get(inputs[there.name][0]) if len(inputs[there.name]) == 1 else None
    if there.parameters or before is None or _mismatch(here, before, cyclic=False):
        return None
    return f"{before.layer.heading()} -> @shared -> {there.layer.heading()}"


def _mismatch(here: GraphNode, there: GraphNode, *, cyclic: bool) -> str:
    """Why a layer cannot use the parameters of another; empty when it can."""
    if cyclic:
        return "these layers share weights in a cycle"
    if type(here.layer) is not type(there.layer):
        return f"`{here.layer.word}` and `{there.layer.word}` are different kinds of layer"
    if _shapes(here) != _shapes(there):
        return "the shapes differ"
    return ""


def _shapes(node: GraphNode) -> list[tuple[str, Shape]]:
    return [(parameter.name, parameter.shape) for parameter in node.parameters]


def _weights(node: GraphNode) -> str:
    """`dense` with w 64x32 and b 32."""
    parts = [f"{name} {shape_text(shape)}" for name, shape in _shapes(node)]
    if not parts:
        return f"`{node.layer.word}` has no weights"
    return f"`{node.layer.word}` with {' and '.join(parts)}"
