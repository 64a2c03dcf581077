"""The layers of a network as a reader counts them: a layer with weights, its normalisation and its
activation are one."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from ....compiler.graph import Graph, GraphNode


@dataclass(frozen=True, slots=True)
class ShownLayer:
    """Some nodes in a row, of which the last one's output is looked at."""

    nodes: tuple[GraphNode, ...]

    @property
    def name(self) -> str:
        """Of the first node: `conv1`."""
        return self.nodes[0].name

    @property
    def last(self) -> GraphNode:
        """The node whose output it is."""
        return self.nodes[-1]

    @property
    def responding(self) -> GraphNode:
        """The last node before a sigmoid, tanh or softmax, near whose ends all outputs look alike:
        it puts samples into the same order."""
        count = next((n for n, node in enumerate(self.nodes) if _flattens(node)), len(self.nodes))
        return self.nodes[max(count - 1, 0)]

    @property
    def rising(self) -> GraphNode:
        """The last node before a ReLU as well, which has no gradient where it is 0: the search for
        an input goes uphill there."""
        ends = (n for n, node in enumerate(self.nodes) if _flattens(node) or node.layer.dies)
        return self.nodes[max(next(ends, len(self.nodes)) - 1, 0)]

    @property
    def heading(self) -> str:
        """`conv 6 5x5 tanh`."""
        return " ".join(node.layer.heading() for node in self.nodes)

    @property
    def units(self) -> int:
        """Outputs of a vector, or channels."""
        return self.last.shape[-1] or 0


def shown_layers(graph: Graph) -> tuple[ShownLayer, ...]:
    """All layers that compute something: no inputs, views or checks, and no noise, which lets
    everything through after training."""
    readers = Counter(name for node in graph.nodes for name in node.inputs)
    follower = {name: node for node in graph.nodes for name in node.inputs if readers[name] == 1}
    taken: set[str] = set()
    found = []
    for node in graph.nodes:
        if node.name in taken or not node.inputs or _is_silent(node):
            continue
        row = [node]
        after = follower.get(node.name)
        while after is not None and after.layer.keeps_shape:
            taken.add(after.name)
            if not _is_silent(after):
                row.append(after)
            after = follower.get(after.name)
        found.append(ShownLayer(tuple(row)))
    return tuple(found)


def find_layer(layers: tuple[ShownLayer, ...], graph: Graph, name: str) -> ShownLayer | None:
    """The layer that one of its nodes, or a label, names."""
    node = graph.labels.get(name.removeprefix("@"), name)
    return next((item for item in layers if node in [one.name for one in item.nodes]), None)


def _flattens(node: GraphNode) -> bool:
    return node.layer.saturates or node.layer.probabilities


def _is_silent(node: GraphNode) -> bool:
    layer = node.layer
    return layer.is_view or layer.passes_through or layer.random
