"""`prep ... on=target`: learnt in scaled units, predicted and measured in the unit of the data."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest

RNG = np.random.default_rng(3)
X = RNG.normal(size=(240, 2))
PRICES = 500_000 + 90_000 * X[:, 0] - 30_000 * X[:, 1] + 5_000 * RNG.normal(size=240)
NET = (
    "input 2 -> dense 16 relu -> dense {units}; loss mse; opt adam lr=0.01; train epochs=20 seed=1"
)


def fitted(prep: str, y: Any, units: int = 1, more: str = "metric r2 rmse mae") -> netc.Model:
    return netc.compile(f"{prep}\n{NET.format(units=units)}; {more}").fit(X, y)


@pytest.mark.parametrize("prep", ["standardize", "scale", "log on=target; prep standardize"])
def test_large_targets_are_learnt_and_predicted_in_their_unit(prep: str) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    model = fitted(f"prep {prep} on=target", PRICES)
    predicted = model.predict(X)
    found = model.evaluate(X, PRICES)
    assert found["r2"] > 0.8
    assert found["r2"] == pytest.approx(metrics.r2_score(PRICES, predicted))
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(PRICES, predicted))
    assert found["rmse"] == pytest.approx(metrics.mean_squared_error(PRICES, predicted) ** 0.5)
    assert found["loss"] < 1  # of the scaled targets


def test_the_statistics_are_those_of_the_training_part_in_double_precision() -> None:
    model = fitted("prep standardize on=target", PRICES)
    (step,) = model.trained_state().target_steps["dense2"]
    held_out = 24
    assert len(PRICES) - held_out == 216
    seen = [
        event.train
        for event in _events("prep standardize on=target", PRICES)
        if hasattr(event, "train")
    ]
    assert seen == [216]
    assert step.shift.dtype == np.float64
    assert step.shift == pytest.approx(PRICES.mean(), rel=0.02)
    assert step.shift != pytest.approx(PRICES.mean(), rel=1e-9)  # not of all samples


def _events(prep: str, y: Any) -> list[Any]:
    events: list[Any] = []
    netc.compile(f"{prep}\n{NET.format(units=1)}").fit(X, y, reporter=events.append)
    return events


def test_every_value_of_a_target_has_its_own_scale() -> None:
    y = np.stack([PRICES, 0.001 * X[:, 1] - 7], axis=1)
    model = fitted("prep standardize on=target", y, units=2)
    predicted = model.predict(X)
    for column in (0, 1):
        spread = ((y[:, column] - y[:, column].mean()) ** 2).sum()
        assert 1 - ((predicted[:, column] - y[:, column]) ** 2).sum() / spread > 0.9


def test_a_value_that_never_changes_is_only_shifted() -> None:
    y = np.stack([PRICES, np.full(240, 12345.0)], axis=1)
    predicted = fitted("prep standardize on=target", y, units=2, more="metric rmse").predict(X)
    assert np.abs(predicted[:, 1] - 12345).max() < 5


@pytest.mark.parametrize("prep", ["standardize", "scale"])
def test_an_exact_solution_is_the_same_with_and_without(prep: str) -> None:
    text = "{}\ninput 2 -> dense 1; loss mse; opt exact"
    plain = netc.compile(text.format("")).fit(X, PRICES)
    scaled = netc.compile(text.format(f"prep {prep} on=target")).fit(X, PRICES)
    # float32 weights of prices of half a million
    np.testing.assert_allclose(scaled.predict(X), plain.predict(X), rtol=1e-5)


def test_a_saved_model_predicts_the_same(tmp_path: Path) -> None:
    model = fitted("prep log on=target; prep standardize on=target", PRICES)
    model.save(tmp_path / "w.safetensors")
    again = netc.load(tmp_path / "w.safetensors")
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert again.evaluate(X, PRICES) == model.evaluate(X, PRICES)
    assert again.outputs(X)["dense2"].shape == (240, 1)
    np.testing.assert_array_equal(again.outputs(X)["dense2"][:, 0], again.predict(X))


def test_logarithms_need_positive_targets() -> None:
    with pytest.raises(netc.DataError, match="`y` has -1, and logarithms need numbers"):
        fitted("prep log on=target", np.where(np.arange(240) == 3, -1, PRICES))


def test_classes_are_never_scaled() -> None:
    text = "prep standardize on=target\ninput 2 -> dense 2; loss mse; opt adam"
    with pytest.raises(netc.DataError, match="the targets of `arrays` are classes"):
        netc.compile(text).fit(X, np.where(X[:, 0] > 0, "a", "b"))


LARGE = "the targets have mean "


def test_large_targets_get_the_advice_and_scaled_ones_do_not() -> None:
    def warned(prep: str) -> list[str]:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            fitted(prep, PRICES)
        return [str(item.message) for item in caught]

    (advice,) = warned("")
    assert advice.startswith(LARGE)
    assert "`prep standardize on=target` scales them" in advice
    assert warned("prep standardize on=target") == []


def test_a_run_that_explodes_names_the_scale_of_its_targets() -> None:
    text = NET.format(units=1).replace("adam lr=0.01", "sgd lr=0.1")
    with pytest.raises(netc.TrainingError) as caught:
        netc.compile(text).fit(X, PRICES, reporter=lambda event: None)
    (problem,) = caught.value.diagnostics
    assert LARGE in problem.help[0]
    assert "`prep standardize on=target`" in problem.help[0]
    netc.compile(f"prep standardize on=target\n{text}").fit(X, PRICES)  # as it advises
