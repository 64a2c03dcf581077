"""The classes that a model knows after training, and which labels stand for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest

END = "opt adam lr=0.05; train epochs=40"
RANDOM = np.random.default_rng(0)
X = RANDOM.standard_normal((90, 2)).astype(np.float32)
SIDE = (X[:, 0] > 0).astype(int)
THIRD = np.digitize(X[:, 0], (-0.4, 0.4))


@pytest.mark.filterwarnings("ignore:`feature 1` determines the target")
@pytest.mark.parametrize(
    ("layers", "y", "classes"),
    [
        ("dense 3 softmax; loss ce", THIRD, [0, 1, 2]),
        ("dense 3 softmax; loss ce", THIRD.astype(np.float32), [0, 1, 2]),
        ("dense 3 softmax; loss ce", np.eye(3)[THIRD], [0, 1, 2]),
        ("dense 1 sigmoid; loss bce", SIDE, [0, 1]),
        ("dense 1; loss hinge", 2 * SIDE - 1, [-1, 1]),
        ("dense 3 softmax; loss ce", np.array(["a", "b", "c"])[THIRD], ["a", "b", "c"]),
        ("dense 1; loss mse", X[:, 0], None),
    ],
)
def test_classes_of_an_archive_are_kept(
    layers: str, y: Any, classes: list[Any] | None, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("f.npz", x=X, y=y)
    model = netc.compile(f'data npz "f.npz"; input 2 -> {layers}; {END}').fit()
    model.save("w.safetensors")
    for one in (model, netc.load("w.safetensors")):
        if classes is None:
            assert one.classes_ is None
            assert one.predict(X).dtype == np.float32
            continue
        assert one.classes_ is not None
        assert one.classes_.tolist() == classes
        given = y.argmax(axis=1) if y.ndim == 2 else y
        assert (one.predict(X) == given).mean() > 0.8
        assert one.evaluate(X, given)["acc"] > 0.8
        if "softmax" in layers or "sigmoid" in layers:
            assert one.predict_proba(X).shape == (len(X), len(classes))


@pytest.mark.parametrize("kind", [int, np.uint8, np.float32, str])
def test_numbers_stand_for_the_texts_that_spell_them(kind: Any) -> None:
    """The classes of `digits` are texts."""
    text = f"data digits limit=200; input 64 -> dense 10 softmax; loss ce; {END}"
    model = netc.compile(text).fit(epochs=1)
    x, y = RANDOM.random((10, 64)), np.arange(10)
    given = y.astype(kind)
    assert model.evaluate(x, given) == model.evaluate(x, y.astype(str))
    with pytest.raises(netc.DataError, match=r"`y` has `10` in sample"):
        model.evaluate(x, (y + 1).astype(kind))


def test_fractions_stand_for_no_text() -> None:
    text = f"data digits limit=200; input 64 -> dense 10 softmax; loss ce; {END}"
    model = netc.compile(text).fit(epochs=1)
    with pytest.raises(netc.DataError, match=r"`y` has `0.5`"):
        model.evaluate(RANDOM.random((10, 64)), np.arange(10) + 0.5)


def test_a_loss_of_two_classes_sends_three_to_another_loss() -> None:
    model = netc.compile("input 4 -> dense 1; loss logistic; opt sgd; train epochs=1")
    with pytest.raises(netc.DataError) as caught:
        model.fit(np.eye(3, 4), ["oak", "elm", "ash"])
    (problem,) = caught.value.diagnostics
    assert problem.help[0] == "for 3 classes, use `dense 3 softmax` and `loss ce`"
