"""Attacks on a trained network, in the range of its data.

Every input is seen between 0 and 1: pixels from black to white, other numbers from the smallest to
the largest of each feature in the samples that are attacked. So eps is a fraction of the range of
the data, before `prep`, whose steps are part of what is differentiated.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np

from ....compiler.graph import Graph, differentiable_inputs
from ....compiler.lower.request import PlanRequest
from ....grammar.problem import Problems
from ...array_types import Array, Doubles
from ...data.data_range import DataRange, range_of
from ...data.fitted_prep import FittedPrep, in_doubles, prepare, pull_back
from ...data.user_arrays import input_names
from ...engine.engine import Engine
from ...engine.selection import Build, build_single
from ...training.fitting import FitData, OpenedPart, open_on_arrays
from ...training.objectives.batches import EncodedSplit, SampleIndices, fill
from ...training.prerequisites import report_missing_prerequisites
from ...training.spec import Spec
from ...training.trained_state import TrainedState
from .options import AttackOptions
from .perturb import perturb

MOST = 256
"""Samples that are attacked together."""


@dataclass(frozen=True, slots=True, eq=False)
class Attacked:
    """Samples after an attack."""

    eps: float
    inputs: tuple[Array, ...]
    """Of each input, in the unit of the data; bytes that netc divides are numbers from 0 to 1."""
    outputs: dict[str, Array]
    """What the network makes of them, by node."""
    loss: float
    """The mean over the samples."""


def build_of(graph: Graph) -> Build:
    """How the engine of an attack is built: it gives the gradients of inputs alone."""
    request = PlanRequest(gradients=differentiable_inputs(graph), parameters=False)
    return partial(build_single, request=request)


@dataclass(slots=True)
class AttackedNetwork:
    """A network that was opened with the engine of `build_of`, and samples with their targets."""

    opened: OpenedPart
    ranges: tuple[DataRange, ...] = field(init=False)
    part: EncodedSplit = field(init=False)

    def __post_init__(self) -> None:
        state = self.opened.state
        self.part = self.opened.session.encoded().train
        self.ranges = tuple(
            range_of(x, state.scale(index).white) for index, x in enumerate(self.opened.raw.inputs)
        )

    def attack(
        self, rows: SampleIndices, epsilons: Sequence[float], options: AttackOptions
    ) -> list[Attacked]:
        """Some of the samples, attacked with each eps."""
        batches = [rows[start : start + MOST] for start in range(0, len(rows), MOST)]
        parts = [list(self._batch(own, epsilons, options)) for own in batches]
        found = []
        for index, eps in enumerate(epsilons):
            own = [part[index] for part in parts]
            inputs = tuple(
                np.concatenate(arrays)
                for arrays in zip(*(item.inputs for item in own), strict=True)
            )
            outputs = {
                name: np.concatenate([item.outputs[name] for item in own])
                for name in own[0].outputs
            }
            losses = [item.loss * len(batch) for item, batch in zip(own, batches, strict=True)]
            found.append(Attacked(eps, inputs, outputs, sum(losses) / len(rows)))
        return found

    def _batch(
        self, rows: SampleIndices, epsilons: Sequence[float], options: AttackOptions
    ) -> Iterator[Attacked]:
        engine = self.opened.session.engine
        assert isinstance(engine, Engine)
        engine.resize(len(rows))
        fill(engine.feeds, self.part, rows, len(rows))
        raw = [_doubles(x, rows) for x in self.opened.raw.inputs]
        u = tuple(place.shares(x) for place, x in zip(self.ranges, raw, strict=True))
        options = replace(options, seed=options.seed + int(rows[0]))
        for eps in epsilons:
            moved = perturb(u, self._gradients, eps, options)
            self._gradients(moved)
            values = tuple(place.values(one) for place, one in zip(self.ranges, moved, strict=True))
            outputs = {
                node: engine.outputs[node].copy() for node in self.opened.session.spec.graph.outputs
            }
            yield Attacked(eps, values, outputs, engine.loss())

    def _gradients(self, u: tuple[Doubles, ...]) -> tuple[Doubles, ...]:
        """The gradients of the samples' losses, with respect to shares of the range."""
        engine, session = self.opened.session.engine, self.opened.session
        assert isinstance(engine, Engine)
        shapes = []
        for node, place, own, steps in self._inputs(u):
            x = prepare(place.values(own), steps, engine.feeds[node].dtype)
            shapes.append(x.shape)
            engine.feeds[node][...] = x.reshape(engine.feeds[node].shape)
        with np.errstate(all="ignore"):
            engine.gradient_step()
        found = []
        names = list(session.objective.inputs)
        for (node, place, own, steps), shape in zip(self._inputs(u), shapes, strict=True):
            gradient = engine.outputs.get(f"gradient:{node}") if node in names else None
            if gradient is None:
                found.append(np.zeros_like(own))
            else:
                back = pull_back(gradient.reshape(shape), steps)
                found.append(back.reshape(own.shape) * place.span)
        return tuple(found)

    def _inputs(
        self, u: tuple[Doubles, ...]
    ) -> Iterator[tuple[str, DataRange, Doubles, tuple[FittedPrep, ...]]]:
        steps = self.opened.state.steps or tuple(() for _ in u)
        names = self.opened.session.objective.inputs
        return zip(names, self.ranges, u, steps, strict=True)


def attack_arrays(
    spec: Spec,
    state: TrainedState,
    x: Any,
    y: Any,
    eps: float,
    options: AttackOptions,
    problems: Problems,
) -> Array | dict[str, Array] | None:
    """The samples of a program after an attack, one array or one for each input; None after a
    problem."""
    report_missing_prerequisites(spec, problems, has_data=True, purpose="differentiate")
    if problems.has_errors():
        return None
    build = build_of(spec.graph)
    data = FitData(x, y, None)
    opened = open_on_arrays(spec, state, data, problems, build=build, purpose="differentiate")
    if opened is None:
        return None
    rows = np.arange(len(opened.raw))
    (found,) = AttackedNetwork(opened).attack(rows, (eps,), options)
    names = input_names(spec.model)
    return found.inputs[0] if len(names) == 1 else dict(zip(names, found.inputs, strict=True))


def _doubles(x: Array, rows: SampleIndices) -> Doubles:
    """Some samples in double precision; bytes as numbers from 0 to 1."""
    return np.concatenate(list(in_doubles(np.asarray(x[rows]))))
