"""`Model.gradients` and `Model.outputs` of layers: names, units, shapes and what is refused.

The numbers are compared with PyTorch's in `tests/reference/test_gradients_reference.py`.
"""

from __future__ import annotations

import copy
import re
import threading
from typing import Any

import netc
import numpy as np
import pytest

Arrays = tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]

IMAGES = (
    "input 6x6x2 name=picture -> conv 3 3x3 -> relu -> @maps -> flatten -> dense 4 -> softmax; "
    "loss ce; train precision=f64"
)
X = np.random.default_rng(0).normal(size=(5, 6, 6, 2))
Y = np.array([0, 1, 2, 3, 1])


def test_every_parameter_and_input_has_a_gradient_of_its_shape() -> None:
    model = netc.compile(IMAGES)
    gradients = model.gradients(X, Y)
    shapes = {name: array.shape for name, array in model.weights.items()}
    assert {name: array.shape for name, array in gradients.items()} == shapes | {"picture": X.shape}


def test_running_statistics_and_frozen_layers_have_no_gradient() -> None:
    model = netc.compile("input 3 -> dense 4 freeze=true bn relu -> dense 2 softmax; loss ce")
    found = model.gradients(np.ones((2, 3)), [0, 1])
    assert set(found) == {"bn1.gamma", "bn1.beta", "dense2.w", "dense2.b", "input1"}


def test_tokens_have_no_gradient() -> None:
    model = netc.compile("input 4 name=text -> embed 9 3 -> gap -> dense 2 softmax; loss ce")
    assert set(model.gradients([[1, 2, 3, 4]], [1])) == {"embed1.w", "dense1.w", "dense1.b"}


def test_an_input_on_which_nothing_depends_that_can_be_differentiated_has_zeros() -> None:
    model = netc.compile("input 3 -> sign -> dense 2 softmax; loss ce")
    for found in (
        model.gradients(np.ones((2, 3)), [0, 1]),
        model.gradients(np.ones((2, 3)), of="sign1"),
    ):
        assert np.array_equal(found["input1"], np.zeros((2, 3)))


