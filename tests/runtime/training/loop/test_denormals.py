"""Optimizer state that decays does not become denormal, which would make arithmetic slow."""

from __future__ import annotations

import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.lower.lower import lower
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.runtime.engine.engine import Engine

STEPS = 2000
"""0.9 to the power of 2,000 is 1e-92: without a limit a momentum would pass through all denormal
numbers on its way to zero, and stay at the smallest of them."""


@pytest.mark.parametrize(
    "optimizer",
    [
        "sgd momentum=0.9",
        "adam beta2=0.9",
        "adamw beta2=0.9",
        "rmsprop rho=0.9",
        "adadelta",
        "lion beta2=0.9",
    ],
)
def test_state_of_dead_units_becomes_zero(optimizer: str) -> None:
    text = f"input 3 -> dense 4 relu -> dense 2; loss mse; opt {optimizer} lr=0.01"
    checked = check(source_of(text), BUILTIN, read_source)
    assert not checked.has_errors, [problem.message() for problem in checked.problems]
    engine = Engine(lambda size: lower(checked.model, checked.graph, batch=size), batch=2)
    random = np.random.default_rng(0)
    for feed in engine.feeds.values():
        feed[...] = random.random(feed.shape)
    for _ in range(3):
        engine.train_step(0.01)
    state = engine.memory.regions["state"].view(np.float32)
    assert np.abs(state).max() > 1e-12
    for feed in engine.feeds.values():
        feed[...] = 0
    for value in engine.parameters().values():
        value[...] = 0
    seen = set()
    for _ in range(STEPS):
        engine.train_step(0.0)
        seen.update(np.abs(state[state != 0]).tolist())
    assert min(seen) > np.finfo(np.float32).tiny
    if optimizer != "adadelta":  # its 0.95 to the power of 2,000 is 1e-45, from a larger start
        assert not state.any()


def test_small_state_is_looked_for_every_64_steps() -> None:
    """What is smaller than 1e-30 becomes zero, nothing else does. Without gradients, the state of
    Adagrad stays as it is."""
    text = "input 3 -> dense 4 relu -> dense 2 lr=0.5; loss mse; opt adagrad"
    checked = check(source_of(text), BUILTIN, read_source)
    engine = Engine(lambda size: lower(checked.model, checked.graph, batch=size), batch=2)
    for values in (*engine.feeds.values(), *engine.parameters().values()):
        values[...] = 0
    state = engine.memory.regions["state"].view(np.float32)
    state[...] = np.resize(np.float32([0.9e-30, 1.1e-30]), state.shape)
    kept = np.where(state < 1e-30, 0, state)
    for _ in range(63):
        engine.train_step(0.0)
    assert state.all()
    engine.train_step(0.0)
    np.testing.assert_array_equal(state, kept)
