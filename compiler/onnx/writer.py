"""Writes the nodes of an ONNX graph: values in either order of axes, and each tensor once.

Images and sequences are channels-first inside the graph, as ONNX's windows want them, and
channels-last at its borders, as a spec has them. A value is transposed where a layer needs the
other order, once for all that need it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod

from ..graph import GraphNode
from ..shapes import Shape
from .graph import (
    ArrangedWeight,
    AttributeValue,
    AxisOrder,
    FixedNumbers,
    NormToFold,
    NumberType,
    OnnxNode,
    StoredTensor,
)

FIRST, LAST = AxisOrder.FIRST, AxisOrder.LAST


class UnwritableLayer(Exception):  # noqa: N818 (a reason, which becomes a diagnostic)
    """A layer, or an option of one, that cannot be written as ONNX; the text says why."""


@dataclass(slots=True)
class OnnxWriter:
    """The nodes and tensors of a graph in the making."""

    opset: int
    shapes: dict[str, Shape]
    """The shape of a sample of each value that a layer makes, by the layer's name."""
    nodes: list[OnnxNode] = field(default_factory=list)
    tensors: dict[str, StoredTensor] = field(default_factory=dict)
    forms: dict[str, dict[AxisOrder, str]] = field(default_factory=dict)
    """The names of each layer's value in the orders in which it exists."""
    layer: str = ""
    """The layer whose nodes are being written."""
    norms: Mapping[str, GraphNode] = field(default_factory=dict)
    """Normalisations that are folded into the layer before them, by that layer."""
    image_order: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """Vectors whose numbers stay those of an image of this shape, channels-first, because only
    `dense` layers read them."""
    whole: frozenset[str] = frozenset()
    """Values that are tokens, whole numbers in ONNX too."""

    def order(self, source: str) -> AxisOrder:
        """The order in which a value exists already; channels-first where it has both."""
        return FIRST if FIRST in self.forms[source] else LAST

    def read(self, source: str, order: AxisOrder) -> str:
        """The value of a layer in this order of axes."""
        forms = self.forms[source]
        if order not in forms:
            (other,) = forms.values()
            rank = len(self.shapes[source]) + 1
            perm = (0, rank - 1, *range(1, rank - 1)) if order is FIRST else _to_last(rank)
            name = f"{source}/channels_{order.name.lower()}"
            self.nodes.append(OnnxNode("Transpose", name, (other,), name, (("perm", perm),)))
            forms[order] = name
        return forms[order]

    def put(self, source: str, order: AxisOrder, name: str) -> None:
        """Says which value a layer has made. A vector has both orders at once."""
        both = len(self.shapes[source]) == 1
        self.forms[source] = {FIRST: name, LAST: name} if both else {order: name}

    def emit(
        self,
        op: str,
        *inputs: str,
        part: str = "",
        **attributes: AttributeValue | None,
    ) -> str:
        """Adds a node of the present layer and gives the name of its output. The node that makes
        the layer's value has the layer's name; others are named by the `part` that they play."""
        return self.make(op, inputs, attributes, part)

    def make(
        self,
        op: str,
        inputs: tuple[str, ...],
        attributes: Mapping[str, AttributeValue | None],
        part: str = "",
    ) -> str:
        """`emit` with attributes that were gathered before."""
        name = f"{self.layer}/{part}" if part else self.layer
        given = tuple((key, value) for key, value in attributes.items() if value is not None)
        self.nodes.append(OnnxNode(op, name, inputs, name, given))
        return name

    def remark(self, text: str) -> None:
        """Says something of the node that was added last."""
        self.nodes[-1] = replace(self.nodes[-1], remark=text)

    def numbers(
        self,
        part: str,
        values: Iterable[float] | Iterable[int],
        type: NumberType = "float",
        shape: Sequence[int] | None = None,
    ) -> str:
        """A stored tensor of fixed numbers, by default a vector."""
        listed = tuple(values)
        sizes = (len(listed),) if shape is None else tuple(shape)
        name = f"{self.layer}/{part}"
        return self.keep(FixedNumbers(name, type, sizes, listed))

    def number(self, part: str, value: float, type: NumberType = "float") -> str:
        """A stored number."""
        return self.numbers(part, (value,), type, ())

    def weight(
        self,
        node: GraphNode,
        parameter: str,
        split: Sequence[int],
        axes: Sequence[int] | None = None,
        shape: Sequence[int] | None = None,
        norm: NormToFold | None = None,
    ) -> str:
        """A stored parameter of a layer, or of the layer whose parameters it shares."""
        name = f"{node.shares or node.name}.{parameter}"
        order = tuple(range(len(split)) if axes is None else axes)
        arranged = tuple(split[axis] for axis in order)
        stored = ArrangedWeight(name, name, tuple(split), order, tuple(shape or arranged), norm)
        return self.keep(stored)

    def keep(self, tensor: StoredTensor) -> str:
        """Keeps a tensor, once for equal ones; a different one of its name gets a number."""
        name, count = tensor.name, 1
        while name in self.tensors and self.tensors[name] != replace(tensor, name=name):
            count += 1
            name = f"{tensor.name}_{count}"
        self.tensors[name] = replace(tensor, name=name)
        return name


def _to_last(rank: int) -> tuple[int, ...]:
    return (0, *range(2, rank), 1)


def orders_agree(shape: Shape) -> bool:
    """Whether the numbers of a sample come in the same order, channels-first or channels-last."""
    if len(shape) == 1 or shape[-1] == 1:
        return True
    return None not in shape[:-1] and prod(size or 0 for size in shape[:-1]) == 1
