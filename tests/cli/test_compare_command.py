"""`netc run --compare`: a row per setting, and what it refuses."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from netc.cli.main import status_of
from netc.cli.training.compare import split_values

SPEC = """\
let lr=0.1 act=relu
data digits limit=200
input 64 -> dense 8 $act -> dense 10 softmax
loss ce
opt sgd lr=$lr
train epochs=2 batch=32 seed=1
"""


@pytest.fixture
def spec(tmp_path: Path) -> str:
    path = tmp_path / "digits.net"
    path.write_text(SPEC)
    return str(path)


def rows_of(text: str) -> dict[str, list[str]]:
    """The rows of the table by setting, without their times."""
    lines = text.splitlines()
    titles = next(index for index, line in enumerate(lines) if line.startswith("setting"))
    rows = (re.split(r"  +", line) for line in lines[titles + 1 :])
    return {row[0]: row[1:-1] for row in rows}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1,2,3", ["1", "2", "3"]),
        ("relu", ["relu"]),
        ("(3, 5),7", ["(3, 5)", "7"]),
        ("normal(0.1),he", ["normal(0.1)", "he"]),
        ('"a,b","c"', ['"a,b"', '"c"']),
        ("1,,2", ["1", "", "2"]),
    ],
)
def test_commas_separate_values_but_not_those_inside_of_them(text: str, values: list[str]) -> None:
    assert split_values(text) == values


def test_every_combination_is_a_row_with_the_figures_of_a_run(
    spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status = status_of(["run", spec, "--compare", "lr=0.1,1", "--compare", "batch=32,all"])
    assert status == 0
    rows = rows_of(capsys.readouterr().out)
    assert list(rows) == [
        "lr=0.1 batch=32", "lr=0.1 batch=all", "lr=1 batch=32", "lr=1 batch=all",
    ]  # fmt: skip
    assert status_of(["run", spec, "--set", "lr=1", "--batch", "all"]) == 0
    lines = capsys.readouterr().out.splitlines()
    last = lines[-2].split()
    test = re.fullmatch(r"test +acc (\S+)  loss (\S+)", lines[-1])
    assert test is not None
    # whether so large a rate leaves dead units, which a row also tells, rounding may decide
    assert rows["lr=1 batch=all"][:8] == ["2", "2", *last[1:5], test[2], test[1]]


def test_the_csv_of_the_picture_has_the_curves_of_every_setting(
    spec: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "plots"
    arguments = ["run", spec, "--compare", "act=relu,tanh", "--plots", str(folder)]
    assert status_of(arguments) == 0
    rows = rows_of("\n".join(capsys.readouterr().out.splitlines()[:-1]))
    table = list(csv.DictReader((folder / "compare.csv").read_text().splitlines()))
    assert [row["epoch"] for row in table] == ["1", "2"]
    for setting, figures in rows.items():
        drawn = [float(table[-1][f"{setting} {name}"]) for name in
                 ("train_loss", "train_acc", "val_loss", "val_acc")]  # fmt: skip
        assert [f"{value:.4f}" for value in drawn] == figures[2:6]


def test_one_at_a_time_changes_one_constant_of_the_spec(
    spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    values = ["--compare", "lr=0.5,1", "--compare", "act=tanh"]
    assert status_of(["run", spec, "--one-at-a-time", *values]) == 0
    rows = rows_of(capsys.readouterr().out)
    assert list(rows) == ["unchanged", "lr=0.5", "lr=1", "act=tanh"]
    assert status_of(["run", spec, "--compare", "act=relu,tanh"]) == 0
    assert list(rows_of(capsys.readouterr().out).values()) == [rows["unchanged"], rows["act=tanh"]]


def test_of_folds_a_row_has_mean_and_deviation(capsys: pytest.CaptureFixture[str]) -> None:
    text = SPEC + "kfold 3\n"
    assert status_of(["run", "-e", text, "--compare", "lr=0.1"]) == 0
    mean, deviation = capsys.readouterr().out.splitlines()[-2:]
    assert status_of(["run", "-e", text]) == 0
    lines = capsys.readouterr().out.splitlines()
    wanted = {
        line.split()[0]: line.split()[1:] for line in lines if "mean" in line or "dev" in line
    }
    assert mean.split()[2:-1] == wanted["mean"]
    assert deviation.split() == ["deviation", *wanted["deviation"]]


def test_a_setting_that_diverges_is_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    text = SPEC.replace("softmax", "").replace("ce", "mse")
    assert status_of(["run", "-e", text, "--compare", "lr=1e9,0.01"]) == 0
    rows = capsys.readouterr().out.splitlines()[-2:]
    assert rows[0].startswith("lr=1e9   the loss became ")
    assert rows[1].startswith("lr=0.01       2")


def test_a_row_tells_what_its_training_has_shown(capsys: pytest.CaptureFixture[str]) -> None:
    text = SPEC.replace("limit=200", "limit=800").replace("epochs=2", "epochs=4")
    assert status_of(["run", "-e", text, "--compare", "lr=0.1,5"]) == 0
    captured = capsys.readouterr()
    good, dead = captured.out.splitlines()[-2:]
    assert good.endswith("s")
    assert dead.endswith("  dead units (W0601)")
    assert "W0601" not in captured.err


def test_if_all_settings_diverge_the_status_says_so() -> None:
    text = SPEC.replace("softmax", "").replace("ce", "mse")
    assert status_of(["run", "-e", text, "--compare", "lr=1e9,1e8"]) == 3


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--compare", "width=8"], 1, "unknown constant `width`"),
        (["--compare", "width=8,9"], 1, "<command line>:1:11"),
        (["--compare", "width=8,9"], 1, "--compare width=8,9\n"),
        (["--compare", "lr=1,(2"], 1, "<command line>:1:16"),
        (["--set", "widht = 8"], 1, "<command line>:1:7"),
        (["--set", "widht = 8"], 1, "--set widht = 8\n"),
        (["--set", "e=8"], 1, "unknown constant `e`"),
        (["--compare", "c=8,9"], 1, "<command line>:1:11"),
        (["--one-at-a-time"], 2, "--one-at-a-time needs --compare"),
        (["--plots", __file__], 2, "is a file"),
        (["--plots", f"{__file__}/plots"], 2, f"`{__file__}` is a file"),
        (["--compare", "lr=0.1,fast"], 1, "error[E0"),
        (["--compare", "act=relu,rely"], 1, "error[E0"),
        (["--compare", "batch=32,0"], 2, "--compare batch=0: 0 is not in the range x>=1"),
        (["--compare", "seed=1000000000000000000"], 2, "whole numbers have at most 18 digits"),
        (["--epochs", "1000000000000000000"], 2, "whole numbers have at most 18 digits"),
        (["--epochs", "1_0"], 2, "`1_0` is not a whole number"),
        (["--epochs", "1.5"], 2, "`1.5` is not a whole number"),
        (["--batch", "f32"], 2, "`f32` is not a whole number"),
        (["--seed", "\u0663"], 2, "`\u0663` is not a whole number"),
        (["--batch", "1000000000000000000"], 2, "whole numbers have at most 18 digits"),
        (["--compare", "batch=32,few"], 2, "--compare batch=few"),
        (["--compare", "lr"], 2, "--compare takes NAME=VALUE,VALUE,..., not `lr`"),
        (["--compare", "lr=1,,2"], 2, "--compare takes NAME=VALUE,VALUE,..., not `lr=1,,2`"),
        (["--compare", "lr=1,1"], 2, "--compare has `lr=1` twice"),
        (["--compare", "lr=1,2", "--save", "w"], 2, "--compare trains several networks"),
    ],
)
def test_wrong_names_and_values_are_told_before_anything_trains(
    arguments: list[str], status: int, said: str, spec: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(["run", spec, *arguments]) == status
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""
