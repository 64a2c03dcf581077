"""Measures how the convolutions of a network are computed quickest on this machine.

The rules of the compiler choose from sizes alone. Here each algorithm is tried in a whole training
step, where caches are as they will be, and timed by layer. What was found is kept in the cache
folder, by processor, NumPy version and layer. Other algorithms round differently, so a run that was
tuned need not give the bits of one that was not; the same algorithms give the same bits.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

from ...compiler.graph import Graph, GraphNode
from ...compiler.ir import Model
from ...compiler.layers.conv import Conv
from ...compiler.lower.context import Choices
from ...compiler.lower.lower import lower
from ...compiler.lower.plan import Plan, Step
from ...compiler.lower.program import Algorithm
from ..events import Clock, Event, Tuned
from ..held_state import Holding
from ..storage.files import cache_folder, write_atomically
from .blas import ONE_BLAS_THREAD
from .engine import bind
from .memory import Memory, create_memory
from .selection import AnyEngine, Build, EngineOptions

ALGORITHMS = (
    *(Algorithm("winograd", tiles) for tiles in (64, 128, 256)),
    *(Algorithm("columns", elements) for elements in (2**18, 2**19, 2**20)),
)
MOST_SAMPLES = 16
"""Of a batch: more show nothing new about how much to handle at a time."""
ROUNDS = 3
LEAST_GAIN = 0.03
"""How much quicker another algorithm has to be to replace the one that the rules choose: less is
noise."""


def autotune(
    model: Model, graph: Graph, *, batch: int, folder: Path, clock: Clock = time.perf_counter
) -> tuple[dict[str, Algorithm], Tuned]:
    """The quickest known algorithms, by node where they are not those of the rules, and what was
    done for it. Measures those that the cache in `folder` does not know."""
    start = clock()
    exact = model.train.exact
    precision = model.train.precision
    keys = {
        node.name: f"{_described(node, graph)} {precision}{' exact' if exact else ''}"
        for node in graph.nodes
        if _has_choice(node)
    }
    path = folder / "autotune.json"
    everything = _read(path)
    known = everything.setdefault(_machine(), {})
    lost: str | None = None
    missing = {name for name, key in keys.items() if key not in known}
    if missing:
        limit = Holding(ONE_BLAS_THREAD)
        with limit, limit, np.errstate(all="ignore"):
            best = _measure(model, graph, min(batch, MOST_SAMPLES), missing, clock)
        for name in missing:
            algorithm = best.get(name)
            known[keys[name]] = None if algorithm is None else asdict(algorithm)
        lost = _write(path, everything)
    chosen = {name: known[key] for name, key in keys.items()}
    algorithms = {
        name: Algorithm(**algorithm) for name, algorithm in chosen.items() if algorithm is not None
    }
    return algorithms, Tuned(len(keys), len(algorithms), len(missing), clock() - start, lost)


def build_tuned(
    model: Model,
    graph: Graph,
    options: EngineOptions,
    *,
    build: Build,
    reporter: Callable[[Event], None],
) -> AnyEngine:
    """The engine of `build`, its convolutions computed by the quickest algorithms."""
    algorithms, tuned = autotune(model, graph, batch=options.batch, folder=cache_folder())
    reporter(tuned)
    return build(model, graph, replace(options, algorithms=algorithms))


def _has_choice(node: GraphNode) -> bool:
    """A convolution with windows: one of 1x1 is a product, whatever was measured."""
    return isinstance(node.layer, Conv) and max(node.layer.kernel) > 1


def _described(node: GraphNode, graph: Graph) -> str:
    layer: Any = node.layer
    sizes = "x".join(map(str, graph.node(node.inputs[0]).shape))
    options = " ".join(
        f"{name}={getattr(layer, name)}"
        for name in ("filters", "kernel", "stride", "pad", "dilation", "groups")
    )
    return f"conv {sizes} {options}"


def _machine() -> str:
    """What algorithms are the quickest depends on: the processor, and what multiplies matrices."""
    blas = sorted(
        f"{item['internal_api']} {item['version']} {item.get('architecture', '')}"
        for item in threadpool_info()
        if item["user_api"] == "blas"
    )
    return f"{processor_name()}; NumPy {np.__version__}; {', '.join(dict.fromkeys(blas))}"


def processor_name() -> str:
    known = Path("/proc/cpuinfo")
    if known.exists():
        for line in known.read_text().splitlines():
            if line.startswith(("model name", "Model", "cpu model")):
                return " ".join(line.partition(":")[2].split())
    return platform.processor() or platform.machine()


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """What earlier runs have found; nothing of a file that is not such a cache: it is only a
    cache, and is written anew."""
    try:
        content = json.loads(path.read_text())
        for algorithms in content.values():
            for algorithm in algorithms.values():
                if algorithm is not None and Algorithm(**algorithm) not in ALGORITHMS:
                    return {}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}
    return dict(content)


def _write(path: Path, content: dict[str, dict[str, Any]]) -> str | None:
    """Keeps the cache; gives the reason when it could not be kept."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(content, indent=1, sort_keys=True).encode() + b"\n")
    except OSError as error:
        return error.strerror or type(error).__name__
    return None


def _measure(
    model: Model, graph: Graph, batch: int, names: set[str], clock: Clock
) -> dict[str, Algorithm]:
    """The quickest algorithm of each named node, where it is not that of the rules."""
    memory: Memory | None = None
    usual: dict[str, float] = {}
    best: dict[str, tuple[float, Algorithm]] = {}
    for algorithm in (None, *ALGORITHMS):
        algorithms = {} if algorithm is None else dict.fromkeys(names, algorithm)
        plan = lower(
            model, graph, batch=batch, purpose="step", choices=Choices(algorithms=algorithms)
        )
        memory = memory or create_memory(plan, seed=0)
        for name, seconds in _seconds(plan, memory, clock).items():
            if algorithm is None:
                usual[name] = seconds
            elif name in names and seconds < best.get(name, (np.inf, algorithm))[0]:
                best[name] = (seconds, algorithm)
    return {
        name: algorithm
        for name, (seconds, algorithm) in best.items()
        if seconds < (1 - LEAST_GAIN) * usual[name]
    }


def _seconds(plan: Plan, memory: Memory, clock: Clock) -> dict[str, float]:
    """How long the convolutions of each layer take in a training step, at best."""
    now: dict[str, float] = {}

    def watch(step: Step, call: Callable[[], Any]) -> Callable[[], Any]:
        if not step.row.startswith(("conv2d", "winograd", "rotate_weights")):
            return call

        def timed() -> None:
            start = clock()
            call()
            now[step.layer] = now.get(step.layer, 0.0) + clock() - start

        return timed

    binding = bind(plan, memory, watch=watch)
    random = np.random.default_rng(0)
    for feed in binding.feeds.values():
        feed[...] = random.random(feed.shape)
    least: dict[str, float] = {}
    for turn in range(1 + ROUNDS):
        now.clear()
        for phase in binding.phases["train"]:
            for call in phase:
                call()
        if turn:  # the first one warms up
            least = {name: min(s, least.get(name, s)) for name, s in now.items()}
    return least
