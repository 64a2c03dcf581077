"""A file of ONNX as values, nodes and constants, with its shapes; or why it is none."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from google.protobuf.message import DecodeError
from onnx import AttributeProto, TensorProto, helper, numpy_helper, shape_inference

from ...array_types import Array
from ...data.bounded_reading import RefusedError, why_no_file
from .folding import fold_constants

LARGEST = 2**31
"""Bytes of a file: a protobuf message is shorter than 2 GiB."""
LARGEST_WEIGHTS = 2**36
"""Bytes of all stored tensors."""
MOST_NODES = 100_000
MOST_ROUNDS = 8
"""Of constants that make others known, through shapes."""
PLAIN = ("", "ai.onnx")
"""The domain of ONNX's own operators."""
SOME_BATCH = 7919
"""What a free batch counts as, where shapes are computed: a prime that no size has."""


@dataclass(frozen=True, slots=True)
class FileNode:
    """One operation."""

    op: str
    """With its domain where that is not ONNX's own: `com.microsoft.FusedConv`."""
    name: str
    """Its name, or its kind and number where it has none."""
    inputs: tuple[str, ...]
    """Names of values; an optional input that is left out is an empty name."""
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FileInput:
    """A value that comes from outside."""

    name: str
    sizes: tuple[int | None, ...]
    """With the batch in front; None where a size is free."""
    type: str
    """Of its numbers, as ONNX calls it: FLOAT, INT64."""


@dataclass(slots=True)
class OnnxFile:
    """The content of a file."""

    inputs: tuple[FileInput, ...]
    nodes: list[FileNode]
    outputs: tuple[str, ...]
    constants: dict[str, Array]
    shapes: dict[str, tuple[int | None, ...]]
    """Of every value whose rank is known, with the batch in front, which counts as `batch`."""
    batch: int
    opset: int
    """The version of ONNX's operators; 0 where the file has none of them."""
    metadata: dict[str, str]
    producer: str


def read_onnx_file(path: Path) -> OnnxFile:
    """The content of a file. Raises `RefusedError` with the reason why it has none."""
    reason = why_no_file(path)
    if reason:
        raise RefusedError(reason)
    if path.stat().st_size > LARGEST:
        raise RefusedError("it is larger than 2 GiB, the limit of an ONNX file")
    try:
        model = onnx.load_model_from_string(path.read_bytes())
    except DecodeError:
        raise RefusedError("it is damaged, or not an ONNX file") from None
    except MemoryError:
        raise RefusedError("it does not fit into memory") from None
    if not model.graph.node or not model.opset_import:
        raise RefusedError("it has no operations")
    _load_outside(model, path)
    return _content(model)


def _load_outside(model: Any, path: Path) -> None:
    """Reads the tensors that lie in other files, which must be beside it or below."""
    folder = path.resolve().parent
    for tensor in model.graph.initializer:
        if tensor.data_location != TensorProto.EXTERNAL:
            continue
        said = {entry.key: entry.value for entry in tensor.external_data}
        location = said.get("location", "")
        try:
            real = Path(os.path.realpath(folder / location))
        except ValueError:
            raise RefusedError(f"`{tensor.name}` is in a file without a name") from None
        if not location or not real.is_relative_to(folder) or not real.is_file():
            where = f"`{location}`, which is not a file in its folder"
            raise RefusedError(f"the weights `{tensor.name}` are in {where}")
        tensor.raw_data = _bytes_at(tensor, said, real)
        tensor.data_location = TensorProto.DEFAULT
        del tensor.external_data[:]


def _bytes_at(tensor: Any, said: Mapping[str, str], file: Path) -> bytes:
    try:
        start = int(said.get("offset", "0"))
        length = int(said.get("length", "0")) or _bytes_of(tensor)
    except ValueError:
        raise RefusedError(f"the offset of the weights `{tensor.name}` is not a number") from None
    size = file.stat().st_size
    if start < 0 or length < 0 or start + length > size:
        raise RefusedError(f"the weights `{tensor.name}` reach beyond the end of `{file.name}`")
    with file.open("rb") as opened:
        opened.seek(start)
        return opened.read(length)


def _bytes_of(tensor: Any) -> int:
    try:
        item = helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize
    except (KeyError, TypeError):
        raise RefusedError(f"`{tensor.name}` has numbers of an unknown type") from None
    count = 1
    for size in tensor.dims:
        if size < 0:
            raise RefusedError(f"`{tensor.name}` has a size below 0")
        count *= size
    return count * item


