"""From a trained model to files of C: `netc export`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...compiler.language.frozen import change
from ...compiler.lower.context import Choices
from ...compiler.lower.lower import lower
from ...compiler.lower.plan import Plan
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
from ...compiler.native.export.forward import FixedRange, Untranslated, write_forward
from ...compiler.native.export.source import ExportedFiles
from ...compiler.problems.export import NotExportable
from ...compiler.problems.running import CannotRunYet
from ...grammar.problem import Problem, Problems
from ..array_types import Array
from ..data.fitted_prep import Affine, Categories, Fill, FittedPrep, Rotation, ZeroPadding
from ..data.pixel_scale import PixelScale
from ..data.target_prep import TargetScale, TargetSteps
from ..data.user_arrays import input_names
from ..engine.engine import UNSHARDED, Binder
from ..engine.memory import allocate_bytes, create_memory, view
from ..storage.files import write_atomically, write_parts_atomically
from ..training.objectives.objectives import token_readers
from ..training.spec import Spec
from ..training.trained_state import TrainedState
from .model import Model
from .reading import PredictionRule, prediction_rules

MOST_COLUMNS = 40
"""Columns of a table that a comment names."""


def export_model(
    model: Model, title: str, name: str, problems: Problems, *, apart: bool
) -> ExportedFiles | None:
    """The files of a trained model; None after a problem. `title` says what it was made of, `name`
    is the file with the text, and with `apart` the weights are in a file of their own."""
    spec, state = model.as_spec(), model.trained_state()
    refusal = _refusal(spec, state)
    if refusal is not None:
        problems.add(refusal)
        return None
    train = change(spec.model.train, exact=True)
    alone = change(spec.model, losses=(), train=train)
    choices = Choices(native=True, without=frozenset({"pack_weights"}))
    plan = lower(alone, spec.graph, batch=1, purpose="evaluate", choices=choices)
    forward = write_forward(plan)
    if isinstance(forward, Untranslated):
        problems.add(_untranslated(spec, forward))
        return None
    regions = _prepared_regions(plan, state)
    weights = tuple(
        _stored(plan, number, part, regions) for number, part in enumerate(forward.fixed)
    )
    network = ExportedNetwork(
        title, spec.model.train.precision, tuple(_inputs(spec, state)), tuple(_outputs(spec, state))
    )
    return ExportedFiles(network, forward, weights, name, apart)


def _refusal(spec: Spec, state: TrainedState) -> Problem | None:
    """Why there can be no function of a fixed number of numbers."""
    for index, node in enumerate(spec.model.nodes):
        place = spec.place(f"nodes.{index}")
        if node.inputs and not type(node.layer).can_run():
            return CannotRunYet(at=place, what=node.layer.word)
        if not node.inputs and None in spec.graph.node(node.name).shape:
            return NotExportable(
                at=place,
                reason=f"the size of `{node.name}` is free",
                advice="give it a size in the spec, and train it again",
            )
    texts = [
        column
        for column, categories in zip(state.columns, state.categories, strict=False)
        if categories is not None
    ]
    if texts or any(isinstance(step, Categories) for own in state.steps for step in own):
        named = f"the column `{texts[0]}` holds" if texts else "some columns hold"
        return NotExportable(
            at=spec.place("data"),
            reason=f"{named} texts, and the function takes numbers",
            advice="give categories numbers in the table, and train the network with these",
        )
    return None


def _untranslated(spec: Spec, found: Untranslated) -> Problem:
    layer = found.rows[0][1]
    index = next((i for i, node in enumerate(spec.model.nodes) if node.name == layer), 0)
    rows = ", ".join(dict.fromkeys(f"`{row}`" for row, _ in found.rows))
    return NotExportable(
        at=spec.place(f"nodes.{index}"),
        reason=f"nothing in C computes `{spec.model.nodes[index].layer.word}`",
        advice=f"the instructions without C are {rows}",
    )


def _prepared_regions(plan: Plan, state: TrainedState) -> dict[str, Array]:
    """The memory of everything that does not depend on samples."""
    memory = create_memory(plan, seed=0)
    for name, parameter in memory.parameters().items():
        np.copyto(parameter, state.weights[name])
    own = {
        region: allocate_bytes(plan.bytes[region]) for region in ("arena", "scratch", "prepared")
    }
    regions = memory.regions | own | {"constants": allocate_bytes(plan.bytes["constants"])}
    for buffer in plan.buffers:
        if buffer.region == "constants":
            view(regions["constants"], buffer, plan.precision)[...] = buffer.fill

    def array(index: int) -> Array:
        return view(regions[plan.buffers[index].region], plan.buffers[index], plan.precision)

    binder = Binder(plan, memory, UNSHARDED, array, regions, None)
    with np.errstate(all="ignore"):
        for phase in binder.bind_program(plan.programs.get("prepare", ())):
            for call in phase:
                call()
    return regions


def _stored(plan: Plan, number: int, part: FixedRange, regions: dict[str, Array]) -> StoredArray:
    single = plan.precision == "f32"
    dtype = np.dtype("<f4" if single else "<f8")
    numbers = regions[part.region][part.start : part.end].view(dtype.newbyteorder("="))
    return StoredArray(
        f"weights_{number}",
        _title(plan, part),
        "float" if single else "double",
        len(numbers),
        partial(_read_bytes, numbers, dtype),
    )


def _read_bytes(numbers: Array, dtype: np.dtype[Any], begin: int, end: int) -> bytes:
    return numbers[begin:end].astype(dtype, copy=False).tobytes()


def _title(plan: Plan, part: FixedRange) -> str:
    """What an array is called in the spec."""
    item = 4 if plan.precision == "f32" else 8
    for slot in plan.slots:
        if slot.region == part.region and slot.offset * item == part.start:
            return slot.name
    for step in plan.programs.get("prepare", ()):
        for index in step.results:
            buffer = plan.buffers[index]
            if buffer.region == part.region and buffer.offset == part.start:
                return f"{step.layer}, prepared"
    return part.region


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
                    partial(_read_bytes, flat, dtype),
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


def write_files(files: ExportedFiles, text: Path, header: Path, weights: Path | None) -> None:
    """Writes all files, the one that needs the others last. Raises OSError."""
    if weights is not None:
        write_parts_atomically(weights, files.data())
    write_atomically(header, files.header().encode())
    write_parts_atomically(text, (part.encode() for part in files.text()))
