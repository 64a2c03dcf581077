"""Layers that arrange positions in ONNX: `flatten`, `reshape`, `pad`, `crop`, `upsample`; and those
that pass a value on."""

from __future__ import annotations

from ...graph import GraphNode
from ...language.calls import call_text
from ...layers.arrange import Border, Upsample
from ...layers.noise import Dropout
from ...layers.sliding_window import spread
from ...shapes import Shape
from ..graph import AxisOrder
from ..writer import FIRST, LAST, OnnxWriter, orders_agree

BEHIND_THE_END = 2**31 - 1


def passed_on(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    """`id` and `expect` have no nodes: their value is that of their input."""
    order = w.order(node.inputs[0])
    return order, w.read(node.inputs[0], order)


def dropout(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    """`Dropout` does nothing outside training, and keeps its rate for those who train on."""
    layer, order = node.layer, w.order(node.inputs[0])
    assert isinstance(layer, Dropout)
    x = w.read(node.inputs[0], order)
    return order, w.emit("Dropout", x, w.number("rate", layer.rate))


def noise(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    """ONNX has no such noise: the node passes everything on, and its remark is the call."""
    order = w.order(node.inputs[0])
    value = w.emit("Identity", w.read(node.inputs[0], order))
    w.remark(call_text(node.layer))
    return order, value


def flatten(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    """A spec flattens channels-last. Where only `dense` layers read the vector, their weights are
    arranged for the other order instead."""
    source = node.inputs[0]
    order = FIRST if node.name in w.image_order else _plain_order(w, source)
    return LAST, w.emit("Flatten", w.read(source, order), axis=1)


def _plain_order(w: OnnxWriter, source: str) -> AxisOrder:
    """An order in which a value can be read as a vector."""
    return w.order(source) if orders_agree(w.shapes[source]) else LAST


def reshape(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    source = node.inputs[0]
    x = w.read(source, _plain_order(w, source))
    first = len(node.shape) > 1 and orders_agree(node.shape)
    shape = sizes_in(node.shape, FIRST if first else LAST)
    target = w.numbers("shape", (0, *shape), "int64")
    return FIRST if first else LAST, w.emit("Reshape", x, target)


def sizes_in(shape: Shape, order: AxisOrder) -> tuple[int, ...]:
    """The sizes of a sample in an order; one that is free is worked out (-1)."""
    sizes = tuple(-1 if size is None else size for size in shape)
    return sizes if order is LAST else (sizes[-1], *sizes[:-1])


def pad(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    ends = _ends(node)
    before, after = [start for start, _ in ends], [end for _, end in ends]
    pads = w.numbers("pads", (0, 0, *before, 0, 0, *after), "int64")
    return FIRST, w.emit("Pad", w.read(node.inputs[0], FIRST), pads, mode="constant")


def crop(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    ends = _ends(node)
    starts = w.numbers("starts", [start for start, _ in ends], "int64")
    stops = w.numbers("ends", [-end if end else BEHIND_THE_END for _, end in ends], "int64")
    axes = w.numbers("axes", range(2, 2 + len(ends)), "int64")
    return FIRST, w.emit("Slice", w.read(node.inputs[0], FIRST), starts, stops, axes)


def _ends(node: GraphNode) -> tuple[tuple[int, int], ...]:
    assert isinstance(node.layer, Border)
    return node.layer.ends(len(node.shape) - 1)


def upsample(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    layer = node.layer
    assert isinstance(layer, Upsample)
    factors = spread(layer.factor, len(node.shape) - 1)
    scales = w.numbers("scales", (1.0, 1.0, *map(float, factors)))
    return FIRST, w.emit(
        "Resize",
        w.read(node.inputs[0], FIRST),
        "",
        scales,
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )


ARRANGEMENTS = {
    "id": passed_on,
    "expect": passed_on,
    "dropout": dropout,
    "gaussian_dropout": noise,
    "gaussian_noise": noise,
    "flatten": flatten,
    "reshape": reshape,
    "pad": pad,
    "crop": crop,
    "upsample": upsample,
}
