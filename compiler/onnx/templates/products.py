"""Layers on vectors in ONNX: `dense`, `poly`, `embed`."""

from __future__ import annotations

from ...graph import GraphNode
from ...layers.dense import Dense, Embed, Poly
from ...layers.weights import known
from ..graph import AxisOrder
from ..writer import LAST, OnnxWriter
from .folding import bias, folded_norm


def dense(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    """`Gemm`, with weights of outputs x inputs as other exporters write them. Where the numbers of
    an image are flattened channels-first, the weights are arranged, not the image."""
    layer, source = node.layer, node.inputs[0]
    assert isinstance(layer, Dense)
    inputs, units = known(w.shapes[source][0]), known(node.shape[0])
    norm = folded_norm(w, node, axis=-1)
    image = w.image_order.get(source)
    if image is None:
        weight = w.weight(node, "w", (inputs, units), (1, 0), norm=norm)
    else:
        axes = (len(image), len(image) - 1, *range(len(image) - 1))
        weight = w.weight(node, "w", (*image, units), axes, (units, inputs), norm)
    operands = (w.read(source, LAST), weight, *bias(w, node, units, norm))
    return LAST, w.emit("Gemm", *operands, transB=1)


def poly(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    layer = node.layer
    assert isinstance(layer, Poly)
    x = w.read(node.inputs[0], LAST)
    powers = [x]
    for power in range(2, layer.degree + 1):
        exponent = w.number(f"exponent{power}", float(power))
        powers.append(w.emit("Pow", x, exponent, part=f"power{power}"))
    return LAST, w.emit("Concat", *powers, axis=1)


def embed(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    """`Gather`. The tokens are whole numbers, or become such."""
    layer, source = node.layer, node.inputs[0]
    assert isinstance(layer, Embed)
    tokens = w.read(source, LAST)
    if source not in w.whole:
        tokens = w.emit("Cast", tokens, part="tokens", to=INT64)
    weight = w.weight(node, "w", (layer.tokens, layer.width))
    return LAST, w.emit("Gather", weight, tokens, axis=0)


INT64 = 7
"""The number of the type in ONNX."""

PRODUCTS = {"dense": dense, "poly": poly, "embed": embed}
