"""Normalisations, and means over positions."""

from __future__ import annotations

import numpy as np

from .....compiler.layers.norm import BatchNorm, GroupNorm, LayerNorm, LocalResponseNorm
from .....compiler.layers.pool import GlobalAveragePool
from ....array_types import Array
from ..file import FileNode
from ..reader import FileTensor, NetworkReader, NoLayerError, for_each_channel, number
from .pools import largest


def batch_norm(r: NetworkReader, node: FileNode) -> None:
    if node.attributes.get("training_mode", 0):
        raise NoLayerError(
            "it is in training mode, where it normalises by the batch at hand",
            "export the network in evaluation mode: `model.eval()`",
        )
    if not node.attributes.get("spatial", 1):
        raise NoLayerError("it has statistics for each position")
    x = r.tensor(node.inputs[0])
    arrays = {key: r.needed(node, at) for at, key in enumerate(("gamma", "beta", "mean", "var"), 1)}
    if not x.axes or x.axes[0] != len(x.shape) - 1:
        raise NoLayerError("its input does not have the channels first")
    if x.order is not None:
        arrays = {key: _in_order(array, x.order) for key, array in arrays.items()}
    momentum = number(1 - node.attributes.get("momentum", 0.9))
    # a momentum of 1 keeps the statistics as they are, which `bn` has no number for
    layer = BatchNorm(
        eps=number(node.attributes.get("epsilon", 1e-5)),
        momentum=momentum if 0 < momentum <= 1 else 0.1,
    )
    stored = node.inputs[1:5] if x.order is None else ()
    r.put(node, layer, (x,), arrays, stored, order=x.order)


def _in_order(array: Array, order: Array) -> Array:
    arranged = np.empty_like(array)
    arranged[order] = array
    return arranged


def layer_norm(r: NetworkReader, node: FileNode) -> None:
    x = r.tensor(node.inputs[0])
    axis = int(node.attributes.get("axis", -1))
    if axis not in (-1, len(x.axes)) or x.axes[-1] != len(x.shape) - 1 or x.order is not None:
        raise NoLayerError(
            "it is over more than the channels", "normalise the channels of each position"
        )
    gamma, beta = r.needed(node, 1), r.constant(node, 2)
    weights = {"gamma": gamma, "beta": np.zeros_like(gamma) if beta is None else beta}
    eps = number(node.attributes.get("epsilon", 1e-5))
    r.put(node, LayerNorm(eps=eps), (x,), weights)


def channel_norm(r: NetworkReader, node: FileNode) -> None:
    """A layer normalisation as its formula, along the axis of the channels."""
    x = r.tensor(node.inputs[0])
    if x.axis(int(node.attributes["axis"])) != len(x.shape) - 1 or x.order is not None:
        raise NoLayerError("it is over something other than the channels")
    gamma, beta = (for_each_channel(x, r.needed(node, at)) for at in (1, 2))
    r.put(
        node,
        LayerNorm(eps=number(node.attributes["epsilon"])),
        (x,),
        {"gamma": gamma, "beta": beta},
    )


def instance_norm(r: NetworkReader, node: FileNode) -> None:
    x = r.image(node.inputs[0])
    weights = {"gamma": r.needed(node, 1), "beta": r.needed(node, 2)}
    layer = GroupNorm(
        groups=len(weights["gamma"]), eps=number(node.attributes.get("epsilon", 1e-5))
    )
    r.put(node, layer, (x,), weights)


def group_norm(r: NetworkReader, node: FileNode) -> None:
    x = r.tensor(node.inputs[0])
    if not x.axes or x.axes[0] != len(x.shape) - 1 or x.order is not None:
        raise NoLayerError("its input does not have the channels first")
    groups = int(node.attributes.get("num_groups", 1))
    channels = x.shape[-1]
    arrays = [r.needed(node, 1).reshape(-1), r.needed(node, 2).reshape(-1)]
    if channels is None or channels % groups:
        raise NoLayerError(f"{groups} groups do not divide its {channels} channels")
    # before opset 21 there is one number for each group
    gamma, beta = (
        np.repeat(array, channels // groups) if len(array) == groups != channels else array
        for array in arrays
    )
    layer = GroupNorm(groups=groups, eps=number(node.attributes.get("epsilon", 1e-5)))
    r.put(node, layer, (x,), {"gamma": gamma, "beta": beta})


def lrn(r: NetworkReader, node: FileNode) -> None:
    x = r.tensor(node.inputs[0])
    if x.is_vector or x.axes[0] != len(x.shape) - 1:
        raise NoLayerError("its input does not have the channels first")
    size = int(node.attributes.get("size", 0))
    if size % 2 == 0:
        raise NoLayerError("its window is even, and begins one channel later than that of `lrn`")
    layer = LocalResponseNorm(
        size=size,
        alpha=number(node.attributes.get("alpha", 1e-4) / size),
        beta=number(node.attributes.get("beta", 0.75)),
        k=number(node.attributes.get("bias", 1.0)),
    )
    r.put(node, layer, (x,))


def mean(r: NetworkReader, node: FileNode) -> None:
    """Of all positions it is `gap`."""
    x, axes = _over_positions(r, node)
    r.put(node, GlobalAveragePool(), (x,), axes=axes)


def maximum(r: NetworkReader, node: FileNode) -> None:
    largest(r, node, *_over_positions(r, node))


def _over_positions(r: NetworkReader, node: FileNode) -> tuple[FileTensor, tuple[int, ...]]:
    """What an operation over all positions reads, and the axes of what it gives."""
    x = r.tensor(node.inputs[0])
    chosen = r.constant(node, 1) if len(node.inputs) > 1 else node.attributes.get("axes")
    removed = [] if chosen is None else [int(axis) % (len(x.axes) + 1) for axis in chosen]
    positions = {x.axis(axis) for axis in removed} - {-1}
    if x.is_vector or positions != set(range(len(x.shape) - 1)):
        raise NoLayerError("it is over something other than all positions")
    keeps = bool(node.attributes.get("keepdims", 1))
    channel = len(x.shape) - 1
    axes = (
        0 if axis == channel else -1
        for at, axis in enumerate(x.axes, start=1)
        if keeps or at not in removed
    )
    return x, tuple(axes)


NORMALIZATIONS = {
    "BatchNormalization": batch_norm,
    "LayerNormalization": layer_norm,
    "ChannelNormalization": channel_norm,
    "InstanceNormalization": instance_norm,
    "GroupNormalization": group_norm,
    "LRN": lrn,
    "ReduceMean": mean,
    "ReduceMax": maximum,
}
