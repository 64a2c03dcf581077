"""The nodes of a file as steps of netc: where each value is, and in which order its axes are.

netc has the channels last, ONNX mostly has them first. Nothing is transposed for that: a value is a
tensor of netc with the place of each of the file's axes, and weights are arranged instead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import numpy as np

from ....compiler.importing.network import ImportedInput, ImportedStep
from ....compiler.importing.shapes import output_shape
from ....compiler.layers.arrange import Reshape
from ....compiler.layers.layer import Layer, Parameter
from ....compiler.shapes import Shape
from ...array_types import Array, Doubles
from .file import FileNode, OnnxFile


class NoLayerError(Exception):
    """An operation is nothing that netc computes; the text says why."""

    def __init__(self, reason: str, advice: str = "") -> None:
        super().__init__(reason)
        self.advice = advice


class UnknownValueError(Exception):
    """An operation reads what one that was refused computes."""


@dataclass(frozen=True, slots=True)
class FileTensor:
    """A value of the file, as netc has it."""

    step: str
    shape: Shape
    """Of a sample, in netc's order."""
    axes: tuple[int, ...]
    """For each axis of the file but the batch: which of netc's it is; -1 is one of size 1 that
    netc does not have."""
    order: Array | None = None
    """Of a vector whose numbers stand in another order in the file: for each of the file's, where
    it is in netc's."""

    @property
    def is_vector(self) -> bool:
        return len(self.shape) == 1

    def axis(self, of_file: int) -> int:
        """netc's axis for an axis of the file, the batch included, which is -2."""
        rank = len(self.axes) + 1
        at = of_file + rank if of_file < 0 else of_file
        if not 0 <= at < rank:
            raise NoLayerError(f"there is no axis {of_file}")
        return -2 if at == 0 else self.axes[at - 1]


def first(rank: int) -> tuple[int, ...]:
    """The axes of a channels-first value of a rank, the batch not counted."""
    return (rank - 1, *range(rank - 1))


@dataclass(frozen=True, slots=True)
class RefusedNode:
    """A node that has no counterpart."""

    node: FileNode
    reason: str
    advice: str


