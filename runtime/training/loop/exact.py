"""`opt exact`: the weights of one linear layer at which the gradient of its loss is zero.

With X the output of the layers before it (N x F), T the targets (N x K), c the weight of
the loss and l the strength of `reg l2`, the loss c/(N K) |X w + b - T|^2 + l/2 |w|^2 is least at

    (Z'Z + l N K / (2 c) I) w = Z'(T - mean T),   b = mean T - mean X w,   Z = X - mean X

and without a bias at the same with nothing subtracted. Solved in float64 by the eigenvectors of
Z'Z with columns scaled to length 1, then corrected twice by the residual over all samples, which
brings back the digits that squaring Z costs (Bjorck 1996, Numerical Methods for Least Squares
Problems, 2.9).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ....compiler.graph import Graph, GraphNode
from ....compiler.ir import Model
from ....compiler.language.frozen import change
from ....compiler.layers.layer import Trainable
from ....compiler.lower.lower import lower
from ...array_types import Doubles
from ...data.fitted_prep import prepare
from ...data.preparation import FitSamples, fit_scale, fit_standardize
from ...engine.engine import Engine
from ..objectives.batches import EncodedSplit

Batches = Callable[[], Iterator[tuple[Doubles, Doubles, Doubles]]]
"""Features (B, F), targets (B, K) and weights (B, 1) of all samples, from the start at every
call."""

BATCH = 1024
CORRECTIONS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """w (F, K) and b (K,)."""

    w: Doubles
    b: Doubles


@dataclass(frozen=True, slots=True)
class NotUnique:
    """Infinitely many weights fit the samples equally well."""

    features: int
    rank: int
    """How many directions of the features the samples determine."""
    samples: int


def solve(batches: Batches, *, ridge: float, bias: bool) -> Solution | NotUnique:
    """The least-squares solution; `ridge` is what is added to the diagonal of Z'Z."""
    count, x_mean, t_mean = _means(batches, bias=bias)
    gram, right = _products(batches, x_mean, t_mean)
    length = np.sqrt(np.diag(gram) + ridge)
    scale = 1 / np.where(length > 0, length, 1)
    scaled = (gram + ridge * np.eye(len(gram))) * scale * scale[:, None]
    values, axes = np.linalg.eigh(scaled)
    # what rounding makes of a zero after the sums of all samples
    zero = values <= values[-1] * len(values) * np.finfo(np.float64).eps
    if zero.any() or not (length > 0).all():
        return NotUnique(len(gram), int((~zero).sum()), count)

    def invert(rest: Doubles) -> Doubles:
        inner = axes.T @ (rest * scale[:, None])
        return np.asarray((axes @ (inner / values[:, None])) * scale[:, None], np.float64)

    w = invert(right)
    for _ in range(CORRECTIONS):
        w = w + invert(_residual(batches, x_mean, t_mean, w) - ridge * w)
    return Solution(w, t_mean - x_mean @ w)


def _means(batches: Batches, *, bias: bool) -> tuple[int, Doubles, Doubles]:
    """How many samples, and the means that a bias makes up for; zeros without a bias."""
    count, total = 0, 0.0
    x_sum: Any = 0.0
    t_sum: Any = 0.0
    for x, t, weights in batches():
        count, total = count + len(x), total + float(weights.sum())
        x_sum, t_sum = x_sum + (weights * x).sum(axis=0), t_sum + (weights * t).sum(axis=0)
    share = 1 / total if bias else 0.0
    return count, x_sum * share, t_sum * share


def _products(batches: Batches, x_mean: Doubles, t_mean: Doubles) -> tuple[Doubles, Doubles]:
    gram: Any = 0.0
    right: Any = 0.0
    for x, t, weights in batches():
        z = x - x_mean
        gram, right = gram + z.T @ (weights * z), right + z.T @ (weights * (t - t_mean))
    return gram, right


def _residual(batches: Batches, x_mean: Doubles, t_mean: Doubles, w: Doubles) -> Doubles:
    rest: Any = 0.0
    for x, t, weights in batches():
        z = x - x_mean
        rest = rest + z.T @ (weights * (t - t_mean - z @ w))
    return np.asarray(rest, np.float64)


def solve_model(
    model: Model, graph: Graph, part: EncodedSplit
) -> tuple[GraphNode, Solution | NotUnique]:
    """The layer that learns, and its weights for the samples of a part."""
    (layer,) = (node for node in graph.nodes if any(p.trained for p in node.parameters))
    (loss,) = model.losses
    batches = _batches_of(model, graph, layer.inputs[0], part)
    dense = layer.layer
    assert isinstance(dense, Trainable)
    strength = dense.l2
    if strength is None:
        strength = sum(item.strength for item in model.regularizers if item.closed_form)
    units = layer.shape[-1] or 1
    total = sum(float(weights.sum()) for _, _, weights in batches())
    ridge = strength * total * units / (2 * loss.factor)
    bias = any(parameter.name == "b" for parameter in layer.parameters)
    return layer, solve(batches, ridge=ridge, bias=bias)


def prep_that_helps(model: Model, graph: Graph, part: EncodedSplit) -> str:
    """The `prep` with which the solution is unique; empty where none makes it so."""
    for word, fit in (("scale", fit_scale), ("standardize", fit_standardize)):
        inputs = {
            name: prepare(x, (fit(FitSamples(x)),), np.dtype(np.float64))
            for name, x in part.inputs.items()
        }
        _, found = solve_model(model, graph, replace(part, inputs=inputs))
        if isinstance(found, Solution):
            return word
    return ""


def _batches_of(model: Model, graph: Graph, source: str, part: EncodedSplit) -> Batches:
    """The features that flow out of a node, in double precision, with the targets."""
    nodes = graph.by_name()
    wanted = {source}
    for node in reversed(graph.nodes):
        if node.name in wanted:
            wanted.update(node.inputs)
    kept = tuple(node for node in graph.nodes if node.name in wanted)
    (target,) = part.targets
    rows = target.rows.reshape(len(target.rows), -1).astype(np.float64)
    engine: Engine | None = None
    if nodes[source].inputs:
        features = change(
            model,
            nodes=tuple(node for node in model.nodes if node.name in wanted),
            labels={},
            losses=(),
            train=change(model.train, precision="f64"),
        )
        engine = Engine(
            lambda batch: lower(
                features, Graph(kept, {}, (source,)), batch=batch, purpose="evaluate"
            ),
            batch=min(BATCH, len(part)),
        )

    def batches() -> Iterator[tuple[Doubles, Doubles, Doubles]]:
        for start in range(0, len(part), BATCH):
            end = min(start + BATCH, len(part))
            if engine is None:
                x = part.inputs[source][start:end]
            else:
                engine.resize(end - start)
                for name in engine.feeds:
                    engine.feeds[name][...] = part.inputs[name][start:end]
                engine.evaluate_step()
                x = engine.outputs[source]
            index = slice(start, end) if target.index is None else target.index[start:end]
            weights = np.ones((end - start, 1))
            for item in part.weights:
                weights = item.of(np.arange(start, end))[0].reshape(-1, 1)
            yield x.reshape(end - start, -1).astype(np.float64), rows[index], weights

    return batches
