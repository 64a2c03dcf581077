"""The network with its shapes: what `infer` makes of a model, and what `show` prints.

A graph has one node for each layer. Values are named after the node that makes them. Shapes are
those of one sample; the batch enters when a plan is made.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from .layers.layer import Layer, Parameter, Window
from .shapes import Shape, elements


class Receptive(NamedTuple):
    """The receptive field of a layer in pixels of the input, one entry for each axis.

    `size` is the number of input positions that one output sees and `jump` the distance in the
    input between the centres of neighbouring outputs, below 1 after an upsampling. None: it
    sees the whole input.
    """

    size: tuple[int, ...]
    jump: tuple[float, ...]


class GraphNode(NamedTuple):
    """One layer in its place."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    shape: Shape
    parameters: tuple[Parameter, ...]
    """Its own, with every default initialiser filled in. Empty when it shares another's."""
    shares: str | None
    """The node whose parameters it uses."""
    multiply_adds: int | None
    receptive: Receptive | None
    window: Window | None

    def parameter_count(self) -> int | None:
        """The number of its own trained parameters; None while a size is free."""
        total = 0
        for parameter in self.parameters:
            count = elements(parameter.shape) if parameter.trained else 0
            if count is None:
                return None
            total += count
        return total


@dataclass(frozen=True, slots=True)
class Graph:
    """All nodes, every node after those it reads."""

    nodes: tuple[GraphNode, ...]
    labels: dict[str, str]
    """`@label` to the node it names."""
    outputs: tuple[str, ...]
    """The nodes that nothing reads, in source order: what the network computes."""
    _named: dict[str, GraphNode] = field(default_factory=dict, repr=False, compare=False)

    def node(self, name: str) -> GraphNode:
        return self.by_name()[name]

    def by_name(self) -> dict[str, GraphNode]:
        """All nodes by name; made once, when first asked for."""
        if not self._named:
            self._named.update((node.name, node) for node in self.nodes)
        return self._named

    def parameter_count(self) -> int | None:
        """The number of trained parameters, shared ones once; None while a size is free."""
        counts = [node.parameter_count() for node in self.nodes]
        return None if None in counts else sum(count or 0 for count in counts)


def token_inputs(graph: Graph) -> dict[str, int]:
    """The input nodes whose numbers are looked up in a table, with how many tokens it has at
    least: all numbers are below it."""
    nodes = graph.by_name()
    found: dict[str, int] = {}
    for node in graph.nodes:
        tokens = node.layer.token_count()
        if tokens is not None:
            source = nodes[node.inputs[0]]
            while source.layer.is_view and source.inputs:
                source = nodes[source.inputs[0]]
            found[source.name] = min(tokens, found.get(source.name, tokens))
    return found


def differentiable_inputs(graph: Graph) -> tuple[str, ...]:
    """The input nodes that read real numbers: tokens have no gradient."""
    tokens = token_inputs(graph)
    return tuple(node.name for node in graph.nodes if not node.inputs and node.name not in tokens)