@dataclass(slots=True)
class NetworkReader:
    """The steps of a network in the making."""

    file: OnnxFile
    tensors: dict[str, FileTensor] = field(default_factory=dict)
    inputs: list[ImportedInput] = field(default_factory=list)
    steps: dict[str, ImportedStep] = field(default_factory=dict)
    weights: dict[str, dict[str, Array]] = field(default_factory=dict)
    parameters: dict[str, tuple[Parameter, ...]] = field(default_factory=dict)
    owners: dict[tuple[str, ...], str] = field(default_factory=dict)
    """The step that has the weights of these names."""
    preparations: dict[str, tuple[Doubles, Doubles]] = field(default_factory=dict)
    """The factor and the shift of what is done to an input before anything else."""
    uses: Counter[str] = field(default_factory=Counter)
    """How often each value is read, as an output, too."""
    makers: dict[str, FileNode] = field(default_factory=dict)
    readers: dict[str, list[FileNode]] = field(default_factory=dict)
    """The nodes that read each value."""

    def __post_init__(self) -> None:
        for node in self.file.nodes:
            self.uses.update(name for name in node.inputs if name)
            for name in set(node.inputs):
                self.readers.setdefault(name, []).append(node)
            self.makers.update((name, node) for name in node.outputs if name)
        self.uses.update(self.file.outputs)

    # What nodes read

    def tensor(self, name: str) -> FileTensor:
        """The value of a name, which is not a constant."""
        if name in self.tensors:
            return self.tensors[name]
        if name in self.file.constants:
            raise NoLayerError(f"it computes with the constant `{name}`")
        raise UnknownValueError(name)

    def constant(self, node: FileNode, index: int) -> Array | None:
        """The constant that is an input of a node; None where it is left out."""
        name = node.inputs[index] if index < len(node.inputs) else ""
        if not name:
            return None
        found = self.file.constants.get(name)
        if found is None:
            raise NoLayerError(f"its input `{name}` is not a constant")
        return found

    def needed(self, node: FileNode, index: int) -> Array:
        """The constant that is an input of a node."""
        found = self.constant(node, index)
        if found is None:
            raise NoLayerError(f"its input {index + 1} is missing")
        return found

    def image(self, name: str) -> FileTensor:
        """A value whose channels are the first axis, with positions: what windows read."""
        found = self.tensor(name)
        positions = len(found.axes) - 1
        if positions not in (1, 2):
            raise NoLayerError(f"its input has {len(found.axes)} axes, not 2 or 3")
        real = tuple(axis for axis in found.axes if axis >= 0)
        leads = found.axes[0] >= 0 and real == first(len(real))
        if -1 in found.axes and leads and found.order is None:
            # axes of size 1 that were added, as torch pools sequences
            sizes = (1 if axis < 0 else found.shape[axis] for axis in found.axes[1:])
            shape = (*sizes, found.shape[-1])
            step = self.add(f"{name}/positions", Reshape(shape=shape), (found,))
            return FileTensor(step, shape, first(positions + 1))
        if found.axes != first(len(found.axes)):
            raise NoLayerError("its input does not have the channels first")
        return found

    def vector(self, name: str) -> FileTensor:
        """A value of one axis."""
        found = self.tensor(name)
        if found.axes != (0,):
            raise NoLayerError("its input is not a vector")
        return found

    # What nodes give

    def add(
        self,
        name: str,
        layer: Layer,
        inputs: Sequence[FileTensor],
        weights: Mapping[str, Array] | None = None,
        stored: tuple[str, ...] = (),
    ) -> str:
        """A step. `stored` are the names of its weights in the file: who has the same shares them.
        Raises `NoLayerError` for a layer that does not take what flows in."""
        self.shape_after(layer, inputs)
        shapes = [own.shape for own in inputs]
        parameters = layer.parameters(shapes)
        owner = self.owners.get(stored) if stored else None
        alike = owner is not None and self.parameters[owner] == parameters
        if owner is not None and alike and type(self.steps[owner].layer) is type(layer):
            self.steps[name] = ImportedStep(name, layer, tuple(own.step for own in inputs), owner)
            return name
        if stored:
            self.owners[stored] = name
        self.parameters[name] = parameters
        self.steps[name] = ImportedStep(name, layer, tuple(own.step for own in inputs))
        if weights:
            arrays = {
                key: np.ascontiguousarray(value, np.float32) for key, value in weights.items()
            }
            for parameter in parameters:
                if arrays[parameter.name].shape != parameter.shape:
                    _wrong_weights(parameter, arrays[parameter.name])
            self.weights[name] = arrays
        return name

    def shape_after(self, layer: Layer, inputs: Sequence[FileTensor]) -> Shape:
        """The shape that a layer gives."""
        shape, reason = output_shape(layer, [own.shape for own in inputs])
        if shape is None:
            raise NoLayerError(reason)
        return shape

    def put(
        self,
        node: FileNode,
        layer: Layer,
        inputs: Sequence[FileTensor],
        weights: Mapping[str, Array] | None = None,
        stored: tuple[str, ...] = (),
        *,
        axes: tuple[int, ...] | None = None,
        order: Array | None = None,
    ) -> None:
        """The step that computes the output of a node; its axes are those of its first input."""
        name = node.outputs[0]
        shape = self.shape_after(layer, inputs)
        tensor = FileTensor(name, shape, inputs[0].axes if axes is None else axes, order)
        self.agree(name, tensor)
        self.add(name, layer, inputs, weights, stored)
        self.tensors[name] = tensor

    def agree(self, name: str, tensor: FileTensor) -> None:
        """Holds a shape against that which the file says; what differs is refused."""
        said = self.file.shapes.get(name)
        if said is None:
            return
        found = tuple(1 if axis < 0 else tensor.shape[axis] for axis in tensor.axes)
        alike = len(said) == len(found) + 1 and all(
            a is None or b is None or a == b for a, b in zip(said[1:], found, strict=True)
        )
        if not alike:
            raise NoLayerError(f"it gives {said[1:]} for a sample, where netc gives {found}")

    def same(self, node: FileNode, tensor: FileTensor) -> None:
        """The output of a node is a value that there is already."""
        self.agree(node.outputs[0], tensor)
        self.tensors[node.outputs[0]] = tensor

    def revise(self, name: str, layer: Layer, weights: Mapping[str, Array]) -> None:
        """Other weights and options for a step, which nothing shares."""
        step = self.steps[name]
        self.owners = {stored: owner for stored, owner in self.owners.items() if owner != name}
        arrays = {key: np.ascontiguousarray(value, np.float32) for key, value in weights.items()}
        self.steps[name] = ImportedStep(name, layer, step.inputs)
        self.weights[name] = arrays

    def is_read_once(self, step: str) -> bool:
        """Whether one node alone reads a step, under whatever names, and no output is it."""
        names = [name for name, own in self.tensors.items() if own.step == step]
        return all(self.uses[name] == 1 for name in names)

    def is_shared(self, step: str) -> bool:
        """Whether other steps have its weights, or it has those of another."""
        others = any(own.shares == step for own in self.steps.values())
        return others or self.steps[step].shares is not None

    def prepare(self, name: str, constant: Doubles, *, shift: bool) -> None:
        """Adds a shift to an input, or a factor, in double precision."""
        factor, before = self.preparations.get(name, (np.float64(1), np.float64(0)))
        if shift:
            self.preparations[name] = (np.asarray(factor), np.asarray(before + constant))
        else:
            self.preparations[name] = (np.asarray(factor * constant), np.asarray(before * constant))


def _wrong_weights(parameter: Parameter, array: Array) -> NoReturn:
    raise NoLayerError(
        f"its weights `{parameter.name}` are {array.shape}, where {parameter.shape} are needed"
    )


def for_each(array: Array, count: int | None) -> Array:
    """A constant as one number for each of so many channels; a single one is for all."""
    if count is None or array.size not in (1, count):
        raise NoLayerError(f"its constant of {array.shape} is not one number for each channel")
    return np.broadcast_to(array.reshape(-1), (count,))


def for_each_channel(x: FileTensor, constant: Array) -> Array:
    """The numbers of a constant, one for each of netc's channels."""
    shape = (1,) * (len(x.axes) + 1 - constant.ndim) + constant.shape
    varies = [at for at, size in enumerate(shape) if size != 1]
    of_channels = all(at > 0 and x.axes[at - 1] == len(x.shape) - 1 for at in varies)
    if len(shape) > len(x.axes) + 1 or not of_channels:
        raise NoLayerError(f"its constant of {constant.shape} is not one number for each channel")
    values = for_each(constant, x.shape[-1]).astype(np.float32)
    if x.order is None:
        return values
    arranged = np.empty_like(values)
    arranged[x.order] = values
    return arranged


def number(value: float) -> float:
    """A number of single precision as a person would write it: 1e-05, not 9.999999747e-06."""
    return float(f"{value:.7g}")
