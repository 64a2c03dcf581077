"""The predictions of a trained network for samples in files."""

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
from ..engine.selection import closing_after
from ..training.engine_choice import build_for
from ..training.loading.trained_columns import trained_columns
from ..training.spec import EngineChoice
from ..training.trained_state import TrainedState
from .prediction import Predictor, open_predictor
from .reading import (
    PredictionRule,
    flat_values,
    labels_of,
    prediction_rules,
    probabilities_of,
)
from .sampling import NO_NOISE, draws_noise

if TYPE_CHECKING:
    from .model import Model


@dataclass(frozen=True, slots=True)
class Prediction:
    """What an output of the network says of one sample."""

    value: Any
    """A label, a number, or a list of them; of several labels per sample 1 for each that it has."""
    probability: float | None = None
    """Of the label."""
    probabilities: tuple[float, ...] | None = None
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
class PredictedOutput:
    """One output of the network, and its predictions for all samples."""

    name: str
    """Its label; empty where there is no other output."""
    labels: tuple[Any, ...] | None
    """The classes; None where it gives numbers."""
    predictions: tuple[Prediction, ...]
    columns: tuple[str, ...] = ()
    """The columns that it was trained to predict, where it gives several numbers."""
    several: bool = False
    """Whether a sample has several labels."""


@dataclass(frozen=True, slots=True)
class Predictions:
    """All of them, in the order of the files."""

    rows: tuple[tuple[str, int], ...]
    """The file of each sample and its row there, from 1."""
    outputs: tuple[PredictedOutput, ...]


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
    engine: EngineChoice = "numpy",
) -> Predictions | None:
    """Predicts every sample; None after problems, those of all files. `workers` processes share
    the samples of a large file (None: as many as help), but not sampled predictions, which are
    those of NumPy. Raises WorkerError when one has died."""
    spec, state = model.as_spec(), model.trained_state()
    build = build_for(engine, workers, lambda event: None)
    if sampling is None:
        predictor = open_predictor(spec, state, problems, build, compiles=engine != "numpy")
    elif draws_noise(spec.graph):
        predictor = open_predictor(spec, state, problems, purpose="sample")
    else:
        reason, advice = NO_NOISE
        problems.add(NothingToSample(at=spec.place("nodes.0"), reason=reason, advice=advice))
        return None
    if predictor is None:
        return None
    answer = partial(_predict_all, model, predictor, files, problems, sampling)
    return closing_after(predictor, answer)


def _predict_all(
    model: Model,
    predictor: Predictor,
    files: Sequence[str],
    problems: Problems,
    sampling: Sampling | None,
) -> Predictions | None:
    spec, state = model.as_spec(), model.trained_state()
    rules = prediction_rules(spec.model, spec.graph, state)
    inputs_of = input_names(spec.model)
    shapes = state.samples or tuple(
        tuple(size or 0 for size in spec.graph.node(name).shape) for name in inputs_of
    )
    data = spec.model.data
    images = data if isinstance(data, Images) else None
    table = trained_columns(spec.model, state)
    reader = SampleReader(inputs_of, shapes, table, images, state.scale(0))
    arrays = UserArrays(spec.model, spec.graph, problems, state.scales, table, coded=True)
    refusal = None if sampling is None else _why_not_sampled(spec.graph, rules, state)
    if refusal is not None:
        reason, advice = refusal
        problems.add(NothingToSample(at=spec.place("nodes.0"), reason=reason, advice=advice))
        return None
    rows: list[tuple[str, int]] = []
    predictions: dict[PredictionRule, list[Prediction]] = {rule: [] for rule in rules}
    for file in files:
        for given, names in reader.read(Path(file), problems):
            called = file if names is None else names[0]
            inputs = arrays.samples(given, called)
            found = None if inputs is None else ask(predictor, inputs, sampling, problems, called)
            if found is None:
                break
            for rule in rules:
                mean, deviation = found[rule.output]
                own = _predictions_of(mean, rule, state)
                predictions[rule] += own if deviation is None else _with_deviations(own, deviation)
            count = len(next(iter(found.values()))[0])
            rows += [(name, 1) for name in names or ()] or [(file, n + 1) for n in range(count)]
    if problems.has_errors():
        return None
    outputs = (_output(rule, tuple(found), state) for rule, found in predictions.items())
    return Predictions(tuple(rows), tuple(outputs))


def ask(
    predictor: Predictor,
    inputs: tuple[Array, ...],
    sampling: Sampling | None,
    problems: Problems,
    name: str,
) -> dict[str, tuple[Array, Array | None]] | None:
    """What every output node computes, and its deviation where it is sampled; None after a
    problem."""
    if sampling is None:
        found = predictor.outputs(inputs, problems, name)
        return None if found is None else {node: (array, None) for node, array in found.items()}
    sampled = predictor.sampled(inputs, sampling.samples, sampling.seed, problems, name)
    if sampled is None:
        return None
    return {node: (item.mean, item.deviation) for node, item in sampled.items()}


def _output(
    rule: PredictionRule, predictions: tuple[Prediction, ...], state: TrainedState
) -> PredictedOutput:
    classes = rule.classes(state)
    labels = None if classes is None else tuple(classes.tolist())
    columns = () if rule.name or rule.target is None else state.target_columns
    return PredictedOutput(rule.name, labels, predictions, columns, rule.has_several(state))


def _why_not_sampled(
    graph: Graph, rules: tuple[PredictionRule, ...], state: TrainedState
) -> tuple[str, str] | None:
    """Why predicted classes have no deviation, and what to do."""
    for rule in rules:
        if rule.classes(state) is None:
            continue
        if not rule.is_probability:
            return (
                "the outputs are not probabilities",
                "end the network in a `softmax` or a `sigmoid`",
            )
        if len(graph.node(rule.output).shape) > 1:
            way = "`Model.predict_proba` with `samples=` gives mean and deviation of each"
            return "every position has a class of its own", way
    return None


def _with_deviations(predictions: list[Prediction], deviation: Array) -> list[Prediction]:
    """Predictions with the deviations of what they show: probabilities, or numbers."""
    count = max((len(prediction.probabilities or ()) for prediction in predictions), default=0)
    flat = deviation.reshape(len(deviation), -1)
    # a single unit gives 1 - p and p, which vary alike
    flat = np.broadcast_to(flat, (len(flat), max(count, flat.shape[1])))
    return [
        replace(prediction, deviations=tuple(own))
        for prediction, own in zip(predictions, flat.tolist(), strict=True)
    ]


def _predictions_of(output: Array, rule: PredictionRule, state: TrainedState) -> list[Prediction]:
    """What an output says of each sample."""
    classes = rule.classes(state)
    if rule.has_several(state):
        values = (output > rule.threshold).astype(int)
        every = output if output.ndim == 2 else None
    elif classes is None:
        values, every = flat_values(output), None
    else:
        values = labels_of(output, classes, rule.threshold)
        shown = rule.is_probability and output.ndim <= 2
        every = probabilities_of(output) if shown else None
    if every is None:
        return [Prediction(value) for value in values.tolist()]
    return [
        Prediction(value, None if classes is None else max(each), tuple(each))
        for value, each in zip(values.tolist(), every.tolist(), strict=True)
    ]
