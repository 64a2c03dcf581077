"""`train adversarial`: what is fed, and what does not change a bit.

Steps are compared with PyTorch in `tests/reference/test_adversarial_training_reference.py`.
"""

from __future__ import annotations

from typing import Any

import netc
import numpy as np
import pytest
from netc.runtime.training.loop import train as loop

Array = np.ndarray[Any, Any]

X = np.random.default_rng(0).random((120, 8, 8, 3))
Y = np.random.default_rng(1).integers(0, 3, 120)
PIPE = "conv 8 3x3 relu -> maxpool 2x2 -> flatten -> dropout 0.2 -> dense 3 softmax; loss ce"
TEXT = f"input 8x8x3 -> {PIPE}; opt adam; train epochs=2 batch=32 seed=1 adversarial=0.1"


def weights_of(text: str, **options: Any) -> dict[str, Array]:
    return netc.compile(text).fit(X, Y, **options).weights


def test_the_same_seed_gives_the_same_bits_for_any_number_of_workers() -> None:
    one, two = (weights_of(TEXT, workers=workers) for workers in (1, 2))
    for name, array in one.items():
        assert np.array_equal(array, two[name]), name


def test_low_memory_gives_the_same_bits() -> None:
    plain, low = weights_of(TEXT), weights_of(TEXT.replace("adversarial", "memory=low adversarial"))
    for name, array in plain.items():
        assert np.array_equal(array, low[name]), name


def test_eps_of_0_is_plain_training() -> None:
    plain, none = (
        weights_of(TEXT.replace("adversarial=0.1", end)) for end in ("", "adversarial=0")
    )
    for name, array in plain.items():
        assert np.array_equal(array, none[name]), name


def bounds_of(text: str, x: Array, monkeypatch: Any) -> dict[str, Array]:
    """What is fed beside the batches of a run."""
    found: dict[str, Array] = {}
    original = loop.TrainingLoop._train_epoch

    def watch(self: Any, *arguments: Any) -> Any:
        found.update(self.encoded.bounds)
        return original(self, *arguments)

    monkeypatch.setattr(loop.TrainingLoop, "_train_epoch", watch)
    y = np.arange(len(x)) % 2
    netc.compile(text).fit(x, y, epochs=1, validation=0)
    return found


def test_the_range_goes_through_the_preparations(monkeypatch: Any) -> None:
    """A border of zeros does not move; pixels of 0 to 255 become 0 to 1."""
    x = np.random.default_rng(0).integers(0, 256, (40, 4, 4, 1)).astype(np.float64)
    x[0, 0, 0, 0] = 255
    text = "input 6x6x1 -> flatten -> dense 2 softmax; prep scale; prep pad=1; loss ce; opt sgd"
    found = bounds_of(f"{text}; train adversarial=0.2", x, monkeypatch)
    inside = np.zeros((6, 6, 1))
    inside[1:5, 1:5] = 1
    low, high = -x.min() / (x.max() - x.min()), (255 - x.min()) / (x.max() - x.min())
    np.testing.assert_allclose(found["step:input1"], 0.2 * inside * (high - low), rtol=1e-6)
    np.testing.assert_allclose(found["low:input1"], low * inside, atol=1e-6)
    np.testing.assert_allclose(found["high:input1"], high * inside, rtol=1e-6)


def test_each_feature_has_its_own_range(monkeypatch: Any) -> None:
    x = np.random.default_rng(0).normal(size=(60, 2)) * [1, 500] + [0, 9]
    text = "input 2 -> dense 2 softmax; prep standardize; loss ce; opt sgd; train adversarial=0.1"
    found = bounds_of(text, x, monkeypatch)
    seen = (x - x.mean(axis=0)) / x.std(axis=0)
    np.testing.assert_allclose(found["low:input1"], seen.min(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found["high:input1"], seen.max(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found["step:input1"], 0.1 * np.ptp(seen, axis=0), rtol=1e-5)


def test_codes_of_categories_do_not_move(monkeypatch: Any, tmp_path: Any) -> None:
    lines = [f"{0.5 * (number % 7)},{'ab'[number % 2]},{number // 2 % 2}" for number in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["size,kind,y", *lines]))
    (tmp_path / "t.net").write_text(
        'data csv "t.csv"; prep onehot; prep scale; input 3 -> dense 2 softmax; loss ce; opt sgd; '
        "train epochs=1 adversarial=0.1"
    )
    found: dict[str, Array] = {}
    original = loop.TrainingLoop._train_epoch

    def watch(self: Any, *arguments: Any) -> Any:
        found.update(self.encoded.bounds)
        return original(self, *arguments)

    monkeypatch.setattr(loop.TrainingLoop, "_train_epoch", watch)
    netc.compile(tmp_path / "t.net").fit()
    assert found["step:input1"][0] > 0
    assert found["step:input1"][1:].tolist() == [0, 0]
    assert found["high:input1"][1:].tolist() == [1, 1]


def test_training_against_an_attack_helps_against_it() -> None:
    """Two classes that differ by 0.5 in one number and by 0.02 in each of many others: a plain
    network uses the many, which an attack of 0.05 turns around."""
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 600)
    x = 0.5 + 0.01 * random.normal(size=(600, 50))
    x += np.where(y[:, None] == 1, 0.01, -0.01)
    x[:, 0] = np.where(y == 1, 0.75, 0.25) + 0.1 * random.normal(size=600)
    x = x.clip(0, 1)
    text = (
        "input 50 -> dense 2 softmax; prep standardize; loss ce; opt adam lr=0.05; "
        "train epochs=20 seed=1"
    )
    accuracies = []
    for end in ("", " adversarial=0.05"):
        model = netc.compile(text + end).fit(x[:400], y[:400])
        changed = model.attack(x[400:], y[400:], eps=0.05)
        accuracies.append(model.evaluate(changed, y[400:])["acc"])
    assert accuracies[0] < 0.1 < 0.9 < accuracies[1]


REFUSED = [
    ("prep whiten zca; input 4 -> dense 2 softmax; loss ce", "`prep whiten` mixes the features"),
    (
        "input 4 -> @x -> dense 4 -> @y; loss mse on=@y target=@x",
        "`loss mse target=@x` compares with a tensor that changes too",
    ),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_what_it_does_not_fit_is_refused_by_check(text: str, reason: str) -> None:
    (found,) = netc.check(f"{text}; opt adam; train adversarial=0.1")
    assert found.code == "E0615"
    assert reason in found.message
    assert netc.check(f"{text}; opt adam; train epochs=3") == []
