"""Adversarial training: a step works on samples that its first half has changed.

The first half is a pass forward and back in evaluation mode, which draws no random numbers and
updates no statistics; of its gradients only those of the inputs are read, so those of parameters
are removed as dead code. Then x becomes x + step sign(g), held between the ends of the data.
"""

from __future__ import annotations

from collections.abc import Mapping

from .backward import emit_backward
from .forward import emit_forward
from .network import Network
from .program import Emitter, Value

BOUNDS = ("step", "low", "high")
"""What is fed for each input: how far each number moves, and between which ends."""


def bounds_feed(what: str, node: str) -> str:
    """The name of such a feed."""
    return f"{what}:{node}"


def emit_adversarial(
    network: Network,
    e: Emitter,
    parameters: Mapping[str, Mapping[str, Value]],
    feeds: dict[str, Value],
) -> dict[str, Value]:
    """The feeds with changed samples. Those of bounds and targets are added to `feeds`."""
    before = e.training, e.noise
    e.training = e.noise = False
    forward = emit_forward(network, e, parameters, feeds)
    gradients = emit_backward(network, e, forward, feeds)
    e.training, e.noise = before
    seen = dict(feeds)
    for node in network.inputs():
        x, gradient = feeds[node], gradients.outputs.get(node)
        if gradient is None:
            continue
        e.layer = node
        bounds = []
        for what in BOUNDS:
            name = bounds_feed(what, node)
            feeds[name] = e.new_value(x.shape, region="feeds", name=name)
            bounds.append(feeds[name])
        seen[node] = e.emit("perturb", x, e.view(gradient, x.shape), *bounds)
    return seen
