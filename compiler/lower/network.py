"""The network as it is lowered: layers and losses, before any instruction.

Graph passes rewrite this form: they replace one layer by another or tell a loss to read logits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ..graph import Graph, GraphNode
from ..ir import Model
from ..losses.loss import Loss
from .request import NOTHING, PlanRequest


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
    index: int = 0
    """Which loss of the model it is."""
    weighted: bool = False
    """True when the caller feeds what each row counts."""
    reads_logits: bool = False
    """True when the activation before it is part of it."""

    @property
    def feed(self) -> str:
        """The feed of its target. Class weights change the target of their own loss only."""
        own = f":{self.index}" if self.loss.weighs_classes() else ""
        return f"target:{self.output}{own}"

    @property
    def weight_feed(self) -> str:
        """The feed of what each row counts; 1 on average over a batch."""
        return f"weight:{self.index}"

    @property
    def rows_output(self) -> str:
        """The output with the loss of each row, where it is asked for."""
        return f"loss:{self.index}"


@dataclass(frozen=True, slots=True)
class Network:
    """Layers in order, then losses."""

    nodes: tuple[GraphNode, ...]
    losses: tuple[LossSite, ...]
    outputs: dict[str, str]
    """What the caller reads: the name in the graph, and the node that now computes it."""
    innermost: frozenset[str] = frozenset()
    """The nodes whose output is laid out batch-innermost (`chwn`)."""
    request: PlanRequest = NOTHING
    """What else the caller reads; its nodes are among the outputs."""

    def inputs(self) -> tuple[str, ...]:
        """The nodes that the caller feeds."""
        return tuple(node.name for node in self.nodes if not node.inputs)

    def by_name(self) -> dict[str, GraphNode]:
        return {node.name: node for node in self.nodes}

    def readers(self) -> Counter[str]:
        """How often each node is read, by layers, losses and the caller."""
        count = Counter(name for node in self.nodes for name in node.inputs)
        count.update(self.outputs.values())
        for site in self.losses:
            count[site.prediction] += 1
            if site.target is not None:
                count[site.target] += 1
        return count

    def read_outside(self) -> set[str]:
        """The nodes that losses and the caller read."""
        read = set(self.outputs.values())
        for site in self.losses:
            read |= {site.prediction} if site.target is None else {site.prediction, site.target}
        return read

    def reading(self, old: str, new: str, besides: Iterable[GraphNode]) -> Network:
        """Everything that read one node reads another, besides some nodes."""
        kept = {node.name for node in besides}

        def moved(name: str) -> str:
            return new if name == old else name

        nodes = tuple(
            node
            if node.name in kept
            else node._replace(inputs=tuple(moved(name) for name in node.inputs))
            for node in self.nodes
        )
        losses = tuple(
            replace(
                site,
                prediction=moved(site.prediction),
                target=None if site.target is None else moved(site.target),
            )
            for site in self.losses
        )
        outputs = {name: moved(node) for name, node in self.outputs.items()}
        return replace(self, nodes=nodes, losses=losses, outputs=outputs)


def loss_sites(model: Model, graph: Graph, *, sample_weights: bool = False) -> tuple[LossSite, ...]:
    """Where each loss of a model is. With `sample_weights` all are weighted."""
    losses = []
    for index, loss in enumerate(model.losses):
        output = graph.labels[loss.on] if loss.on is not None else graph.outputs[0]
        target = graph.labels[loss.target] if loss.target is not None else None
        weighted = sample_weights or loss.is_weighted()
        losses.append(LossSite(loss, output, output, target, index, weighted))
    return tuple(losses)


def build_network(
    model: Model, graph: Graph, request: PlanRequest = NOTHING, *, sample_weights: bool = False
) -> Network:
    """Joins the graph with the losses of the model, and with what the caller asks for."""
    asked = (*request.outputs, *request.gradients)
    if request.of:
        read = dict.fromkeys((*asked, request.of))
        return Network(graph.nodes, (), {name: name for name in read}, request=request)
    losses = loss_sites(model, graph, sample_weights=sample_weights)
    # a loss may be on a tap that other layers read: its metrics read it too
    read = dict.fromkeys((*graph.outputs, *(site.output for site in losses), *asked))
    return Network(graph.nodes, losses, {name: name for name in read}, request=request)
