"""Chooses how the numbers of an image lie in memory, region by region.

Usually the channels of a position stand together (`nhwc`). Where channels are few, those runs are
short and copying windows is slow; there the samples of a batch stand together instead (`chwn`).
A region is grown from narrow convolutions over what works on either layout: pooling, activations,
biases.

Needs: biases that a pass has moved are nodes. Ensures: nothing but convolutions, pooling,
activations and biases is in a region, and nothing that the caller reads.
"""

from __future__ import annotations

from ..graph import GraphNode
from ..lowering.network import Network

NARROW = 16
"""Channels up to which a run of them is too short to copy at speed."""
LEAST_BATCH = 16
"""Samples that make a run worth the transposition at the edges of a region."""
EITHER = ("maxpool", "avgpool", "bias", "relu", "tanh", "sigmoid", "leaky", "elu", "silu")


def choose_layouts(network: Network) -> frozenset[str]:
    """The nodes whose output lies as `chwn`."""
    nodes = network.by_name()
    read_outside = set(network.outputs.values())
    for site in network.losses:
        read_outside.add(site.prediction)
        if site.target is not None:
            read_outside.add(site.target)
    chosen: set[str] = set()
    for node in network.nodes:
        if node.name in read_outside or not node.inputs or len(node.shape) != 3:
            continue
        source = nodes[node.inputs[0]]
        if _is_narrow(node, source) or (node.layer.word in EITHER and source.name in chosen):
            chosen.add(node.name)
    return frozenset(chosen)


def _is_narrow(node: GraphNode, source: GraphNode) -> bool:
    """A convolution of windows from few channels to few: what many flow out of pays more for the
    way back than it gains."""
    layer = node.layer
    return (
        layer.word == "conv"
        and getattr(layer, "groups", 1) == 1
        and max(getattr(layer, "kernel", (1,))) > 1
        and len(source.shape) == 3
        and (source.shape[-1] or NARROW + 1) <= NARROW
        and (node.shape[-1] or NARROW + 1) <= NARROW
    )
