"""`train memory=low` takes less memory and gives the same bits."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from netc.compiler.lower.plan import Plan
from netc.runtime.engine.engine import Engine

SPECS = Path(__file__).parents[3] / "specs"
CHAIN = """
input 16x16x8 -> repeat 8 [conv 8 3x3 pad=1 bias=false bn relu -> dropout 0.1
  -> repeat 3 [conv 8 3x3 pad=1 bias=false bn relu]] -> flatten -> dense 4 softmax
loss ce; opt adam; train memory={memory}
"""


def trained(plan: Plan) -> dict[str, Any]:
    """What two steps on random numbers leave behind."""
    engine = Engine(lambda _: plan, batch=plan.batch, seed=1)
    rng = np.random.default_rng(0)
    for name in sorted(engine.feeds):
        feed = engine.feeds[name]
        feed[...] = rng.random(feed.shape)
        if name.startswith("target:"):
            feed /= feed.sum(-1, keepdims=True)
    for _ in range(2):
        engine.train_step(0.01)
    found = {f"p {name}": value.copy() for name, value in engine.parameters().items()}
    found |= {f"g {name}": value.copy() for name, value in engine.gradients().items()}
    return found | {"loss": engine.loss()}


@pytest.mark.parametrize("batch", [4, 20])
def test_a_long_chain_needs_less_than_half(plan_of: Callable[..., Plan], batch: int) -> None:
    normal = plan_of(CHAIN.format(memory="normal"), batch=batch)
    low = plan_of(CHAIN.format(memory="low"), batch=batch)
    assert low.bytes["arena"] < normal.bytes["arena"] / 2
    expected = trained(normal)
    for name, value in trained(low).items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)


def test_stretches_are_cut_where_little_crosses(plan_of: Callable[..., Plan]) -> None:
    """Each of eight blocks is narrow once. What is kept between stretches is narrow, so that there
    is room for little more than two blocks: the one that is worked out again, and its gradients."""
    width, narrow, blocks, batch = 64, 4, 8, 256
    text = (
        f"input {width} -> repeat {blocks} [dense {width} tanh -> dense {narrow} tanh -> "
        f"dense {width} tanh] -> dense 2; loss mse; train memory=low"
    )
    block = 4 * batch * (2 * width + narrow)
    kept = 4 * batch * narrow * blocks
    assert plan_of(text, batch=batch).bytes["arena"] < 2 * block + kept + block / 2


def saving(text: str) -> str:
    """The same spec with `memory=low`."""
    if "\ntrain " in text:
        return text.replace("\ntrain ", "\ntrain memory=low ")
    return f"{text}\ntrain memory=low\n"


def quick(name: str) -> str:
    """A shipped spec; U-Net with an eighth of its channels and its smallest input."""
    text = (SPECS / f"{name}.net").read_text()
    if name != "unet":
        return text
    text = re.sub(r"(?<=twice |econv )\d+", lambda channels: str(int(channels[0]) // 8), text)
    text = text.replace("572x572", "188x188").replace("28x28x1024", "4x4x128")
    return text.replace("388x388", "4x4").replace("expect params=31030658", "")


@pytest.mark.parametrize(
    "name", ["lenet5", "cifar_resnet", "allconv", "unet", "two_heads", "text_cnn", "autoencoder"]
)
def test_shipped_nets_give_the_same_bits(plan_of: Callable[..., Plan], name: str) -> None:
    text = quick(name)
    normal, low = plan_of(text, batch=2), plan_of(saving(text), batch=2)
    assert low.bytes["arena"] <= normal.bytes["arena"]
    expected = trained(normal)
    for at, value in trained(low).items():
        np.testing.assert_array_equal(value, expected[at], err_msg=at)


def test_resnet50_needs_less_than_half(plan_of: Callable[..., Plan]) -> None:
    text = (SPECS / "resnet50.net").read_text()
    normal, low = plan_of(text, batch=8), plan_of(saving(text), batch=8)
    assert low.bytes["arena"] < normal.bytes["arena"] / 2
