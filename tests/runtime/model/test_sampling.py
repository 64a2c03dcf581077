"""Monte-Carlo dropout: `samples=` of `predict` and `predict_proba`, and of the command."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import click
import netc
import numpy as np
import pytest
from netc.cli.main import netc as command_line
from netc.runtime.model.sampling import RunningMoments

X = np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32)
LABELS = np.random.default_rng(1).choice(["ash", "elm", "oak"], 40)
MANY = 2_000
ERRORS = 5
"""Standard errors that a mean may be off: by chance once in two million times, with fixed seeds."""
END = "; opt adam; train epochs=2 batch=16 seed=1"


def fitted(text: str, y: Any) -> netc.Model:
    return netc.compile(text + END).fit(X, y)


@pytest.fixture(scope="module")
def trees() -> netc.Model:
    pipe = "input 4 -> dense 16 relu -> bn -> dropout 0.4 -> dense 3 softmax; loss ce"
    return fitted(pipe, LABELS)


def test_the_moments_are_those_of_the_draws() -> None:
    draws = np.random.default_rng(0).normal(3, 2, (7, 5, 2))
    moments = RunningMoments()
    for draw in draws:
        moments.add(draw)
    found = moments.sampled(np.dtype(np.float64))
    np.testing.assert_allclose(found.mean, draws.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.deviation, draws.std(axis=0, ddof=1), rtol=1e-12)
    assert found.samples == 7


def test_a_seed_gives_the_same_bits_and_another_seed_does_not(trees: netc.Model) -> None:
    first, again, other = (trees.predict_proba(X, samples=5, seed=seed) for seed in (1, 1, 2))
    assert np.array_equal(first.mean, again.mean)
    assert np.array_equal(first.deviation, again.deviation)
    assert not np.array_equal(first.mean, other.mean)


def test_what_was_asked_before_changes_nothing(trees: netc.Model) -> None:
    first = trees.predict_proba(X, samples=5, seed=1)
    trees.predict_proba(X[:3], samples=9, seed=4)
    trees.outputs(X, "relu1")
    assert np.array_equal(first.mean, trees.predict_proba(X, samples=5, seed=1).mean)


def test_plain_predictions_stay_without_noise(trees: netc.Model) -> None:
    before = trees.predict_proba(X)
    trees.predict_proba(X, samples=5)
    assert np.array_equal(before, trees.predict_proba(X))


def test_batch_normalisation_stays_in_evaluation_mode(trees: netc.Model) -> None:
    """A sample's prediction does not depend on the others, but for the numbers that are drawn."""
    before = trees.weights
    trees.predict_proba(X, samples=5)
    for name, array in trees.weights.items():
        assert np.array_equal(array, before[name])
    alone = trees.predict_proba(X[:1], samples=MANY).mean
    among = trees.predict_proba(X, samples=MANY)
    error = np.hypot(*[among.deviation[:1]] * 2) / np.sqrt(MANY)
    assert (np.abs(alone - among.mean[:1]) <= ERRORS * error).all()


def test_gaussian_noise_has_its_deviation() -> None:
    """y = x w + noise after the last weights: its deviation is that of the noise."""
    model = fitted("input 4 -> dense 2 -> gaussian_noise 0.3; loss mse", X[:, :2])
    found = model.predict(X, samples=MANY)
    plain = model.predict(X)
    assert (np.abs(found.mean - plain) <= ERRORS * 0.3 / np.sqrt(MANY)).all()
    # the relative error of a standard deviation of n normal numbers is 1 / sqrt(2 n)
    assert (np.abs(found.deviation / 0.3 - 1) <= ERRORS / np.sqrt(2 * MANY)).all()


def test_deviations_are_in_the_unit_of_the_targets() -> None:
    text = "input 4 -> dense 1 -> gaussian_noise 0.5; prep standardize on=target; loss mse"
    y = 1000 * X[:, 0] + 7
    model = netc.compile(text + END).fit(X, y, validation=0)
    found = model.predict(X, samples=MANY)
    assert found.mean.shape == found.deviation.shape == (40,)
    assert (np.abs(found.deviation / (0.5 * y.std()) - 1) <= ERRORS / np.sqrt(2 * MANY)).all()


def test_a_single_unit_tells_two_classes_that_vary_alike() -> None:
    model = fitted(
        "input 4 -> dense 8 relu -> dropout 0.5 -> dense 1 sigmoid; loss bce", X[:, 0] > 0
    )
    found = model.predict_proba(X, samples=20)
    assert found.mean.shape == found.deviation.shape == (40, 2)
    np.testing.assert_allclose(found.mean.sum(axis=1), 1, rtol=1e-6)
    assert np.array_equal(found.deviation[:, 0], found.deviation[:, 1])


def test_several_labels_have_a_mean_each() -> None:
    labels = (X[:, :2] > 0).astype(int)
    model = fitted("input 4 -> dense 8 relu -> dropout 0.5 -> dense 2 sigmoid; loss bce", labels)
    found = model.predict_proba(X, samples=20)
    assert found.mean.shape == found.deviation.shape == (40, 2)


