"""The network as it is lowered: layers and losses, before any instruction.

Graph passes rewrite this form: they replace one layer by another or tell a loss to read logits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..graph import Graph, GraphNode
from ..ir import Model
from ..words.losses import Loss


@dataclass(frozen=True, slots=True)
class LossSite:
    """One loss: what it reads and what it is compared with."""

    loss: Loss
    output: str
    """The node that the spec says it is on."""
    prediction: str
    """The node whose output it reads."""
    target: str | None
    """The node whose output is the target; None when the caller feeds it."""
    reads_logits: bool = False
    """True when the activation before it is part of it."""


@dataclass(frozen=True, slots=True)
class Network:
    """Layers in order, then losses."""

    nodes: tuple[GraphNode, ...]
    losses: tuple[LossSite, ...]
    outputs: tuple[str, ...]

    def by_name(self) -> dict[str, GraphNode]:
        return {node.name: node for node in self.nodes}

    def with_losses(self, losses: tuple[LossSite, ...]) -> Network:
        return replace(self, losses=losses)


def build_network(model: Model, graph: Graph) -> Network:
    """Joins the graph with the losses of the model."""
    losses = []
    for loss in model.losses:
        output = graph.labels[loss.on] if loss.on is not None else graph.outputs[0]
        target = graph.labels[loss.target] if loss.target is not None else None
        losses.append(LossSite(loss, output, output, target))
    return Network(graph.nodes, tuple(losses), graph.outputs)
