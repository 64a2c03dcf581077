"""`Model.partial_fit`: epoch by epoch, on samples that come one part after the other."""

from __future__ import annotations

import pickle

import netc
import numpy as np
import pytest

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(50, 4))
Y = np.array(["a", "b", "c"])[np.arange(50) % 3]
NET = "input ? -> dense 8 relu -> dense ? softmax; loss ce"

GOES_ON = {
    "a step": f"{NET}; opt sgd; train epochs=3 batch=all",
    "momentum": f"{NET}; opt sgd momentum=0.9; train epochs=3 batch=16 seed=5",
    "adam": f"{NET}; opt adam; train epochs=3 batch=16",
    "a schedule": f"{NET}; opt adam; schedule cosine warmup=1ep; train epochs=3 batch=16",
    "plateau": f"{NET}; opt sgd; schedule plateau on=train_loss patience=1ep; train epochs=3",
    "random numbers": "input ? -> dropout 0.3 -> bn -> dense ? softmax; loss ce; opt adam; "
    "train epochs=3 batch=16",
    "preparations": f"prep standardize; prep whiten pca; {NET}; opt adam; train epochs=3",
    "the order of the data": f"{NET}; opt adam; train epochs=3 batch=16 shuffle=false",
    "balanced classes": f"{NET} weight=balanced; opt adam; train epochs=3",
}


@pytest.mark.parametrize("spec", GOES_ON.values(), ids=[*GOES_ON])
def test_three_times_an_epoch_are_three_epochs(spec: str) -> None:
    whole = netc.compile(spec).fit(X, Y, validation=0)
    part = netc.compile(spec)
    for _ in range(3):
        part = pickle.loads(pickle.dumps(part.partial_fit(X, Y)))
    for name, array in whole.weights.items():
        np.testing.assert_array_equal(part.weights[name], array)
    assert part.report is not None
    assert whole.report is not None
    assert [epoch.measured for epoch in part.report.epochs] == [
        epoch.measured for epoch in whole.report.epochs
    ]
    np.testing.assert_array_equal(part.predict(X), whole.predict(X))


def test_numbers_that_are_prepared() -> None:
    spec = "prep standardize on=target; input ? -> dense ?; loss mse; opt adam; train epochs=2"
    y = 100 + 10 * X[:, :2]
    whole, part = netc.compile(spec).fit(X, y, validation=0), netc.compile(spec)
    part.partial_fit(X, y).partial_fit(X, y)
    np.testing.assert_array_equal(part.predict(X), whole.predict(X))
    # other samples, prepared as the first ones
    assert abs(part.partial_fit(X[:7], y[:7] + 50).predict(X[:7]).mean() - 100) < 50


def test_the_first_samples_decide_classes_and_widths() -> None:
    net = netc.compile(f"{NET}; opt adam").partial_fit(X, Y)
    net.partial_fit(X[:2], Y[:2])
    assert net.predict_proba(X).shape == (50, 3)
    with pytest.raises(netc.DataError, match="`d`"):
        net.partial_fit(X[:2], ["a", "d"])
    with pytest.raises(netc.DataError, match="E0504"):
        net.partial_fit(X[:, :2], Y)
    assert net.report is not None
    assert len(net.report.epochs) == 2, "what fails changes nothing"


def test_it_goes_on_after_the_epochs_of_the_spec() -> None:
    net = netc.compile(f"{NET}; opt adam; train epochs=2")
    for _ in range(4):
        net.partial_fit(X, Y)
    assert net.report is not None
    assert len(net.report.epochs) == 4


def test_after_a_fit_the_optimizer_begins_anew() -> None:
    spec = f"{NET}; opt adam; train epochs=1"
    net = netc.compile(spec).fit(X, Y, validation=0).partial_fit(X, Y)
    warm = netc.compile(spec).fit(X, Y, validation=0).fit(X, Y, validation=0, warm_start=True)
    for name, array in warm.weights.items():
        np.testing.assert_array_equal(net.weights[name], array)
    assert net.report is not None
    assert len(net.report.epochs) == 1


def test_a_sample_counts_what_its_weight_says() -> None:
    spec = f"{NET}; opt sgd; train batch=all precision=f64"
    counts = np.arange(50) // 3 % 3
    weighted, repeated = netc.compile(spec), netc.compile(spec)
    for _ in range(2):
        weighted.partial_fit(X, Y, sample_weight=counts)
        repeated.partial_fit(np.repeat(X, counts, axis=0), np.repeat(Y, counts))
    for name, array in repeated.weights.items():
        np.testing.assert_allclose(weighted.weights[name], array, rtol=1e-9, atol=1e-12)


def test_what_cannot_go_on_says_so() -> None:
    with pytest.raises(netc.DataError, match="E0659"):
        netc.compile("input ? -> dense ?; loss mse; opt exact").partial_fit(X, X[:, 0])
    with pytest.raises(netc.DataError, match="no `opt`"):
        netc.compile("input ? -> dense ?; loss mse").partial_fit(X, X[:, 0])


def test_a_training_that_diverges_changes_nothing() -> None:
    net = netc.compile("input ? -> dense ?; loss mse; opt sgd lr=1e20; train batch=5")
    with pytest.raises(netc.TrainingError):
        net.partial_fit(X, X[:, 0])
    assert not net.trained
