"""Inference with a trained network: what it computes for samples that it has not seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from ...compiler.graph import Graph
from ...compiler.infer import infer
from ...compiler.ir import Model as Ir
from ...compiler.language.frozen import change
from ...compiler.lower.context import Purpose
from ...compiler.lower.request import NOTHING, PlanRequest
from ...compiler.problems.arrays import TokensOutOfRange
from ...compiler.problems.running import CannotRunYet
from ...compiler.problems.samples import SamplesDiffer
from ...compiler.shapes import Shape, elements, is_turned
from ...grammar.problem import Problems
from ...grammar.source import Source, Span
from ..array_types import Array, float_type
from ..data.assemble import too_large
from ..data.fitted_prep import first_infinite, is_finite, prepare
from ..data.target_prep import undo_target
from ..data.user_arrays import UserArrays, input_names
from ..engine.engine import Engine
from ..engine.selection import (
    AnyEngine,
    Build,
    EngineOptions,
    build_single,
    set_weights,
)
from ..engine.slices import BatchSizes
from ..native.failure import EngineError
from ..training.engine_choice import engine_problem
from ..training.loading.trained_columns import trained_columns
from ..training.objectives.objectives import strange_token, token_readers
from ..training.spec import Spec
from ..training.trained_state import TrainedState
from .sampled import SampledPrediction
from .sampling import RunningMoments, joined
from .units import Unit, choose_units

MOST = 256
"""Samples that are computed together."""
GRADIENT = "gradient:"
"""What the name of an output begins with that is the gradient of a node's output."""


