"""Lints about what the weights of neighbouring layers can learn."""

from __future__ import annotations

from math import prod

from ....grammar.problem import Problems
from ...layers.layer import Arity, Layer, Trainable
from ..contracts.network import CheckedNetwork


def find_zero_weights(network: CheckedNetwork, problems: Problems) -> None:
    if network.model.weights is not None:
        return
    for name in network.nodes:
        layer = network.layer(name)
        if not isinstance(layer, Trainable) or layer.init is None or layer.freeze:
            continue
        if not layer.linear or layer.init.rule != "zeros":
            continue
        readers = network.readers_after(name, _has_no_weights)
        reader = next((it for it in readers if isinstance(network.layer(it), Trainable)), None)
        if reader is None:
            continue
        from ...problems.weight_lints import ZeroWeights

        problems.add(
            ZeroWeights(
                at=network.place(f"nodes.{network.positions[name]}.init"),
                layer=layer.heading(),
                reader=network.node_place(reader),
            )
        )


def _has_no_weights(layer: Layer) -> bool:
    return layer.arity is Arity.ONE and not isinstance(layer, Trainable)


def find_linear_pair(network: CheckedNetwork, problems: Problems) -> None:
    """Reports two linear layers that one could replace, or whose windows overlap, in a network
    that is trained: a sketch without a loss may leave its activations for later."""
    if not network.model.losses or not network.is_complete():
        return
    named = {label for loss in network.model.losses for label in (loss.on, loss.target)}
    used = {node for label, node in network.model.labels.items() if label in named}
    for name in network.nodes:
        second = _linear_reader(network, name, used)
        if second is None or not _adds_nothing(network, name, second):
            continue
        from ...problems.weight_lints import NoActivationBetween

        problems.add(
            NoActivationBetween(
                at=network.node_place(second),
                first=network.layer(name).heading(),
                second=network.layer(second).heading(),
                before=network.node_place(name),
            )
        )


def _linear_reader(network: CheckedNetwork, name: str, used: set[str]) -> str | None:
    """The layer with a full kernel that alone reads another, with only linear layers between. The
    nodes that losses use have other readers than layers."""
    if _kernel(network, name) is None:
        return None
    while len(network.readers[name]) == 1 and name not in used:
        (name,) = network.readers[name]
        if _kernel(network, name) is not None:
            return name
        if not (network.layer(name).linear and _has_no_weights(network.layer(name))):
            return None
    return None


def _kernel(network: CheckedNetwork, name: str) -> tuple[int, ...] | None:
    """The full kernel of a trained layer whose shapes are known."""
    layer, inputs = network.layer(name), network.nodes[name].inputs
    if not isinstance(layer, Trainable) or layer.freeze or network.shapes.get(name) is None:
        return None
    came = network.shapes.get(inputs[0])
    return None if came is None else layer.full_kernel(len(came) - 1)


def _adds_nothing(network: CheckedNetwork, first: str, second: str) -> bool:
    """Whether the windows of two layers overlap, or the channels between them are so many that
    one layer computes the same: fewer are a bottleneck, a factorisation that is meant."""
    one, other = _kernel(network, first), _kernel(network, second)
    if one is None or other is None or len(one) != len(other):
        return False
    if prod(one) > 1 and prod(other) > 1:
        return any(min(sizes) > 1 for sizes in zip(one, other, strict=True))
    inputs = network.shapes[network.nodes[first].inputs[0]][-1]
    between, outputs = network.shapes[first][-1], network.shapes[second][-1]
    if inputs is None or between is None or outputs is None:
        return False
    return between >= min(inputs * prod(one), outputs * prod(other))
