"""`train adversarial` against PyTorch: steps on samples that were changed by fgsm."""

from __future__ import annotations

from typing import Any

import netc
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the reference is PyTorch")
F = torch.nn.functional

X = np.random.default_rng(0).random((40, 6, 6, 1)) * 3 - 1
Y = np.random.default_rng(1).integers(0, 3, 40)
EPS = 0.15
STEPS = 5
TEXT = (
    "input 8x8x1 -> conv 4 3x3 bias=false bn tanh -> flatten -> dense 3 softmax; "
    "prep standardize; prep pad=1; loss ce; opt sgd lr=0.1; "
    f"train epochs={STEPS} batch=all shuffle=false seed=1 precision=f64 adversarial={EPS}"
)


def reference() -> dict[str, Any]:
    """The weights after the steps."""
    w = {name: torch.tensor(array) for name, array in netc.compile(TEXT).weights.items()}
    trained = [name for name in w if name not in ("bn1.mean", "bn1.var")]
    span, mean, deviation = X.max() - X.min(), X.mean(), X.std()
    raw, y = torch.tensor(X), torch.tensor(Y)

    def loss(x: Any, weights: dict[str, Any], *, training: bool) -> Any:
        seen = F.pad((x - mean) / deviation, (0, 0, 1, 1, 1, 1)).movedim(-1, 1)
        maps = F.conv2d(seen, weights["conv1.w"].permute(3, 2, 0, 1))
        norm = (w["bn1.mean"], w["bn1.var"], weights["bn1.gamma"], weights["bn1.beta"])
        maps = torch.tanh(F.batch_norm(maps, *norm, training, 0.1, 1e-5))
        scores = maps.movedim(1, -1).flatten(1) @ weights["dense1.w"] + weights["dense1.b"]
        return F.cross_entropy(scores, y)

    for _ in range(STEPS):
        x = raw.clone().requires_grad_()
        loss(x, w, training=False).backward()
        moved = (raw + EPS * span * x.grad.sign()).clamp(X.min(), X.max())
        leaves = {name: w[name].clone().requires_grad_() for name in trained}
        loss(moved, leaves, training=True).backward()
        w |= {name: (leaf - 0.1 * leaf.grad).detach() for name, leaf in leaves.items()}
    return {name: tensor.numpy() for name, tensor in w.items()}


def test_steps_are_those_of_fgsm_samples() -> None:
    found = netc.compile(TEXT).fit(X, Y, validation=0).weights
    for name, expected in reference().items():
        # five steps lose some digits of 1e-16
        np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-12, err_msg=name)
