"""Nodes of constants: what they compute is a constant, too. Exporters compute shapes with them."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np
from onnx import AttributeProto, numpy_helper
from onnx.reference import ReferenceEvaluator

from ...array_types import Array
from ...data.bounded_reading import DAMAGE

LARGEST = 2**27
"""Numbers of a constant that is computed."""

ValueSizes = Mapping[str, tuple[int | None, ...]]


def fold_constants(
    model: Any, constants: Mapping[str, Array], shapes: ValueSizes
) -> dict[str, Array]:
    """Computes the nodes of a model whose inputs are all constants, or whose input has a known
    shape that is all that they read; puts stored tensors in their place, and gives these."""
    graph = model.graph
    known: dict[str, Array] = {}
    kept: list[Any] = []
    opsets = {own.domain: own.version for own in model.opset_import}
    for node in graph.node:
        values = {**_inputs(node, constants), **_inputs(node, known)}
        found = _shape_of(node, shapes)
        if found is None and _is_foldable(node, values, shapes):
            found = _computed(node, values, opsets)
        if found is None:
            kept.append(node)
        else:
            known[node.output[0]] = found
    if known:
        del graph.node[:]
        graph.node.extend(kept)
        graph.initializer.extend(numpy_helper.from_array(a, name) for name, a in known.items())
    return known


def _inputs(node: Any, known: Mapping[str, Array]) -> dict[str, Array]:
    return {name: known[name] for name in node.input if name in known}


def _shape_of(node: Any, shapes: ValueSizes) -> Array | None:
    """What `Shape` gives of a value whose sizes are known."""
    sizes = shapes.get(node.input[0]) if node.op_type == "Shape" and node.input else None
    said = {attribute.name: attribute.i for attribute in node.attribute}
    if sizes is None or None in sizes[said.get("start", 0) : said.get("end")]:
        return None
    return np.array(sizes[said.get("start", 0) : said.get("end")], np.int64)


def _is_foldable(node: Any, values: Mapping[str, Array], shapes: ValueSizes) -> bool:
    if node.domain not in ("", "ai.onnx") or len(node.output) != 1:
        return False
    if node.op_type == "Constant":
        return True
    if not values or any(name and name not in values for name in node.input):
        return False
    graphs = (AttributeProto.GRAPH, AttributeProto.GRAPHS)
    if any(attribute.type in graphs for attribute in node.attribute):
        return False
    sizes = shapes.get(node.output[0])
    is_bounded = sizes is not None and None not in sizes
    return is_bounded and prod(size or 0 for size in sizes or ()) <= LARGEST and not _draws(node)


def _draws(node: Any) -> bool:
    """Whether it draws random numbers."""
    return node.op_type.startswith("Random") or node.op_type in ("Bernoulli", "Multinomial")


def _computed(node: Any, values: Mapping[str, Array], opsets: Mapping[str, int]) -> Array | None:
    try:
        (found,) = ReferenceEvaluator(node, opsets=dict(opsets)).run(None, dict(values))
    except DAMAGE:
        return None
    return found if isinstance(found, np.ndarray) else np.asarray(found)