@dataclass(slots=True)
class Predictor:
    """A network in evaluation mode, without its losses, or what a request asks of it.

    Its plans are made for 1, 2, 4, ... samples and the last batch is filled up with zeros, so
    that asking for many different numbers of samples does not make as many plans. A network with
    a free size is bound for each size that it meets. Many samples at once are given to the engine
    that `build` makes, which may have workers: `close` ends them.
    """

    spec: Spec
    state: TrainedState
    build: Build = build_single
    purpose: Purpose = "evaluate"
    request: PlanRequest = NOTHING
    compiles: bool = False
    """Whether few samples, too, are given to what `build` makes."""
    engines: dict[tuple[bool, tuple[Shape, ...]], AnyEngine] = field(default_factory=dict)

    def outputs(
        self, inputs: tuple[Array, ...], problems: Problems, name: str = "x"
    ) -> dict[str, Array] | None:
        """What every output node and those of the request compute, (N, ...); None after a problem.
        `name` is what the samples are called."""
        found = self._bound(inputs, problems, name)
        if found is None:
            return None
        results: dict[str, Array] = {}
        for rows in self._filled(*found):
            with np.errstate(all="ignore"):
                found.engine.evaluate_step()
            _keep(found.engine.outputs, rows, len(inputs[0]), results)
        steps = self.state.target_steps
        return {node: undo_target(steps.get(node, ()), array) for node, array in results.items()}

    def sampled(
        self,
        inputs: tuple[Array, ...],
        samples: int,
        seed: int,
        problems: Problems,
        name: str = "x",
    ) -> dict[str, SampledPrediction] | None:
        """Mean and deviation of what every output node computes in so many passes with noise;
        None after a problem. The same seed and inputs give the same bits."""
        found = self._bound(inputs, problems, name)
        if found is None:
            return None
        engine = found.engine
        assert isinstance(engine, Engine)
        engine.memory.seed = seed
        engine.memory.reset_streams()
        parts: dict[str, list[SampledPrediction]] = {}
        for rows in self._filled(*found):
            moments = {node: RunningMoments() for node in engine.outputs}
            for _ in range(samples):
                with np.errstate(all="ignore"):
                    engine.evaluate_step()
                for node, running in moments.items():
                    output = engine.outputs[node][: rows.stop - rows.start]
                    running.add(undo_target(self.state.target_steps.get(node, ()), output))
            for node, running in moments.items():
                parts.setdefault(node, []).append(running.sampled(float_type(self.spec.model)))
        return {node: joined(own) for node, own in parts.items()}

    def gradients(
        self, inputs: tuple[Array, ...], unit: Unit, problems: Problems, name: str = "x"
    ) -> dict[str, Array] | None:
        """The gradients of units of the node of the request, summed over all samples, for every
        parameter (`node.parameter`) and for the outputs that the request names, (N, ...); None
        after a problem. Raises ValueError for a unit that there is not."""
        found = self._bound(inputs, problems, name)
        if found is None:
            return None
        engine, feeds, count = found.engine, found.feeds, len(inputs[0])
        assert isinstance(engine, Engine)
        seed = f"seed:{self.request.of}"
        feeds[seed] = choose_units(unit, engine.feeds[seed].shape[1:], count)
        sums: dict[str, Array] = {}
        results: dict[str, Array] = {}
        for rows in self._filled(*found):
            with np.errstate(all="ignore"):
                engine.gradient_step()
            if self.request.parameters:
                for key, array in engine.gradients().items():
                    sums[key] = sums[key] + array if key in sums else array.copy()
            wanted = {
                key.removeprefix(GRADIENT): array
                for key, array in engine.outputs.items()
                if key.startswith(GRADIENT)
            }
            _keep(wanted, rows, count, results)
        return sums | results

    def _bound(self, inputs: tuple[Array, ...], problems: Problems, name: str) -> _Bound | None:
        """The engine for these samples, and what it reads of them."""
        feeds = self._prepare(inputs, problems, name)
        many = len(inputs[0]) > MOST
        engine = None if feeds is None else self._engine(feeds, problems, many=many)
        return None if feeds is None or engine is None else _Bound(engine, feeds)

    def _filled(self, engine: AnyEngine, feeds: dict[str, Array]) -> Iterator[slice]:
        """The samples batch by batch, which are then in the feeds of the engine."""
        count = len(next(iter(feeds.values())))
        for start in range(0, max(count, 1), MOST):
            rows = min(MOST, count - start)
            engine.resize(_rounded(rows))
            for node, array in feeds.items():
                feed = engine.feeds[node]
                feed[:rows] = array[start : start + rows]
                feed[rows:] = 0
            yield slice(start, start + rows)

    def close(self) -> None:
        """Ends what the engines have started."""
        for engine in self.engines.values():
            engine.close()
        self.engines.clear()

    def _prepare(
        self, inputs: tuple[Array, ...], problems: Problems, called: str
    ) -> dict[str, Array] | None:
        """The samples as the input nodes read them."""
        feeds: dict[str, Array] = {}
        names = input_names(self.spec.model)
        for index, (name, array) in enumerate(zip(names, inputs, strict=True)):
            shape = self.spec.graph.node(name).shape
            free = None in shape
            steps = self.state.steps[index] if self.state.steps else ()
            wanted: Shape = self.state.samples[index] if steps and not free else shape
            if not _fits(array.shape[1:], wanted):
                problems.add(
                    SamplesDiffer(
                        at=Span(Source("<arrays>", ""), 0, 0),
                        name=called if len(names) == 1 else f"{called}[{name}]",
                        sample=array.shape[1:],
                        wanted=wanted,
                        reader=name,
                    )
                )
                continue
            raw: Array = array if free else array.reshape(len(array), *_known(wanted))
            dtype = float_type(self.spec.model)
            x = prepare(raw, steps, dtype)
            if steps and not is_finite(x):
                number = first_infinite(raw, steps, dtype)
                prep = self.spec.model.preps[number]
                problems.add(too_large(called, prep, number, self.spec.spans, dtype))
                return None
            feeds[name] = x if free else x.reshape(len(array), *_known(shape))
        if len(feeds) < len(names) or not self._know_tokens(feeds, problems, called):
            return None
        return feeds

    def _know_tokens(self, feeds: dict[str, Array], problems: Problems, called: str) -> bool:
        """Whether every `embed` gets whole numbers of its vocabulary."""
        good = True
        for index, name, tokens in token_readers(self.spec.model):
            found = strange_token(feeds[name], tokens)
            if found is not None:
                value, sample = found
                place = self.spec.place(f"nodes.{index}")
                problems.add(
                    TokensOutOfRange(
                        at=place,
                        data=called if len(feeds) == 1 else f"{called}[{name}]",
                        tokens=tokens,
                        found=f"{value:g}",
                        sample=f"sample {sample + 1}",
                    )
                )
                good = False
        return good

    def _engine(
        self, feeds: dict[str, Array], problems: Problems, *, many: bool
    ) -> AnyEngine | None:
        """The network bound for samples of these sizes."""
        key = many, tuple(array.shape[1:] for array in feeds.values())
        if key in self.engines:
            return self.engines[key]
        alone = change(self.spec.model, losses=())
        graph = self.spec.graph
        if any(None in node.shape for node in graph.nodes):
            nodes = tuple(
                change(node, layer=change(node.layer, shape=feeds[node.name].shape[1:]))
                if node.name in feeds
                else node
                for node in alone.nodes
            )
            alone = change(alone, nodes=nodes)
            graph = infer(alone, self.spec.spans, problems).graph
            if problems.has_errors():
                return None
        shares = (many or self.compiles) and self.request == NOTHING
        build = self.build if shares else partial(build_single, request=self.request)
        whole, rest = divmod(len(next(iter(feeds.values()))), MOST)
        sizes = {MOST} if whole else set()
        sizes |= {_rounded(rest)} if rest else set()
        expected = BatchSizes((), tuple(sorted(sizes)))
        options = EngineOptions(1, MOST, seed=0, purpose=self.purpose, expected=expected)
        try:
            engine = build(alone, graph, options)
        except EngineError as error:
            problems.add(engine_problem(error))
            return None
        set_weights(engine, self.state.weights)
        self.engines[key] = engine
        return engine


