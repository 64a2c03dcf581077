"""An ONNX graph before it has arrays: nodes, inputs and outputs, and recipes for stored tensors."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from ..native.export.contents import StoredArray
from ..shapes import Shape

OPSETS = range(13, 22)
"""The versions of ONNX's operators that can be written."""
USUAL_OPSET = 18
IR_VERSION = 8
"""Of the file format: the newest that onnxruntime has read since 2022."""

NumberType = Literal["float", "double", "int64"]
AttributeValue = int | float | str | tuple[int, ...] | tuple[float, ...]


class AxisOrder(Enum):
    """Where the channels of an image or a sequence are. A vector is the same in both."""

    FIRST = "channels first"
    LAST = "channels last"


@dataclass(frozen=True, slots=True)
class OnnxNode:
    """One operation of the graph."""

    op: str
    name: str
    inputs: tuple[str, ...]
    """Names of values; an optional input that is left out is an empty name."""
    output: str
    attributes: tuple[tuple[str, AttributeValue], ...] = ()
    remark: str = ""
    """Its `doc_string`."""


@dataclass(frozen=True, slots=True)
class OnnxInput:
    """An input of the graph. The batch is in front of its shape."""

    name: str
    shape: Shape
    type: NumberType
    remark: str = ""


@dataclass(frozen=True, slots=True)
class OnnxOutput:
    """An output of the graph, of numbers of single precision."""

    name: str
    shape: Shape


@dataclass(frozen=True, slots=True)
class NormToFold:
    """A batch normalisation whose factor and shift become part of the layer before it:
    factor = gamma / sqrt(var + eps), shift = beta - mean factor."""

    node: str
    """Whose parameters `gamma`, `beta`, `mean` and `var` it has."""
    eps: float
    axis: int
    """Of the layer's weights: the one of the output channels."""


@dataclass(frozen=True, slots=True)
class ArrangedWeight:
    """A parameter with its axes in the order of ONNX: read in the shape `split`, its axes ordered
    as `axes`, stored in the shape `shape`."""

    name: str
    parameter: str
    split: tuple[int, ...]
    axes: tuple[int, ...]
    shape: tuple[int, ...]
    norm: NormToFold | None = None
    """Multiplies the parameter by its factor first."""


@dataclass(frozen=True, slots=True)
class FoldedBias:
    """bias * factor + shift, the bias that a folded normalisation leaves."""

    name: str
    parameter: str | None
    """The bias of the layer; None where it has none."""
    norm: NormToFold
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FixedNumbers:
    """Numbers that do not depend on the weights."""

    name: str
    type: NumberType
    shape: tuple[int, ...]
    values: tuple[float, ...] | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class FixedMatrix:
    """A large array of a fitted preparation."""

    name: str
    shape: tuple[int, ...]
    array: StoredArray


StoredTensor = ArrangedWeight | FoldedBias | FixedNumbers | FixedMatrix


@dataclass(frozen=True, slots=True)
class OnnxGraph:
    """The graph, each node after those whose outputs it reads."""

    name: str
    opset: int
    inputs: tuple[OnnxInput, ...]
    outputs: tuple[OnnxOutput, ...]
    nodes: tuple[OnnxNode, ...]
    tensors: tuple[StoredTensor, ...]
    metadata: tuple[tuple[str, str], ...] = ()
