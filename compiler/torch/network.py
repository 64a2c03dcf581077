"""The network as PyTorch computes it: without layers that pass a tensor on, and up to what losses
and callers read.

A loss of probabilities is computed from the logits in PyTorch too, so the network ends before the
activation that such a loss includes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..graph import Graph, GraphNode, token_inputs
from ..ir import Model
from ..layers.arrange import Flatten
from ..layers.dense import Dense, Embed
from ..layers.layer import Layer
from ..lower.network import LossSite, loss_sites
from ..open_widths import open_inputs, open_outputs
from ..shapes import Shape
from .layer import LayerPlace, NoCounterpartError, TorchLayer, torch_layer
from .words.arrangement import differs_flattened


@dataclass(frozen=True, slots=True)
class TorchInput:
    """An argument of the network."""

    node: str
    shape: Shape
    """That of a sample in the spec: channels last. In PyTorch the channels come first."""
    tokens: int | None
    """Where it is only looked up: its numbers are whole and less than this."""


@dataclass(frozen=True, slots=True)
class TorchOutput:
    """A result of the network."""

    node: str
    """The node of the spec that computes it."""
    shape: Shape
    activation: str | None
    """The node of the activation that comes after it in the spec and that the network leaves to
    the loss; None: there is none."""


@dataclass(frozen=True, slots=True)
class TorchNode:
    """One layer of the network."""

    name: str
    inputs: tuple[str, ...]
    """Other nodes, or inputs."""
    shape: Shape
    input_shapes: tuple[Shape, ...]
    layer: TorchLayer
    follows: bool
    """Whether it reads well in one expression with the layer before it, as `relu` does."""
    shares: str | None
    """The node whose parameters it uses."""


@dataclass(frozen=True, slots=True)
class TorchNetwork:
    """All nodes, each after those that it reads."""

    inputs: tuple[TorchInput, ...]
    nodes: tuple[TorchNode, ...]
    outputs: tuple[TorchOutput, ...]
    """What `forward` returns: one for each loss, then what else nothing reads."""
    results: tuple[str, ...]
    """The nodes that are the outputs of the spec, in its order."""
    activations: Mapping[str, TorchLayer]
    """Those that are left to the losses, by node."""
    labels: Mapping[str, str]
    """Nodes to their labels."""
    sites: tuple[LossSite, ...]
    aliases: Mapping[str, str]
    """For each node that passes a tensor on, the one that computed it."""

    def computed(self, node: str) -> str:
        """The node that computes a value."""
        return self.aliases.get(node, node)


def torch_network(model: Model, graph: Graph) -> TorchNetwork:
    """Prepares a network. Raises NoCounterpartError."""
    for name in (*open_inputs(model), *open_outputs(model)):
        raise NoCounterpartError(
            name,
            f"the width of `{name}` is left to the data",
            "export the trained network, or write a number in place of `?`",
        )
    aliases = _aliases(graph.nodes)
    sites = loss_sites(model, graph)
    outputs = _outputs(graph, sites, aliases)
    needed = _needed(graph, outputs, aliases)
    read = {output.node for output in outputs}
    free = _channels_first(graph, read, aliases)
    whole = _whole_inputs(graph, aliases)
    flattened: dict[str, tuple[int, ...] | None] = {}
    nodes: list[TorchNode] = []
    activations: dict[str, TorchLayer] = {}
    left = {output.activation for output in outputs}
    for node in graph.nodes:
        if not node.inputs or node.name in aliases:
            continue
        place = _place(graph, node, aliases, free, flattened, whole)
        if node.name in left:
            activations[node.name] = torch_layer(node.layer, place)
        if node.name in needed:
            if node.name in free:
                flattened[node.name] = tuple(size or 0 for size in place.shapes[0])
            elif keeps_order(node.layer):
                flattened[node.name] = place.flattened
            nodes.append(_node(node, place, aliases))
    labels = {aliases.get(node, node): label for label, node in reversed(graph.labels.items())}
    tokens = token_inputs(graph)
    inputs = tuple(
        TorchInput(node.name, node.shape, tokens.get(node.name) if node.name in whole else None)
        for node in graph.nodes
        if not node.inputs
    )
    return TorchNetwork(
        inputs, tuple(nodes), outputs, graph.outputs, activations, labels, sites, aliases
    )


def _place(
    graph: Graph,
    node: GraphNode,
    aliases: Mapping[str, str],
    free: frozenset[str],
    flattened: Mapping[str, tuple[int, ...] | None],
    whole: frozenset[str],
) -> LayerPlace:
    first = aliases.get(node.inputs[0], node.inputs[0])
    return LayerPlace(
        node,
        tuple(graph.node(name).shape for name in node.inputs),
        flattened.get(first),
        node.name in free,
        first in whole,
    )


def _node(node: GraphNode, place: LayerPlace, aliases: Mapping[str, str]) -> TorchNode:
    return TorchNode(
        node.name,
        tuple(aliases.get(name, name) for name in node.inputs),
        node.shape,
        place.shapes,
        torch_layer(node.layer, place),
        node.layer.keeps_shape,
        node.shares,
    )


def _aliases(nodes: Iterable[GraphNode]) -> dict[str, str]:
    """The nodes that pass a tensor on, and those that computed it."""
    found: dict[str, str] = {}
    for node in nodes:
        if node.layer.passes_through and node.inputs:
            found[node.name] = found.get(node.inputs[0], node.inputs[0])
    return found


def _outputs(
    graph: Graph, sites: tuple[LossSite, ...], aliases: Mapping[str, str]
) -> tuple[TorchOutput, ...]:
    """What losses read, then the other outputs, then targets that are computed."""
    found: dict[str, TorchOutput] = {}
    covered: set[str] = set()
    for site in sites:
        name = aliases.get(site.prediction, site.prediction)
        node = graph.node(name)
        if site.loss.swallows is not None and node.layer.word == site.loss.swallows:
            source = aliases.get(node.inputs[0], node.inputs[0])
            found.setdefault(source, TorchOutput(source, node.shape, name))
        else:
            found.setdefault(name, TorchOutput(name, node.shape, None))
        covered.add(name)
    for name in graph.outputs:
        name = aliases.get(name, name)
        if name not in covered:
            found.setdefault(name, TorchOutput(name, graph.node(name).shape, None))
    for site in sites:
        if site.target is not None:
            name = aliases.get(site.target, site.target)
            if graph.node(name).inputs:
                found.setdefault(name, TorchOutput(name, graph.node(name).shape, None))
    return tuple(found.values())


def _needed(
    graph: Graph, outputs: Iterable[TorchOutput], aliases: Mapping[str, str]
) -> frozenset[str]:
    needed = {output.node for output in outputs}
    for node in reversed(graph.nodes):
        if node.name in needed:
            needed.update(aliases.get(name, name) for name in node.inputs)
            needed.update(() if node.shares is None else (node.shares,))
    return frozenset(needed)


def keeps_order(layer: Layer) -> bool:
    """Whether numbers flow out in the order in which they flow in, and all are treated alike."""
    return layer.elementwise or layer.passes_through or layer.random


def _channels_first(graph: Graph, read: set[str], aliases: Mapping[str, str]) -> frozenset[str]:
    """The layers that flatten for dense layers only: their numbers may come in PyTorch's order, and
    the weights that read them are put in the same."""
    readers: dict[str, list[GraphNode]] = defaultdict(list)
    shared = {node.shares for node in graph.nodes} - {None}
    for node in graph.nodes:
        for name in node.inputs:
            readers[name].append(node)

    def is_free(name: str) -> bool:
        return aliases.get(name, name) not in read and all(
            is_free(node.name)
            if keeps_order(node.layer)
            else isinstance(node.layer, Dense) and node.shares is None and node.name not in shared
            for node in readers[name]
        )

    return frozenset(
        node.name
        for node in graph.nodes
        if isinstance(node.layer, Flatten)
        and None not in graph.node(node.inputs[0]).shape
        and differs_flattened(graph.node(node.inputs[0]).shape)
        and is_free(node.name)
    )


def _whole_inputs(graph: Graph, aliases: Mapping[str, str]) -> frozenset[str]:
    """The inputs that are only looked up: PyTorch has them as whole numbers."""
    inputs = {node.name for node in graph.nodes if not node.inputs}
    for node in graph.nodes:
        if node.name not in aliases and not isinstance(node.layer, Embed):
            inputs.difference_update(aliases.get(name, name) for name in node.inputs)
    return frozenset(inputs)
