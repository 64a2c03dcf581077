"""What an exported network has beside its forward pass, from a trained model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from ...compiler.native.export.contents import (
    BackExponential,
    BackScaling,
    BackStep,
    BorderStep,
    ExportedNetwork,
    FillingStep,
    LinearStep,
    NetworkInput,
    NetworkOutput,
    PreparationStep,
    RotatingStep,
    StoredArray,
)
from ..array_types import Array
from ..data.fitted_prep import Affine, Categories, Fill, FittedPrep, Rotation, ZeroPadding
from ..data.pixel_scale import PixelScale
from ..data.target_prep import TargetScale, TargetSteps
from ..data.user_arrays import input_names
from ..training.objectives.objectives import token_readers
from ..training.spec import Spec
from ..training.trained_state import TrainedState
from .reading import PredictionRule, prediction_rules

MOST_COLUMNS = 40
"""Columns of a table that a comment names."""


def exported_network(spec: Spec, state: TrainedState, title: str) -> ExportedNetwork:
    """Its inputs with their preparations, and its outputs with how they are read. `title` says
    what it was made of."""
    return ExportedNetwork(
        title, spec.model.train.precision, tuple(_inputs(spec, state)), tuple(_outputs(spec, state))
    )


def _inputs(spec: Spec, state: TrainedState) -> Iterator[NetworkInput]:
    tokens = {name: count for _, name, count in token_readers(spec.model)}
    for index, name in enumerate(input_names(spec.model)):
        shape = tuple(size or 0 for size in spec.graph.node(name).shape)
        fitted = state.steps[index] if state.steps else ()
        sample = state.samples[index] if fitted else shape
        yield NetworkInput(
            name,
            name,
            sample,
            int(np.prod(shape)),
            tuple(_steps(fitted, sample, index)),
            tokens.get(name),
            _remark(state, index, sample),
        )


def _remark(state: TrainedState, index: int, sample: tuple[int, ...]) -> str:
    """What the numbers of an input are."""
    if state.columns and index == 0:
        more = ", ..." if len(state.columns) > MOST_COLUMNS else ""
        return f"the columns {', '.join(state.columns[:MOST_COLUMNS])}{more}"
    scale: PixelScale = state.scale(index)
    if scale.divides:
        return "pixels from 0, black, to 1, white: a byte divided by 255"
    if len(sample) == 3 and state.scales and scale.white is not None:
        return f"pixels from 0, black, to {scale.white:g}, white"
    return ""


def _steps(
    fitted: tuple[FittedPrep, ...], shape: tuple[int, ...], index: int
) -> Iterator[PreparationStep]:
    """Fitted preparations as steps of an exported file, for samples of a shape."""
    for number, step in enumerate(fitted):
        match step:
            case Affine(shift=shift, factor=factor):
                yield LinearStep(_repeating(shift, shape), _repeating(factor, shape))
            case Fill(values=values):
                yield FillingStep(_repeating(values, shape))
            case Rotation(mean=mean, matrix=matrix):
                dtype = np.dtype("<f8")
                flat = np.ascontiguousarray(matrix, np.float64).reshape(-1)
                stored = StoredArray(
                    f"rotation_{index}_{number}",
                    "the matrix of `prep whiten`",
                    "double",
                    len(flat),
                    partial(read_bytes, flat, dtype),
                )
                yield RotatingStep(_repeating(mean, (len(mean),)), stored)
            case ZeroPadding(size=size):
                yield BorderStep(shape, size)
                shape = (*(axis + 2 * size for axis in shape[:-1]), shape[-1])
            case Categories():
                raise AssertionError("columns of texts were refused")


def _repeating(values: Array, shape: tuple[int, ...]) -> tuple[float, ...]:
    """Numbers that are broadcast over the last axes of a sample, as few as repeat along it."""
    if values.size > 1 and values.shape != shape[len(shape) - values.ndim :]:
        values = np.broadcast_to(values, shape)
    return tuple(float(value) for value in values.reshape(-1))


def _outputs(spec: Spec, state: TrainedState) -> Iterator[NetworkOutput]:
    rules = {rule.output: rule for rule in prediction_rules(spec.model, spec.graph, state)}
    labels = {node: label for label, node in reversed(spec.graph.labels.items())}
    for node in spec.graph.outputs:
        shape = tuple(size or 0 for size in spec.graph.node(node).shape)
        rule = rules.get(node)
        yield NetworkOutput(
            labels.get(node, node),
            node,
            shape,
            tuple(_back_steps(state.target_steps.get(node, ()), shape)),
            _class_names(rule, state),
            0.5 if rule is None else rule.threshold,
        )


def _class_names(rule: PredictionRule | None, state: TrainedState) -> tuple[str, ...] | None:
    if rule is None or rule.has_several(state):
        return None
    classes = rule.classes(state)
    return None if classes is None else tuple(str(label) for label in classes.tolist())


def _back_steps(steps: TargetSteps, shape: tuple[int, ...]) -> Iterator[BackStep]:
    for step in reversed(steps):
        if isinstance(step, TargetScale):
            yield BackScaling(_repeating(step.shift, shape), _repeating(step.factor, shape))
        else:
            yield BackExponential()


def read_bytes(numbers: Array, dtype: np.dtype[Any], begin: int, end: int) -> bytes:
    """Some numbers as bytes of a type."""
    return numbers[begin:end].astype(dtype, copy=False).tobytes()
