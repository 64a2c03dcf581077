"""Normalisations and the global average in ONNX."""

from __future__ import annotations

from ...graph import GraphNode
from ...layers.norm import BatchNorm, GroupNorm, LayerNorm, LocalResponseNorm
from ...layers.weights import known
from ..graph import AxisOrder
from ..writer import FIRST, LAST, OnnxWriter
from .arrangement import BEHIND_THE_END, sizes_in


def bn(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    layer, source = node.layer, node.inputs[0]
    assert isinstance(layer, BatchNorm)
    x = w.read(source, FIRST)
    if w.norms.get(source) is node:
        return FIRST, x
    channels = known(node.shape[-1])
    parameters = [w.weight(node, name, (channels,)) for name in ("gamma", "beta", "mean", "var")]
    momentum = 1 - layer.momentum
    return FIRST, w.emit("BatchNormalization", x, *parameters, epsilon=layer.eps, momentum=momentum)


def ln(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    """Over the channels: the operator where they are the last axis and the opset has it, otherwise
    its formula, along the axis where they are."""
    layer, source = node.layer, node.inputs[0]
    assert isinstance(layer, LayerNorm)
    channels = known(node.shape[-1])
    order = LAST if len(node.shape) == 1 else w.order(source)
    x = w.read(source, order)
    if order is LAST and w.opset >= 17:
        gamma, beta = (w.weight(node, name, (channels,)) for name in ("gamma", "beta"))
        return order, w.emit("LayerNormalization", x, gamma, beta, axis=-1, epsilon=layer.eps)
    axis = -1 if order is LAST else 1
    mean = _mean(w, x, axis, "mean")
    centred = w.emit("Sub", x, mean, part="centred")
    squares = w.emit("Pow", centred, w.number("two", 2.0), part="squares")
    variance = _mean(w, squares, axis, "variance")
    steadied = w.emit("Add", variance, w.number("eps", layer.eps), part="steadied")
    deviation = w.emit("Sqrt", steadied, part="deviation")
    normal = w.emit("Div", centred, deviation, part="normal")
    return order, _scaled(w, node, normal, order)


def _mean(w: OnnxWriter, x: str, axis: int, part: str) -> str:
    if w.opset >= 18:
        axes = w.numbers("axis", (axis,), "int64")
        return w.emit("ReduceMean", x, axes, part=part, keepdims=1)
    return w.emit("ReduceMean", x, part=part, axes=(axis,), keepdims=1)


def _scaled(w: OnnxWriter, node: GraphNode, x: str, order: AxisOrder) -> str:
    """x gamma + beta."""
    channels = known(node.shape[-1])
    ones = (1,) * (len(node.shape) - 1) if order is FIRST else ()
    gamma, beta = (
        w.weight(node, name, (channels,), shape=(channels, *ones)) for name in ("gamma", "beta")
    )
    return w.emit("Add", w.emit("Mul", x, gamma, part="scaled"), beta)


def gn(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    """Before opset 21, whose `GroupNormalization` has a factor for each channel: groups become the
    channels of an `InstanceNormalization`."""
    layer, source = node.layer, node.inputs[0]
    assert isinstance(layer, GroupNorm)
    channels = known(node.shape[-1])
    x = w.read(source, FIRST)
    if w.opset >= 21:
        gamma, beta = (w.weight(node, name, (channels,)) for name in ("gamma", "beta"))
        settings = {"epsilon": layer.eps, "num_groups": layer.groups}
        return FIRST, w.make("GroupNormalization", (x, gamma, beta), settings)
    grouped = w.emit(
        "Reshape", x, w.numbers("groups", (0, layer.groups, -1), "int64"), part="grouped"
    )
    ones = w.numbers("ones", (1.0,) * layer.groups)
    zeros = w.numbers("zeros", (0.0,) * layer.groups)
    normal = w.emit("InstanceNormalization", grouped, ones, zeros, part="normal", epsilon=layer.eps)
    if None in node.shape:
        shape = w.emit("Shape", x, part="shape")
    else:
        shape = w.numbers("shape", (0, *sizes_in(node.shape, FIRST)), "int64")
    return FIRST, _scaled(w, node, w.emit("Reshape", normal, shape, part="ungrouped"), FIRST)


def lrn(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    """ONNX divides alpha by the size. Its window is odd, and its alpha not 0: otherwise the squares
    are added up. Its images have two axes of positions."""
    layer, source = node.layer, node.inputs[0]
    assert isinstance(layer, LocalResponseNorm)
    x = w.read(source, FIRST)
    if layer.size % 2 == 0 or not layer.alpha:
        return FIRST, _summed_lrn(w, node, layer, x)
    settings = {
        "size": layer.size,
        "alpha": layer.alpha * layer.size,
        "beta": layer.beta,
        "bias": layer.k,
    }
    if len(node.shape) == 3:
        return FIRST, w.make("LRN", (x,), settings)
    axes = w.numbers("axes", (3,), "int64")
    image = w.emit("Unsqueeze", x, axes, part="image")
    return FIRST, w.emit("Squeeze", w.make("LRN", (image,), settings, "lrn"), axes)


def _summed_lrn(w: OnnxWriter, node: GraphNode, layer: LocalResponseNorm, x: str) -> str:
    """x / (k + alpha sum of squares)^beta, with the squares of each neighbour as a slice."""
    rank = len(node.shape) - 1
    before, after = layer.size // 2, (layer.size - 1) // 2
    squares = w.emit("Mul", x, x, part="squares")
    pads = w.numbers("pads", (0, before, *(0,) * rank, 0, after, *(0,) * rank), "int64")
    padded = w.emit("Pad", squares, pads, part="padded", mode="constant")
    axes = w.numbers("axes", (1,), "int64")
    slices = []
    for start in range(layer.size):
        end = start + 1 - layer.size
        begin = w.numbers(f"start{start}", (start,), "int64")
        stop = w.numbers(f"end{start}", (end or BEHIND_THE_END,), "int64")
        slices.append(w.emit("Slice", padded, begin, stop, axes, part=f"neighbour{start}"))
    total = w.emit("Sum", *slices, part="sum")
    scaled = w.emit("Mul", total, w.number("alpha", layer.alpha), part="scaled")
    base = w.emit("Add", scaled, w.number("k", layer.k), part="base")
    return w.emit("Div", x, w.emit("Pow", base, w.number("beta", layer.beta), part="power"))


def gap(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    mean = w.emit("GlobalAveragePool", w.read(node.inputs[0], FIRST), part="mean")
    return LAST, w.emit("Flatten", mean, axis=1)


NORMALIZATIONS = {"bn": bn, "ln": ln, "gn": gn, "lrn": lrn, "gap": gap}
