"""A model and its shapes in one hand: who feeds whom, and where each part was written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from ...graph import Graph
from ...ir import Model, Node
from ...layers.layer import Layer
from ...layers.missing import Missing
from ...shapes import Shape
from ...spans import Place, Spans

if TYPE_CHECKING:
    from ...losses.loss import Loss


class CheckedNetwork(NamedTuple):
    """What contracts and lints look at. Shapes are missing where `infer` failed."""

    model: Model
    graph: Graph
    nodes: dict[str, Node]
    positions: dict[str, int]
    """The index of each node in the model."""
    readers: dict[str, tuple[str, ...]]
    """The nodes that read each node."""
    outputs: tuple[str, ...]
    """The nodes that nothing reads, in source order."""
    shapes: dict[str, Shape]
    """Every shape that is known, also after layers that failed."""
    spans: Spans
    complete: bool
    """Whether it is known which layer feeds which: every layer has its node, also a wrong one."""
    failed: frozenset[str]
    """Statements of which one is missing, because it was wrong: `data`, `prep`."""

    def layer(self, name: str) -> Layer:
        layer: Layer = self.nodes[name].layer
        return layer

    def is_missing(self, name: str) -> bool:
        """Whether a node represents a layer that could not be understood."""
        return isinstance(self.layer(name), Missing)

    def place(self, path: str) -> Place:
        """Where a part of the model was written."""
        place = self.spans.get(path)
        if place is None:
            raise KeyError(f"the model's part {path!r} has no place in the text")
        return place

    def node_place(self, name: str) -> Place:
        return self.place(f"nodes.{self.positions[name]}")

    def written(self, path: str) -> bool:
        """Whether an option is written in the text, not only a default."""
        return path in self.spans.places

    def origin(self, name: str) -> str:
        """The node whose output this really is: contracts in the pipe pass theirs through."""
        while self.layer(name).passes_through:
            name = self.nodes[name].inputs[0]
        return name

    def readers_after(self, name: str, through: Callable[[Layer], bool]) -> Iterator[str]:
        """The layers that read a node, directly or through layers that are skipped."""
        waiting = list(self.readers[name])
        seen: set[str] = set()
        while waiting:
            reader = waiting.pop(0)
            if reader in seen:
                continue
            seen.add(reader)
            if through(self.layer(reader)):
                waiting.extend(self.readers[reader])
            else:
                yield reader

    def is_complete(self) -> bool:
        """Whether every layer is there and has its shape."""
        return self.complete and all(name in self.graph.by_name() for name in self.nodes)


class Head(NamedTuple):
    """A loss with the output that it is for."""

    loss: Loss
    place: Place
    node: str
    """The layer that the output really comes from."""
    shape: Shape | None
    """None when it is not known."""


def read_network(
    model: Model,
    graph: Graph,
    spans: Spans,
    *,
    shapes: dict[str, Shape] | None = None,
    complete: bool = True,
    failed: frozenset[str] = frozenset(),
) -> CheckedNetwork:
    """The neighbours of every node. `shapes` are those known beyond the graph's."""
    # Each set of readers is a dictionary, which keeps their order.
    readers: dict[str, dict[str, None]] = {node.name: {} for node in model.nodes}
    for node in model.nodes:
        for source in node.inputs:
            readers.setdefault(source, {})[node.name] = None
    return CheckedNetwork(
        model=model,
        graph=graph,
        nodes={node.name: node for node in model.nodes},
        positions={node.name: index for index, node in enumerate(model.nodes)},
        readers={name: tuple(found) for name, found in readers.items()},
        outputs=tuple(node.name for node in model.nodes if not readers[node.name]),
        shapes={node.name: node.shape for node in graph.nodes} | (shapes or {}),
        spans=spans,
        complete=complete,
        failed=failed,
    )
