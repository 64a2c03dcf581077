"""Which engine a run gets: one process, or several that share each batch."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from typing import Protocol

from ...compiler.graph import Graph
from ...compiler.ir import Model
from ...compiler.lower.context import Choices, Purpose
from ...compiler.lower.lower import lower
from ...compiler.lower.program import Algorithm
from ...compiler.lower.request import NOTHING, PlanRequest
from .engine import Engine
from .sharded import ShardedEngine
from .synchronization import is_sound

MOST_SHARDS = 4
LEAST_ROWS = 16
"""Samples of a shard: with fewer, matrix products lose more than a second core gives."""
LEAST_WORK = 4e6
"""Multiply-adds of a step, about a tenth of a millisecond on a core: a step below it is over
before the workers have met."""

AnyEngine = Engine | ShardedEngine


class Build(Protocol):
    """How a session gets its engine."""

    def __call__(
        self,
        model: Model,
        graph: Graph,
        *,
        batch: int,
        largest: int,
        seed: int,
        purpose: Purpose,
        sample_weights: bool = False,
    ) -> AnyEngine: ...


class BuildWithAlgorithms(Protocol):
    """The same, with convolutions computed by algorithms that were chosen before."""

    def __call__(
        self,
        model: Model,
        graph: Graph,
        *,
        batch: int,
        largest: int,
        seed: int,
        purpose: Purpose,
        sample_weights: bool = False,
        algorithms: Mapping[str, Algorithm],
    ) -> AnyEngine: ...


def count_cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def choose_shards(graph: Graph, batch: int, cores: int) -> int:
    """Into how many shards batches are divided: a matter of the network, the batch and the
    machine, never of the number of workers. One where worker processes would not be sound."""
    work = 3.0 * batch * sum(node.multiply_adds or 0 for node in graph.nodes)
    if not is_sound(platform.system(), platform.machine()) or work < LEAST_WORK:
        return 1
    shards = 1
    while shards * 2 <= min(cores, MOST_SHARDS) and batch // (shards * 2) >= LEAST_ROWS:
        shards *= 2
    return shards


def build_engine(
    model: Model,
    graph: Graph,
    *,
    batch: int,
    largest: int,
    seed: int,
    purpose: Purpose = "train",
    sample_weights: bool = False,
    workers: int | None = 1,
    algorithms: Mapping[str, Algorithm] | None = None,
) -> AnyEngine:
    """An engine for batches of `batch` samples, and now and then up to `largest`; one that only
    evaluates takes as many as it may.

    With `sample_weights` every loss reads what each sample counts.
    `workers` is how many processes work at once; None: one for each shard. Any number gives the
    same bits on the same machine; one forks nothing. `algorithms` are those of `autotune`.
    """
    if purpose in ("evaluate", "sample"):
        batch = largest
    shards = choose_shards(graph, batch, count_cores())
    if shards == 1:
        return build_single(
            model,
            graph,
            batch=batch,
            largest=largest,
            seed=seed,
            purpose=purpose,
            sample_weights=sample_weights,
            algorithms=algorithms,
        )
    choices = Choices(algorithms=algorithms or {})
    return ShardedEngine(
        lambda size, total: lower(
            model,
            graph,
            batch=size,
            total_batch=total,
            purpose=purpose,
            choices=choices,
            sample_weights=sample_weights,
        ),
        batch=batch,
        largest=largest,
        shards=shards,
        workers=shards if workers is None else workers,
        seed=seed,
    )


def build_single(
    model: Model,
    graph: Graph,
    *,
    batch: int,
    largest: int,
    seed: int,
    purpose: Purpose = "train",
    request: PlanRequest = NOTHING,
    sample_weights: bool = False,
    algorithms: Mapping[str, Algorithm] | None = None,
) -> Engine:
    """An engine for whole batches, in this process; `request` is what else is read of it."""
    choices = Choices(algorithms=algorithms or {})
    return Engine(
        lambda size: lower(
            model,
            graph,
            batch=size,
            purpose=purpose,
            choices=choices,
            request=request,
            sample_weights=sample_weights,
        ),
        batch=batch,
        seed=seed,
    )
