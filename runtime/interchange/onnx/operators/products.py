"""Products with stored matrices: `dense`, convolutions of size 1, `embed`."""

from __future__ import annotations

import numpy as np

from .....compiler.layers.conv import Conv
from .....compiler.layers.dense import Dense, Embed, Poly
from .....compiler.layers.layer import Layer
from ....array_types import Array
from ..file import FileNode
from ..reader import FileTensor, NetworkReader, NoLayerError, for_each


def gemm(r: NetworkReader, node: FileNode) -> None:
    """y = alpha A B + beta C."""
    if node.attributes.get("transA", 0):
        raise NoLayerError("it transposes its input")
    x = r.tensor(node.inputs[0])
    w = r.needed(node, 1)
    w = w.T if node.attributes.get("transB", 0) else w
    bias = r.constant(node, 2)
    w = w * np.asarray(node.attributes.get("alpha", 1.0), w.dtype)
    if bias is not None and bias.ndim and bias.shape[-1] != bias.size:
        raise NoLayerError("its bias is not one number for each unit")
    if bias is not None:
        bias = bias * np.asarray(node.attributes.get("beta", 1.0), bias.dtype)
    dense(r, node, x, w, bias, (*node.inputs[1:], _settings(node)))


def _settings(node: FileNode) -> str:
    """What makes other weights of the same arrays."""
    return str([node.attributes.get(name) for name in ("transB", "alpha", "beta")])


def matmul(r: NetworkReader, node: FileNode) -> None:
    if node.inputs[0] in r.file.constants:
        raise NoLayerError("it multiplies a constant by its input, not its input by a constant")
    if node.inputs[1] not in r.file.constants:
        raise NoLayerError("it multiplies two values, as attention does")
    dense(r, node, r.tensor(node.inputs[0]), r.needed(node, 1), None, node.inputs[1:])


def dense(
    r: NetworkReader,
    node: FileNode,
    x: FileTensor,
    w: Array,
    bias: Array | None,
    stored: tuple[str, ...],
) -> None:
    """A product with the last axis: of a vector `dense`, of positions a convolution of size 1."""
    if w.ndim != 2:
        raise NoLayerError(f"its weights have {w.ndim} axes")
    inputs, units = w.shape
    if bias is not None:
        bias = for_each(bias, units)
    weights = {"w": w, **({} if bias is None else {"b": bias})}
    layer: Layer
    if x.axes == (0,):
        if x.shape[0] != inputs:
            raise NoLayerError(
                f"its weights are for {inputs} numbers, but its input has {x.shape[0]}"
            )
        if x.order is not None:
            weights["w"] = np.empty_like(w)
            weights["w"][x.order] = w
            stored = (*stored, str(hash(x.order.tobytes())))
        layer = Dense(units=units, bias=bias is not None)
    elif x.axes == tuple(range(len(x.shape))) and len(x.shape) in (2, 3):
        positions = len(x.shape) - 1
        weights["w"] = w.reshape(*(1,) * positions, inputs, units)
        layer = Conv(filters=units, kernel=(1,) * positions, bias=bias is not None)
    else:
        raise NoLayerError("its input does not have the channels last")
    r.put(node, layer, (x,), weights, stored, axes=x.axes)


def gather(r: NetworkReader, node: FileNode) -> None:
    """Rows of a stored matrix: an embedding."""
    if node.inputs[0] not in r.file.constants:
        raise NoLayerError("it picks some of the numbers of its input")
    table = r.needed(node, 0)
    x = r.tensor(node.inputs[1])
    if node.attributes.get("axis", 0) != 0 or table.ndim != 2 or x.axes != (0,):
        raise NoLayerError("it looks up something other than a vector for each token")
    r.put(
        node,
        Embed(tokens=len(table), width=table.shape[1]),
        (x,),
        {"w": table},
        node.inputs[:1],
        axes=(0, 1),
    )


def powers(r: NetworkReader, node: FileNode) -> None:
    r.put(node, Poly(degree=int(node.attributes["degree"])), (r.vector(node.inputs[0]),))


PRODUCTS = {"Powers": powers, "Gemm": gemm, "MatMul": matmul, "Gather": gather}
