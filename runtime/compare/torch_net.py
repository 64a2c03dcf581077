"""A whole network as a module of PyTorch, with its weights by their names on both sides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ...compiler.graph import Graph, GraphNode
from ...compiler.layers.arrange import Flatten
from ...compiler.layers.dense import Dense
from ...compiler.layers.layer import Layer, Learning
from .case import TwinError
from .torch_twin import FixedSizes, LayerSource, Twin, Weight
from .torch_words import flattened_by, twin_of


@dataclass(frozen=True, slots=True, eq=False)
class TorchNet:
    """A module, and what is known of its parts."""

    module: Any
    """Takes the inputs in the order of the graph; gives what is read of it, several as a tuple."""
    weights: dict[tuple[str, str], Weight]
    """By the name of the parameter here and there."""
    random: tuple[Any, ...]
    """The modules that draw random numbers."""


@dataclass(slots=True, eq=False)
class _Parts:
    """The modules so far."""

    modules: list[Any] = field(default_factory=list)
    reads: list[tuple[int, ...]] = field(default_factory=list)
    """For each module the numbers of the values that it reads; inputs come first."""
    weights: dict[tuple[str, str], Weight] = field(default_factory=dict)
    random: list[Any] = field(default_factory=list)
    twins: dict[str, Twin] = field(default_factory=dict)
    """By node."""


def build_net(torch: Any, graph: Graph, read: Sequence[str]) -> TorchNet:
    """The network as far as the values at `read` need it. Raises TwinError for a layer that has no
    equal in PyTorch."""
    feeds = [node.name for node in graph.nodes if not node.inputs]
    numbers = {name: at for at, name in enumerate(feeds)}
    reordered = _reordered(graph, read)
    flattened: dict[str, FixedSizes | None] = {}
    parts = _Parts()
    needed = _needed(graph, read)
    for node in graph.nodes:
        if not node.inputs or node.name not in needed:
            continue
        shapes = tuple(_sizes(graph.node(name)) for name in node.inputs)
        place = LayerSource(
            node, shapes, flattened.get(node.inputs[0]), reorders=node.name in reordered
        )
        if node.name in reordered:
            flattened[node.name] = flattened_by(place)
        elif _keeps_order(node.layer):
            flattened[node.name] = place.flattened
        numbers[node.name] = len(feeds) + len(parts.modules)
        parts.reads.append(tuple(numbers[name] for name in node.inputs))
        _add(torch, parts, place)
    chain = len(feeds) == 1 and all(own == (at,) for at, own in enumerate(parts.reads))
    if chain and [numbers[name] for name in read] == [len(parts.modules)]:
        module = torch.nn.Sequential(*parts.modules)
    else:
        module = _walker(torch, parts, [numbers[name] for name in read])
    return TorchNet(module, parts.weights, tuple(parts.random))


def _sizes(node: GraphNode) -> FixedSizes:
    return tuple(size for size in node.shape if size is not None)


def _needed(graph: Graph, read: Sequence[str]) -> set[str]:
    """The layers that some values depend on. A loss that is computed from the logits leaves out
    the activation after them. Raises TwinError where trained layers would be left out."""
    needed = set(read)
    for node in reversed(graph.nodes):
        if node.name in needed:
            needed.update(node.inputs)
            needed.update(() if node.shares is None else (node.shares,))
        elif node.parameters:
            raise TwinError(f"`{node.name}` has no part in the loss")
    return needed


def _add(torch: Any, parts: _Parts, place: LayerSource) -> None:
    """Adds the module of a layer."""
    node = place.node
    twin = twin_of(torch, place)
    if node.shares is not None:
        _share(twin, parts.twins[node.shares])
    else:
        for weight in twin.weights:
            parts.weights[f"{node.name}.{weight.name}", f"{len(parts.modules)}.{weight.own}"] = (
                weight
            )
    parts.twins[node.name] = twin
    if isinstance(node.layer, Learning) and node.layer.freeze:
        twin.module.requires_grad_(False)
    if node.layer.random:
        parts.random.append(twin.module)
    parts.modules.append(twin.module)


def _share(twin: Twin, owner: Twin) -> None:
    """Puts the parameters of another layer into a module."""
    theirs = {weight.name: weight.own for weight in owner.weights}
    for weight in twin.weights:
        path, _, name = theirs[weight.name].rpartition(".")
        tensor = getattr(owner.module.get_submodule(path), name)
        path, _, name = weight.own.rpartition(".")
        setattr(twin.module.get_submodule(path), name, tensor)


def _keeps_order(layer: Layer) -> bool:
    """Whether numbers flow out in the order in which they flow in."""
    return layer.elementwise or layer.passes_through or layer.random


def _reordered(graph: Graph, read: Sequence[str]) -> frozenset[str]:
    """The layers that flatten for dense layers only: their numbers keep PyTorch's order, and the
    weights are put in another one."""
    readers: dict[str, list[GraphNode]] = defaultdict(list)
    shared = {node.shares for node in graph.nodes} - {None}
    for node in graph.nodes:
        for name in node.inputs:
            readers[name].append(node)

    def is_free(name: str) -> bool:
        return name not in read and all(
            is_free(node.name)
            if _keeps_order(node.layer)
            else isinstance(node.layer, Dense) and node.shares is None and node.name not in shared
            for node in readers[name]
        )

    return frozenset(
        node.name for node in graph.nodes if isinstance(node.layer, Flatten) and is_free(node.name)
    )


def _walker(torch: Any, parts: _Parts, read: list[int]) -> Any:
    """A module for a network that is not a chain."""
    reads = parts.reads

    class Walker(torch.nn.ModuleList):  # type: ignore[misc]
        def forward(self, *inputs: Any) -> Any:
            values = list(inputs)
            for module, own in zip(self, reads, strict=True):
                values.append(module(*(values[at] for at in own)))
            found = tuple(values[at] for at in read)
            return found if len(found) > 1 else found[0]

    return Walker(parts.modules)
