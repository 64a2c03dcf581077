"""Lets a loss read the logits when the activation that it belongs to comes right before it.

Softmax with cross-entropy, and sigmoid with binary cross-entropy, are then finite for logits of any
size. The activation stays in the network for whoever reads its output; without a reader it is dead
code.
"""

from __future__ import annotations

from dataclasses import replace

from ..context import Context
from ..network import Network


def fuse_losses(network: Network, _: Context) -> Network:
    """Moves each loss that can swallow the activation before it to that activation's input.
    An `expect` between them only passes on."""
    nodes = network.by_name()
    losses = []
    for site in network.losses:
        node = nodes[site.prediction]
        while node.layer.passes_through:
            node = nodes[node.inputs[0]]
        if site.loss.swallows is not None and node.layer.word == site.loss.swallows:
            losses.append(replace(site, prediction=node.inputs[0], reads_logits=True))
        else:
            losses.append(site)
    return replace(network, losses=tuple(losses))
