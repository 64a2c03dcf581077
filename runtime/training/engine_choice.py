"""How a run gets its engine: NumPy, or C that is compiled for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ...compiler.graph import Graph
from ...compiler.ir import Model
from ...compiler.problems.workers import FewerWorkers
from ...compiler.spans import Place
from ...grammar.problem import Problem
from ...grammar.source import Source, Span
from ..engine.autotune import build_tuned
from ..engine.selection import AnyEngine, Build, EngineOptions, build_engine
from ..events import Compiled, Event, NotCompiled, Warned
from ..native.failure import NativeError
from .spec import EngineChoice, RunOptions

if TYPE_CHECKING:
    from ..engine.native.compiled import PlanCompiler
    from ..engine.native.engine import NativeEngine

ENGINE_SOURCE = Source("--engine", "native")
"""What problems with a compiler point at."""

Tell = Callable[[Event], None]


def build_of(options: RunOptions, reporter: Tell) -> Build:
    """How a run gets its engine."""
    if options.tunes:
        # what is measured are the algorithms of NumPy
        usual = partial(build_engine, workers=options.workers)
        return partial(build_tuned, build=usual, reporter=reporter)
    return build_for(options.engine, options.workers, reporter)


def build_for(choice: EngineChoice, workers: int | None, reporter: Tell) -> Build:
    """How the chosen engine is built. A build of `native` raises NativeError."""
    if choice == "numpy":
        return partial(build_engine, workers=workers)
    return partial(_build, choice=choice, workers=workers, reporter=reporter)


def start_workers(engine: AnyEngine, at: Place, reporter: Tell) -> None:
    """Starts the workers of an engine, and warns where the system refuses some."""
    asked = engine.workers
    engine.start()
    if engine.refused:
        workers, reason = engine.workers, engine.refused
        reporter(Warned(FewerWorkers(at=at, workers=workers, asked=asked, reason=reason)))


def compiler_problem(choice: EngineChoice) -> Problem | None:
    """Why the chosen engine has no compiler."""
    if choice != "native":
        return None
    from ..engine.native.compiled import PlanCompiler

    try:
        PlanCompiler.of_this_machine()
    except NativeError as error:
        return engine_problem(error)
    return None


def engine_problem(error: NativeError) -> Problem:
    """Why the native engine cannot be used, at what asks for it."""
    text = ENGINE_SOURCE.text
    return error.at(Span(ENGINE_SOURCE, 0, len(text)))


def placed_at(problem: Problem, place: Span) -> Problem:
    """A problem with a compiler at the place of a program that has no command line."""
    return replace(problem, at=place) if problem.at.source is ENGINE_SOURCE else problem


def _build(
    model: Model,
    graph: Graph,
    options: EngineOptions,
    *,
    choice: EngineChoice,
    workers: int | None,
    reporter: Tell,
) -> AnyEngine:
    from ..engine.native.build import build_native
    from ..engine.native.compiled import PlanCompiler

    try:
        compiler = PlanCompiler.of_this_machine()
        engine = build_native(model, graph, options, compiler=compiler, workers=workers)
    except NativeError as error:
        if choice == "native":
            raise
        reporter(NotCompiled(error.problem.message()))
        return build_engine(model, graph, options, workers=workers)
    reporter(_compiled(engine, compiler))
    return engine


def _compiled(engine: NativeEngine, compiler: PlanCompiler) -> Compiled:
    plans = [item.native for item in engine.compiled]
    return Compiled(
        compiler=compiler.toolchain.name,
        vectors=compiler.processor.vectors,
        functions=sum(plan.functions for plan in plans),
        kernels=tuple(dict.fromkeys(row for plan in plans for row in plan.kernel_rows())),
        seconds=engine.compile_seconds,
        cached=all(item.cached for item in compiler.built),
        lost=next((item.lost for item in compiler.built if item.lost is not None), None),
    )
