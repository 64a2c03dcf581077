"""`opt exact`: the normal equations, where they apply."""

from __future__ import annotations

from ....grammar.problem import Problems
from ....grammar.source import Span
from ...layers.layer import Trainable
from .network import CheckedNetwork, Head


def check_exact(network: CheckedNetwork, heads: tuple[Head, ...], problems: Problems) -> None:
    """One linear layer with mse, or a report of the first thing that is in the way."""
    optimizer = network.model.optimizer
    if optimizer is None or not optimizer.closed_form or not network.is_complete():
        return
    obstacle = _obstacle(network, heads)
    if obstacle is not None:
        from ...problems.expectations import ExactDoesNotApply

        reason, culprit = obstacle
        problems.add(
            ExactDoesNotApply(at=network.place("optimizer"), reason=reason, culprit=culprit)
        )


Obstacle = tuple[str, Span | None]
"""Why there is no solution in closed form, and the place that rules it out."""


def _obstacle(network: CheckedNetwork, heads: tuple[Head, ...]) -> Obstacle | None:
    learning = [
        made.name
        for made in network.graph.nodes
        if any(parameter.trained for parameter in made.parameters)
    ]
    found = _obstacle_in_losses(network)
    if found is None and len(learning) != 1:
        count = "no layer" if not learning else f"{len(learning)} layers"
        verb = "has" if not learning else "have"
        culprit = network.node_place(learning[-2]) if learning else None
        return f"{count} {verb} weights", culprit
    return (
        found
        or _obstacle_in_layer(network, learning[0])
        or _obstacle_around(network, heads, learning[0])
    )


def _obstacle_in_losses(network: CheckedNetwork) -> Obstacle | None:
    losses = network.model.losses
    if len(losses) > 1:
        return f"there are {len(losses)} losses", network.place("losses.1")
    for loss in losses:
        if not loss.closed_form:
            return f"the loss is `{loss.word}`", network.place("losses.0")
        if loss.target is not None:
            return f"the target is `@{loss.target}`", network.place("losses.0")
    return None


def _obstacle_in_layer(network: CheckedNetwork, name: str) -> Obstacle | None:
    """In the only layer that has weights."""
    layer, at = network.layer(name), network.node_place(name)
    if not layer.closed_form:
        return f"`{layer.word}` is not `dense`", at
    assert isinstance(layer, Trainable)
    if layer.freeze:
        return "its `dense` is frozen", at
    if layer.l1:
        return "`l1=` has no closed-form solution", at
    return None


def _obstacle_around(
    network: CheckedNetwork, heads: tuple[Head, ...], learning: str
) -> Obstacle | None:
    model = network.model
    if model.losses and model.losses[0].factor == 0:
        return "the loss has a weight of 0", network.place("losses.0")
    for head in heads:
        if head.node != learning:
            word = network.layer(head.node).word
            return f"`{word}` comes after it", network.node_place(head.node)
    for node in model.nodes:
        if node.layer.random:
            return f"`{node.layer.word}` is random", network.node_place(node.name)
    for index, regularizer in enumerate(model.regularizers):
        if not regularizer.closed_form and regularizer.strength:
            span = network.place(f"regularizers.{index}")
            return f"`reg {regularizer.word}` has no solution in closed form", span
    if model.schedule is not None:
        return "a `schedule` has no learning rate to change", network.place("schedule")
    return None
