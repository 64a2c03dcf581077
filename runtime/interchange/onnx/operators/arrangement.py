"""Other views of a value: transposed, flattened, reshaped; and what passes it on."""

from __future__ import annotations

from math import prod

import numpy as np

from .....compiler.layers.arrange import Flatten, Reshape
from .....compiler.layers.dense import Dense
from .....compiler.layers.noise import Dropout
from .....compiler.layers.norm import BatchNorm
from .....compiler.layers.relu import Prelu
from ....array_types import Array
from ..file import FileNode
from ..reader import FileTensor, NetworkReader, NoLayerError, first, number


def passed_on(r: NetworkReader, node: FileNode) -> None:
    r.same(node, r.tensor(node.inputs[0]))


def cast(r: NetworkReader, node: FileNode) -> None:
    """Between types of real numbers only the rounding changes; whole numbers are tokens."""
    to, output = int(node.attributes.get("to", 1)), node.outputs[0]
    readers = r.readers.get(output, ())
    tokens = to in WHOLE and readers and all(other.op == "Gather" for other in readers)
    if to not in REALS and not tokens:
        raise NoLayerError("it makes other numbers of real ones")
    r.same(node, r.tensor(node.inputs[0]))


REALS = (1, 10, 11, 16)
"""The numbers of ONNX's real types: single, half, double, bfloat16."""
WHOLE = (6, 7)
"""Those of whole numbers of 32 and 64 bits."""


def dropout(r: NetworkReader, node: FileNode) -> None:
    x = r.tensor(node.inputs[0])
    ratio = r.constant(node, 1) if len(node.inputs) > 1 else node.attributes.get("ratio", 0.5)
    rate = 0.5 if ratio is None else number(float(np.asarray(ratio).reshape(-1)[0]))
    if not 0 <= rate < 1:
        raise NoLayerError(f"its rate is {rate}")
    if len(node.outputs) > 1 and r.uses[node.outputs[1]]:
        raise NoLayerError("what it drops is read")
    training = r.constant(node, 2)
    if training is not None and np.any(training):
        raise NoLayerError("it is in training mode", "export the network in evaluation mode")
    if rate == 0:
        return r.same(node, x)
    return r.put(node, Dropout(rate=rate), (x,), order=x.order)


def transpose(r: NetworkReader, node: FileNode) -> None:
    x = r.tensor(node.inputs[0])
    rank = len(x.axes) + 1
    perm = [int(axis) for axis in node.attributes.get("perm") or range(rank)[::-1]]
    if sorted(perm) != list(range(rank)) or perm[0] != 0:
        raise NoLayerError("it moves the batch")
    r.same(node, FileTensor(x.step, x.shape, tuple(x.axes[axis - 1] for axis in perm[1:]), x.order))


def flatten(r: NetworkReader, node: FileNode) -> None:
    x = r.tensor(node.inputs[0])
    axis = int(node.attributes.get("axis", 1))
    if axis not in (1, -len(x.axes)):
        raise NoLayerError("it flattens the batch")
    as_vector(r, node, x)


def as_vector(r: NetworkReader, node: FileNode, x: FileTensor) -> None:
    """All numbers of a sample in a row, in the order of the file."""
    if x.is_vector:
        return r.same(node, FileTensor(x.step, x.shape, (0,), x.order))
    order = file_order(x.shape, x.axes)
    return r.put(node, Flatten(), (x,), axes=(0,), order=order)


def file_order(shape: tuple[int | None, ...], axes: tuple[int, ...]) -> Array | None:
    """Where each number of a sample is in netc, in the order of the file; None where that is the
    same."""
    real = [axis for axis in axes if axis >= 0]
    if None in shape:
        if real == sorted(real):
            return None
        raise NoLayerError("it flattens an image of unknown size channels-first")
    places = np.arange(prod(size or 0 for size in shape)).reshape(shape)  # type: ignore[arg-type]
    order = places.transpose(real).reshape(-1)
    return None if np.array_equal(order, np.arange(order.size)) else order


def reshape(r: NetworkReader, node: FileNode) -> None:
    x = r.tensor(node.inputs[0])
    said = r.file.shapes.get(node.outputs[0])
    if said is None or not said:
        raise NoLayerError("its shape is not known before it runs")
    if said[0] is not None and said[0] != r.file.batch:
        raise NoLayerError(f"it moves samples: {r.file.batch} become {said[0]}")
    if None in said[1:]:
        raise NoLayerError("its shape has an unknown size")
    _shaped(r, node, x, tuple(size or 0 for size in said[1:]))


def _shaped(r: NetworkReader, node: FileNode, x: FileTensor, sizes: tuple[int, ...]) -> None:
    """The numbers of a sample in another shape, in the order of the file."""
    here = tuple(1 if axis < 0 else x.shape[axis] for axis in x.axes)
    if [size for size in here if size != 1] == [size for size in sizes if size != 1] and (
        x.order is None or len(sizes) == 1
    ):
        return _only_ones(r, node, x, sizes)
    if len(sizes) == 1:
        return as_vector(r, node, x)
    if x.order is not None or file_order(x.shape, x.axes) is not None:
        raise NoLayerError("it mixes positions and channels")
    return _as_image(r, node, x, sizes)


