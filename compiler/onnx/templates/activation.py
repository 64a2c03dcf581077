"""Activations in ONNX. They keep the order of the axes."""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

from ...graph import GraphNode
from ...layers.relu import SELU_ALPHA, SELU_SCALE, Elu, Leaky, Relu
from ...layers.weights import known
from ..graph import AttributeValue, AxisOrder
from ..writer import FIRST, OnnxWriter

FLOAT = 1
"""The number of the type in ONNX."""


def _operator(
    op: str, settings: Callable[[GraphNode], dict[str, AttributeValue]] = lambda node: {}
) -> Callable[[OnnxWriter, GraphNode], tuple[AxisOrder, str]]:
    """One operator with the options of a layer."""

    def write(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
        order, x = _input(w, node)
        return order, w.make(op, (x,), settings(node))

    return write


def _input(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    order = w.order(node.inputs[0])
    return order, w.read(node.inputs[0], order)


def _leaky(node: GraphNode) -> dict[str, AttributeValue]:
    assert isinstance(node.layer, Leaky)
    return {"alpha": node.layer.slope}


def _elu(node: GraphNode) -> dict[str, AttributeValue]:
    assert isinstance(node.layer, Elu)
    return {"alpha": node.layer.alpha}


def _selu(node: GraphNode) -> dict[str, AttributeValue]:
    return {"alpha": SELU_ALPHA, "gamma": SELU_SCALE}


def relu(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    assert isinstance(node.layer, Relu)
    order, x = _input(w, node)
    if node.layer.max is None:
        return order, w.emit("Relu", x)
    least, most = w.number("zero", 0.0), w.number(f"most{node.layer.max:g}", node.layer.max)
    return order, w.emit("Clip", x, least, most)


def hardswish(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    """x hardsigmoid(x), which opset 14 has as an operator."""
    order, x = _input(w, node)
    if w.opset >= 14:
        return order, w.emit("HardSwish", x)
    gate = w.emit("HardSigmoid", x, part="gate", alpha=1 / 6, beta=0.5)
    return order, w.emit("Mul", x, gate)


def prelu(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    order, x = _input(w, node)
    channels = known(node.shape[-1])
    ones = (1,) * (len(node.shape) - 1) if order is FIRST else ()
    slope = w.weight(node, "a", (channels,), shape=(channels, *ones))
    return order, w.emit("PRelu", x, slope)


def gelu(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    """x (1 + erf(x / sqrt 2)) / 2, which opset 20 has as an operator."""
    order, x = _input(w, node)
    if w.opset >= 20:
        return order, w.emit("Gelu", x)
    narrow = w.emit("Div", x, w.number("sqrt2", sqrt(2)), part="narrow")
    erf = w.emit("Erf", narrow, part="erf")
    share = w.emit("Add", erf, w.number("one", 1.0), part="share")
    product = w.emit("Mul", x, share, part="product")
    return order, w.emit("Mul", product, w.number("half", 0.5))


def silu(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    order, x = _input(w, node)
    return order, w.emit("Mul", x, w.emit("Sigmoid", x, part="sigmoid"))


def softmax(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    order, x = _input(w, node)
    return order, w.emit("Softmax", x, axis=1 if order is FIRST else -1)


def step(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    order, x = _input(w, node)
    reached = w.emit("GreaterOrEqual", x, w.number("zero", 0.0), part="reached")
    return order, w.emit("Cast", reached, to=FLOAT)


ACTIVATIONS = {
    "relu": relu,
    "leaky": _operator("LeakyRelu", _leaky),
    "elu": _operator("Elu", _elu),
    "prelu": prelu,
    "selu": _operator("Selu", _selu),
    "gelu": gelu,
    "silu": silu,
    "tanh": _operator("Tanh"),
    "sigmoid": _operator("Sigmoid"),
    "hardsigmoid": _operator("HardSigmoid", lambda node: {"alpha": 1 / 6, "beta": 0.5}),
    "hardswish": hardswish,
    "softplus": _operator("Softplus"),
    "softmax": softmax,
    "sign": _operator("Sign"),
    "step": step,
}
