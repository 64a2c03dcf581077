"""Outputs and gradients of a model, from predictors that are kept for the next call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from ...compiler.diagnostics import DataError, raise_for
from ...compiler.graph import Graph, differentiable_inputs
from ...compiler.lower.context import Purpose
from ...compiler.lower.request import NOTHING, PlanRequest
from ...compiler.suggest.spelling import closest
from ...grammar.problem import Problems
from ..array_types import Array, float_type
from ..data.user_arrays import input_names
from ..training.fitting import FitData
from ..training.gradients import loss_gradients
from ..training.spec import Spec
from ..training.trained_state import TrainedState
from .prediction import Predictor, open_predictor, take_samples
from .sampled import SampledPrediction
from .units import Unit

InferenceKind = tuple[Purpose, PlanRequest]
Inputs = tuple[Array, ...]
Computed = TypeVar("Computed")
Computation = Callable[[Predictor, Inputs, Problems], Computed | None]

PLAIN: InferenceKind = ("evaluate", NOTHING)


@dataclass(slots=True)
class InferenceSession:
    """A network with its weights, and the predictors that it has been run with.

    What cannot be computed is raised as `DataError`.
    """

    spec: Spec
    state: TrainedState
    predictors: dict[InferenceKind, Predictor] = field(default_factory=dict)

    def outputs(self, x: Any, nodes: Sequence[str] = ()) -> dict[str, Array]:
        """What the output nodes and others give, (N, ...), by node."""
        hidden = dict.fromkeys(node for node in nodes if node not in self.spec.graph.outputs)
        kind: InferenceKind = ("evaluate", PlanRequest(outputs=tuple(hidden)))
        return self.run(x, kind, lambda predictor, *given: predictor.outputs(*given))

    def sampled(self, x: Any, samples: int, seed: int) -> dict[str, SampledPrediction]:
        """Mean and deviation of what the output nodes give with the noise of training."""
        return self.run(
            x,
            ("sample", NOTHING),
            lambda predictor, *given: predictor.sampled(given[0], samples, seed, given[1]),
        )

    def unit_gradients(self, x: Any, of: str, unit: Unit) -> dict[str, Array]:
        """The gradients of units of a node, summed over the samples."""
        inputs = differentiable_inputs(self.spec.graph)
        kind: InferenceKind = ("differentiate", PlanRequest(gradients=inputs, of=of))
        found = self.run(
            x, kind, lambda predictor, given, problems: predictor.gradients(given, unit, problems)
        )
        return found | self._zeros(x, found, inputs)

    def loss_gradients(self, data: FitData) -> dict[str, Array]:
        """The gradients of the mean loss of samples with their targets."""
        request, problems = (
            PlanRequest(gradients=differentiable_inputs(self.spec.graph)),
            Problems(),
        )
        found = loss_gradients(self.spec, self.state, data, request, problems)
        raise_for(DataError, problems)
        assert found is not None  # gradients that are not there have a problem
        given = found.gradients
        return found.parameters | given | self._zeros(data.x, given, request.gradients)

    def _zeros(
        self, x: Any, found: Mapping[str, Array], inputs: tuple[str, ...]
    ) -> dict[str, Array]:
        """The gradients of inputs on which nothing depends that can be differentiated."""
        missing = [name for name in inputs if name not in found]
        if not missing:
            return {}
        samples = take_samples(self.spec.model, self.spec.graph, self.state, x, Problems())
        assert samples is not None  # they were taken before
        by_name = dict(zip(input_names(self.spec.model), samples, strict=True))
        dtype = float_type(self.spec.model)
        return {name: np.zeros(by_name[name].shape, dtype) for name in missing}

    def run(self, x: Any, kind: InferenceKind, compute: Computation[Computed]) -> Computed:
        """What a predictor of a kind computes; it is kept for the next call of that kind."""
        problems, spec = Problems(), self.spec
        predictor = self.predictors.get(kind)
        if predictor is None:
            purpose, request = kind
            predictor = open_predictor(spec, self.state, problems, purpose=purpose, request=request)
            raise_for(DataError, problems)
            assert predictor is not None
            # each has the memory of a network: beside the plain one, only the last is kept
            self.predictors = {k: p for k, p in self.predictors.items() if k == PLAIN}
            self.predictors[kind] = predictor
        inputs = take_samples(spec.model, spec.graph, self.state, x, problems)
        found = None if inputs is None else compute(predictor, inputs, problems)
        raise_for(DataError, problems)
        assert found is not None  # outputs that are not there have a problem
        return found


def node_of(graph: Graph, name: Any) -> str:
    """The layer of a label or a name. Raises TypeError and ValueError where there is none."""
    if not isinstance(name, str):
        raise TypeError(f"the name of a layer is a text, not {name!r}")
    node = graph.labels.get(name, name)
    if node not in graph.by_name():
        known = (*graph.labels, *graph.by_name())
        near = closest(name, known)
        there = f"there are {', '.join(known)}" if near is None else f"did you mean {near!r}?"
        raise ValueError(f"no layer or label is called {name!r}: {there}")
    return node


def named_outputs(graph: Graph, found: dict[str, Array]) -> dict[str, Array]:
    """Outputs of nodes by all of their labels, where they have any."""
    names: dict[str, list[str]] = {}
    for label, node in graph.labels.items():
        names.setdefault(node, []).append(label)
    return {name: found[node] for node in found for name in names.get(node, [node])}
