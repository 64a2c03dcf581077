"""The gradients of the losses on samples, in evaluation mode."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from ...compiler.lower.request import PlanRequest
from ...grammar.problem import Problems
from ..array_types import Array
from ..engine.engine import Engine
from ..engine.selection import build_single
from .fitting import FitData, open_on_arrays
from .objectives.batches import SampleIndices, fill, read_batches
from .objectives.loss_weights import mean_divisors
from .prerequisites import report_missing_prerequisites
from .session import Session
from .spec import Spec
from .trained_state import TrainedState


@dataclass(frozen=True, slots=True, eq=False)
class LossGradients:
    """The loss of some samples, and its gradients."""

    loss: float
    parameters: dict[str, Array]
    """By `node.parameter`."""
    gradients: dict[str, Array]
    """Of what nodes give, (N, ...)."""
    outputs: dict[str, Array]
    """What nodes give, (N, ...)."""


def loss_gradients(
    spec: Spec, state: TrainedState, data: FitData, request: PlanRequest, problems: Problems
) -> LossGradients | None:
    """The gradients of the loss, which is the mean over the samples; None after a problem."""
    report_missing_prerequisites(spec, problems, has_data=True, purpose="differentiate")
    if problems.has_errors():
        return None
    build = partial(build_single, request=request)
    opened = open_on_arrays(spec, state, data, problems, build=build, purpose="differentiate")
    return None if opened is None else gradients_of(opened.session, request)


def gradients_of(
    session: Session, request: PlanRequest, rows: SampleIndices | None = None
) -> LossGradients:
    """The gradients on samples of the training part of a session that was opened for them; by
    default on all."""
    engine, part, settings = session.engine, session.encoded().train, session.settings
    assert isinstance(engine, Engine)
    order = np.arange(len(part)) if rows is None else rows
    means = mean_divisors(part.weights, order)
    found = LossGradients(0.0, {}, {}, {})
    loss = 0.0
    at = 0
    for own, read in read_batches(part, order, settings.evaluation_batch, None):
        count = len(own)
        engine.resize(count)
        fill(engine.feeds, part, own, count, read, means)
        with np.errstate(all="ignore"):
            engine.gradient_step()
        share = count / len(order)
        loss += engine.loss() * share
        if request.parameters:
            for name, array in engine.gradients().items():
                known = found.parameters.get(name, 0.0)
                found.parameters[name] = np.asarray(known + array * share, array.dtype)
        for names, prefix, factor, kept in (
            (request.gradients, "gradient:", share, found.gradients),
            (request.outputs, "", 1.0, found.outputs),
        ):
            for name in names:
                output = engine.outputs.get(prefix + name)
                if output is not None:
                    whole = kept.setdefault(
                        name, np.empty((len(order), *output.shape[1:]), output.dtype)
                    )
                    whole[at : at + count] = output * factor
        at += count
    return LossGradients(loss, found.parameters, found.gradients, found.outputs)