def _content(model: Any) -> OnnxFile:
    graph = model.graph
    if len(graph.node) > MOST_NODES:
        raise RefusedError(f"it has {len(graph.node):,} operations; {MOST_NODES:,} are read")
    sizes = [_bytes_of(tensor) for tensor in graph.initializer]
    if sum(sizes) > LARGEST_WEIGHTS:
        raise RefusedError(f"its weights are {sum(sizes) / 2**30:,.0f} GiB")
    constants = {tensor.name: array_of(tensor) for tensor in graph.initializer}
    inputs = tuple(_inputs(graph, constants))
    outputs = tuple(dict.fromkeys(value.name for value in graph.output))
    _check_order(graph.node, {own.name for own in inputs} | constants.keys(), outputs)
    batch = _fix_batch(graph, constants)
    shapes = _shapes(model)
    for _ in range(MOST_ROUNDS):
        found = fold_constants(model, constants, shapes)
        if not found:
            break
        constants |= found
        shapes = _shapes(model)
    return OnnxFile(
        inputs,
        [_node(proto, number) for number, proto in enumerate(graph.node, 1)],
        outputs,
        constants,
        shapes,
        batch,
        max((own.version for own in model.opset_import if own.domain in PLAIN), default=0),
        {entry.key: entry.value for entry in model.metadata_props},
        f"{model.producer_name} {model.producer_version}".strip(),
    )


def array_of(tensor: Any) -> Array:
    """The numbers of a stored tensor. Raises `RefusedError` where they are not what it says."""
    wanted = _bytes_of(tensor)
    if tensor.HasField("raw_data") and len(tensor.raw_data) != wanted:
        raise RefusedError(
            f"`{tensor.name}` should have {wanted:,} bytes, not {len(tensor.raw_data):,}"
        )
    try:
        return np.asarray(numpy_helper.to_array(tensor))
    except (ValueError, TypeError, KeyError, OverflowError):
        raise RefusedError(f"`{tensor.name}` does not have the numbers that it declares") from None


def _node(proto: Any, number: int) -> FileNode:
    domain = proto.domain if proto.domain not in PLAIN else ""
    attributes: dict[str, Any] = {}
    for attribute in proto.attribute:
        if attribute.type in (AttributeProto.GRAPH, AttributeProto.GRAPHS):
            attributes[attribute.name] = None
            continue
        try:
            value = helper.get_attribute_value(attribute)
        except ValueError:
            raise RefusedError(f"`{attribute.name}` of node {number} has no value") from None
        attributes[attribute.name] = (
            value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        )
    return FileNode(
        f"{domain}.{proto.op_type}" if domain else proto.op_type,
        proto.name or f"{proto.op_type} {number}",
        tuple(proto.input),
        tuple(proto.output),
        attributes,
    )


def _inputs(graph: Any, constants: Mapping[str, Array]) -> Iterator[FileInput]:
    """Those that no stored tensor is the value of, as old files have."""
    for value in graph.input:
        if value.name in constants:
            continue
        kind = value.type.tensor_type
        if not value.type.HasField("tensor_type") or not kind.HasField("shape"):
            raise RefusedError(f"the input `{value.name}` has no shape")
        sizes = tuple(
            dim.dim_value if dim.HasField("dim_value") and dim.dim_value > 0 else None
            for dim in kind.shape.dim
        )
        yield FileInput(value.name, sizes, _type_name(kind.elem_type))


def _type_name(number: int) -> str:
    names = TensorProto.DataType
    return str(names.Name(number)) if number in names.values() else f"type {number}"


def _check_order(nodes: Any, known: set[str], outputs: tuple[str, ...]) -> None:
    """Every value is made once, before it is read: so there is no circle and no loose end."""
    made = set(known)
    for node in nodes:
        for name in node.input:
            if name and name not in made:
                who = node.name or node.op_type
                raise RefusedError(f"node `{who}` reads `{name}`, which no earlier node computes")
        for name in node.output:
            if name and name in made:
                raise RefusedError(f"`{name}` is made twice")
            made.add(name)
    for name in outputs:
        if name not in made:
            raise RefusedError(f"no node computes the output `{name}`")


def _fix_batch(graph: Any, constants: Mapping[str, Array]) -> int:
    """Gives the batch a number in the inputs, and says which: the file's own, where it has one."""
    own = [value for value in graph.input if value.name not in constants]
    fixed = {
        value.type.tensor_type.shape.dim[0].dim_value
        for value in own
        if value.type.tensor_type.shape.dim and value.type.tensor_type.shape.dim[0].dim_value > 0
    }
    batch = fixed.pop() if len(fixed) == 1 else SOME_BATCH
    for value in own:
        dims = value.type.tensor_type.shape.dim
        if dims and not dims[0].dim_value > 0:
            dims[0].dim_value = batch
    del graph.value_info[:]
    for value in graph.output:
        value.type.tensor_type.ClearField("shape")
    return batch


def _shapes(model: Any) -> dict[str, tuple[int | None, ...]]:
    """What shape inference finds, with the batch as it is in the inputs now."""
    try:
        found = shape_inference.infer_shapes(model, data_prop=True)
    except (shape_inference.InferenceError, ValueError, RuntimeError) as error:
        raise RefusedError(f"its shapes do not fit: {str(error).splitlines()[0]}") from None
    graph = found.graph
    shapes: dict[str, tuple[int | None, ...]] = {}
    for value in (*graph.input, *graph.value_info, *graph.output):
        kind = value.type.tensor_type
        if value.type.HasField("tensor_type") and kind.HasField("shape"):
            shapes[value.name] = tuple(
                dim.dim_value if dim.HasField("dim_value") else None for dim in kind.shape.dim
            )
    return shapes
