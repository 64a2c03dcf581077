"""`Model.outputs`: everything that a network computes, by label."""

from __future__ import annotations

import netc
import numpy as np

X = np.random.default_rng(0).normal(size=(8, 4)).astype("f4")
Y = np.random.default_rng(1).normal(size=(8, 2)).astype("f4")
TRAIN = "opt sgd lr=0.1; train epochs=2 batch=4 seed=1"


def test_an_id_with_a_label_is_an_output() -> None:
    text = "input 4 -> dense 3 -> @p -> relu -> dense 2 -> @r; @p -> id -> @q; loss mse on=@r; "
    model = netc.compile(text + TRAIN).fit(X, Y)
    outputs = model.outputs(X)
    assert list(outputs) == ["r", "q"]
    weights = model.weights
    expected = X @ weights["dense1.w"] + weights["dense1.b"]
    np.testing.assert_allclose(outputs["q"], expected, rtol=1e-4, atol=1e-6)


def test_a_loss_on_an_id_trains_what_flows_into_it() -> None:
    plain = "input 4 -> dense 2 -> @p; loss mse on=@p; "
    through = "input 4 -> dense 2 -> id name=same -> @p; loss mse on=@p; "
    models = [netc.compile(text + TRAIN).fit(X, Y) for text in (plain, through)]
    for name, array in models[0].weights.items():
        assert np.array_equal(array, models[1].weights[name])
    assert np.array_equal(models[0].predict(X), models[1].predict(X))


def test_an_output_with_two_labels_is_there_under_both() -> None:
    model = netc.compile("input 4 -> dense 2 -> @p -> @q; loss mse on=@q; " + TRAIN).fit(X, Y)
    outputs = model.outputs(X)
    assert list(outputs) == ["p", "q"]
    assert np.array_equal(outputs["p"], outputs["q"])
