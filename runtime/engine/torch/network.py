"""The module of a network, as the engine needs it: what `forward` takes and gives, and where its
weights are.

This is all that the engine knows of the way in which a network becomes a module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch

from ....compiler.graph import Graph
from ....compiler.ir import Model
from ....compiler.problems.torch import TorchHasNoCounterpart
from ....compiler.torch.layer import NoCounterpartError, WeightTurn
from ....compiler.torch.source import torch_source
from ...native.failure import NOWHERE, EngineError
from ...torch.module import build_module


@dataclass(frozen=True, slots=True)
class EngineWeight:
    """A parameter or running statistic: its names here and there, and how its axes turn."""

    name: str
    key: str
    turn: WeightTurn


@dataclass(frozen=True, slots=True)
class ModuleInput:
    """An argument of `forward`, samples first and channels second."""

    node: str
    is_whole: bool
    """Whether its numbers are whole: tokens."""


@dataclass(frozen=True, slots=True)
class ModuleOutput:
    """A result of `forward`, samples first and channels second."""

    node: str
    activated: str | None
    """The node of the softmax or sigmoid that follows it in the spec: the results are logits."""
    activation: str | None
    """Its word."""


@dataclass(frozen=True, slots=True, eq=False)
class EngineNetwork:
    """A network in PyTorch."""

    module: Any
    inputs: tuple[ModuleInput, ...]
    outputs: tuple[ModuleOutput, ...]
    weights: tuple[EngineWeight, ...]
    """Those that layers share are there once for each layer."""
    aliases: Mapping[str, str]
    """The nodes that only pass on what another one has computed."""

    def computed(self, node: str) -> str:
        """The node whose value another one has."""
        return self.aliases.get(node, node)


def torch_network(model: Model, graph: Graph) -> EngineNetwork:
    """The module of a network. Raises EngineError where PyTorch has no equal of a layer."""
    try:
        source = torch_source(model, graph)
    except NoCounterpartError as error:
        raise EngineError(
            TorchHasNoCounterpart(
                at=NOWHERE, layer=error.node, reason=error.reason, advice=error.advice
            )
        ) from error
    with torch.random.fork_rng([]):  # PyTorch draws starting values, which are not used
        module = build_module(source)
    return EngineNetwork(
        module,
        tuple(ModuleInput(own.node, own.tokens is not None) for own in source.inputs),
        tuple(
            ModuleOutput(
                own.node,
                own.activation,
                None if own.activation is None else graph.node(own.activation).layer.word,
            )
            for own in source.outputs
        ),
        tuple(EngineWeight(own.name, own.key, own.turn) for own in source.weights),
        _aliases(graph),
    )


def _aliases(graph: Graph) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in graph.nodes:
        if node.layer.passes_through and node.inputs:
            source = node.inputs[0]
            found[node.name] = found.get(source, source)
    return found
