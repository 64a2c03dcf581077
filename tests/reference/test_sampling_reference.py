"""Monte-Carlo dropout against PyTorch: the means of many passes agree within their errors."""

from __future__ import annotations

import netc
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the reference is PyTorch")
F = torch.nn.functional

PASSES = 4_000
ERRORS = 5
"""Standard errors that two means may be apart: by chance once in two million times."""
ROUNDING = 1e-12
"""Where no unit that dropout changes is active, nothing deviates."""


def test_mean_and_deviation_are_those_of_dropout_in_pytorch() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 5)), rng.integers(0, 3, 30)
    model = netc.compile(
        "input 5 -> dense 12 bn relu -> dropout 0.3 -> dense 3 softmax; loss ce; opt adam lr=0.1; "
        "train epochs=5 batch=10 seed=1 precision=f64"
    ).fit(x, y)
    found = model.predict_proba(x, samples=PASSES, seed=2)

    w = {name: torch.tensor(array) for name, array in model.weights.items()}
    hidden = torch.tensor(x) @ w["dense1.w"] + w["dense1.b"]
    norm = (w["bn1.mean"], w["bn1.var"], w["bn1.gamma"], w["bn1.beta"])
    hidden = F.relu(F.batch_norm(hidden, *norm, training=False, eps=1e-5))
    torch.manual_seed(0)
    draws = torch.stack(
        [
            F.softmax(F.dropout(hidden, 0.3, training=True) @ w["dense2.w"] + w["dense2.b"], -1)
            for _ in range(PASSES)
        ]
    ).numpy()

    error = np.sqrt((found.deviation**2 + draws.var(axis=0, ddof=1)) / PASSES)
    assert (np.abs(found.mean - draws.mean(axis=0)) <= ERRORS * error + ROUNDING).all()
    # a variance of n draws is off by its own standard error, from their fourth moment
    centred = (draws - draws.mean(axis=0)) ** 2
    error = np.sqrt(2 * centred.var(axis=0) / PASSES)
    assert (np.abs(found.deviation**2 - centred.mean(axis=0)) <= ERRORS * error + ROUNDING).all()
