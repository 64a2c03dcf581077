"""Attacks equal their formulas, with gradients from PyTorch."""

from __future__ import annotations

from typing import Any

import netc
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the reference is PyTorch")
F = torch.nn.functional

X = np.random.default_rng(0).random((30, 6, 6, 1))
Y = np.random.default_rng(1).integers(0, 3, 30)
TEXT = (
    "input 8x8x1 -> conv 4 3x3 bn tanh -> flatten -> dropout 0.3 -> dense 3 softmax; "
    "prep standardize; prep pad=1; loss ce; opt adam lr=0.01; "
    "train epochs=3 batch=10 seed=1 precision=f64"
)


@pytest.fixture(scope="module")
def model() -> netc.Model:
    return netc.compile(TEXT).fit(X, Y, validation=0)


def gradient(model: netc.Model, x: Any) -> Any:
    """Of the loss with respect to the data, before they are prepared."""
    w = {name: torch.tensor(array) for name, array in model.weights.items()}
    raw = torch.tensor(x, requires_grad=True)
    seen = F.pad((raw - X.mean()) / X.std(), (0, 0, 1, 1, 1, 1)).movedim(-1, 1)
    maps = F.conv2d(seen, w["conv1.w"].permute(3, 2, 0, 1), w.get("conv1.b"))
    norm = (w["bn1.mean"], w["bn1.var"], w["bn1.gamma"], w["bn1.beta"])
    maps = torch.tanh(F.batch_norm(maps, *norm, training=False, eps=1e-5))
    scores = maps.movedim(1, -1).flatten(1) @ w["dense1.w"] + w["dense1.b"]
    F.cross_entropy(scores, torch.tensor(Y), reduction="sum").backward()
    return raw.grad.numpy()


def lengths(x: Any) -> Any:
    return np.sqrt((x.reshape(len(x), -1) ** 2).sum(axis=1)).reshape(-1, 1, 1, 1)


def test_fgsm_is_its_formula(model: netc.Model) -> None:
    expected = np.clip(X + 0.1 * np.sign(gradient(model, X)), 0, 1)
    np.testing.assert_allclose(model.attack(X, Y, eps=0.1), expected, rtol=0, atol=1e-12)


def test_fgsm_of_a_length_is_its_formula(model: netc.Model) -> None:
    g = gradient(model, X)
    expected = np.clip(X + 0.5 * g / lengths(g), 0, 1)
    found = model.attack(X, Y, eps=0.5, norm="l2")
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_bytes_are_attacked_between_black_and_white() -> None:
    images = np.round(X * 255).astype(np.uint8)
    trained = netc.compile(TEXT.replace("standardize", "scale")).fit(images, Y, validation=0)
    found = trained.attack(images, Y, eps=0.1)
    assert np.abs(found - images).max() == pytest.approx(25.5, abs=1e-9)
    assert (found.min() >= 0, found.max() <= 255) == (True, True)
