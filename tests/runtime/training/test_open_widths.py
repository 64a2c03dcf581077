"""`input ?` and `dense ?`: the data decide both widths, and nothing else differs from numbers."""

from __future__ import annotations

from pathlib import Path

import netc
import numpy as np
import pytest

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 4))
THREE = np.arange(40) % 3
TEXTS = np.array(["a", "b", "c"])[THREE]
SHARES = RANDOM.dirichlet(np.ones(3), 40)
END = "opt adam; train epochs=2 seed=1"

DECIDED = {
    "classes": ("softmax", "ce", THREE, 3),
    "texts": ("softmax", "nll", TEXTS, 3),
    "two classes": ("softmax", "ce", THREE > 1, 2),
    "rows of zeros with a one": ("softmax", "ce", np.eye(3)[THREE], 3),
    "probabilities": ("softmax", "kl", SHARES, 3),
    "two classes of one unit": ("sigmoid", "bce", THREE > 1, 1),
    "signs": ("", "logistic", np.where(THREE > 1, 1, -1), 1),
    "labels": ("sigmoid", "bce", np.eye(5)[np.arange(40) % 5], 5),
    "margins": ("", "hinge", THREE, 3),
    "numbers": ("", "mse", X[:, 0], 1),
    "several numbers": ("", "huber", X[:, :2], 2),
    "whole numbers": ("", "mse", THREE, 1),
    "after a normalisation": ("ln softmax", "ce", THREE, 3),
}


@pytest.mark.parametrize(("last", "loss", "y", "units"), DECIDED.values(), ids=[*DECIDED])
def test_it_trains_as_with_the_numbers_written(
    last: str, loss: str, y: np.ndarray, units: int
) -> None:
    spec = "input {} -> bn -> dense 6 relu -> dense {} {}; loss {}; {}"
    left = netc.compile(spec.format("?", "?", last, loss, END)).fit(X, y)
    written = netc.compile(spec.format(4, units, last, loss, END)).fit(X, y)
    assert left.to_json() == written.to_json()
    for name, array in written.weights.items():
        np.testing.assert_array_equal(left.weights[name], array)


def test_an_autoencoder_gives_as_many_numbers_as_it_reads() -> None:
    net = netc.compile(f"input ? -> @x -> dense 2 -> dense ?; loss mse target=@x; {END}")
    assert net.fit(X).predict(X).shape == X.shape


def test_each_training_from_the_beginning_decides_anew() -> None:
    net = netc.compile(f"input ? -> dense ? softmax; loss ce; {END}")
    assert net.parameters is None
    assert net.fit(X, THREE).parameters == 4 * 3 + 3
    with pytest.raises(netc.DataError, match="E0504"):
        net.fit(X[:, :2], THREE > 1, warm_start=True)
    assert net.fit(X[:, :2], THREE > 1).parameters == 2 * 2 + 2
    assert net.cross_validate(X, THREE, folds=2).mean["val_loss"] > 0


def test_a_trained_network_keeps_its_widths(tmp_path: Path) -> None:
    net = netc.compile(f"input ? -> dense ? softmax; loss ce; {END}").fit(X, TEXTS)
    net.save(tmp_path / "net.safetensors")
    loaded = netc.load(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(loaded.predict(X), net.predict(X))
    with pytest.raises(netc.DataError, match="E0541"):
        loaded.predict(X[:, :2])


def test_weights_have_no_shape_before_training() -> None:
    with pytest.raises(netc.DataError, match="E0745"):
        _ = netc.compile("input ? -> dense 3; loss mse").weights


def test_one_class_is_too_few() -> None:
    net = netc.compile(f"input ? -> dense ? softmax; loss ce; {END}")
    with pytest.raises(netc.DataError, match="1 class"):
        net.fit(X, np.zeros(40, int))


CHECKED = {
    "free": ("input ? -> bn -> dropout 0.1 -> dense 8 prelu -> dense ? softmax; loss ce", []),
    "powers": ("input ? -> poly 3 -> dense 1; loss mse", []),
    "another shape": ("input ? -> reshape 4x4x1 -> conv 3 3x3 -> gap -> dense ?; loss mse", []),
    "merged": ("input ? -> concat [dense 3 | id] -> gn 1 -> dense ?; loss mse", []),
    "in the middle": ("input ? -> dense ? relu -> dense 3; loss mse", ["E0440"]),
    "without a loss": ("input 4 -> dense ? softmax", ["E0440"]),
    "an image": ("input ?x28x1 -> flatten -> dense 10 softmax", ["E0314"]),
}


@pytest.mark.parametrize(("spec", "codes"), CHECKED.values(), ids=[*CHECKED])
def test_check_reports_what_no_data_can_decide(spec: str, codes: list[str]) -> None:
    assert [found.code for found in netc.check(spec)] == codes


def test_a_shape_that_the_data_do_not_fit_is_found_in_training() -> None:
    net = netc.compile(f"input ? -> reshape 3x3x1 -> flatten -> dense ?; loss mse; {END}")
    with pytest.raises(netc.DataError, match="reshape"):
        net.fit(X, X[:, 0])


def test_it_is_written_as_it_was() -> None:
    assert netc.format("input ?->dense ?\n") == "input ? -> dense ?\n"
    model = netc.compile("input ? -> dense ?; loss mse")
    assert netc.from_json(model.to_json()).ir == model.ir