def _as_image(r: NetworkReader, node: FileNode, x: FileTensor, sizes: tuple[int, ...]) -> None:
    """Numbers whose order is that of the file, in several axes."""
    if not wants_first(r, node.outputs[0]):
        return r.put(node, Reshape(shape=sizes), (x,), axes=tuple(range(len(sizes))))
    if not _orders_agree(sizes) and not _gives_channels_last(r, x, sizes):
        raise NoLayerError(
            "its numbers become an image channels-first, where netc has the channels last",
            "let the layer before it give the channels last",
        )
    return r.put(node, Reshape(shape=(*sizes[1:], sizes[0])), (x,), axes=first(len(sizes)))


def _gives_channels_last(r: NetworkReader, x: FileTensor, sizes: tuple[int, ...]) -> bool:
    """Whether the numbers came from a dense layer, through layers that treat each for itself: its
    weights, and those of the layers between, are arranged so that it gives the channels last."""
    between: list[str] = []
    step = x.step
    while x.is_vector and step in r.steps and r.is_read_once(step) and not r.is_shared(step):
        layer = r.steps[step].layer
        between.append(step)
        if isinstance(layer, Dense):
            break
        if not (layer.elementwise or isinstance(layer, BatchNorm | Dropout | Prelu)):
            return False
        (step,) = r.steps[step].inputs
    else:
        return False
    turn = np.moveaxis(np.arange(prod(sizes)).reshape(sizes), 0, -1).reshape(-1)
    for name in between:
        # numbers of each output are the last axis: w is (inputs, outputs)
        arrays = {key: value[..., turn] for key, value in r.weights.get(name, {}).items()}
        if arrays:
            r.revise(name, r.steps[name].layer, arrays)
    return True


def _orders_agree(sizes: tuple[int, ...]) -> bool:
    return sizes[0] == 1 or prod(sizes[1:]) == 1


def _only_ones(r: NetworkReader, node: FileNode, x: FileTensor, sizes: tuple[int, ...]) -> None:
    """A view that only adds or removes axes of size 1."""
    real = [axis for axis in x.axes if axis >= 0 and x.shape[axis] != 1]
    ones = [axis for axis in x.axes if axis >= 0 and x.shape[axis] == 1]
    if len(sizes) == 1 and not x.is_vector:
        return as_vector(r, node, x)
    left = iter(real)
    if x.is_vector and x.shape == (1,):
        spots = iter([0, *[-1] * len(sizes)])
        return r.same(node, FileTensor(x.step, x.shape, tuple(next(spots) for _ in sizes), x.order))
    axes = tuple(next(left) if size != 1 else -1 for size in sizes)
    if ones and not x.is_vector and file_order(x.shape, x.axes) is not None:
        # without its ones, and with the channels where they were
        kept = sorted(real)
        axes = tuple(-1 if axis < 0 else kept.index(axis) for axis in axes)
        shape = tuple(x.shape[at] or 0 for at in kept)
        return r.put(node, Reshape(shape=shape), (x,), axes=axes)
    if ones and not x.is_vector:
        return _as_image(r, node, x, sizes)
    return r.same(node, FileTensor(x.step, x.shape, axes, x.order))


def squeeze(r: NetworkReader, node: FileNode) -> None:
    x = r.tensor(node.inputs[0])
    said = r.file.shapes.get(node.outputs[0])
    if said is None or None in said[1:]:
        raise NoLayerError("its shape is not known before it runs")
    if said[0] is not None and said[0] != r.file.batch:
        raise NoLayerError("it takes the batch away")
    _shaped(r, node, x, tuple(size or 0 for size in said[1:]))


FIRST_READERS = frozenset(
    {"Conv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"}
    | {"BatchNormalization", "InstanceNormalization", "GroupNormalization", "LRN"}
    | {"Resize", "Upsample"}
)
"""Operations whose input has the channels first."""


def wants_first(r: NetworkReader, name: str) -> bool:
    """Whether the first operation behind a value that minds the order of the axes has the channels
    first."""
    waiting, known = [name], {name}
    while waiting:
        for node in r.readers.get(waiting.pop(0), ()):
            if node.op in FIRST_READERS:
                return True
            if node.op in MINDING:
                return node.attributes.get("axis") == 1 and node.op == "ChannelNormalization"
            for output in node.outputs:
                if output not in known:
                    known.add(output)
                    waiting.append(output)
    return False


MINDING = frozenset(
    {"Transpose", "MatMul", "Gemm", "Flatten", "Reshape", "LayerNormalization", "Concat"}
    | {"Slice", "Softmax", "Gather", "ChannelNormalization"}
)
"""Operations that say nothing of where the channels are, or have them last."""


ARRANGEMENTS = {
    "Identity": passed_on,
    "Cast": cast,
    "Dropout": dropout,
    "Transpose": transpose,
    "Flatten": flatten,
    "Reshape": reshape,
    "Squeeze": squeeze,
    "Unsqueeze": squeeze,
}
