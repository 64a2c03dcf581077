"""What a file of trained weights says beside its tensors: its types, and that it fits a network.

The checksum of a file tells a damaged one; a record that was written by another program may still
say anything.
"""

from __future__ import annotations

from math import prod
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import ConfigDict, Field

from ...compiler.graph import Graph
from ...compiler.ir import Model as Ir
from ...compiler.language.frozen import STRICT, Frozen
from ...compiler.language.kinds import Count, Natural
from ..array_types import Array
from ..data.fitted_prep import Affine, Categories, Fill, FittedPrep, Rotation, ZeroPadding
from ..data.pixel_scale import PixelScale
from ..data.target_prep import TargetScale, TargetSteps, targets_from_tensors
from .trained_state import TrainedState

LARGEST_LABELS = 1 << 28
"""The most bytes of the labels of a target."""


class SavedAffine(Frozen):
    kind: Literal["affine"]


class SavedRotation(Frozen):
    kind: Literal["rotation"]


class SavedFill(Frozen):
    kind: Literal["fill"]


class SavedCategories(Frozen):
    kind: Literal["categories"]
    kept: tuple[tuple[Natural, tuple[int, ...]], ...]
    strict: bool


class SavedBorder(Frozen):
    kind: Literal["border"]
    size: Natural


SavedStep = Annotated[
    SavedAffine | SavedRotation | SavedFill | SavedCategories | SavedBorder,
    Field(discriminator="kind"),
]


def _fitted(step: Any, tensors: dict[str, Array], base: str) -> FittedPrep:
    """Raises KeyError where a tensor is missing."""
    match step:
        case SavedAffine():
            return Affine(tensors[f"{base}:shift"], tensors[f"{base}:factor"])
        case SavedRotation():
            return Rotation(tensors[f"{base}:mean"], tensors[f"{base}:matrix"])
        case SavedFill():
            return Fill(tensors[f"{base}:values"])
        case SavedCategories():
            return Categories(dict(step.kept), step.strict)
    return ZeroPadding(step.size)


class SavedLabels(Frozen):
    """The labels of a target, with the type of their array."""

    dtype: str = Field(pattern=r"^[<>|=][biufUO]\d{0,9}$")
    labels: Annotated[tuple[bool | int | float | str, ...], Field(min_length=1)]

    def array(self) -> Array:
        """Raises ValueError for labels that are not of this type."""
        try:
            dtype = np.dtype(self.dtype)
            if dtype.itemsize * len(self.labels) <= LARGEST_LABELS:
                return np.array(self.labels, dtype)
        except (TypeError, OverflowError) as error:
            raise ValueError(str(error)) from None
        raise ValueError(f"labels of {dtype.itemsize} bytes")


class SavedRecord(Frozen):
    """The record of a file. Those of an older netc lack the fields that have a default."""

    model_config = ConfigDict(**{**STRICT, "extra": "ignore"}, frozen=True)

    preps: tuple[tuple[SavedStep, ...], ...]
    samples: tuple[tuple[Count, ...], ...]
    classes: tuple[SavedLabels | None, ...]
    columns: tuple[str, ...] = ()
    target_columns: tuple[str, ...] = ()
    categories: tuple[tuple[str, ...] | None, ...] = ()
    scales: tuple[tuple[Annotated[float, Field(gt=0)] | None, bool], ...] = ()
    several: tuple[bool, ...] = ()
    target_preps: dict[str, tuple[Literal["log", "scale"], ...]] = {}
    balanced: dict[str, tuple[Annotated[float, Field(ge=0)], ...]] = {}


def state_of(record: SavedRecord, tensors: dict[str, Array]) -> TrainedState:
    """The trained state without its weights. Raises KeyError where a tensor is missing, ValueError
    for labels that are not of their type."""
    steps = tuple(
        tuple(_fitted(step, tensors, f"prep:{index}:{number}") for number, step in enumerate(own))
        for index, own in enumerate(record.preps)
    )
    return TrainedState(
        {},
        steps,
        record.samples,
        tuple(None if labels is None else labels.array() for labels in record.classes),
        record.columns,
        record.target_columns,
        record.categories,
        tuple(PixelScale(white, divides) for white, divides in record.scales),
        record.several,
        targets_from_tensors(tensors, dict(record.target_preps)),
        dict(record.balanced),
    )


