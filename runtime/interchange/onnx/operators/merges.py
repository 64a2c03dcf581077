"""Merges of several values, and sums and products with constants."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import numpy as np

from .....compiler.language.frozen import change
from .....compiler.layers.arrange import Reshape, Upsample
from .....compiler.layers.conv import Depthwise, Filtering
from .....compiler.layers.deconv import Deconv
from .....compiler.layers.dense import Dense
from .....compiler.layers.layer import Layer
from .....compiler.layers.merge import Add, Average, Concat, Maximum, Multiply
from ....array_types import Array, Doubles
from ..file import FileNode
from ..reader import FileTensor, NetworkReader, NoLayerError, for_each_channel


def merge(make: Callable[[], Layer]) -> Callable[[NetworkReader, FileNode], None]:
    def read(r: NetworkReader, node: FileNode) -> None:
        values = _stretched(r, node, [r.tensor(name) for name in node.inputs])
        if len(values) == 1:
            return r.same(node, values[0])
        return r.put(node, make(), values, axes=values[0].axes, order=values[0].order)

    return read


def _stretched(r: NetworkReader, node: FileNode, values: Sequence[FileTensor]) -> list[FileTensor]:
    """All values in one shape and order. A number for each channel is repeated at every position,
    as squeeze and excitation needs it."""
    largest = max(values, key=lambda own: (len(own.shape), prod(size or 1 for size in own.shape)))
    found = []
    for index, own in enumerate(values):
        if own.shape != largest.shape:
            own = _at_every_position(r, f"{node.outputs[0]}/{index}", own, largest)
        if own.axes != largest.axes or not _same_order(own.order, largest.order):
            raise NoLayerError("the values that it merges have their axes in other orders")
        found.append(own)
    return found


def _same_order(one: Array | None, other: Array | None) -> bool:
    return (one is None and other is None) or (
        one is not None and other is not None and np.array_equal(one, other)
    )


def _at_every_position(r: NetworkReader, name: str, x: FileTensor, whole: FileTensor) -> FileTensor:
    """A number for each channel as an image."""
    positions = whole.shape[:-1]
    point = (*(1,) * len(positions), whole.shape[-1])
    channels_fit = x.shape[-1] == whole.shape[-1] and None not in whole.shape
    channel = [len(x.shape) - 1 if axis == len(whole.shape) - 1 else -1 for axis in whole.axes]
    plain = [axis if axis >= 0 and x.shape[axis] != 1 else -1 for axis in x.axes]
    fits = plain == channel or (x.shape[-1] == 1 and plain == [-1] * len(channel))
    if not channels_fit or not fits or x.order is not None:
        raise NoLayerError(f"it stretches {x.shape} to {whole.shape}")
    if x.shape != point:
        layer: Layer = Reshape(shape=point)
        x = FileTensor(r.add(f"{name}/point", layer, (x,)), point, whole.axes)
    layer = Upsample(factor=tuple(size or 0 for size in positions))
    return FileTensor(r.add(f"{name}/everywhere", layer, (x,)), whole.shape, whole.axes)


def concat(r: NetworkReader, node: FileNode) -> None:
    values = [r.tensor(name) for name in node.inputs]
    if len(values) == 1:
        return r.same(node, values[0])
    axis = int(node.attributes.get("axis", 1))
    if any(own.axis(axis) != len(own.shape) - 1 for own in values):
        raise NoLayerError("it joins something other than channels")
    if any(own.axes != values[0].axes for own in values):
        raise NoLayerError("the values that it joins have their axes in other orders")
    order = None
    if any(own.order is not None for own in values):
        order = _joined_order(values)
    return r.put(node, Concat(), values, order=order)


def _joined_order(values: Sequence[FileTensor]) -> Array:
    parts, start = [], 0
    for own in values:
        size = own.shape[0] or 0
        parts.append(start + (np.arange(size) if own.order is None else own.order))
        start += size
    return np.concatenate(parts)


def add(r: NetworkReader, node: FileNode) -> None:
    constant = _constant_of(r, node)
    if constant is None:
        return merge(Add)(r, node)
    return _affine(r, node, constant, shift=True)


def mul(r: NetworkReader, node: FileNode) -> None:
    constant = _constant_of(r, node)
    if constant is None:
        return merge(Multiply)(r, node)
    return _affine(r, node, constant, shift=False)


def sub(r: NetworkReader, node: FileNode) -> None:
    constant = _constant_of(r, node)
    if constant is None or node.inputs[0] in r.file.constants:
        raise NoLayerError("netc has no difference of two values")
    return _affine(r, node, -constant, shift=True)


def div(r: NetworkReader, node: FileNode) -> None:
    constant = _constant_of(r, node)
    if constant is None or node.inputs[0] in r.file.constants:
        raise NoLayerError("netc has no quotient of two values")
    if not np.all(constant):
        raise NoLayerError("it divides by 0")
    return _affine(r, node, 1 / constant.astype(np.float64), shift=False)


def _constant_of(r: NetworkReader, node: FileNode) -> Array | None:
    if "axis" in node.attributes:
        raise NoLayerError("it stretches as operators did before opset 7")
    return next((r.file.constants[n] for n in node.inputs if n in r.file.constants), None)


def _affine(r: NetworkReader, node: FileNode, constant: Array, *, shift: bool) -> None:
    """A constant for each channel: part of the layer before it where that is linear and nothing
    else reads it, or a layer of its own."""
    name = next((source for source in node.inputs if source not in r.file.constants), "")
    if not name:
        raise NoLayerError("all of its inputs are constants")
    x = r.tensor(name)
    if _prepares(r, x):
        r.prepare(x.step, _for_samples(x, constant), shift=shift)
        return r.same(node, x)
    values = for_each_channel(x, constant)
    step = r.steps.get(x.step)
    free = step is not None and r.is_read_once(x.step) and not r.is_shared(x.step)
    if step is not None and free and _is_linear(step.layer):
        _join(r, x.step, values, shift=shift)
        return r.same(node, x)
    if len(x.shape) == 1:
        raise NoLayerError("netc has no layer for a separate factor or shift")
    weights = {"w": np.ones_like(values) if shift else values}
    if shift:
        weights["b"] = values
    positions = len(x.shape) - 1
    weights["w"] = weights["w"].reshape(*(1,) * positions, -1)
    layer = Depthwise(kernel=(1,) * positions, bias=shift)
    return r.put(node, layer, (x,), weights)


def _prepares(r: NetworkReader, x: FileTensor) -> bool:
    """Whether what is done to a value is done to the only input, before anything else."""
    inputs = r.file.inputs
    alone = len(inputs) == 1 and inputs[0].name == x.step and r.is_read_once(x.step)
    return alone and None not in x.shape and -1 not in x.axes


def _for_samples(x: FileTensor, constant: Array) -> Doubles:
    """A constant in the order of netc's samples, of which it is the size or repeats."""
    rank = len(x.axes)
    sizes = (1,) * (rank + 1 - constant.ndim) + constant.shape
    if len(sizes) > rank + 1 or sizes[0] != 1:
        raise NoLayerError(f"its constant of {constant.shape} is not one for all samples")
    arranged = constant.reshape(sizes[1:]).transpose([x.axes.index(axis) for axis in range(rank)])
    if any(size not in (1, whole) for size, whole in zip(arranged.shape, x.shape, strict=True)):
        raise NoLayerError(f"its constant of {constant.shape} does not fit {x.shape}")
    return np.asarray(arranged, np.float64)


def _is_linear(layer: Layer) -> bool:
    if isinstance(layer, Deconv):
        return layer.groups == 1
    return isinstance(layer, Filtering | Dense)


def _join(r: NetworkReader, name: str, values: Array, *, shift: bool) -> None:
    """y = (x w + b) factor, or x w + b + shift, with other weights."""
    step, weights = r.steps[name], dict(r.weights[name])
    layer = step.layer
    if shift:
        weights["b"] = weights.get("b", np.zeros_like(values)) + values
        layer = change(layer, bias=True)
    else:
        axis = -2 if isinstance(layer, Deconv) else -1
        sizes = [1] * weights["w"].ndim
        sizes[axis] = -1
        weights["w"] = weights["w"] * values.reshape(sizes)
        if "b" in weights:
            weights["b"] = weights["b"] * values
    r.revise(name, layer, weights)


MERGES = {
    "Add": add,
    "Sum": merge(Add),
    "Mul": mul,
    "Sub": sub,
    "Div": div,
    "Max": merge(Maximum),
    "Mean": merge(Average),
    "Concat": concat,
}
