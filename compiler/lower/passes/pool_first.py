"""Moves a bias and a monotone activation (`Layer.commutes_with_max`) after the max-pool that
follows them.

    conv + bias -> relu -> maxpool     becomes     conv -> maxpool -> + bias -> relu

The numbers stay the same: adding a constant to a channel and clipping at zero both keep the order
of numbers, so the largest of a window stays the largest; a window without a positive number passes
no gradient either way.
"""

from __future__ import annotations

from dataclasses import replace

from ...graph import GraphNode
from ...language.frozen import change
from ...layers.bias import AddBias
from ...layers.conv import Filtering
from ...layers.pool import MaxPool
from ..context import Context
from ..network import Network


def pool_first(network: Network, _: Context) -> Network:
    """Reorders every such chain."""
    readers = network.readers()
    nodes = {node.name: node for node in network.nodes}
    for pool in network.nodes:
        if not isinstance(pool.layer, MaxPool):
            continue
        between: list[GraphNode] = []
        source = nodes[pool.inputs[0]]
        if source.layer.commutes_with_max and readers[source.name] == 1:
            between.append(source)
            source = nodes[source.inputs[0]]
        if isinstance(source.layer, Filtering) and source.layer.bias and readers[source.name] == 1:
            between.append(_bias_of(source))
            nodes[source.name] = source._replace(layer=change(source.layer, bias=False))
        if between:
            network = _move(network, nodes, source.name, pool, between[::-1])
            readers = network.readers()
            nodes = {node.name: node for node in network.nodes}
    return network


def _bias_of(node: GraphNode) -> GraphNode:
    """The bias of a layer as a node of its own, which uses the layer's parameter."""
    return node._replace(
        name=f"{node.name}.bias",
        layer=AddBias(),
        inputs=(node.name,),
        parameters=(),
        shares=node.shares or node.name,
    )


def _move(
    network: Network,
    nodes: dict[str, GraphNode],
    source: str,
    pool: GraphNode,
    between: list[GraphNode],
) -> Network:
    """Puts the pool right after the source, and the others after the pool."""
    moved = {node.name for node in between}
    chain = [pool._replace(inputs=(source,))]
    for node in between:
        chain.append(node._replace(inputs=(chain[-1].name,), shape=pool.shape))
    order: list[GraphNode] = []
    for node in network.nodes:
        if node.name == pool.name:
            order.extend(chain)
        elif node.name not in moved:
            order.append(nodes[node.name])
    return replace(network, nodes=tuple(order)).reading(pool.name, chain[-1].name, chain)
