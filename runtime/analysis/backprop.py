"""One sample through a network and back, with every number that a student would write down.

For a layer with weights, z is what it gives and delta = dL/dz; its gradients are those of w and b.
For an activation it is a and dL/da. Everything is in double precision and evaluation mode. A
softmax with cross-entropy, like a sigmoid with its own, is differentiated together with the loss:
dL/da of such an activation is not computed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from ...compiler.graph import GraphNode
from ...compiler.language.frozen import change
from ...compiler.lower.request import PlanRequest
from ...compiler.problems.asking import SampleMissing
from ...grammar.problem import Problems
from ..array_types import Array
from ..data.user_arrays import expected_targets, input_names
from ..engine.selection import build_single, set_weights
from ..events import Reporter
from ..training.fitting import FitData, open_on_arrays, trained_state_of
from ..training.gradients import gradients_of
from ..training.loading.spec_data import load_data
from ..training.loop.initial_weights import initial_weights
from ..training.prerequisites import report_missing_prerequisites
from ..training.session import Session, open_session
from ..training.spec import Spec
from ..training.trained_state import TrainedState
from .gradcheck import checkable


@dataclass(frozen=True, slots=True, eq=False)
class LayerPass:
    """One layer, forward and back, for one sample."""

    node: GraphNode
    parameters: dict[str, Array]
    """By their names in the layer; those of a shared layer are at the layer that has them."""
    output: Array
    gradient: Array | None
    """dL/doutput; None where the loss takes the layer into itself, or nothing comes back."""
    gradients: dict[str, Array]
    """Of the parameters."""


@dataclass(frozen=True, slots=True, eq=False)
class Backprop:
    """A whole pass."""

    losses: tuple[str, ...]
    """The words of the losses."""
    loss: float
    targets: tuple[Array, ...]
    """As the losses read them."""
    layers: tuple[LayerPass, ...]


@dataclass(frozen=True, slots=True)
class GivenSample:
    """A sample that was written down: the numbers of each input, and what each loss learns."""

    inputs: tuple[tuple[float, ...], ...]
    targets: tuple[tuple[float | str, ...], ...]


def backprop(
    spec: Spec,
    state: TrainedState | None,
    sample: int | GivenSample,
    *,
    root: Path,
    problems: Problems,
    reporter: Reporter,
) -> Backprop | None:
    """A pass of one sample: of the training part by its number, from 1, or one that was given;
    None after a problem. `state` has trained weights; without it they are those that training
    starts from."""
    model = checkable(spec.model)
    spec = spec.with_model(change(model, train=change(model.train, batch=1)))
    given = isinstance(sample, GivenSample)
    report_missing_prerequisites(spec, problems, has_data=given, purpose="differentiate")
    weights = (
        None if state is not None or problems.has_errors() else initial_weights(spec, problems)
    )
    if problems.has_errors():
        return None
    names = tuple(node.name for node in spec.graph.nodes)
    request = PlanRequest(outputs=names, gradients=names)
    build = partial(build_single, request=request)
    session: Session | None = None
    if spec.model.data is not None and not (given and state is not None):
        dataset = load_data(spec, root=root, problems=problems, reporter=reporter)
        if dataset is None:
            return None
        session = open_session(spec, dataset, problems, build=build, purpose="differentiate")
        if session is None:
            return None
        state = state or replace(trained_state_of(session), weights=weights or {})
    state = state or TrainedState(weights or {}, (), (), ())
    row = 0
    if isinstance(sample, GivenSample):
        data = _arrays_of(spec, sample)
        opened = open_on_arrays(spec, state, data, problems, build=build, purpose="differentiate")
        session = None if opened is None else opened.session
    else:
        row = sample - 1
    if session is None:
        return None
    count = len(session.dataset.train)
    if row >= count:
        problems.add(SampleMissing(at=spec.place("data"), sample=row + 1, samples=count))
        return None
    set_weights(session.engine, state.weights)
    return _pass_of(session, request, row)


def _arrays_of(spec: Spec, sample: GivenSample) -> FitData:
    """A sample that was written down, as the arrays of a program."""
    names = input_names(spec.model)
    targets = tuple(target.name for target in expected_targets(spec.model, spec.graph))
    x = tuple(np.array([values]) for values in sample.inputs)
    y = tuple(np.array([values] if len(values) > 1 else values) for values in sample.targets)
    return FitData(
        dict(zip(names, x, strict=True)) if len(names) > 1 else x[0],
        dict(zip(targets, y, strict=True)) if len(targets) > 1 else (y[0] if y else None),
        None,
    )


def _pass_of(session: Session, request: PlanRequest, row: int) -> Backprop:
    found = gradients_of(session, request, np.array([row]))
    parameters = session.engine.parameters()
    layers = []
    for node in session.spec.graph.nodes:
        own = {one.name: f"{node.name}.{one.name}" for one in node.parameters}
        gradient = found.gradients.get(node.name)
        layers.append(
            LayerPass(
                node,
                {name: parameters[key].copy() for name, key in own.items()},
                found.outputs[node.name][0],
                None if gradient is None else gradient[0],
                {
                    name: found.parameters[key]
                    for name, key in own.items()
                    if key in found.parameters
                },
            )
        )
    targets = tuple(
        array[0].copy()
        for name, array in session.engine.feeds.items()
        if name.startswith("target:")
    )
    words = tuple(loss.word for loss in session.spec.model.losses)
    return Backprop(words, found.loss, targets, tuple(layers))
