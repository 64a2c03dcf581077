"""The answers of a trained network for samples in files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...compiler.data.files import Images
from ...compiler.graph import Graph
from ...compiler.problems.asking import NothingToSample
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
from .sampling import NO_NOISE, draws_noise

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
    deviations: tuple[float, ...] | None = None
    """Those of every probability, or of every number, over sampled predictions."""

    @property
    def deviation(self) -> float | None:
        """That of the probability of the label."""
        if self.deviations is None or self.probability is None or self.probabilities is None:
            return None
        return self.deviations[self.probabilities.index(self.probability)]


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


@dataclass(frozen=True, slots=True)
class Sampling:
    """Predictions with the noise of training: how many, and from which seed."""

    samples: int
    seed: int


def predict_files(
    model: Model,
    files: Sequence[str],
    problems: Problems,
    workers: int | None = None,
    sampling: Sampling | None = None,
) -> Predictions | None:
    """Answers for every sample; None after problems, those of all files. `workers` processes share
    the samples of a large file (None: as many as help), but not sampled predictions. Raises
    WorkerError when one has died."""
    spec, state = model.as_spec(), model.trained_state()
    build = partial(build_engine, workers=workers)
    if sampling is None:
        predictor = open_predictor(spec, state, problems, build)
    elif draws_noise(spec.graph):
        predictor = open_predictor(spec, state, problems, purpose="sample")
    else:
        reason, advice = NO_NOISE
        problems.add(NothingToSample(at=spec.place("nodes.0"), reason=reason, advice=advice))
        return None
    if predictor is None:
        return None
    try:
        return _answers(model, predictor, files, problems, sampling)
    finally:
        predictor.close()


def _answers(
    model: Model,
    predictor: Predictor,
    files: Sequence[str],
    problems: Problems,
    sampling: Sampling | None,
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
    if sampling is not None and classes is not None:
        refusal = _why_not_sampled(spec.graph, reading)
        if refusal is not None:
            reason, advice = refusal
            problems.add(NothingToSample(at=spec.place("nodes.0"), reason=reason, advice=advice))
            return None
    items: list[Prediction] = []
    for file in files:
        for given, names in reader.read(Path(file), problems):
            called = file if names is None else names[0]
            inputs = arrays.samples(given, called)
            if inputs is None:
                break
            deviation: Array | None = None
            if sampling is None:
                found = predictor.outputs(inputs, problems, called)
                if found is None:
                    break
                output = found[reading.output]
            else:
                given_seed = sampling.samples, sampling.seed
                sampled = predictor.sampled(inputs, *given_seed, problems, called)
                if sampled is None:
                    break
                output = sampled[reading.output].mean
                deviation = sampled[reading.output].deviation
            rows = [(name, 1) for name in names or ()]
            rows = rows or [(file, row) for row in range(1, len(output) + 1)]
            if several:
                own = _several_labels(output, rows, reading)
            else:
                own = _predictions(output, rows, classes, reading)
            items += own if deviation is None else _with_deviations(own, deviation)
    if problems.has_errors():
        return None
    labels = None if classes is None else tuple(classes.tolist())
    return Predictions(labels, tuple(items), state.target_columns, several)


def _why_not_sampled(graph: Graph, reading: PredictionRule) -> tuple[str, str] | None:
    """Why the predicted classes have no deviation, and what to do."""
    if not reading.is_probability:
        return "the outputs are not probabilities", "end the network in a `softmax` or a `sigmoid`"
    if len(graph.node(reading.output).shape) > 1:
        way = "`Model.predict_proba` with `samples=` gives mean and deviation of each"
        return "every position has a class of its own", way
    return None


def _with_deviations(items: list[Prediction], deviation: Array) -> list[Prediction]:
    """Predictions with the deviations of what they show: probabilities, or numbers."""
    count = max((len(item.probabilities or ()) for item in items), default=0)
    flat = deviation.reshape(len(deviation), -1)
    # a single unit gives 1 - p and p, which vary alike
    flat = np.broadcast_to(flat, (len(flat), max(count, flat.shape[1])))
    return [
        replace(item, deviations=tuple(own)) for item, own in zip(items, flat.tolist(), strict=True)
    ]


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
