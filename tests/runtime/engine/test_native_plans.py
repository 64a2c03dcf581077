"""Plans for the native engine, run with NumPy: their instructions give the same bits as those that
they take the place of, in training, evaluation, shards, and with gradients of a network in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from netc.compiler.lower.context import Choices, Purpose
from netc.compiler.lower.lower import lower
from netc.compiler.lower.plan import Plan
from netc.compiler.lower.verify import verify
from netc.compiler.lower.verify_plan import verify_plan
from netc.compiler.pipeline import Checked
from netc.runtime.engine.engine import Engine
from netc.runtime.engine.sharded import ShardedEngine
from reference_net import understand

Array = np.ndarray[Any, Any]
SPECS = Path(__file__).parents[3] / "specs"
BATCHES = (27, 5, 1, 27)
"""The last is evaluated: three shards of it have so many tiles that each plan uses Winograd."""


class Case(NamedTuple):
    """A network and the instructions that only its native plan has."""

    text: str
    trains: frozenset[str]
    evaluates: frozenset[str] = frozenset()


def case(text: str, trains: str, evaluates: str = "") -> Case:
    return Case(text, frozenset(trains.split()), frozenset(evaluates.split()))


BIAS = "matmul_bias"
MASKED = "moments batchnorm_relu_sums_again batchnorm_relu_grad_again"
CASES = {
    "whole tiles": case(
        "input 8x8x8 -> conv 9 3x3 pad=same relu -> conv 8 3x3 pad=same -> flatten "
        "-> dense 3 softmax; loss ce",
        "winograd2d_grad_u_again winograd2d_bias",
        "winograd2d_bias",
    ),
    "tiles cut at the edges": case(
        "input 11x7x8 -> conv 12 3x3 relu -> conv 8 3x3 pad=1 tanh -> flatten "
        "-> dense 3 softmax; loss ce",
        "winograd2d_grad_u_again winograd2d_bias",
        "winograd2d_bias",
    ),
    "windows of 5x5": case(
        "input 9x8x8 -> conv 9 5x5 pad=2 relu -> conv 8 5x5 tanh -> flatten -> dense 3 softmax; "
        "loss ce",
        "winograd2d_grad_u_again winograd2d_bias",
        "winograd2d_bias",
    ),
    "one input of two convolutions": case(
        "input 8x8x8 -> add [conv 8 3x3 pad=1 | conv 8 3x3 pad=1] -> flatten "
        "-> dense 3 softmax; loss ce",
        "winograd2d_grad_u_again",
    ),
    "normalised images and vectors": case(
        "input 6x5x3 -> conv 4 3x3 bn tanh -> flatten -> bn -> dense 40 bn -> dense 3 softmax; "
        "loss ce",
        "moments",
    ),
    "clipped after normalisation": case(
        "input 9x8x3 -> conv 4 3x3 bn relu -> conv 70 2x2 bn relu -> flatten -> dense 40 bn relu "
        "-> dense 3 softmax; loss ce",
        MASKED,
        "conv2d_bias matmul_bias",
    ),
    "one input of two normalisations": case(
        "input 9 -> add [bn | bn] -> dense 3 softmax; loss ce",
        "moments",
    ),
    "residual blocks": case(
        "input 6x5x4 -> relu -> add [conv 4 3x3 pad=same bn relu -> conv 4 3x3 pad=same bn | id] "
        "-> relu -> add [conv 6 1x1 bn | conv 6 1x1 bn] -> relu -> add [conv 6 1x1 | id] -> relu "
        "-> flatten -> dense 3 softmax; loss ce",
        f"{MASKED} batchnorm_add_relu add_relu",
        "add_relu",
    ),
    "a sum of a value and itself": case(
        "input 9 -> bn -> add [id | id] -> relu -> dense 3 softmax; loss ce",
        "moments add_relu",
        "add_relu",
    ),
    "a sum that is an output": case(
        "input 9 -> add [dense 4 bn | dense 4] -> @sum -> relu -> dense 3 softmax; loss ce",
        "moments",
    ),
    "products": case(
        "input 9x4 -> conv 8 1 -> conv 6 1 relu -> flatten -> dense 12 relu -> dense 3 softmax; "
        "loss ce",
        BIAS,
        BIAS,
    ),
    "convolutions with a bias": case(
        "input 9x8x3 -> conv 4 3x3 stride=2 round=floor relu -> depthwise 3x3 pad=1 multiplier=2 "
        "-> depthwise 3x3 relu -> conv 5 2x1 -> flatten -> dense 3 softmax; loss ce",
        "conv2d_bias depthwise2d_bias matmul_bias",
        "conv2d_bias depthwise2d_bias matmul_bias",
    ),
    "weights of whole panels": case(
        "input 9x8x3 -> conv 16 3x3 stride=2 round=floor tanh -> conv 32 2x2 relu -> conv 16 1x1 "
        "bn -> flatten -> dense 48 -> relu -> dense 16 bias=false -> dense 3 softmax; loss ce",
        BIAS,
        "conv2d_packed_bias matmul_packed matmul_packed_bias",
    ),
    "products that are outputs, with and without their bias": case(
        "input 9 -> dense 8 bias=false -> @plain -> dense 6 -> @hidden -> relu "
        "-> dense 3 softmax; loss ce",
        BIAS,
        BIAS,
    ),
}


def understood(name: str, precision: str, memory: str = "normal") -> Checked:
    text = f"{CASES[name].text}; opt adam; train precision={precision} memory={memory}"
    return understand(text)


def planned(found: Checked, choices: Choices, purpose: Purpose = "train") -> Callable[..., Plan]:
    def plan_for(size: int, total: int | None = None) -> Plan:
        plan = lower(
            found.model, found.graph, batch=size, total_batch=total, purpose=purpose,
            choices=choices,
        )  # fmt: skip
        verify_plan(plan)
        return plan

    return plan_for


NUMPY, NATIVE = (
    Choices(inspect=verify, least_innermost=99, native=native) for native in (False, True)
)
"""Without batch-innermost regions, which have no convolution of Winograd's."""