def mismatch(state: TrainedState, ir: Ir, graph: Graph) -> str:
    """Why a trained state cannot belong to a network, or nothing."""
    inputs = [node.shape for node in graph.nodes if not node.inputs]
    if len(inputs) == len(graph.nodes):
        return "it has no network"
    if len(state.samples) != len(inputs) or len(state.steps) not in (0, len(inputs)):
        return f"it describes {len(state.samples)} inputs, the network has {len(inputs)}"
    if len(state.categories) not in (0, len(state.columns)):
        return f"it has the categories of {len(state.categories)} of {len(state.columns)} columns"
    for shape, sample, steps in zip(inputs, state.samples, state.steps, strict=False):
        found = _prepared_shape(sample, steps)
        if isinstance(found, str):
            return found
        if None not in shape and prod(size or 1 for size in shape) != prod(found):
            return f"samples of {sample} do not give an input of {shape}"
    return _targets_differ(state, ir, graph)


def _prepared_shape(
    sample: tuple[int, ...], steps: tuple[FittedPrep, ...]
) -> tuple[int, ...] | str:
    """The shape of a sample after fitted preparations, or why they do not fit."""
    for step in steps:
        wrong = f"a preparation does not fit samples of {sample}"
        match step:
            case Affine(shift=shift, factor=factor):
                if not (_spreads(shift, sample) and _spreads(factor, sample)):
                    return wrong
            case Fill(values=values):
                if not _spreads(values, sample):
                    return wrong
            case Rotation(mean=mean, matrix=matrix):
                size = prod(sample)
                if not _spreads(mean, (size,)) or not _are_numbers(matrix, (size, size)):
                    return wrong
            case Categories(kept=kept):
                if len(sample) != 1 or any(column >= sample[0] for column in kept):
                    return wrong
                sample = (sample[0] + sum(len(codes) - 1 for codes in kept.values()),)
            case ZeroPadding(size=size):
                if len(sample) < 2:
                    return wrong
                sample = (*(axis + 2 * size for axis in sample[:-1]), sample[-1])
    return sample


def _are_numbers(array: Array, shape: tuple[int, ...]) -> bool:
    return array.shape == shape and bool(np.isfinite(array).all())


def _spreads(array: Array, shape: tuple[int, ...]) -> bool:
    """Whether an array of finite numbers broadcasts to a shape."""
    try:
        fits = np.broadcast_shapes(array.shape, shape) == shape
    except ValueError:
        return False
    return fits and bool(np.isfinite(array).all())


def _targets_differ(state: TrainedState, ir: Ir, graph: Graph) -> str:
    """Why classes, preparations of targets and weights of classes do not fit the outputs."""
    targets: dict[str, list[str]] = {}
    for loss in ir.losses:
        node = graph.outputs[0] if loss.on is None else graph.labels[loss.on]
        if loss.target is None:
            targets.setdefault(loss.on or "y", []).append(node)
    if not ir.losses:
        targets["y"] = [graph.outputs[0]]
    # without any, a part of the network is the target, and classes of the data are not read
    # Several outputs may have one target of the data.
    wrong = len(state.classes) not in (0, 1, len(targets)) or len(state.several) > len(targets)
    if targets and wrong:
        return f"it has the classes of {len(state.classes)} targets, the network {len(targets)}"
    for labels, nodes in zip(state.classes, targets.values(), strict=False):
        units = graph.node(nodes[0]).shape[-1]
        if labels is not None and len(labels) != (2 if units == 1 else units):
            return f"it has {len(labels)} classes, the network {units} outputs"
    for name, steps in state.target_steps.items():
        nodes = [node for own in targets.values() for node in own]
        if name not in nodes or not _fit_targets(steps, graph.node(name).shape[-1]):
            return f"the preparation of the target of `{name}` does not fit"
    return _weights_differ(state, ir, graph)


def _fit_targets(steps: TargetSteps, units: int | None) -> bool:
    arrays = [
        array
        for step in steps
        if isinstance(step, TargetScale)
        for array in (step.shift, step.factor)
    ]
    return all(_spreads(array, (units or 1,)) for array in arrays) and all(
        bool((step.factor != 0).all()) for step in steps if isinstance(step, TargetScale)
    )


def _weights_differ(state: TrainedState, ir: Ir, graph: Graph) -> str:
    for index, loss in enumerate(ir.losses):
        node = graph.outputs[0] if loss.on is None else graph.labels[loss.on]
        for option in loss.class_weights():
            found = state.balanced.get(f"{index}.{option}")
            if found is not None and len(found) not in (1, 2, graph.node(node).shape[-1]):
                return f"it has {len(found)} weights of classes for `{node}`"
    return ""
