"""What is collected of finished runs of all kinds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from netc.runtime.report.collecting.held_out import roc_curve
from netc.runtime.report.data import ReportData
from netc.runtime.report.stored import report_json, report_of_json
from report_examples import HOSTILE, SPECS, UNICODE, example, write_data
from reporting import FACTS, report_of

PNG = b"\x89PNG\r\n\x1a\n"


def parts_of(data: ReportData) -> dict[str, int]:
    return dict(data.data.parts)


@pytest.mark.parametrize("name", SPECS)
def test_every_kind_of_run_can_be_written_and_read(name: str, tmp_path: Path) -> None:
    data = example(name, tmp_path)
    content = report_json(data)
    assert report_json(report_of_json(content)) == content
    assert data.network.rows
    assert data.network.picture.startswith("<svg")
    assert len(content) < 500_000


def test_a_regression_has_points_residuals_and_rows(tmp_path: Path) -> None:
    data = example("regression", tmp_path)
    assert data.classes is None
    (numbers,) = data.numbers
    assert (numbers.name, numbers.part, numbers.total) == ("price", "test", parts_of(data)["test"])
    assert len(numbers.true) == len(numbers.predicted) == numbers.total
    # in the unit of the data, though the network learns prepared ones
    assert np.mean(numbers.true) == pytest.approx(100, abs=30)
    assert numbers.residuals is not None
    assert sum(numbers.residuals.counts) == numbers.total
    worst = data.worst
    assert worst is not None
    assert worst.columns == ("rooms", "age", "<b>area</b>", "place")
    losses = [sample.loss for sample in worst.samples]
    assert losses == sorted(losses, reverse=True)
    assert {sample.values[3] for sample in worst.samples} <= {"north", UNICODE, "o<i>st"}
    assert all(sample.name.startswith("line ") for sample in worst.samples)
    assert all(sample.true and sample.predicted for sample in worst.samples)


def test_two_classes_have_counts_figures_and_a_roc_curve(tmp_path: Path) -> None:
    data = example("binary", tmp_path)
    classes = data.classes
    assert classes is not None
    assert {row.name for row in classes.rows} == {HOSTILE, UNICODE}
    for index, (_, count) in enumerate(data.data.parts):
        assert sum(row.samples[index] for row in classes.rows) == count
    test = parts_of(data)["test"]
    assert sum(map(sum, classes.counts)) == classes.total == test
    assert classes.right == sum(classes.counts[n][n] for n in range(2))
    accuracy = next(f for f in data.figures if (f.quantity, f.part) == ("acc", "test"))
    assert classes.right / test == pytest.approx(accuracy.value)
    (roc,) = data.rocs
    auc = next(f for f in data.figures if (f.quantity, f.part) == ("auc", "test"))
    assert roc.area == pytest.approx(auc.value)
    assert (roc.false_rates[0], roc.true_rates[0]) == (0, 0)
    assert (roc.false_rates[-1], roc.true_rates[-1]) == (1, 1)
    area = np.trapezoid(roc.true_rates, roc.false_rates)
    assert area == pytest.approx(roc.area)
    row = classes.rows[1]
    hits, predicted = classes.counts[1][1], classes.counts[0][1] + classes.counts[1][1]
    assert row.precision == pytest.approx(hits / max(predicted, 1))
    assert row.recall == pytest.approx(hits / sum(classes.counts[1]))
    (expected,) = data.expected
    assert (expected.text, expected.holds) == ("acc>=2%", True)


def test_labels_have_figures_and_curves_but_no_matrix(tmp_path: Path) -> None:
    data = example("labels", tmp_path)
    classes = data.classes
    assert classes is not None
    assert classes.counts == ()
    assert classes.confused == ()
    assert len(classes.rows) == len(data.rocs) == 3
    written = np.load(tmp_path / "labels.npz")["y"].sum(axis=0)
    assert [sum(row.samples) for row in classes.rows] == written.tolist()
    assert data.worst is not None
    assert {sample.true for sample in data.worst.samples} != {""}


def test_positions_have_masks_and_a_matrix_of_positions(tmp_path: Path) -> None:
    data = example("positions", tmp_path)
    assert data.classes is not None
    assert data.classes.unit == "positions"
    assert data.classes.total == 144 * parts_of(data)["test"]
    assert all(row.auc is None for row in data.classes.rows)
    assert data.worst is not None
    for sample in data.worst.samples:
        assert [picture.caption for picture in sample.pictures] == ["", "true", "predicted"]
        assert all(picture.png.startswith(PNG) for picture in sample.pictures)


def test_sequences_are_curves_and_pictures_pictures(tmp_path: Path) -> None:
    sequence = example("sequence", tmp_path).worst
    assert sequence is not None
    assert {len(sample.curves) for sample in sequence.samples} == {1}
    assert {len(sample.curves[0]) for sample in sequence.samples} == {40}
    digits = example("pictures", tmp_path)
    assert digits.worst is not None
    assert all(len(sample.pictures) == 1 for sample in digits.worst.samples)
    assert all(sample.score is not None for sample in digits.worst.samples)
    assert [curve.quantity for curve in digits.curves][-1] == "learning rate"
    insides = digits.insides
    assert insides is not None
    assert [item.name for item in insides.weights] == ["conv1.w", "dense1.w"]
    assert [item.name for item in insides.gradients] == ["conv1.w", "dense1.w"]
    assert [item.name for item in insides.layers] == ["conv1", "dense1"]
    assert [item.dead is None for item in insides.layers] == [False, True]
    assert sum(insides.weights[0].counts) == 36


def test_an_autoencoder_shows_what_it_gives_back(tmp_path: Path) -> None:
    data = example("autoencoder", tmp_path)
    assert data.rebuilt
    assert all(one.png.startswith(PNG) for pair in data.rebuilt for one in pair)
    assert data.numbers == ()


def test_a_direct_solution_has_no_times(tmp_path: Path) -> None:
    write_data(tmp_path)
    data = report_of(SPECS["exact"], tmp_path, measures=True)
    assert ("time by layer", "a direct solution takes no steps") in data.missing
    assert next(curve.epochs for curve in data.curves) == (1,)
    assert data.numbers


def test_the_time_of_every_layer_is_measured(tmp_path: Path) -> None:
    write_data(tmp_path)
    times = report_of(SPECS["pictures"], tmp_path, measures=True).times
    assert times is not None
    names = [layer.name for layer in times.layers]
    assert [name for name in names if name in ("conv1", "dense1")] == ["conv1", "dense1"]
    assert all(layer.seconds > 0 for layer in times.layers)
    assert times.steps >= 5


@pytest.mark.parametrize("name", ["adversarial", "two heads"])
def test_other_networks_are_timed_too(name: str, tmp_path: Path) -> None:
    write_data(tmp_path)
    data = report_of(SPECS[name], tmp_path, measures=True)
    assert data.missing == ()
    assert data.times is not None


def test_of_several_outputs_classes_and_numbers_are_shown(tmp_path: Path) -> None:
    data = example("two heads", tmp_path)
    assert data.classes is not None
    assert [row.name for row in data.classes.rows] == ["0", "1", "2"]
    assert len(data.numbers) == 2
    assert data.worst is not None
    assert [len(sample.pictures) for sample in data.worst.samples][:1] == [1]


def test_a_run_that_diverged_says_where_and_what_is_missing(tmp_path: Path) -> None:
    data = example("diverged", tmp_path)
    assert data.status == "diverged"
    assert "epoch 1" in data.status_text
    assert data.missing == (("classes, samples and layers", "no epoch was completed"),)
    assert "E0651" in [told.code for told in data.told]


def test_without_a_test_part_the_validation_part_is_looked_at(tmp_path: Path) -> None:
    data = example("no test", tmp_path, replace(FACTS, interrupted=True))
    assert data.status == "interrupted"
    assert "test" not in parts_of(data)
    assert data.classes is not None
    assert data.classes.part == "validation"
    assert data.worst is not None
    assert data.worst.part == "validation"


def test_a_run_that_goes_on_says_so(tmp_path: Path) -> None:
    facts = replace(FACTS, running=True)
    assert example("exact", tmp_path, facts).status == "running"
    assert example("folds", tmp_path, facts).status == "running"


def test_a_cross_validation_has_the_curves_of_its_folds(tmp_path: Path) -> None:
    data = example("folds", tmp_path)
    assert data.folds == 3
    series = {curve.series for curve in data.curves}
    assert {"fold 1, training", "fold 3, validation"} <= series
    assert all(figure.deviation is not None for figure in data.figures)


def test_settings_name_what_runs_differ_in(tmp_path: Path) -> None:
    settings = dict(example("pictures", tmp_path).settings)
    assert settings["opt"] == "adam"
    assert settings["opt lr"] == "0.01"
    assert settings["train epochs"] == "2"
    assert settings["layer conv1"] == "conv 4 3x3"
    assert settings["schedule"] == "cosine"


def test_a_roc_curve_of_equal_scores_has_no_steps() -> None:
    found = roc_curve("a", np.zeros(4), np.array([True, False, True, False]), 0.5)
    assert found.false_rates == (0.0, 1.0)
    assert found.true_rates == (0.0, 1.0)