def test_gradients_are_with_respect_to_what_the_network_gets() -> None:
    """`prep standardize` divides by the deviation, and so would a gradient of the raw numbers."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(3, 10, (40, 2)), rng.integers(0, 2, 40)
    text = "input 2 -> dense 2 softmax; prep standardize; loss ce; opt adam; train precision=f64"
    model = netc.compile(text).fit(x, y, epochs=1, validation=0)
    found = model.gradients(x, y)["input1"]
    step = 1e-5 * rng.normal(size=x.shape)
    above, below = (model.evaluate(x + sign * step, y)["loss"] for sign in (1, -1))
    assert (above - below) / 2 == pytest.approx((found * step / x.std(axis=0)).sum(), rel=1e-6)


def test_a_batch_normalisation_keeps_its_statistics(trained: netc.Model, flowers: Arrays) -> None:
    before = trained.weights
    trained.gradients(*flowers)
    trained.gradients(flowers[0], of="dense1", unit=0)
    for name, array in trained.weights.items():
        assert np.array_equal(array, before[name])


def test_gradients_are_the_same_when_asked_again(trained: netc.Model, flowers: Arrays) -> None:
    first, second = (trained.gradients(*flowers) for _ in range(2))
    for name, array in first.items():
        assert np.array_equal(array, second[name])


def test_labels_of_training_are_the_targets(trained: netc.Model, flowers: Arrays) -> None:
    x, y = flowers
    numbers = np.searchsorted(trained.classes_, y)
    by_hand = trained.outputs(x, "softmax1")
    by_hand[np.arange(len(y)), numbers] -= 1
    found = trained.gradients(x, y)["dense2.b"]
    np.testing.assert_allclose(found, by_hand.mean(axis=0), rtol=1e-4, atol=1e-7)


def test_an_unknown_class_is_refused(trained: netc.Model, flowers: Arrays, codes: Any) -> None:
    x, _ = flowers
    wrong = np.repeat("tulip", len(x))
    assert codes(netc.DataError, lambda: trained.gradients(x, wrong)) == ["E0544"]


UNITS = [
    (None, lambda t: t.sum()),
    (2, lambda t: t[..., 2].sum()),
    ((1, 3, 0), lambda t: t[:, 1, 3, 0].sum()),
    (
        np.array([0, 1, 2, 0, 1]),
        lambda t: sum(t[i, ..., c].sum() for i, c in enumerate((0, 1, 2, 0, 1))),
    ),
]


@pytest.mark.parametrize(("unit", "score"), UNITS, ids=["all", "channel", "one number", "of each"])
def test_the_gradient_of_units_is_that_of_their_sum(unit: Any, score: Any) -> None:
    model = netc.compile(IMAGES)
    found = model.gradients(X, of="maps", unit=unit)["picture"]
    step = 1e-6 * np.random.default_rng(2).normal(size=X.shape)
    above, below = (score(model.outputs(X + sign * step, "maps")) for sign in (1, -1))
    assert (above - below) / 2 == pytest.approx((found * step).sum(), rel=1e-6)


@pytest.mark.parametrize(
    ("unit", "message"),
    [
        (9, "there is no unit 9 in a tensor of 4x4x3"),
        ((1, 2), "there is no unit (1, 2) in a tensor of 4x4x3"),
        ((4, 0, 0), "there is no unit (4, 0, 0) in a tensor of 4x4x3"),
        (np.array([0, 1]), "there is no unit array([0, 1]) in a tensor of 4x4x3"),
        (0.5, "there is no unit 0.5 in a tensor of 4x4x3"),
    ],
)
def test_a_unit_that_there_is_not_is_refused(unit: Any, message: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        netc.compile(IMAGES).gradients(X, of="maps", unit=unit)


def test_a_name_that_there_is_not_is_refused() -> None:
    model = netc.compile(IMAGES)
    with pytest.raises(ValueError, match="is called 'map': did you mean 'maps'"):
        model.outputs(X, "map")
    with pytest.raises(ValueError, match="there are maps, picture, conv1, relu1, flatten1"):
        model.gradients(X, of="nothing alike")
    with pytest.raises(TypeError, match="the name of a layer is a text, not 3"):
        model.outputs(X, [3])


def test_gradients_are_of_a_loss_or_of_a_unit() -> None:
    model = netc.compile(IMAGES)
    with pytest.raises(TypeError, match="either `y` or `of`"):
        model.gradients(X, Y, of="conv1")
    with pytest.raises(TypeError, match="needs `of` if `unit` is given"):
        model.gradients(X, Y, unit=1)


def test_gradients_of_a_loss_need_one(codes: Any) -> None:
    model = netc.compile("input 2 -> dense 2 softmax")
    assert codes(netc.DataError, lambda: model.gradients(np.ones((2, 2)), [0, 1])) == ["E0652"]


def test_one_name_gives_an_array_and_several_give_a_dict() -> None:
    model = netc.compile(IMAGES)
    one = model.outputs(X, "maps")
    several = model.outputs(X, ["conv1", "maps", "softmax1"])
    assert np.array_equal(one, several["maps"])
    assert np.array_equal(one, np.maximum(several["conv1"], 0))
    assert list(several) == ["conv1", "maps", "softmax1"]


def test_an_untrained_model_answers_of_the_weights_that_training_starts_from() -> None:
    model = netc.compile("input 2 -> dense 3 -> dense 1; loss mse; train seed=4")
    x = np.ones((1, 2), np.float32)
    weights = model.weights
    expected = x @ weights["dense1.w"] + weights["dense1.b"]
    np.testing.assert_allclose(model.outputs(x, "dense1"), expected, rtol=1e-6)


def test_names_are_of_the_weights_that_are_there_now(flowers: Arrays, trained: netc.Model) -> None:
    """What was asked before training, or with other weights, is not kept."""
    model = copy.deepcopy(trained)
    x, _ = flowers
    before = model.outputs(x, "tanh1")
    model.set_weights({name: array * 0.5 for name, array in model.weights.items()})
    assert not np.array_equal(before, model.outputs(x, "tanh1"))


def test_several_threads_may_ask_for_different_tensors(
    trained: netc.Model, flowers: Arrays
) -> None:
    x, _ = flowers
    names = ["dense1", "tanh1", "bn1", "softmax1"]
    expected = {name: trained.outputs(x, name) for name in names}
    wrong: list[str] = []

    def ask(name: str) -> None:
        found = (trained.outputs(x, name) for _ in range(5))
        wrong.extend(name for array in found if not np.array_equal(array, expected[name]))

    threads = [threading.Thread(target=ask, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
