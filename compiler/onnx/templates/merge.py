"""Merges in ONNX."""

from __future__ import annotations

from ...graph import GraphNode
from ..graph import AxisOrder
from ..writer import FIRST, LAST, OnnxWriter


def _operands(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, list[str]]:
    """The values that are merged, in one order: channels-first where one of them is."""
    order = FIRST if any(w.order(source) is FIRST for source in node.inputs) else LAST
    return order, [w.read(source, order) for source in node.inputs]


def _chain(w: OnnxWriter, node: GraphNode, op: str) -> tuple[AxisOrder, str]:
    """a op b op c, from the left."""
    order, values = _operands(w, node)
    result = values[0]
    for number, value in enumerate(values[1:-1], 2):
        result = w.emit(op, result, value, part=f"first_{number}")
    return order, w.emit(op, result, values[-1])


def add(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    return _chain(w, node, "Add")


def mul(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    return _chain(w, node, "Mul")


def maximum(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    order, values = _operands(w, node)
    return order, w.emit("Max", *values)


def average(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    order, values = _operands(w, node)
    return order, w.emit("Mean", *values)


def concat(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    order, values = _operands(w, node)
    return order, w.emit("Concat", *values, axis=1 if order is FIRST else len(node.shape))


MERGES = {"add": add, "mul": mul, "max": maximum, "avg": average, "concat": concat}
