"""From a trained network to a file of ONNX."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import onnx
from onnx import TensorProto, helper, numpy_helper

from ....compiler.onnx.graph import IR_VERSION, NumberType, OnnxGraph, OnnxNode
from ....compiler.shapes import Shape
from ...array_types import Array
from .arrays import stored_array

BATCH = "batch"
"""The name of the free size in front of every shape."""

TYPES: Mapping[NumberType, int] = {
    "float": TensorProto.FLOAT,
    "double": TensorProto.DOUBLE,
    "int64": TensorProto.INT64,
}

LARGEST = 2**31 - 1
"""Bytes: a protobuf message is shorter than 2 GiB."""


def encode_graph(graph: OnnxGraph, weights: Mapping[str, Array], producer: str) -> bytes | int:
    """The bytes of a file that has passed `onnx.checker` in full; or how many bytes of weights it
    would have, where these are too many for one file. `producer` is the version of netc."""
    arrays = {tensor.name: stored_array(tensor, weights) for tensor in graph.tensors}
    size = sum(array.nbytes for array in arrays.values())
    if size > LARGEST - (1 << 20):
        return size
    model = helper.make_model(
        helper.make_graph(
            [_node(node) for node in graph.nodes],
            graph.name,
            [_value(own.name, own.type, own.shape, own.remark) for own in graph.inputs],
            [_value(own.name, "float", own.shape) for own in graph.outputs],
            [numpy_helper.from_array(array, name) for name, array in arrays.items()],
        ),
        opset_imports=[helper.make_opsetid("", graph.opset)],
        ir_version=IR_VERSION,
        producer_name="netc",
        producer_version=producer,
    )
    for key, value in graph.metadata:
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model, full_check=True)
    encoded: bytes = model.SerializeToString(deterministic=True)
    return encoded


def _node(node: OnnxNode) -> Any:
    made = helper.make_node(node.op, list(node.inputs), [node.output], name=node.name)
    made.attribute.extend(
        helper.make_attribute(key, list(value) if isinstance(value, tuple) else value)
        for key, value in node.attributes
    )
    made.doc_string = node.remark
    return made


def _value(name: str, type_: NumberType, shape: Shape, remark: str = "") -> Any:
    sizes = [BATCH, *_named_sizes(shape, name)]
    return helper.make_tensor_value_info(name, TYPES[type_], sizes, doc_string=remark)


def _named_sizes(shape: Shape, name: str) -> Iterator[int | str]:
    """The sizes of a sample; free ones have names."""
    axes = ("height", "width") if len(shape) == 3 else ("length",)
    for at, size in enumerate(shape):
        yield f"{name}_{axes[at]}" if size is None and at < len(axes) else size or f"{name}_size"
