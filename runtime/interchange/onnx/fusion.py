"""Operations that exporters write as several: `x sigmoid(x)`, and others that are one word."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import isclose, sqrt
from typing import Any

import numpy as np

from ...array_types import Array
from .file import FileNode, OnnxFile

FusionPattern = Callable[["_View", FileNode], FileNode | None]


def fused(file: OnnxFile) -> list[FileNode]:
    """The nodes of a file, with one in the place of those that compute one word of netc."""
    nodes = file.nodes
    for find in PATTERNS:
        view = _View(file, {name: node for node in nodes for name in node.outputs})
        nodes = [_found(find, view, node) or node for node in nodes]
        nodes = _needed(nodes, file.outputs)
    return nodes


def _found(find: FusionPattern, view: _View, node: FileNode) -> FileNode | None:
    """A node that lacks what its operator has is part of no pattern; who reads it says so."""
    try:
        return find(view, node)
    except (LookupError, TypeError, ValueError):
        return None


def _needed(nodes: list[FileNode], outputs: tuple[str, ...]) -> list[FileNode]:
    """The nodes that outputs depend on."""
    read = set(outputs)
    kept = []
    for node in reversed(nodes):
        if not read.isdisjoint(node.outputs):
            kept.append(node)
            read.update(node.inputs)
    return kept[::-1]


@dataclass(slots=True)
class _View:
    """The nodes by what they make."""

    file: OnnxFile
    makers: dict[str, FileNode]

    def made_by(self, name: str, op: str) -> FileNode | None:
        """The node that makes a value, if it is of this kind."""
        node = self.makers.get(name)
        return node if node is not None and node.op == op else None

    def scalar(self, name: str) -> float | None:
        """The number of a constant that is one."""
        found = self.file.constants.get(name)
        return float(found.reshape(-1)[0]) if found is not None and found.size == 1 else None

    def constant(self, name: str) -> Array | None:
        return self.file.constants.get(name)

    def with_constant(self, node: FileNode) -> tuple[str, str] | None:
        """The value and the constant that a node of two inputs reads."""
        if len(node.inputs) != 2:
            return None
        one, other = node.inputs
        if other in self.file.constants and one not in self.file.constants:
            return one, other
        if one in self.file.constants and other not in self.file.constants:
            return other, one
        return None


def _instead(node: FileNode, op: str, inputs: tuple[str, ...], **attributes: Any) -> FileNode:
    return FileNode(op, node.name, inputs, node.outputs, attributes)


def silu(view: _View, node: FileNode) -> FileNode | None:
    """x sigmoid(x)."""
    if node.op == "Mul" and len(node.inputs) == 2:
        for x, gate in (node.inputs, node.inputs[::-1]):
            made = view.made_by(gate, "Sigmoid")
            if made is not None and made.inputs == (x,):
                return _instead(node, "Silu", (x,))
    return None


def hard_sigmoid(view: _View, node: FileNode) -> FileNode | None:
    """min(max(x + 3, 0), 6) / 6."""
    clipped = _sixth(view, node)
    x = None if clipped is None else _ramp(view, clipped)
    return None if x is None else _instead(node, "HardSigmoid", (x,), alpha=1 / 6, beta=0.5)


def hard_swish(view: _View, node: FileNode) -> FileNode | None:
    """x times the hard sigmoid, or x min(max(x + 3, 0), 6) / 6."""
    product = _sixth(view, node)
    made = node if product is None else view.made_by(product, "Mul")
    if made is None or made.op != "Mul" or len(made.inputs) != 2:
        return None
    for x, gate in (made.inputs, made.inputs[::-1]):
        if product is not None:
            found = _ramp(view, gate) == x
        else:
            own = view.made_by(gate, "HardSigmoid")
            found = own is not None and own.inputs == (x,) and _has_slope_of_a_sixth(own)
        if found:
            return _instead(node, "HardSwish", (x,))
    return None


def _has_slope_of_a_sixth(node: FileNode) -> bool:
    slope, middle = node.attributes.get("alpha", 0.2), node.attributes.get("beta", 0.5)
    return isclose(slope, 1 / 6, rel_tol=1e-4) and isclose(middle, 0.5)


def _sixth(view: _View, node: FileNode) -> str | None:
    """The value of which a node takes the sixth part."""
    pair = view.with_constant(node) if node.op in ("Div", "Mul") else None
    number = None if pair is None else view.scalar(pair[1])
    if pair is None or number is None:
        return None
    if node.op == "Div":
        return pair[0] if number == 6 and node.inputs[0] == pair[0] else None
    return pair[0] if isclose(number, 1 / 6, rel_tol=1e-6) else None


def _ramp(view: _View, name: str) -> str | None:
    """The x of min(max(x + 3, 0), 6)."""
    clip = view.made_by(name, "Clip")
    added = None if clip is None else view.made_by(clip.inputs[0], "Add")
    pair = None if added is None else view.with_constant(added)
    if clip is None or pair is None or view.scalar(pair[1]) != 3:
        return None
    if len(clip.inputs) == 3:
        bounds = view.scalar(clip.inputs[1]), view.scalar(clip.inputs[2])
    else:
        bounds = clip.attributes.get("min"), clip.attributes.get("max")
    return pair[0] if bounds == (0, 6) else None


def gelu(view: _View, node: FileNode) -> FileNode | None:
    """x (1 + erf(x / sqrt 2)) / 2, its factors in any order."""
    if node.op != "Mul":
        return None
    factor, values = 1.0, []
    for name in _factors(view, node.outputs[0]):
        scalar = view.scalar(name)
        if scalar is None:
            values.append(name)
        else:
            factor *= scalar
    if len(values) != 2 or not isclose(factor, 0.5):
        return None
    for x, share in (values, values[::-1]):
        added = view.made_by(share, "Add")
        pair = None if added is None else view.with_constant(added)
        erf = None if pair is None else view.made_by(pair[0], "Erf")
        if pair is None or erf is None or view.scalar(pair[1]) != 1:
            continue
        if _is_scaled(view, erf.inputs[0], x, 1 / sqrt(2)):
            return _instead(node, "Gelu", (x,))
    return None


def _factors(view: _View, name: str) -> Iterator[str]:
    """The values whose product a value is."""
    made = view.made_by(name, "Mul")
    if made is None:
        yield name
    else:
        for source in made.inputs:
            yield from _factors(view, source)


def _is_scaled(view: _View, name: str, x: str, factor: float) -> bool:
    """Whether a value is x times a number."""
    node = view.makers.get(name)
    pair = None if node is None else view.with_constant(node)
    if node is None or pair is None or pair[0] != x:
        return False
    scalar = view.scalar(pair[1])
    if scalar is None or not scalar:
        return False
    by = scalar if node.op == "Mul" else 1 / scalar
    return node.op in ("Mul", "Div") and isclose(by, factor, rel_tol=1e-5)


def channel_norm(view: _View, node: FileNode) -> FileNode | None:
    """gamma (x - mean) / sqrt(var + eps) + beta, with mean and variance along one axis."""
    affine = _affine(view, node)
    if affine is None:
        return None
    normal, gamma, beta = affine
    divided = view.made_by(normal, "Div")
    if divided is None:
        return None
    centred, deviation = divided.inputs
    root = view.made_by(deviation, "Sqrt")
    steadied = None if root is None else view.made_by(root.inputs[0], "Add")
    pair = None if steadied is None else view.with_constant(steadied)
    if pair is None:
        return None
    eps = view.scalar(pair[1])
    variance, difference = view.made_by(pair[0], "ReduceMean"), view.made_by(centred, "Sub")
    if eps is None or variance is None or difference is None:
        return None
    x, mean = difference.inputs
    average = view.made_by(mean, "ReduceMean")
    if (
        average is None
        or average.inputs[0] != x
        or not _is_square(view, variance.inputs[0], centred)
    ):
        return None
    axes = _axes(view, average)
    if axes is None or len(axes) != 1 or axes != _axes(view, variance):
        return None
    return _instead(node, "ChannelNormalization", (x, gamma, beta), axis=axes[0], epsilon=eps)


def _affine(view: _View, node: FileNode) -> tuple[str, str, str] | None:
    """x, gamma and beta of x gamma + beta."""
    added = view.with_constant(node) if node.op == "Add" else None
    scaled = None if added is None else view.made_by(added[0], "Mul")
    pair = None if scaled is None else view.with_constant(scaled)
    return None if pair is None or added is None else (pair[0], pair[1], added[1])


def _is_square(view: _View, name: str, of: str) -> bool:
    product, power = view.made_by(name, "Mul"), view.made_by(name, "Pow")
    if product is not None:
        return product.inputs == (of, of)
    return power is not None and power.inputs[0] == of and view.scalar(power.inputs[1]) == 2


def _axes(view: _View, node: FileNode) -> tuple[int, ...] | None:
    """The axes of a reduction."""
    if len(node.inputs) > 1:
        found = view.constant(node.inputs[1])
        return None if found is None else tuple(int(axis) for axis in found.reshape(-1))
    said = node.attributes.get("axes")
    return None if said is None else tuple(int(axis) for axis in said)


def group_norm(view: _View, node: FileNode) -> FileNode | None:
    """Groups as the channels of an instance normalisation, then a factor and a shift for each
    channel."""
    affine = _affine(view, node)
    if affine is None:
        return None
    ungrouped = view.made_by(affine[0], "Reshape")
    normal = (
        None if ungrouped is None else view.made_by(ungrouped.inputs[0], "InstanceNormalization")
    )
    grouped = None if normal is None else view.made_by(normal.inputs[0], "Reshape")
    if ungrouped is None or normal is None or grouped is None:
        return None
    ones, zeros = view.constant(normal.inputs[1]), view.constant(normal.inputs[2])
    shapes = view.file.shapes
    if ones is None or zeros is None or not np.all(ones == 1) or np.any(zeros):
        return None
    whole = shapes.get(grouped.inputs[0])
    if whole is None or whole != shapes.get(ungrouped.outputs[0]):
        return None
    if not all(_is_for_channels(view.constant(name), len(whole)) for name in affine[1:]):
        return None
    return _instead(
        node,
        "GroupNormalization",
        (grouped.inputs[0], *affine[1:]),
        num_groups=len(ones),
        epsilon=normal.attributes.get("epsilon", 1e-5),
    )


def _is_for_channels(constant: Array | None, rank: int) -> bool:
    """Whether a constant varies along the channels alone, the axis behind the batch."""
    if constant is None or constant.size == 1:
        return constant is not None
    behind = rank - 1
    return constant.ndim >= behind and constant.shape[-behind] == constant.size


def step(view: _View, node: FileNode) -> FileNode | None:
    """1 where x >= 0."""
    reached = view.made_by(node.inputs[0], "GreaterOrEqual") if node.op == "Cast" else None
    if reached is None or view.scalar(reached.inputs[1]) != 0:
        return None
    return _instead(node, "UnitStep", reached.inputs[:1])


def powers(view: _View, node: FileNode) -> FileNode | None:
    """x, x^2, ..., x^D side by side."""
    if node.op != "Concat" or len(node.inputs) < 2:
        return None
    x = node.inputs[0]
    for exponent, name in enumerate(node.inputs[1:], 2):
        power = view.made_by(name, "Pow")
        if power is None or power.inputs[0] != x or view.scalar(power.inputs[1]) != exponent:
            return None
    return _instead(node, "Powers", (x,), degree=len(node.inputs))


PATTERNS: tuple[FusionPattern, ...] = (
    silu,
    hard_sigmoid,
    hard_swish,
    gelu,
    channel_norm,
    group_norm,
    step,
    powers,
)
