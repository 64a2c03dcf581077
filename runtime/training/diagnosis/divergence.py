"""What to say of a run whose loss is no longer a finite number."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import takewhile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....compiler.data.preparations import Scale, Standardize, Whiten
from ....compiler.graph import Graph
from ....compiler.ir import Model
from ....compiler.layers.dense import Poly
from ....compiler.lower.context import Choices
from ....compiler.lower.lower import lower
from ....compiler.lower.passes.pipeline import NETWORK_PASSES
from ....compiler.lower.request import PlanRequest
from ....compiler.optimizers.optimizer import Stepping
from ....compiler.problems.running import TrainingDiverged
from ....compiler.spans import Place
from ...data.dataset import Dataset
from ...engine.engine import Engine
from ...engine.selection import set_weights
from ...events import Culprit, Diverged
from ..objectives.objectives import token_readers

Arrays = Mapping[str, NDArray[Any]]


def find_culprit(model: Model, graph: Graph, weights: Arrays, feeds: Arrays) -> Culprit | None:
    """The first values that are not finite when a batch goes through the network once more.

    The network is lowered again so that every layer's output is kept. When all of them are
    finite it is the loss; None when there is no memory to find out, or all is finite this time.
    """
    for node in graph.nodes:
        if not node.inputs and not _is_finite(feeds[node.name]):
            return Culprit("input", node.name)
    for node in graph.nodes:
        for parameter in node.parameters:
            name = f"{node.name}.{parameter.name}"
            if not _is_finite(weights[name]):
                return Culprit("parameter", name)
    choices = Choices(without=NETWORK_PASSES)
    request = PlanRequest(outputs=tuple(node.name for node in graph.nodes))
    count = len(next(iter(feeds.values())))
    try:
        engine = Engine(
            lambda size: lower(
                model, graph, batch=size, purpose="gradients", choices=choices, request=request
            ),
            batch=count,
        )
        set_weights(engine, weights)
        for name, array in engine.feeds.items():
            np.copyto(array, feeds[name])
        engine.gradient_step()
    except MemoryError:
        return None
    layers = [node.name for node in graph.nodes if node.inputs]
    finite = list(takewhile(lambda name: _is_finite(engine.outputs[name]), layers))
    ends = (finite[0], finite[-1]) if len(finite) > 1 else finite
    growth = tuple((name, float(np.abs(engine.outputs[name]).max())) for name in ends)
    if len(finite) < len(layers):
        return Culprit("output", layers[len(finite)], growth)
    return None if np.isfinite(engine.loss()) else Culprit("loss", "", growth)


LARGE = 10
"""Features beyond this size are not scaled."""
LOOKED_AT = 1000
"""Samples that show the size of features."""


def scaling_advice(model: Model, dataset: Dataset) -> str:
    """What helps with features that are large, or whose powers are; empty where nothing is."""
    if any(True for _ in token_readers(model)):
        return ""
    looked_at = (np.asarray(x[:LOOKED_AT]) for x in dataset.train.inputs)
    reach = max((float(np.abs(x).max()) for x in looked_at if x.size), default=0.0)
    degree = max(
        (node.layer.degree for node in model.nodes if isinstance(node.layer, Poly)), default=1
    )
    scaled = any(isinstance(prep, Scale | Standardize | Whiten) for prep in model.preps)
    with np.errstate(over="ignore"):
        power = np.float64(reach) ** degree
    if power <= LARGE or (degree == 1 and scaled):
        return ""
    if degree == 1:
        return f"the features reach {reach:.4g}: `prep standardize` scales them"
    standardized = any(isinstance(prep, Standardize) for prep in model.preps)
    instead = " instead of `prep standardize`" if standardized else ""
    return (
        f"the features reach {reach:.4g}, and {reach:.4g}^{degree} = {power:.2g}: "
        f"`prep scale`{instead} keeps their powers between 0 and 1"
    )


def diverged_problem(
    event: Diverged,
    optimizer: Stepping,
    place: Place,
    *,
    targets: str = "",
    features: str = "",
    start: tuple[str, ...] = (),
) -> TrainingDiverged:
    """The event as a problem, with a learning rate that is worth trying. `targets` are mean and
    deviation of large targets, `features` what helps with large features, `start` what helps with
    the weights that training starts from."""
    default = float(type(optimizer).model_fields["lr"].default)
    culprit = event.culprit
    return TrainingDiverged(
        at=place,
        epoch=event.epoch,
        batch=event.batch,
        loss=f"{event.loss:g}",
        rate=event.rate,
        optimizer=optimizer.word,
        usual=type(optimizer).usual,
        # Of the rate in the spec: a schedule may have made that of the step much smaller.
        advised=default if optimizer.lr > default else optimizer.lr / 10,
        clips=optimizer.clip is not None,
        targets=targets,
        features=features,
        start=start,
        untrained=event.untrained,
        kind="" if culprit is None else culprit.kind,
        name="" if culprit is None else culprit.name,
    )


def _is_finite(array: NDArray[Any]) -> bool:
    return bool(np.isfinite(array).all())
