"""The answers of a trained network for samples in files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...compiler.data.files import Images
from ...grammar.problem import Problems
from ..array_types import Array
from ..data.sample_files import SampleReader
from ..data.user_arrays import UserArrays, input_names
from ..engine.selection import build_engine
from ..training.trained_columns import trained_columns
from .prediction import Predictor, open_predictor
from .reading import (
    PredictionRule,
    flat_values,
    labels_of,
    prediction_rule,
    probabilities_of,
)

if TYPE_CHECKING:
    from .model import Model


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the network says of one sample."""

    file: str
    row: int
    """From 1."""
    answer: Any
    """A label, a number, or a list of them; of several labels per sample 1 for each that it has."""
    probability: float | None
    """Of the label."""
    probabilities: tuple[float, ...] | None
    """Of every class or label."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """All of them, in the order of the files."""

    labels: tuple[Any, ...] | None
    """The classes; None where the network gives numbers."""
    items: tuple[Prediction, ...]
    columns: tuple[str, ...] = ()
    """The columns that a network with several outputs was trained to predict."""
    several: bool = False
    """Whether a sample has several labels."""


def predict_files(
    model: Model, files: Sequence[str], problems: Problems, workers: int | None = None
) -> Predictions | None:
    """Answers for every sample; None after problems, those of all files. `workers` processes share
    the samples of a large file (None: as many as help). Raises WorkerError when one has died."""
    spec, state = model.as_spec(), model.trained_state()
    build = partial(build_engine, workers=workers)
    predictor = open_predictor(spec, state, problems, build)
    if predictor is None:
        return None
    try:
        return _answers(model, predictor, files, problems)
    finally:
        predictor.close()


def _answers(
    model: Model, predictor: Predictor, files: Sequence[str], problems: Problems
) -> Predictions | None:
    spec, state = model.as_spec(), model.trained_state()
    reading = prediction_rule(spec.model, spec.graph)
    inputs_of = input_names(spec.model)
    shapes = state.samples or tuple(
        tuple(size or 0 for size in spec.graph.node(name).shape) for name in inputs_of
    )
    data = spec.model.data
    images = data if isinstance(data, Images) else None
    table = trained_columns(spec.model, state)
    reader = SampleReader(inputs_of, shapes, table, images, state.scale(0))
    classes = model.classes_
    arrays = UserArrays(spec.model, spec.graph, problems, state.scales, table, coded=True)
    several = state.several[:1] == (True,)
    items: list[Prediction] = []
    for file in files:
        for given, names in reader.read(Path(file), problems):
            called = file if names is None else names[0]
            inputs = arrays.samples(given, called)
            found = None if inputs is None else predictor.outputs(inputs, problems, called)
            if found is None:
                break
            output = found[reading.output]
            rows = [(name, 1) for name in names or ()]
            rows = rows or [(file, row) for row in range(1, len(output) + 1)]
            if several:
                items += _several_labels(output, rows, reading)
            else:
                items += _predictions(output, rows, classes, reading)
    if problems.has_errors():
        return None
    labels = None if classes is None else tuple(classes.tolist())
    return Predictions(labels, tuple(items), state.target_columns, several)


def _several_labels(
    output: Array, rows: list[tuple[str, int]], reading: PredictionRule
) -> list[Prediction]:
    """Which labels each sample has."""
    chosen = (output > reading.threshold).astype(int).tolist()
    if output.ndim > 2:
        return [Prediction(*row, each, None, None) for row, each in zip(rows, chosen, strict=True)]
    return [
        Prediction(*row, each, None, tuple(probabilities))
        for row, each, probabilities in zip(rows, chosen, output.tolist(), strict=True)
    ]


def _predictions(
    output: Array, rows: list[tuple[str, int]], classes: Array | None, reading: PredictionRule
) -> list[Prediction]:
    """What the output says of each sample, which has the name of its file and its row there."""
    if classes is None:
        answers = flat_values(output).tolist()
    else:
        answers = labels_of(output, classes, reading.threshold).tolist()
        if reading.is_probability and output.ndim <= 2:
            every = probabilities_of(output).tolist()
            return [
                Prediction(*row, label, max(each), tuple(each))
                for row, label, each in zip(rows, answers, every, strict=True)
            ]
    return [Prediction(*row, answer, None, None) for row, answer in zip(rows, answers, strict=True)]