REFUSED = [
    ("input 4 -> dense 3 softmax; loss ce", "the network draws no random numbers"),
    ("input 4 -> dropout 0 -> dense 3 softmax; loss ce", "the network draws no random numbers"),
]


@pytest.mark.parametrize(("text", "reason"), REFUSED)
def test_a_network_without_noise_is_refused(text: str, reason: str) -> None:
    model = fitted(text, LABELS)
    with pytest.raises(netc.DataError) as caught:
        model.predict_proba(X, samples=5)
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.code, diagnostic.message) == (
        "E0750",
        f"predictions cannot be sampled: {reason}",
    )


def test_classes_have_no_mean(trees: netc.Model, codes: Any) -> None:
    assert codes(netc.DataError, lambda: trees.predict(X, samples=5)) == ["E0750"]


def test_numbers_have_no_probabilities(codes: Any) -> None:
    model = fitted("input 4 -> dropout 0.1 -> dense 1; loss mse", X[:, 0])
    assert codes(netc.DataError, lambda: model.predict_proba(X, samples=5)) == ["E0742"]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"samples": 1}, ValueError),
        ({"samples": 2.5}, TypeError),
        ({"samples": 5, "seed": -1}, ValueError),
    ],
)
def test_arguments_are_whole_numbers(
    trees: netc.Model, arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        trees.predict_proba(X, **arguments)


# the command


@pytest.fixture(scope="module")
def files(trees: netc.Model, tmp_path_factory: Any) -> Path:
    folder: Path = tmp_path_factory.mktemp("sampling")
    trees.save(folder / "trees.safetensors")
    fitted("input 4 -> dropout 0.2 -> dense 2; loss mse", X[:, :2]).save(folder / "two.safetensors")
    fitted("input 4 -> dropout 0.2 -> dense 1; loss hinge", X[:, 0] > 0).save(
        folder / "margins.safetensors"
    )
    np.save(folder / "new.npy", X[:3])
    return folder


def predict(files: Path, weights: str, capsys: Any, *options: str) -> str:
    arguments = ["predict", str(files / weights), str(files / "new.npy"), *options]
    status = command_line.main(arguments, standalone_mode=False)
    captured = capsys.readouterr()
    assert status == 0, captured.err
    return str(captured.out)


def test_the_command_gives_the_deviation_of_the_class(
    files: Path, trees: netc.Model, capsys: Any
) -> None:
    expected = trees.predict_proba(X[:3], samples=20, seed=3)
    text = predict(files, "trees.safetensors", capsys, "--samples", "20", "--seed", "3")
    head, *lines = text.splitlines()
    assert head.split() == ["row", "class", "probability", "deviation"]
    for row, line in enumerate(lines):
        best = expected.mean[row].argmax()
        wanted = [f"{array[row, best]:.4f}" for array in (expected.mean, expected.deviation)]
        assert line.split() == [str(row + 1), ["ash", "elm", "oak"][best], *wanted]


def test_csv_and_json_have_the_deviations_of_all_classes(
    files: Path, trees: netc.Model, capsys: Any
) -> None:
    expected = trees.predict_proba(X[:3], samples=20)
    options = ("--samples", "20", "--format")
    table = list(
        csv.DictReader(io.StringIO(predict(files, "trees.safetensors", capsys, *options, "csv")))
    )
    objects = json.loads(predict(files, "trees.safetensors", capsys, *options, "json"))
    for row in range(3):
        for index, name in enumerate(("ash", "elm", "oak")):
            deviation = expected.deviation[row, index]
            assert float(table[row][f"deviation({name})"]) == pytest.approx(deviation, rel=1e-6)
            assert objects[row]["deviations"][name] == pytest.approx(deviation, rel=1e-6)


def test_numbers_have_a_deviation_each(files: Path, capsys: Any) -> None:
    text = predict(files, "two.safetensors", capsys, "--samples", "4")
    assert text.split("\n")[0].split() == [
        "row", "value1", "value2", "deviation(value1)", "deviation(value2)",
    ]  # fmt: skip
    (first, *_) = json.loads(
        predict(files, "two.safetensors", capsys, "--samples", "4", "--format", "json")
    )
    assert (len(first["value"]), len(first["deviation"])) == (2, 2)


def test_margins_are_refused(files: Path, capsys: Any) -> None:
    arguments = ["predict", str(files / "margins.safetensors"), str(files / "new.npy")]
    assert command_line.main([*arguments, "--samples", "4"], standalone_mode=False) == 1
    assert (
        "predictions cannot be sampled: the outputs are not probabilities"
        in capsys.readouterr().err
    )


@pytest.mark.parametrize("options", [("--seed", "1"), ("--samples", "4", "--workers", "2")])
def test_options_that_do_not_go_together_are_refused(files: Path, options: tuple[str, ...]) -> None:
    with pytest.raises(click.UsageError):
        command_line.main(["predict", "w", "x.npy", *options], standalone_mode=False)
