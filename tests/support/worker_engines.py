"""Engines of several processes, and what they compute in a few steps."""

from __future__ import annotations

import numpy as np
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.lower.lower import lower
from netc.compiler.pipeline import check
from netc.grammar.source import Source
from netc.runtime.engine.engine import Engine
from netc.runtime.engine.sharded import ShardedEngine

DENSE = "input 20 -> dense 24 relu -> dropout 0.2 -> dense 5 softmax; loss ce; opt adam"
NORM = (
    "input 10x10x3 -> conv 8 3x3 pad=1 bias=false bn relu -> maxpool 2x2 -> conv 8 3x3 bn relu"
    " -> gap -> dense 5 softmax; loss ce; opt sgd lr=0.1 momentum=0.9 clip=0.5"
)
WIDE = "input 300 -> dense 400 relu -> dense 5 softmax; loss ce; opt adamw; reg l2 1e-3"
"""Enough parameters for several slices of the flat vector."""
BATCHES = (17, 17, 5, 1, 17)


def network(text: str, *, precision: str = "f32"):
    checked = check(Source("<t>", f"{text}; train precision={precision}"), BUILTIN, lambda _: None)
    assert not checked.has_errors, [problem.message() for problem in checked.problems]
    return checked


def shared(text: str, *, shards: int, workers: int, precision: str = "f32") -> ShardedEngine:
    found = network(text, precision=precision)
    return ShardedEngine(
        lambda size, total: lower(found.model, found.graph, batch=size, total_batch=total),
        batch=17, largest=17, shards=shards, workers=workers, seed=3,
    )  # fmt: skip


def trained(engine: Engine | ShardedEngine) -> dict[str, np.ndarray]:
    """Parameters, losses and outputs after a few steps on batches of several sizes."""
    random = np.random.default_rng(0)
    losses = []
    for batch in BATCHES:
        engine.resize(batch)
        for name, feed in engine.feeds.items():
            if name.startswith("target:"):
                feed[...] = np.eye(feed.shape[-1])[random.integers(0, feed.shape[-1], batch)]
            else:
                feed[...] = random.standard_normal(feed.shape)
        engine.train_step(0.01)
        losses.append(engine.loss())
    engine.evaluate_step()
    losses.append(engine.loss())
    outputs = {f"out {name}": array.copy() for name, array in engine.outputs.items() if array.ndim}
    arrays = {name: array.copy() for name, array in engine.parameters().items()}
    engine.close()
    return arrays | outputs | {"losses": np.array(losses)}
