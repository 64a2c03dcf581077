"""The loss and the metrics of one part of the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite

import numpy as np

from ..objectives.batches import EncodedSplit, fill, fill_rest, read_batches
from ..objectives.loss_weights import mean_divisors
from ..objectives.objectives import Objective
from .engines import EvaluatingEngine
from .metric_accumulators import MetricAccumulator
from .settings import Settings

ConfusionMatrix = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one part came to."""

    values: dict[str, float]
    """The loss and the metrics."""
    confusion: ConfusionMatrix | None
    """Where it is wanted."""
    reasons: dict[str, str]
    """Why metrics have no meaning on this part."""


def evaluate(
    engine: EvaluatingEngine,
    part: EncodedSplit,
    objective: Objective,
    settings: Settings,
    between: Callable[[], None] = lambda: None,
) -> Measurement:
    """The loss and the metrics of one part. `between` is called after every batch."""
    metrics = MetricAccumulator(objective)
    total, seen = 0.0, 0
    order = np.arange(len(part))
    if settings.most_batches is not None:
        order = order[: settings.most_batches * settings.evaluation_batch]
    # the loss is the weighted mean over the part, whatever the batches are
    means = mean_divisors(part.weights, order)
    for rows, read in read_batches(
        part, order, settings.evaluation_batch, None, together=engine.together
    ):
        count = len(rows)
        engine.resize(count)
        fill(engine.feeds, part, rows, count, read, means)
        engine.evaluate_step()
        loss = engine.loss()
        if not isfinite(loss):
            # who looks for the cause looks at all of the batch
            fill_rest(engine.feeds, part, rows, {}, engine.together)
        total += loss * count
        seen += count
        metrics.keep(engine.outputs, part.truths_of(rows, read))
        between()
    values = {"loss": total / seen} | metrics.values()
    return Measurement(values, metrics.confusion(), metrics.reasons())
