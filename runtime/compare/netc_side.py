"""netc itself, as `netc run` and `netc predict` use it."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

import numpy as np

from ...compiler.language.frozen import change
from ...compiler.lower.context import Purpose
from ...compiler.lower.lower import lower
from ..array_types import Array
from ..engine.engine import Engine
from ..engine.native.build import build_native
from ..engine.native.compiled import PlanCompiler
from ..engine.native.engine import NativeEngine
from ..engine.selection import AnyEngine, EngineOptions, build_engine, closing_after, set_weights
from ..engine.sharded import ShardedEngine
from ..engine.slices import BatchSizes
from .case import Case


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What a side computes for the first batch: the loss and the gradient of every parameter by
    netc's name and in its shape; of a case that does not train, the outputs."""

    values: dict[str, Array]


class NetcSide:
    """An engine on the samples of a case."""

    def __init__(
        self, case: Case, *, threads: int, seed: int = 0, compiler: PlanCompiler | None = None
    ) -> None:
        """With a compiler in C. Without, it may fork workers: make it before libraries that start
        threads of their own."""
        self._case = case
        self._slices = case.slices()
        self.engine: AnyEngine
        if compiler is not None:
            self.engine = _compiled(case, "train", compiler, seed)
        elif case.trains:
            options = EngineOptions(case.batch, case.batch, seed)
            self.engine = build_engine(case.model, case.graph, options, workers=None)
        else:
            self.engine = _answering(case, seed)
        self.engine.start()
        alone = isinstance(self.engine, ShardedEngine) or compiler is not None
        self.threads = 1 if alone else threads
        """Those of BLAS."""

    def run(self, steps: int) -> None:
        case, engine = self._case, self.engine
        feeds = engine.feeds
        arrays = [(feeds[name], array) for name, array in (case.inputs | case.targets).items()]
        rate = case.rate
        for _ in range(steps):
            rows = next(self._slices)
            for feed, array in arrays:
                np.copyto(feed, array[rows])
            if case.trains:
                engine.train_step(rate)
            else:
                engine.evaluate_step()

    def parameters(self) -> dict[str, Array]:
        """A copy of all parameters."""
        return {name: array.copy() for name, array in self.engine.parameters().items()}

    def rest(self) -> None:
        # A worker that waits still looks around now and then, which would slow the others down.
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        self.wake()
        self.engine.close()

    @property
    def processes(self) -> tuple[int, ...]:
        """Those that work for it besides this one."""
        return self.engine.children if isinstance(self.engine, ShardedEngine) else ()

    def _signal(self, number: signal.Signals) -> None:
        for process in self.processes:
            os.kill(process, number)


def _answering(case: Case, seed: int) -> Engine:
    model = change(case.model, losses=())
    return Engine(
        lambda size: lower(model, case.graph, batch=size, purpose="evaluate"),
        batch=case.batch,
        seed=seed,
    )


def _compiled(case: Case, purpose: Purpose, compiler: PlanCompiler, seed: int = 0) -> NativeEngine:
    sizes = (case.batch,)
    model = case.model
    if not case.trains:
        purpose, model = "evaluate", change(model, losses=())
    expected = BatchSizes(sizes, ()) if case.trains else BatchSizes((), sizes)
    options = EngineOptions(case.batch, case.batch, seed, purpose, expected=expected)
    return build_native(model, case.graph, options, compiler=compiler, workers=None)


def show(case: Case, parameters: dict[str, Array], compiler: PlanCompiler | None = None) -> Shown:
    """What netc computes for the first batch with these parameters, without noise and in double
    precision: in single, rounding alone can turn a rectified unit or another maximum around."""
    case = case.without_noise().in_double()
    engine: Engine | NativeEngine
    if compiler is not None:
        engine = _compiled(case, "gradients", compiler)
    elif case.trains:
        engine = Engine(
            lambda size: lower(case.model, case.graph, batch=size, purpose="gradients"),
            batch=case.batch,
        )
    else:
        engine = _answering(case, 0)
    set_weights(engine, parameters)
    for name, array in (case.inputs | case.targets).items():
        np.copyto(engine.feeds[name], array[: case.batch])

    def shown() -> Shown:
        if not case.trains:
            engine.evaluate_step()
            outputs = case.graph.outputs
            return Shown({name: engine.outputs[name].copy() for name in outputs})
        engine.gradient_step()
        gradients = {name: array.copy() for name, array in engine.gradients().items()}
        return Shown({"the loss": np.array(engine.loss()), **gradients})

    return closing_after(engine, shown)


def differ(one: Shown, other: Shown) -> tuple[str, float]:
    """Where two sides differ most, and by how much: the largest difference of a tensor over the
    largest number in it."""
    worst = ("", 0.0)
    for name, array in one.values.items():
        there = other.values[name]
        scale = max(float(np.abs(array).max(initial=0.0)), 1e-6)
        gap = float(np.abs(array - there).max(initial=0.0)) / scale
        if not gap <= worst[1]:
            worst = (name, gap)
    return worst
