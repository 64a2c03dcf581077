"""Native engines for networks."""

from __future__ import annotations

from dataclasses import replace

from ....compiler.graph import Graph
from ....compiler.ir import Model
from ....compiler.lower.context import Choices
from ....compiler.lower.lower import lower
from ....compiler.lower.plan import Plan
from ....compiler.native.writer import repays_division
from ..selection import MOST_SHARDS, EngineOptions, choose_shards, count_cores, positions_of
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
    most one for each core: more would wait for each other. Where few samples are evaluated, threads
    divide the work of large instructions."""
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

    threads = count_cores() if workers is None else min(workers, count_cores())
    divides = options.purpose == "evaluate" and divides_answers(graph)
    engine = NativeEngine(
        plan_for,
        compiler,
        batch=options.batch,
        largest=options.largest,
        shards=shards,
        workers=threads,
        parts=min(threads, MOST_SHARDS) if divides else 1,
        seed=options.seed,
    )
    engine.compile(options.expected, at_once=count_cores())
    return engine


def divides_answers(graph: Graph) -> bool:
    """Whether some layer has so much work for one sample that threads may divide it."""
    return any(
        repays_division(node.multiply_adds or 0, (node.multiply_adds or 0) // positions_of(node))
        for node in graph.nodes
    )
