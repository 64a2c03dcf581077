"""Which engine a run gets: one process, or several that share each batch."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import Protocol, TypeVar

import numpy as np

from ...compiler.graph import Graph, GraphNode
from ...compiler.ir import Model
from ...compiler.lower.context import Choices, Purpose
from ...compiler.lower.lower import lower
from ...compiler.lower.plan import Plan
from ...compiler.lower.program import Algorithm
from ...compiler.lower.request import NOTHING, PlanRequest
from ..array_types import Array
from .engine import Engine
from .sharded import ShardedEngine
from .slices import NO_BATCHES, BatchSizes
from .surface import AnyEngine as AnyEngine
from .synchronization import is_sound

MOST_SHARDS = 4
LEAST_ROWS = 16
"""Rows of a matrix product that a weight multiplies in a shard, on average: with fewer, reading the
weights and summing their gradients costs more than a second core gives."""
LEAST_WORK = 4e6
"""Multiply-adds of a step, about a tenth of a millisecond on a core: a step below it is over
before the workers have met."""

WorkResult = TypeVar("WorkResult")


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What an engine is for."""

    batch: int
    largest: int
    """Samples of the largest batch that comes now and then."""
    seed: int
    purpose: Purpose = "train"
    sample_weights: bool = False
    """Whether every loss reads what each sample counts."""
    algorithms: Mapping[str, Algorithm] = field(default_factory=dict)
    """Those of `autotune`, by node."""
    shards: int | None = None
    """Into how many parts batches are divided; None: as `choose_shards` says of this machine."""
    expected: BatchSizes = NO_BATCHES
    """Batches that are sure to come: what has to be compiled for them is compiled at once."""


Build = Callable[[Model, Graph, EngineOptions], AnyEngine]
"""How a session gets its engine."""


def count_cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def choose_shards(graph: Graph, batch: int, cores: int, *, threads: bool = False) -> int:
    """Into how many shards batches are divided: a matter of the network, the batch and the
    machine, never of the number of workers. One where worker processes would not be sound, unless
    the workers are `threads`."""
    work = 3.0 * batch * sum(node.multiply_adds or 0 for node in graph.nodes)
    sound = threads or is_sound(platform.system(), platform.machine())
    if not sound or work < LEAST_WORK:
        return 1
    rows = rows_per_sample(graph)
    shards = 1
    while shards * 2 <= min(cores, MOST_SHARDS) and batch // (shards * 2) * rows >= LEAST_ROWS:
        shards *= 2
    return shards


def rows_per_sample(graph: Graph) -> float:
    """How many rows of matrix products a weight multiplies for each sample, on average: 1 in a
    network of dense layers, in convolutions one for each output position."""
    work = sum(node.multiply_adds or 0 for node in graph.nodes)
    weights = sum((node.multiply_adds or 0) / positions_of(node) for node in graph.nodes)
    return work / weights if weights else 1.0


def positions_of(node: GraphNode) -> int:
    """At how many positions of a sample a weight of a node is used: one in a dense layer."""
    return prod(size or 1 for size in node.shape[:-1])


def build_engine(
    model: Model, graph: Graph, options: EngineOptions, *, workers: int | None = 1
) -> AnyEngine:
    """An engine for batches of `options.batch` samples, and now and then up to `options.largest`;
    one that only evaluates takes as many as it may.

    `workers` is how many processes work at once; None: one for each shard. Any number gives the
    same bits on the same machine; one forks nothing.
    """
    if options.purpose in ("evaluate", "sample"):
        options = replace(options, batch=options.largest)
    shards = options.shards or choose_shards(graph, options.batch, count_cores())
    if shards == 1:
        return build_single(model, graph, options)
    engine = ShardedEngine(
        lambda size, total: _lower(model, graph, options, size, total_batch=total),
        batch=options.batch,
        largest=options.largest,
        shards=shards,
        workers=_sound_workers(shards if workers is None else workers),
        seed=options.seed,
    )
    engine.algorithms = options.algorithms
    return engine


def _sound_workers(wanted: int) -> int:
    """One where worker processes would not be sound: shards that another machine chose can be
    worked on one after the other."""
    return wanted if is_sound(platform.system(), platform.machine()) else 1


def build_single(
    model: Model, graph: Graph, options: EngineOptions, *, request: PlanRequest = NOTHING
) -> Engine:
    """An engine for whole batches, in this process; `request` is what else is read of it."""
    engine = Engine(
        lambda size: _lower(model, graph, options, size, request=request),
        batch=options.batch,
        seed=options.seed,
    )
    engine.algorithms = options.algorithms
    return engine


def set_weights(engine: AnyEngine, weights: Mapping[str, Array]) -> None:
    """Copies trained weights into an engine; there must be one for each of its parameters."""
    for name, array in engine.parameters().items():
        np.copyto(array, weights[name])


def _lower(
    model: Model,
    graph: Graph,
    options: EngineOptions,
    batch: int,
    *,
    total_batch: int | None = None,
    request: PlanRequest = NOTHING,
) -> Plan:
    return lower(
        model,
        graph,
        batch=batch,
        total_batch=total_batch,
        purpose=options.purpose,
        choices=Choices(algorithms=options.algorithms),
        request=request,
        sample_weights=options.sample_weights,
    )


class Closable(Protocol):
    """What has started something that must end."""

    def close(self) -> None: ...


def closing_after(opened: Closable, work: Callable[[], WorkResult]) -> WorkResult:
    """What `work` gives; then `opened` is closed, however that ends. An interrupt may come into the
    closing too, or before its first statement, so whatever ends the first one starts a second."""
    try:
        try:
            return work()
        finally:
            opened.close()
    except BaseException:
        opened.close()
        raise
