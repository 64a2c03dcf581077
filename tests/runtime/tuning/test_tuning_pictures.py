"""The pictures of a study: which there are, the numbers in them, and which name matters."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest
from netc.runtime.packages import package_trouble
from netc.runtime.plots.picture import csv_text, save_pictures
from netc.runtime.tuning.results import Ending, Goal, Outcome, TrialDone, TuningReport
from netc.runtime.tuning.space import ListedValues, Range, Space

pytest.importorskip("optuna", reason="a search needs Optuna: pip install 'netc[tune]'")
from netc.runtime.tuning.importance import importances
from netc.runtime.tuning.pictures import pictures_of, scale_of

RATE = Range("lr", 1e-4, 1e-1, log=True)
WIDTH = Range("width", 8, 64, log=False, whole=True)
ACT = ListedValues("act", ("relu", "tanh"))
DEGREE = ListedValues("degree", ("1", "2", "3"))
GOAL = Goal("val_acc", ("train_loss", "train_acc", "val_loss", "val_acc"))


def trial(number: int, setting: dict[str, str], value: float, ending: Ending) -> TrialDone:
    measured = {"val_acc": value, "train_acc": value + 0.01}
    kept = value if ending == "trained" else None
    return TrialDone(number, setting, Outcome(ending, kept, "", 3, measured))


def study(space: Space, count: int, goal: Goal = GOAL) -> TuningReport:
    """Good where the rate is near 0.01; nothing else matters."""
    trials = []
    for number in range(1, count + 1):
        rate = 10 ** (-4 + 3 * ((number * 0.618) % 1))
        every = {
            "lr": f"{rate:.4g}",
            "width": str(8 + number * 5 % 57),
            "act": ACT.texts[number % 2],
            "degree": DEGREE.texts[number % 3],
        }
        setting = {axis.name: every[axis.name] for axis in space}
        value = 0.9 - 0.2 * abs(math.log10(rate) + 2)
        trials.append(trial(number, setting, value, "pruned" if number == 4 else "trained"))
    return TuningReport(space, goal, tuple(trials))


@pytest.mark.parametrize(
    ("space", "count", "names"),
    [
        ((DEGREE,), 3, "history value-degree"),
        ((RATE, WIDTH), 5, "history value-lr value-width map"),
        ((RATE, WIDTH), 30, "history value-lr value-width map importance"),
        ((ACT, DEGREE), 6, "history value-act value-degree map"),
        ((RATE, WIDTH, ACT), 30, "history value-lr value-width value-act importance"),
    ],
)
def test_a_study_has_the_pictures_that_its_trials_allow(
    space: Space, count: int, names: str, tmp_path: Path
) -> None:
    pictures = pictures_of(study(space, count))
    assert [picture.name for picture in pictures] == names.split()
    if package_trouble("matplotlib") is None:
        first = {path: path.read_bytes() for path in save_pictures(pictures, tmp_path)}
        assert len(first) == 3 * len(pictures)
        again = save_pictures(pictures_of(study(space, count)), tmp_path)
        assert {path: path.read_bytes() for path in again} == first


def test_the_numbers_are_those_of_the_trials_and_the_best_so_far() -> None:
    pictures = pictures_of(study((RATE, WIDTH), 6))
    for picture in pictures:
        rows = list(csv.DictReader(csv_text(picture.table).splitlines()))
        assert [row["trial"] for row in rows] == list("123456")
        assert [row["ending"] for row in rows] == ["trained"] * 3 + ["pruned"] + ["trained"] * 2
        assert all(float(row["train acc"]) > float(row["val acc"]) for row in rows)
    values = [float(row["val acc"]) for row in rows]
    history = list(csv.DictReader(csv_text(pictures[0].table).splitlines()))
    best = [row["best so far"] for row in history]
    assert best[3] == ""  # a pruned trial has no value
    kept = [value for index, value in enumerate(values) if index != 3]
    assert [float(text) for text in best if text] == [max(kept[: n + 1]) for n in range(5)]


def test_a_study_without_a_value_has_no_picture() -> None:
    lost = trial(1, {"lr": "0.1"}, 0.5, "diverged")
    assert pictures_of(TuningReport((RATE,), GOAL, (lost,))) == []


@pytest.mark.parametrize("quantity", ["val_acc", "val_loss"])
def test_the_name_that_matters_is_the_most_important(quantity: str) -> None:
    found = importances(study((WIDTH, RATE, ACT), 60, Goal(quantity, ())))
    assert next(iter(found)) == "lr"
    assert found["lr"] > 0.6
    assert sum(found.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    ("values", "log", "texts"),
    [
        (("1", "2", "9"), False, None),
        (("0.001", "0.1"), True, None),
        (("0", "100"), False, None),
        (("-1", "100"), False, None),
        (("relu", "tanh"), False, ("relu", "tanh")),
        (("2x2", "3"), False, ("2x2", "3")),
    ],
)
def test_listed_values_have_a_scale(
    values: tuple[str, ...], log: bool, texts: tuple[str, ...] | None
) -> None:
    scale = scale_of(ListedValues("a", values))
    assert (scale.log, scale.texts) == (log, texts)
    places = [scale.at(text) for text in values]
    assert places == ([float(text) for text in values] if texts is None else [0, 1])
