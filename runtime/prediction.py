"""Answers of a trained network: what it computes for samples that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from ..compiler.graph import Graph
from ..compiler.ir import Model as Ir
from ..compiler.lowering.lower import lower
from ..compiler.problems.running import CannotRunYet
from ..compiler.problems.samples import SamplesDiffer
from ..compiler.schema.record import change
from ..compiler.spans import Place, Spans
from ..compiler.words.losses import Target
from ..grammar.problem import Problems
from ..grammar.source import Source, Span
from .data.dataset import Array
from .engine import Engine
from .given import Intake, input_names
from .learnt import Learnt
from .metrics import answer

MOST = 256
"""Samples that are computed together."""


@dataclass(slots=True)
class Predictor:
    """A network in evaluation mode, without its losses.

    Its plans are made for 1, 2, 4, ... samples and the last batch is filled up with zeros, so
    that asking for many different numbers of samples does not make as many plans.
    """

    ir: Ir
    graph: Graph
    learnt: Learnt
    engine: Engine

    def outputs(self, inputs: tuple[Array, ...], problems: Problems) -> dict[str, Array] | None:
        """What every output node computes, (N, ...); None after a problem."""
        feeds = self._prepare(inputs, problems)
        if feeds is None:
            return None
        count = len(inputs[0])
        results: dict[str, Array] = {}
        for start in range(0, max(count, 1), MOST):
            rows = min(MOST, count - start)
            self.engine.resize(1 << max(rows - 1, 0).bit_length())
            for name, array in feeds.items():
                feed = self.engine.feeds[name]
                feed[:rows] = array[start : start + rows]
                feed[rows:] = 0
            with np.errstate(all="ignore"):
                self.engine.evaluate_step()
            for name in self.graph.outputs:
                output = self.engine.outputs[name]
                if name not in results:
                    results[name] = np.empty((count, *output.shape[1:]), output.dtype)
                results[name][start : start + rows] = output[:rows]
        return results

    def _prepare(self, inputs: tuple[Array, ...], problems: Problems) -> dict[str, Array] | None:
        """The samples as the input nodes read them."""
        feeds: dict[str, Array] = {}
        names = input_names(self.ir)
        for index, (name, array) in enumerate(zip(names, inputs, strict=True)):
            sizes = self.graph.node(name).shape
            shape = tuple(size for size in sizes if size is not None)
            steps = self.learnt.steps[index] if self.learnt.steps else ()
            raw = self.learnt.samples[index] if steps else shape
            if prod(array.shape[1:]) != prod(raw):
                problems.add(
                    SamplesDiffer(
                        at=Span(Source("<arrays>", ""), 0, 0),
                        name="x" if len(names) == 1 else f"x[{name}]",
                        sample=array.shape[1:],
                        wanted=raw,
                        reader=name,
                    )
                )
                continue
            x: Array = array.reshape(len(array), *raw)
            for step in steps:
                x = np.ascontiguousarray(step(x), np.float32)
            feeds[name] = x.reshape(len(array), *shape)
        return feeds if len(feeds) == len(names) else None


def open_predictor(
    ir: Ir, graph: Graph, spans: Spans, learnt: Learnt, problems: Problems
) -> Predictor | None:
    """Binds the network without its losses; None when a part of it cannot run."""
    for index, node in enumerate(ir.nodes):
        place = spans.get(f"nodes.{index}") or Place(Span(Source("<text>", ""), 0, 0))
        what = None
        if node.inputs and not type(node.layer).can_run():
            what = node.layer.word
        elif None in graph.node(node.name).shape:
            what = "a free size"
        if what is not None:
            problems.add(CannotRunYet(at=place.span, calls=place.calls, what=what))
            return None
    alone = change(ir, losses=(), optimizer=None, regularizers=())
    engine = Engine(lambda batch: lower(alone, graph, batch=batch), batch=1)
    for name, array in engine.parameters().items():
        np.copyto(array, learnt.weights[name])
    return Predictor(ir, graph, learnt, engine)


def initial_weights(ir: Ir, graph: Graph, seed: int) -> dict[str, Array]:
    """What training starts from, by `node.parameter`."""
    alone = change(ir, losses=(), optimizer=None, regularizers=())
    engine = Engine(lambda batch: lower(alone, graph, batch=batch), batch=1, seed=seed)
    return {name: array.copy() for name, array in engine.parameters().items()}


@dataclass(frozen=True, slots=True)
class Answers:
    """How the outputs of the first loss are read."""

    output: str
    """The node."""
    threshold: float
    is_probability: bool


def answers_of(ir: Ir, graph: Graph) -> Answers:
    """From the first loss; without one the first output, read as probabilities."""
    if not ir.losses:
        output = graph.outputs[0]
        return Answers(output, 0.5, _gives_probabilities(graph, output))
    first = ir.losses[0]
    output = graph.labels[first.on] if first.on is not None else graph.outputs[0]
    margins = Target.SIGN in first.targets
    return Answers(output, 0.0 if margins else 0.5, _gives_probabilities(graph, output))


def _gives_probabilities(graph: Graph, output: str) -> bool:
    """Whether the last thing computed is a softmax or a sigmoid."""
    nodes = graph.by_name()
    node = nodes[output]
    while node.layer.word in ("expect", "id", "flatten", "reshape") and node.inputs:
        node = nodes[node.inputs[0]]
    return node.layer.word in ("softmax", "sigmoid")


def labels_of(output: Array, classes: Array, threshold: float) -> Array:
    """The class of every sample, or of every position of a sequence."""
    if output.ndim <= 2:
        return np.asarray(classes[answer(output.reshape(len(output), -1), threshold)])
    return np.asarray(classes[output.argmax(axis=-1)])


def probabilities_of(output: Array) -> Array:
    """One column a class: a single unit tells two classes, 1 - p and p."""
    if output.shape[1:] == (1,):
        return np.concatenate([1 - output, output], axis=1)
    return output


def flat_values(output: Array) -> Array:
    """Measured numbers: (N,) for a single one."""
    return output[:, 0] if output.shape[1:] == (1,) else output


def take_samples(ir: Ir, graph: Graph, x: Any, problems: Problems) -> tuple[Array, ...] | None:
    """Samples that a program hands over; None after a problem."""
    return Intake(ir, graph, problems).samples(x)
