"""Layers that draw random numbers: their moments over many draws, and what must not be random.

The input is all ones (the weights of an embedding), so that the output is the noise itself. Means
of n draws are held to five standard errors: wrong by chance once in two million times, and the
seed is fixed.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from reference_net import Array, Net

SAMPLES, WIDTH, STEPS = 8, 1000, 6


def noisy(pipe: str, precision: str) -> Net:
    text = (
        f"input {WIDTH} name=tokens -> embed {SAMPLES * WIDTH} 1 name=x -> flatten -> {pipe}"
        f"; loss mse; opt sgd lr=0.01; train precision={precision}"
    )
    net = Net(text, SAMPLES)
    net.set({"x.w": np.ones((SAMPLES * WIDTH, 1))})
    net.feed({"tokens": np.arange(SAMPLES * WIDTH)})
    (target,) = net.engine.feeds.keys() - {"tokens"}
    net.feed({target: np.zeros(net.engine.feeds[target].shape)})
    return net


def drawn(net: Net) -> Array:
    """The outputs of some steps behind one another."""
    found = []
    for _ in range(STEPS):
        net.train()
        found.extend(net.outputs().values())
    return np.stack(found).astype(float)


def holds(values: Array, expected: float, variance: float) -> None:
    assert abs(values.mean() - expected) <= 5 * np.sqrt(variance / values.size)


@pytest.mark.parametrize("precision", ["f32", "f64"])
@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_dropout_drops_its_share_and_keeps_the_mean(rate: float, precision: str) -> None:
    values = drawn(noisy(f"dropout {rate}", precision))
    kept = values != 0
    holds(kept, 1 - rate, rate * (1 - rate))
    np.testing.assert_allclose(values[kept], 1 / (1 - rate), rtol=1e-6)


@pytest.mark.parametrize("precision", ["f32", "f64"])
@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_gaussian_dropout_has_the_moments_of_dropout(rate: float, precision: str) -> None:
    values = drawn(noisy(f"gaussian_dropout {rate}", precision))
    variance = rate / (1 - rate)
    holds(values, 1.0, variance)
    # The square of normal numbers has the variance 2 σ⁴, their fourth power the mean 3 σ⁴.
    holds((values - 1) ** 2, variance, 2 * variance**2)
    holds((values - 1) ** 3, 0.0, 15 * variance**3)
    holds((values - 1) ** 4, 3 * variance**2, 96 * variance**4)


@pytest.mark.parametrize("precision", ["f32", "f64"])
@pytest.mark.parametrize("std", [0.05, 2.0])
def test_gaussian_noise_is_added_with_its_deviation(std: float, precision: str) -> None:
    values = drawn(noisy(f"gaussian_noise {std}", precision)) - 1
    holds(values, 0.0, std**2)
    holds(values**2, std**2, 2 * std**4)
    holds(values**4, 3 * std**4, 96 * std**8)


@pytest.mark.parametrize("pipe", ["dropout 0.4", "gaussian_dropout 0.4"])
def test_the_gradient_uses_the_mask_of_its_own_step(pipe: str) -> None:
    net = noisy(pipe, "f64")
    for _ in range(3):
        net.train()
        (mask,) = net.outputs().values()
        # y = m and L = mean y², so dL/dx = 2 y m / count.
        expected = 2 * mask.reshape(-1, 1) ** 2 / mask.size
        np.testing.assert_allclose(net.gradients()["x.w"], expected, rtol=1e-12)


def test_the_gradient_of_additive_noise_passes_as_it_is() -> None:
    net = noisy("gaussian_noise 0.3", "f64")
    net.train()
    (y,) = net.outputs().values()
    expected = 2 * y.reshape(-1, 1) / y.size
    np.testing.assert_allclose(net.gradients()["x.w"], expected, rtol=1e-12)


PIPES = ["dropout 0.4", "gaussian_dropout 0.4", "gaussian_noise 0.4"]


@pytest.mark.parametrize("pipe", PIPES)
def test_evaluation_draws_nothing(pipe: str) -> None:
    net = noisy(pipe, "f32")
    net.engine.evaluate_step()
    (y,) = net.outputs().values()
    assert (y == 1).all()


@pytest.mark.parametrize("pipe", ["dropout 0", "gaussian_dropout 0", "gaussian_noise 0"])
def test_no_noise_at_all_is_the_identity(pipe: str) -> None:
    net = noisy(pipe, "f32")
    assert (drawn(net) == 1).all()
    assert not any("stream" in dict(step.attributes) for step in net.engine.plan.programs["train"])


@pytest.mark.parametrize("pipe", PIPES)
def test_draws_differ_from_step_to_step_and_from_layer_to_layer(pipe: str) -> None:
    steps = drawn(noisy(pipe, "f64")).reshape(STEPS, -1)
    for one, other in pairwise(steps):
        # Of unrelated rows the correlation is 0 with a deviation of 1 / sqrt(count).
        assert abs(np.corrcoef(one, other)[0, 1]) < 5 / np.sqrt(one.size)
    net = noisy(f"@a -> {pipe} -> @p; @a -> {pipe} -> @q; concat @p @q", "f64")
    net.train()
    (both,) = net.outputs().values()
    one, other = both[:, :WIDTH].ravel(), both[:, WIDTH:].ravel()
    assert abs(np.corrcoef(one, other)[0, 1]) < 5 / np.sqrt(one.size)


@pytest.mark.parametrize("pipe", PIPES)
def test_the_same_seed_draws_the_same(pipe: str) -> None:
    assert (drawn(noisy(pipe, "f32")) == drawn(noisy(pipe, "f32"))).all()


@pytest.mark.parametrize("momentum", [0.1, 0.7, 1.0])
def test_running_moments_follow_the_batches(momentum: float) -> None:
    """Over some steps: the mean, and the unbiased variance."""
    text = f"input 5x3 name=x -> bn momentum={momentum} name=norm -> flatten -> dense 2; loss mse"
    net = Net(f"{text}; opt sgd lr=0.01; train precision=f64", 4)
    rng = np.random.default_rng(2)
    mean, variance = np.zeros(3), np.ones(3)
    for _ in range(4):
        x = rng.normal(2.0, 3.0, (4, 5, 3))
        net.feed({"x": x})
        net.train(0.01)
        rows = x.reshape(-1, 3)
        mean = (1 - momentum) * mean + momentum * rows.mean(0)
        variance = (1 - momentum) * variance + momentum * rows.var(0, ddof=1)
        np.testing.assert_allclose(net.parameters()["norm.mean"], mean, rtol=1e-12)
        np.testing.assert_allclose(net.parameters()["norm.var"], variance, rtol=1e-12)


def test_a_frozen_normalisation_stays_as_it_is_while_training() -> None:
    text = "input 6 name=x -> bn freeze=true name=norm -> dense 2; loss mse; opt sgd lr=0.1"
    net = Net(f"{text}; train precision=f64", 4)
    rng = np.random.default_rng(2)
    values = {f"norm.{name}": rng.uniform(0.5, 2, 6) for name in ("gamma", "beta", "mean", "var")}
    net.set(values)
    for _ in range(3):
        net.feed({"x": rng.standard_normal((4, 6))})
        net.train(0.1)
        for name, value in values.items():
            np.testing.assert_array_equal(net.parameters()[name], value)
