"""How a run gets its engine: NumPy, C that is compiled for it, or PyTorch."""

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
from ..events import Compiled, Event, NotCompiled, TorchChosen, Warned
from ..native.failure import NOWHERE, EngineError, NativeError
from ..packages import package_trouble
from .spec import DEFAULT_TORCH, EngineChoice, RunOptions, TorchOptions

if TYPE_CHECKING:
    from ..engine.native.compiled import PlanCompiler
    from ..engine.native.engine import NativeEngine

ENGINE_SOURCE = Source("--engine", "native")
"""What problems with a compiler point at."""
TORCH_SOURCE = Source("--engine", "torch")

Tell = Callable[[Event], None]


def build_of(options: RunOptions, reporter: Tell) -> Build:
    """How a run gets its engine."""
    if options.tunes:
        # what is measured are the algorithms of NumPy
        usual = partial(build_engine, workers=options.workers)
        return partial(build_tuned, build=usual, reporter=reporter)
    return build_for(options.engine, options.workers, reporter, options.torch)


def build_for(
    choice: EngineChoice,
    workers: int | None,
    reporter: Tell,
    torch: TorchOptions = DEFAULT_TORCH,
) -> Build:
    """How the chosen engine is built. A build of `native` or `torch` raises EngineError."""
    if choice == "numpy":
        return partial(build_engine, workers=workers)
    if choice == "torch":
        return partial(_build_torch, workers=workers, torch=torch, reporter=reporter)
    return partial(_build, choice=choice, workers=workers, reporter=reporter)


def start_workers(engine: AnyEngine, at: Place, reporter: Tell) -> None:
    """Starts the workers of an engine, and warns where the system refuses some."""
    asked = engine.workers
    engine.start()
    if engine.refused:
        workers, reason = engine.workers, engine.refused
        reporter(Warned(FewerWorkers(at=at, workers=workers, asked=asked, reason=reason)))


def engine_trouble(choice: EngineChoice, torch: TorchOptions = DEFAULT_TORCH) -> Problem | None:
    """Why the chosen engine cannot be used here: there is no compiler, or no PyTorch."""
    if choice == "torch":
        return torch_trouble(torch)
    if choice != "native":
        return None
    from ..engine.native.compiled import PlanCompiler

    try:
        PlanCompiler.of_this_machine()
    except NativeError as error:
        return engine_problem(error)
    return None


def torch_trouble(options: TorchOptions) -> Problem | None:
    """Why PyTorch cannot be used here, on this device."""
    try:
        import_torch()
        from ..engine.torch.launched import ALONE, launched
        from ..engine.torch.settings import find_device

        place = launched() if options.shares else ALONE
        find_device(options.device, "bf16" if options.bf16 else "f32", place)
    except EngineError as error:
        return engine_problem(error)
    return None


def import_torch() -> None:
    """Raises EngineError where there is no PyTorch, or one that cannot be loaded."""
    trouble = package_trouble("torch")
    if trouble is not None:
        from ...compiler.problems.torch import TorchMissing

        reason, command = trouble.reason, trouble.command
        raise EngineError(TorchMissing(at=NOWHERE, reason=reason, command=command))


def engine_problem(error: EngineError) -> Problem:
    """Why an engine cannot be used, at what asks for it."""
    source = ENGINE_SOURCE if isinstance(error, NativeError) else TORCH_SOURCE
    return error.at(Span(source, 0, len(source.text)))


def placed_at(problem: Problem, place: Span) -> Problem:
    """A problem with an engine at the place of a program that has no command line."""
    asked = problem.at.source in (ENGINE_SOURCE, TORCH_SOURCE)
    return replace(problem, at=place) if asked else problem


def _build_torch(
    model: Model,
    graph: Graph,
    options: EngineOptions,
    *,
    workers: int | None,
    torch: TorchOptions,
    reporter: Tell,
) -> AnyEngine:
    import_torch()
    from ..engine.torch.build import build_torch
    from ..engine.torch.launched import ALONE, launched

    engine = build_torch(
        model,
        graph,
        options,
        device=torch.device,
        precision="bf16" if torch.bf16 else None,
        compiles=torch.compiles,
        workers=workers,
        place=launched() if torch.shares else ALONE,
    )
    reporter(
        TorchChosen(
            version=engine.version,
            device=engine.device,
            precision=engine.precision,
            processes=engine.processes,
            compiles=torch.compiles,
        )
    )
    return engine


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
