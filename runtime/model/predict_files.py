"""The answers of a trained network for samples in files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...compiler.data.files import Csv, Images
from ...grammar.problem import Problems
from ..data.sample_files import SampleReader
from ..data.user_arrays import UserArrays, input_names
from ..engine.selection import build_engine
from .prediction import (
    Predictor,
    flat_values,
    labels_of,
    open_predictor,
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
    """A label, a number, or a list of them."""
    probability: float | None
    """Of the label."""
    probabilities: tuple[float, ...] | None
    """Of every class."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """All of them, in the order of the files."""

    labels: tuple[Any, ...] | None
    """The classes; None where the network gives numbers."""
    items: tuple[Prediction, ...]


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
    names = input_names(spec.model)
    shapes = state.samples or tuple(
        tuple(size or 0 for size in spec.graph.node(name).shape) for name in names
    )
    data = spec.model.data
    target = data.target if isinstance(data, Csv) else None
    images = data if isinstance(data, Images) else None
    reader = SampleReader(names, shapes, target, state.columns, images)
    classes = model.classes_
    arrays = UserArrays(spec.model, spec.graph, problems)
    items: list[Prediction] = []
    for file in files:
        given = reader.read(Path(file), problems)
        inputs = None if given is None else arrays.samples(given, file)
        found = None if inputs is None else predictor.outputs(inputs, problems, file)
        if found is None:
            continue
        output = found[reading.output]
        if classes is None:
            values = flat_values(output)
            items += [Prediction(file, row, value, None, None) for row, value in _rows(values)]
            continue
        labels = labels_of(output, classes, reading.threshold)
        if not reading.is_probability or output.ndim > 2:
            items += [Prediction(file, row, label, None, None) for row, label in _rows(labels)]
            continue
        every = probabilities_of(output)
        items += [
            Prediction(file, row, label, max(each), tuple(each))
            for (row, label), each in zip(_rows(labels), every.tolist(), strict=True)
        ]
    if problems.has_errors():
        return None
    return Predictions(None if classes is None else tuple(classes.tolist()), tuple(items))


def _rows(values: Any) -> list[tuple[int, Any]]:
    return list(enumerate(values.tolist(), start=1))
