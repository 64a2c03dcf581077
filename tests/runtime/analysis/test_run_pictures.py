"""The pictures of a run: their numbers are those of the run, and they can be drawn."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import netc
import pytest
from netc.runtime.analysis.run_pictures import draw_several, folds_picture, run_pictures
from netc.runtime.plots.picture import csv_text
from netc.runtime.plots.style import draw

SPEC = """\
data digits limit=200
input 64 -> dense 8 relu -> dense 10 softmax
loss ce
opt sgd lr=0.5
schedule exp gamma=0.5
train epochs=4 seed=1
metric top5
"""


def columns_of(text: str) -> dict[str, list[float]]:
    rows = list(csv.DictReader(io.StringIO(text)))
    return {name: [float(row[name]) for row in rows] for name in rows[0]}


def test_the_columns_are_what_was_measured() -> None:
    report = netc.compile(SPEC).fit().report
    assert report is not None
    curves, rate = run_pictures(report, "digits")
    assert (curves.name, rate.name) == ("curves", "learning_rate")
    found = columns_of(csv_text(curves.table))
    assert found.pop("epoch") == [1, 2, 3, 4]
    assert list(found) == [
        "train_loss", "train_acc", "train_top5", "val_loss", "val_acc", "val_top5",
    ]  # fmt: skip
    for name, values in found.items():
        assert values == [done.measured[name] for done in report.epochs]
    assert columns_of(csv_text(rate.table))["learning_rate"] == [0.5, 0.25, 0.125, 0.0625]


def test_folds_of_different_length_have_a_mean_as_long_as_the_shortest() -> None:
    text = SPEC + "stop patience=1ep on=val_loss\nkfold 3\n"
    report = netc.compile(text.replace("epochs=4", "epochs=30")).cross_validate()
    lengths = [len(fold.epochs) for fold in report.folds]
    assert len(set(lengths)) > 1
    table = folds_picture(report, "digits").table
    assert len(table["epoch"]) == max(lengths)
    assert len(table["mean val_loss"]) == min(lengths)
    losses = [fold.epochs[0].measured["val_loss"] for fold in report.folds]
    assert table["mean val_loss"][0] == pytest.approx(sum(losses) / 3, rel=1e-12)


def test_an_exact_solution_has_no_learning_rate() -> None:
    text = "data sine n=100; input 1 -> poly 3 -> dense 1; loss mse; opt exact"
    report = netc.compile(text).fit().report
    assert report is not None
    assert [picture.name for picture in run_pictures(report, "sine")] == ["curves"]


def test_training_and_validation_of_several_settings_have_one_scale() -> None:
    """The training losses are far apart, those of validation are not."""
    figure = pytest.importorskip("matplotlib.figure", reason="pictures need matplotlib").Figure()
    runs = {
        "a": {"train_loss": [1.0, 0.001], "val_loss": [1.0, 0.5]},
        "b": {"train_loss": [1.0, 0.9], "val_loss": [1.0, 0.9]},
    }
    draw_several(figure, runs, {}, "two settings")
    assert [axis.get_yscale() for axis in figure.axes] == ["log", "log"]


@pytest.mark.parametrize(
    ("quantity", "risen", "shown"),
    [("acc", 1.0, True), ("loss", 90.0, False)],
    ids=["an accuracy", "a loss that explodes"],
)
def test_an_accuracy_that_rises_beside_others_is_shown_whole(
    quantity: str, risen: float, shown: bool
) -> None:
    figure = pytest.importorskip("matplotlib.figure", reason="pictures need matplotlib").Figure()
    name = f"train_{quantity}"
    runs = {run: {name: [0.08, 0.08]} for run in "ab"} | {"c": {name: [0.4, risen]}}
    draw_several(figure, runs, {}, "compared")
    assert bool(figure.axes[0].get_ylim()[1] >= risen) == shown


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_they_are_drawn_alike_each_time(suffix: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="pictures need matplotlib")
    report = netc.compile(SPEC).fit().report
    assert report is not None
    for picture in run_pictures(report, "digits"):
        assert draw(picture.fill, suffix) == draw(picture.fill, suffix)


def test_a_program_saves_the_pictures_of_its_reports(tmp_path: Path) -> None:
    model = netc.compile(SPEC).fit()
    assert model.report is not None
    written = netc.save_pictures(model.report, tmp_path / "run", "digits")
    tables = sorted(path.name for path in written if path.suffix == ".csv")
    assert tables == ["curves.csv", "learning_rate.csv"]
    assert all(path.exists() for path in written)
    folds = model.cross_validate(folds=2, epochs=1)
    written = netc.save_pictures(folds, tmp_path / "folds")
    assert (tmp_path / "folds" / "folds.csv") in written
