"""Measures how the convolutions of a network are computed quickest on this machine.

The rules of the compiler choose from sizes alone. Here each way is tried in the whole training
step, where caches are as they will be, and timed by layer. What was found is kept in the cache
folder, by processor, NumPy version and layer. Other ways round differently, so a run that was tuned
need not give the bits of one that was not; the same ways give the same bits.
"""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from ...compiler.graph import Graph, GraphNode
from ...compiler.ir import Model
from ...compiler.layers.conv import Conv
from ...compiler.lower.context import Choices, Purpose
from ...compiler.lower.lower import lower
from ...compiler.lower.plan import Plan, Step
from ...compiler.lower.program import Way
from ..data.store import cache_folder
from ..model.atomic import write_atomically
from ..training.events import Event, Tuned
from .engine import Memory, bind, create_memory
from .selection import AnyEngine, BuildInWays

WAYS = (
    *(Way("winograd", tiles) for tiles in (64, 128, 256)),
    *(Way("columns", elements) for elements in (2**18, 2**19, 2**20)),
)
MOST_SAMPLES = 16
"""Of a batch: more show nothing new about how much to handle at a time."""
ROUNDS = 3
LEAST_GAIN = 0.03
"""How much shorter another way has to be to take the place of what the rules choose: less than
this is noise."""

Clock = Callable[[], float]


def autotune(
    model: Model, graph: Graph, *, batch: int, folder: Path, clock: Clock = time.perf_counter
) -> tuple[dict[str, Way], Tuned]:
    """The quickest known ways for a network, by node where they are not those of the rules, and
    what was done for it. Measures those that the cache in `folder` does not know."""
    start = clock()
    exact = model.train is not None and model.train.exact
    precision = model.train.precision if model.train is not None else "f32"
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
        with threadpool_limits(1, user_api="blas"), np.errstate(all="ignore"):
            best = _measure(model, graph, min(batch, MOST_SAMPLES), missing, clock)
        for name in missing:
            way = best.get(name)
            known[keys[name]] = None if way is None else asdict(way)
        lost = _write(path, everything)
    chosen = {name: known[key] for name, key in keys.items()}
    ways = {name: Way(**way) for name, way in chosen.items() if way is not None}
    return ways, Tuned(len(keys), len(ways), len(missing), clock() - start, lost)


def build_tuned(
    model: Model,
    graph: Graph,
    *,
    batch: int,
    largest: int,
    seed: int,
    purpose: Purpose,
    build: BuildInWays,
    reporter: Callable[[Event], None],
) -> AnyEngine:
    """The engine of `build`, its convolutions computed in the quickest ways."""
    ways, tuned = autotune(model, graph, batch=batch, folder=cache_folder())
    reporter(tuned)
    return build(model, graph, batch=batch, largest=largest, seed=seed, purpose=purpose, ways=ways)


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
    """What ways are the quickest depends on: the processor, and what multiplies matrices."""
    blas = sorted(
        f"{item['internal_api']} {item['version']} {item.get('architecture', '')}"
        for item in threadpool_info()
        if item["user_api"] == "blas"
    )
    return f"{_processor()}; NumPy {np.__version__}; {', '.join(dict.fromkeys(blas))}"


def _processor() -> str:
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
        for ways in content.values():
            for way in ways.values():
                if way is not None and Way(**way) not in WAYS:
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
) -> dict[str, Way]:
    """The quickest way of each named node, where it is not that of the rules."""
    memory: Memory | None = None
    usual: dict[str, float] = {}
    best: dict[str, tuple[float, Way]] = {}
    for way in (None, *WAYS):
        ways = {} if way is None else dict.fromkeys(names, way)
        plan = lower(model, graph, batch=batch, purpose="step", choices=Choices(ways=ways))
        memory = memory or create_memory(plan, seed=0)
        for name, seconds in _seconds(plan, memory, clock).items():
            if way is None:
                usual[name] = seconds
            elif name in names and seconds < best.get(name, (np.inf, way))[0]:
                best[name] = (seconds, way)
    return {
        name: way
        for name, (seconds, way) in best.items()
        if seconds < (1 - LEAST_GAIN) * usual[name]
    }


def _seconds(plan: Plan, memory: Memory, clock: Clock) -> dict[str, float]:
    """How long the convolutions of each layer take in a training step, at best."""
    now: dict[str, float] = {}

    def watch(step: Step, call: Callable[[], Any]) -> Callable[[], Any]:
        if not step.row.startswith(("conv2d", "winograd", "turn_weights")):
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
