"""Biases, and batch normalisations that become part of the layer before them."""

from __future__ import annotations

from ...graph import GraphNode
from ...layers.norm import BatchNorm
from ..graph import FoldedBias, NormToFold
from ..writer import OnnxWriter


def folded_norm(w: OnnxWriter, node: GraphNode, axis: int) -> NormToFold | None:
    """The normalisation that is folded into a layer whose weights have their output channels
    along this axis."""
    found = w.norms.get(node.name)
    if found is None:
        return None
    assert isinstance(found.layer, BatchNorm)
    return NormToFold(found.shares or found.name, found.layer.eps, axis)


def bias(w: OnnxWriter, node: GraphNode, channels: int, norm: NormToFold | None) -> tuple[str, ...]:
    """The stored bias of a layer, also one that a folded normalisation leaves; none without."""
    has_bias = node.layer.has_bias()
    owner = node.shares or node.name
    if norm is not None:
        parameter = f"{owner}.b" if has_bias else None
        return (w.keep(FoldedBias(f"{owner}.b", parameter, norm, (channels,))),)
    return (w.weight(node, "b", (channels,)),) if has_bias else ()
