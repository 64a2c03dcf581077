"""Chooses how the numbers of an image lie in memory, region by region.

Usually the channels of a position are adjacent (`nhwc`). Where channels are few, those runs are
short and copying windows is slow; there the samples of a batch are adjacent instead (`chwn`).
A region is grown from convolutions of few channels over what works on either layout
(`Layer.layout_agnostic`): pooling, elementwise activations, biases, batch normalisation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import prod

from ...graph import GraphNode
from ...layers.conv import Conv
from ...layers.convolve import LEAST_PLACES, TILES
from ...layers.sliding_window import spread
from ..context import Context
from ..network import Network

FEW_CHANNELS = 16
"""Channels up to which a run of them is too short to copy at speed."""
POOLED = (1, 32)
"""Channels and filters up to which a convolution gains where what it gives is pooled before the way
back: first layers on grey pictures. On coloured ones some gain and some lose a tenth."""
LARGE = (20, 64)
"""Channels and filters up to which windows of 5x5 and more gain on small images: of larger ones a
row of windows of all samples leaves the cache."""
LARGE_WINDOW = 25
SMALL_IMAGE = 16
WINOGRAD = {3: 12, 5: 16}
"""Channels and filters from which Winograd's algorithm gains more, by the side of the window."""


def choose_layouts(network: Network, context: Context) -> Network:
    """The network with the names of the nodes whose output is laid out batch-innermost."""
    if context.batch < context.choices.least_innermost:
        return network
    nodes = network.by_name()
    readers: dict[str, list[GraphNode]] = {}
    for node in network.nodes:
        for name in node.inputs:
            readers.setdefault(name, []).append(node)
    read_outside = network.read_outside()
    chosen: set[str] = set()
    for node in network.nodes:
        if node.name in read_outside or not node.inputs or len(node.shape) != 3:
            continue
        source = nodes[node.inputs[0]]
        few = (
            _has_few_channels(node, source, FEW_CHANNELS, FEW_CHANNELS)
            or (_is_pooled(node, readers) and _has_few_channels(node, source, *POOLED))
            or (_has_few_channels(node, source, *LARGE) and _is_deep(node))
        )
        if few and not context.exact and _is_winograds(node, source):
            continue
        if few or (node.layer.layout_agnostic and source.name in chosen):
            chosen.add(node.name)
    return replace(network, innermost=frozenset(chosen))


def _is_pooled(node: GraphNode, readers: Mapping[str, list[GraphNode]]) -> bool:
    """Whether a pooling is the only thing that reads a node, through others of its region."""
    while len(readers.get(node.name, ())) == 1:
        (node,) = readers[node.name]
        if not node.layer.layout_agnostic:
            return False
        if node.layer.resamples:
            return True
    return False


def _is_deep(node: GraphNode) -> bool:
    """A convolution with a large window on a small image."""
    assert isinstance(node.layer, Conv)
    taps = prod(spread(node.layer.kernel, 2))
    return taps >= LARGE_WINDOW and (node.shape[1] or SMALL_IMAGE + 1) <= SMALL_IMAGE


def _is_winograds(node: GraphNode, source: GraphNode) -> bool:
    """A convolution that Winograd's algorithm computes sooner, with the channels together."""
    layer = node.layer
    assert isinstance(layer, Conv)
    side, other = spread(layer.kernel, 2)
    return (
        side == other
        and side in TILES
        and min(source.shape[-1] or 0, node.shape[-1] or 0) >= WINOGRAD[side]
        and set(layer.stride + layer.dilation) == {1}
        and min(size or 0 for size in node.shape[:2]) >= LEAST_PLACES
    )


def _has_few_channels(node: GraphNode, source: GraphNode, channels: int, filters: int) -> bool:
    """A convolution of windows from few channels to few: what many flow out of pays more for the
    way back than it gains."""
    layer = node.layer
    return (
        isinstance(layer, Conv)
        and layer.groups == 1
        and max(layer.kernel) > 1
        and len(source.shape) == 3
        and (source.shape[-1] or channels + 1) <= channels
        and (node.shape[-1] or filters + 1) <= filters
    )