def _rounded(rows: int) -> int:
    """A power of two, for few sizes of batches."""
    return 1 << max(rows - 1, 0).bit_length()


class _Bound(NamedTuple):
    """An engine, and the samples that its feeds will hold."""

    engine: AnyEngine
    feeds: dict[str, Array]


def _keep(outputs: Mapping[str, Array], rows: slice, count: int, results: dict[str, Array]) -> None:
    """Copies the outputs of a batch to where those of all samples are gathered."""
    for node, output in outputs.items():
        if node not in results:
            results[node] = np.empty((count, *output.shape[1:]), output.dtype)
        results[node][rows] = output[: rows.stop - rows.start]


def _known(shape: Shape) -> tuple[int, ...]:
    return tuple(size for size in shape if size is not None)


def _fits(sample: Shape, wanted: Shape) -> bool:
    """Whether a sample can be read: the same number of elements, or the same sizes where one
    size is free."""
    if None not in wanted:
        return elements(sample) == elements(wanted) and not is_turned(wanted, sample)
    return len(sample) == len(wanted) and all(
        there in (None, here) for here, there in zip(sample, wanted, strict=True)
    )


def open_predictor(
    spec: Spec,
    state: TrainedState,
    problems: Problems,
    build: Build = build_single,
    *,
    purpose: Purpose = "evaluate",
    request: PlanRequest = NOTHING,
    compiles: bool = False,
) -> Predictor | None:
    """A network that predicts; None when a part of it cannot run. With `compiles`, what `build`
    makes is used for few samples, too."""
    for index, node in enumerate(spec.model.nodes):
        if node.inputs and not type(node.layer).can_run():
            place = spec.place(f"nodes.{index}")
            what = node.layer.word
            problems.add(CannotRunYet(at=place, what=what))
            return None
    return Predictor(spec, state, build, purpose, request, compiles)


def take_samples(
    ir: Ir, graph: Graph, state: TrainedState, x: Any, problems: Problems
) -> tuple[Array, ...] | None:
    """Samples that a program hands over, in the scale of the training data; None after a
    problem."""
    return UserArrays(ir, graph, problems, state.scales, trained_columns(ir, state)).samples(x)