def fill(feeds: Mapping[str, Array], batch: int, random: np.random.Generator) -> None:
    for name, feed in feeds.items():
        if name.startswith("target:"):
            feed[...] = np.eye(feed.shape[-1])[random.integers(0, feed.shape[-1], batch)]
        else:
            feed[...] = random.standard_normal(feed.shape)


def trained(engine: Engine | ShardedEngine) -> dict[str, Array]:
    """Parameters, losses and outputs after a few steps on batches of several sizes."""
    random = np.random.default_rng(0)
    losses = []
    for batch in BATCHES:
        engine.resize(batch)
        fill(engine.feeds, batch, random)
        engine.train_step(0.01)
        losses.append(engine.loss())
    engine.evaluate_step()
    losses.append(engine.loss())
    outputs = {f"out {name}": array.copy() for name, array in engine.outputs.items()}
    arrays = {name: array.copy() for name, array in engine.parameters().items()}
    engine.close()
    return arrays | outputs | {"losses": np.array(losses)}


def same_bits(first: Mapping[str, Array], second: Mapping[str, Array]) -> None:
    assert first.keys() == second.keys()
    for name, array in first.items():
        assert np.isfinite(array).all(), name
        assert array.tobytes() == second[name].tobytes(), name


@pytest.mark.parametrize("precision", ["f32", "f64"])
@pytest.mark.parametrize("name", CASES)
def test_a_native_plan_trains_to_the_same_bits(name: str, precision: str) -> None:
    found = understood(name, precision)
    first, second = (
        trained(Engine(planned(found, choices), batch=27, seed=3)) for choices in (NUMPY, NATIVE)
    )
    same_bits(first, second)


@pytest.mark.parametrize("name", CASES)
def test_a_native_plan_of_less_memory_trains_to_the_same_bits(name: str) -> None:
    found = understood(name, "f32", memory="low")
    first, second = (
        trained(Engine(planned(found, choices), batch=27, seed=3)) for choices in (NUMPY, NATIVE)
    )
    same_bits(first, second)


@pytest.mark.parametrize("name", CASES)
def test_native_plans_of_shards_train_to_the_same_bits(name: str) -> None:
    found = understood(name, "f32")
    first, second = (
        trained(
            ShardedEngine(
                planned(found, choices), batch=27, largest=27, shards=3, workers=1, seed=3
            )
        )
        for choices in (NUMPY, NATIVE)
    )
    same_bits(first, second)


@pytest.mark.parametrize("name", CASES)
def test_a_native_plan_differentiates_a_network_in_use_to_the_same_bits(name: str) -> None:
    found = understood(name, "f64")
    gradients = []
    for choices in (NUMPY, NATIVE):
        engine = Engine(planned(found, choices, "differentiate"), batch=5, seed=3)
        fill(engine.feeds, 5, np.random.default_rng(0))
        engine.gradient_step()
        gradients.append({key: array.copy() for key, array in engine.gradients().items()})
    same_bits(*gradients)


def rows_of(plan: Plan, program: str) -> set[str]:
    return {step.row for step in plan.programs[program]}


@pytest.mark.parametrize("name", CASES)
def test_only_a_native_plan_has_the_joined_instructions(name: str) -> None:
    found, wanted = understood(name, "f32"), CASES[name]
    numpy, native = (planned(found, choices)(16) for choices in (NUMPY, NATIVE))
    assert wanted.trains <= rows_of(native, "train") - rows_of(numpy, "train")
    assert wanted.evaluates <= rows_of(native, "evaluate") - rows_of(numpy, "evaluate")


def test_the_moments_of_a_shard_are_summed_over_all() -> None:
    plan = planned(understood("normalised images and vectors", "f32"), NATIVE)(8, 16)
    rows = [step.row for step in plan.programs["gradients"]]
    assert "moments" not in rows
    first = rows.index("sum_rows")
    assert rows[first : first + 3] == ["sum_rows", "sum_shards", "scale"]


def test_batch_innermost_regions_train_to_the_same_bits() -> None:
    text = (
        "input 9x9x1 -> conv 4 3x3 relu -> conv 4 3x3 bn relu -> flatten -> dense 3 softmax; "
        "loss ce; opt adam"
    )
    same_bits(
        *(
            trained(Engine(planned(understand(text), choices), batch=27, seed=3))
            for choices in (Choices(inspect=verify), Choices(inspect=verify, native=True))
        )
    )


@pytest.mark.parametrize(
    "name", ["cifar_resnet", pytest.param("allconv", marks=pytest.mark.heavy), "two_heads"]
)
def test_the_native_plan_of_a_shipped_net_gives_the_same_bits(name: str) -> None:
    found = understand((SPECS / f"{name}.net").read_text(encoding="utf-8"))
    results = []
    for choices in (Choices(inspect=verify), Choices(inspect=verify, native=True)):
        engine = Engine(planned(found, choices, "step"), batch=16, seed=3)
        random = np.random.default_rng(0)
        for feed in engine.feeds.values():
            feed[...] = random.standard_normal(feed.shape)
        engine.train_step(0.01)
        results.append({
            key: array.copy() for key, array in (engine.gradients() | engine.parameters()).items()
        })  # fmt: skip
    same_bits(*results)
