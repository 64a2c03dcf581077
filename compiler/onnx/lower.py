"""From the graph of a network to that of ONNX."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..graph import Graph
from ..native.export.contents import ExportedNetwork
from .analysis import foldable_norms, image_orders, readers_of, token_values
from .graph import USUAL_OPSET, AxisOrder, NumberType, OnnxGraph, OnnxInput, OnnxNode, OnnxOutput
from .preparation import write_back_steps, write_steps
from .templates import TEMPLATES
from .writer import OnnxWriter, UnwritableLayer


@dataclass(frozen=True, slots=True)
class OnnxOptions:
    """What may be chosen of a file of ONNX."""

    opset: int = USUAL_OPSET
    preparation: bool = False
    """The inputs are samples as the data has them, and outputs have the unit of the targets."""
    fold_batchnorm: bool = False
    """Batch normalisations become part of the layer before them."""


@dataclass(frozen=True, slots=True)
class Unwritten:
    """A layer that has no counterpart in ONNX."""

    node: str
    reason: str


def lower_to_onnx(
    graph: Graph, contents: ExportedNetwork, name: str, options: OnnxOptions
) -> OnnxGraph | Unwritten:
    """The graph of ONNX; or what cannot be in it."""
    readers = readers_of(graph)
    prepared = {own.name for own in contents.inputs if options.preparation and own.steps}
    w = OnnxWriter(
        options.opset,
        {node.name: node.shape for node in graph.nodes},
        norms=foldable_norms(graph, readers) if options.fold_batchnorm else {},
        image_order=image_orders(graph, readers),
        whole=token_values(graph, readers) - prepared,
    )
    inputs = tuple(_write_inputs(w, contents, prepared))
    for node in graph.nodes:
        if not node.inputs:
            continue
        w.layer = node.name
        if node.layer.word not in TEMPLATES:
            return Unwritten(node.name, f"ONNX has no counterpart of `{node.layer.word}`")
        try:
            order, value = TEMPLATES[node.layer.word](w, node)
        except UnwritableLayer as found:
            return Unwritten(node.name, str(found))
        w.put(node.name, order, value)
    outputs = _write_outputs(w, contents, options)
    return OnnxGraph(
        name,
        options.opset,
        inputs,
        outputs,
        tuple(w.nodes),
        tuple(w.tensors.values()),
        tuple(_metadata(contents)),
    )


def _write_inputs(
    w: OnnxWriter, contents: ExportedNetwork, prepared: set[str]
) -> Iterator[OnnxInput]:
    """The inputs of the graph, with their preparation behind them."""
    for own in contents.inputs:
        w.layer = own.name
        value, shape = own.name, w.shapes[own.name]
        if own.name in prepared:
            value = write_steps(w, own, shape)
            shape = own.shape
        type_: NumberType = "int64" if own.name in w.whole else "float"
        yield OnnxInput(own.name, shape, type_, own.remark)
        w.put(own.name, AxisOrder.LAST, value)


def _write_outputs(
    w: OnnxWriter, contents: ExportedNetwork, options: OnnxOptions
) -> tuple[OnnxOutput, ...]:
    """The outputs of the graph, channels-last; inner values give way to their names."""
    names = {own.name for own in contents.outputs}
    inner = {node.output: f"{node.output}/inner" for node in w.nodes if node.output in names}
    w.nodes[:] = [_renamed(node, inner) for node in w.nodes]
    taken = {node.output for node in w.nodes}
    for own in contents.outputs:
        w.layer = own.node
        forms = w.forms[own.node]
        w.forms[own.node] = {order: inner.get(name, name) for order, name in forms.items()}
        value = w.read(own.node, AxisOrder.LAST)
        if options.preparation:
            value = write_back_steps(w, own, value)
        last = next((node for node in w.nodes if node.output == value), None)
        read = any(value in node.inputs for node in w.nodes)
        if last is None or read or value not in taken | {last.output}:
            w.nodes.append(OnnxNode("Identity", own.name, (value,), own.name))
        else:
            w.nodes[w.nodes.index(last)] = replace(last, output=own.name)
    return tuple(OnnxOutput(own.name, w.shapes[own.node]) for own in contents.outputs)


def _renamed(node: OnnxNode, names: dict[str, str]) -> OnnxNode:
    inputs = tuple(names.get(name, name) for name in node.inputs)
    return replace(node, inputs=inputs, output=names.get(node.output, node.output))


def _metadata(contents: ExportedNetwork) -> Iterator[tuple[str, str]]:
    """The names of classes as JSON, by output; the threshold of two classes in one number."""
    classes = {own.name: own.classes for own in contents.outputs if own.classes is not None}
    if classes:
        yield "classes", json.dumps(classes, ensure_ascii=False)
    thresholds = {
        own.name: own.threshold for own in contents.outputs if own.classes and own.size == 1
    }
    if thresholds:
        yield "thresholds", json.dumps(thresholds)
