"""`netc run --overfit` and `--find-lr`: what they say, and with which status they end."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from netc.cli.main import status_of

DIGITS = (
    "let lr=1; data digits; input 64 -> dense 32 relu -> dense 10 softmax; loss ce; opt sgd lr=$lr"
)
EXACT = "data sine; input 1 -> poly 3 -> dense 1; loss mse; opt exact"


def test_a_batch_that_is_learned_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["run", "-e", DIGITS, "--overfit", "--batch", "16"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "data    digits  a batch of 16 of 1,437 training samples"
    learned = r"overfit memorised: loss \S+ to \S+ in \d+ steps, 16 of 16 right"
    assert re.fullmatch(learned, lines[1])
    assert len(lines) == 2


def test_a_batch_that_is_not_learned_fails_and_says_what_was_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert status_of(["run", "-e", DIGITS, "--overfit", "--set", "lr=10"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("overfit not learned: loss ")
    assert lines[2].startswith("wanted  a loss below 0.0")
    assert lines[2].endswith(", all right")
    assert re.fullmatch(r"found   with `lr=1` it is learned in \d+ steps", lines[3])


def test_the_rate_that_is_found_is_told_as_it_can_be_set(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert status_of(["run", "-e", DIGITS, "--find-lr", "--plots", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "test    300 steps from 1e-06 to 10"
    assert lines[1].startswith("loss    falls fastest at ")
    assert re.fullmatch(r"try     --set lr=\S+", lines[2])
    assert lines[3] == f"plots   {tmp_path}: find_lr"
    text = DIGITS.replace("$lr", "0.1").replace("let lr=1; ", "")
    assert status_of(["run", "-e", text, "--find-lr"]) == 0
    assert re.fullmatch(r"try     opt sgd lr=\S+", capsys.readouterr().out.splitlines()[2])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--overfit", "--save", "w"], "--overfit trains on one batch; it cannot be combined"),
        (["--find-lr", "--epochs", "3"], "--find-lr trains with useless rates; it cannot be"),
        (["--overfit", "--find-lr"], "cannot be combined with --find-lr"),
        (["--compare", "lr=1", "--overfit"], "--compare trains several networks"),
        (["--profile", "--overfit"], "--profile measures some steps on one core"),
    ],
)
def test_what_makes_no_sense_together_is_refused(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert status_of(["run", "-e", DIGITS, *arguments]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--overfit", "--find-lr"])
def test_a_direct_solution_has_no_steps(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert status_of(["run", "-e", EXACT, option]) == 2
    assert f"{option} needs steps, and `opt exact` takes none" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--overfit", "--find-lr"])
def test_a_spec_that_cannot_be_trained_is_told(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "data digits; input 64 -> dense 10 softmax; loss ce"
    assert status_of(["run", "-e", text, option]) == 1
    assert "error[E" in capsys.readouterr().err
