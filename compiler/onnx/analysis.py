"""What is known of a network before its nodes are written: which values are tokens, which vectors
may keep the order of an image, and which normalisations can be folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..graph import Graph, GraphNode
from ..layers.arrange import Flatten
from ..layers.conv import Conv, Depthwise
from ..layers.deconv import Deconv
from ..layers.dense import Dense, Embed
from ..layers.layer import Layer
from ..layers.norm import BatchNorm
from .writer import orders_agree

Readers = Mapping[str, Sequence[GraphNode]]


def readers_of(graph: Graph) -> Readers:
    """The nodes that read each node's value."""
    found: dict[str, list[GraphNode]] = {node.name: [] for node in graph.nodes}
    for node in graph.nodes:
        for source in node.inputs:
            found[source].append(node)
    return found


def token_values(graph: Graph, readers: Readers) -> frozenset[str]:
    """The inputs that only embeddings read, and their views."""
    found: set[str] = set()
    for node in reversed(graph.nodes):
        behind = readers[node.name]
        is_view = not node.inputs or node.layer.is_view
        if is_view and behind and all(_reads_tokens(reader, found) for reader in behind):
            found.add(node.name)
    return frozenset(found)


def _reads_tokens(reader: GraphNode, known: set[str]) -> bool:
    return isinstance(reader.layer, Embed) or reader.name in known


def image_orders(graph: Graph, readers: Readers) -> dict[str, tuple[int, ...]]:
    """The vectors that may keep the channels-first order of a flattened image, with the shape of
    that image: those that nothing but `dense` layers read, whose weights are arranged instead."""
    found: dict[str, tuple[int, ...]] = {}
    shapes = {node.name: node.shape for node in graph.nodes}
    for node in graph.nodes:
        if not isinstance(node.layer, Flatten):
            continue
        image = shapes[node.inputs[0]]
        vectors = _same_order(node, readers)
        if vectors is not None and None not in image and not orders_agree(image):
            found.update(dict.fromkeys(vectors, tuple(size or 0 for size in image)))
    return found


def _same_order(node: GraphNode, readers: Readers) -> list[str] | None:
    """A vector and those made of it number by number; None where anything but `dense` reads one,
    or where it is an output."""
    if not readers[node.name]:
        return None
    found = [node.name]
    for reader in readers[node.name]:
        if isinstance(reader.layer, Dense):
            continue
        if not _keeps_order(reader.layer):
            return None
        behind = _same_order(reader, readers)
        if behind is None:
            return None
        found += behind
    return found


def _keeps_order(layer: Layer) -> bool:
    return layer.elementwise or layer.random or layer.passes_through


def foldable_norms(graph: Graph, readers: Readers) -> dict[str, GraphNode]:
    """The batch normalisations that can become part of the layer before them, by that layer."""
    nodes = graph.by_name()
    shared = {node.shares for node in graph.nodes if node.shares is not None}
    found: dict[str, GraphNode] = {}
    for node in graph.nodes:
        if not isinstance(node.layer, BatchNorm):
            continue
        before = nodes[node.inputs[0]]
        alone = len(readers[before.name]) == 1 and before.shares is None
        if alone and before.name not in shared and _scales_channels(before.layer):
            found[before.name] = node
    return found


def _scales_channels(layer: Layer) -> bool:
    """Whether a factor for each output channel is one for an axis of the weights."""
    if isinstance(layer, Deconv):
        return layer.groups == 1
    return isinstance(layer, Conv | Depthwise | Dense)
