"""Native engines for networks."""

from __future__ import annotations

from dataclasses import replace

from ....compiler.graph import Graph
from ....compiler.ir import Model
from ....compiler.lower.context import Choices
from ....compiler.lower.lower import lower
from ....compiler.lower.plan import Plan
from ..selection import EngineOptions, choose_shards, count_cores
from .compiled import PlanCompiler
from .engine import NativeEngine


def build_native(
    model: Model,
    graph: Graph,
    options: EngineOptions,
    *,
    compiler: PlanCompiler,
    workers: int | None = 1,
) -> NativeEngine:
    """An engine like that of `build_engine`, in C; `workers` is how many threads work at once, at
    most one for each core: more would wait for each other."""
    if options.purpose in ("evaluate", "sample"):
        options = replace(options, batch=options.largest)
    shards = options.shards or choose_shards(graph, options.batch, count_cores(), threads=True)

    def plan_for(size: int, total: int | None) -> Plan:
        return lower(
            model,
            graph,
            batch=size,
            total_batch=total,
            purpose=options.purpose,
            choices=Choices(native=True),
            sample_weights=options.sample_weights,
        )

    engine = NativeEngine(
        plan_for,
        compiler,
        batch=options.batch,
        largest=options.largest,
        shards=shards,
        workers=min(shards if workers is None else workers, count_cores()),
        seed=options.seed,
    )
    engine.compile(options.expected, at_once=count_cores())
    return engine
