"""`netc tune` as a shell sees it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

pytest.importorskip("optuna", reason="a search needs Optuna: pip install 'netc[tune]'")

Netc = Callable[..., subprocess.CompletedProcess[str]]

SPEC = """\
# what is searched
let width=4 act=relu  # two constants
let lr=0.01
data digits
input 64 -> dense $width $act -> dense 10 softmax
loss ce
opt adam lr=$lr
train epochs=2 seed=1
tune grid width=(4, 16) act=(relu, tanh)
expect acc>=0.01
"""
RANDOM = SPEC.replace("grid width=(4, 16) act=(relu, tanh)", "random trials=6 lr=log(1e-4, 1)")


def rows(printed: str) -> list[str]:
    """The trials of a table without their times, by number."""
    lines = [re.sub(r" +[\d.]+m?s\b", "", line) for line in printed.splitlines()]
    found = [line.removesuffix("  *") for line in lines if re.match(r" +\d+ ", line)]
    return sorted(found, key=lambda line: int(line.split()[0]))


def value_of(printed: str) -> str:
    return re.findall(r"^best .*: val acc ([\d.]+) with", printed, re.M)[0]


def test_a_grid_is_searched_and_the_best_spec_runs_to_the_same_figure(
    netc: Netc, tmp_path: Path
) -> None:
    (tmp_path / "s.net").write_text(SPEC)
    done = netc("tune", "s.net", "-o", "best.net")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\r" not in done.stdout
    head, study, titles, *table, best, saved = done.stdout.splitlines()
    assert head == "tune    4 trials · the best val acc"
    assert study == "study   s.journal"
    assert titles.split() == ["trial", "width", "act", "epochs", "acc", "val", "acc", "time"]
    assert [line.split()[:4] for line in table] == [
        ["1", "4", "relu", "2"],
        ["2", "4", "tanh", "2"],
        ["3", "16", "relu", "2"],
        ["4", "16", "tanh", "2"],
    ]
    figures = [line.split()[5] for line in table]
    assert value_of(best) == max(figures)
    assert saved == "saved   best.net"
    width, act = re.findall(r"with width=(\d+) act=(\w+)$", best)[0]
    wanted = SPEC.replace("width=4 act=relu", f"width={width} act={act}")
    assert (tmp_path / "best.net").read_text() == wanted
    run = netc("run", "best.net")
    assert run.returncode == 0
    assert "not searched here: width, act as in `let`" in run.stdout
    assert re.findall(r"^ +2 +\S+ +\S+ +\S+ +(\S+)", run.stdout, re.M) == [value_of(best)]


@pytest.mark.parametrize(
    ("options", "epochs"),
    [("", 2), ("--epochs 3 --batch 64 --seed 5 --set width=8 --data digits", 3)],
)
def test_the_last_line_is_the_run_of_the_best_setting(
    options: str, epochs: int, netc: Netc, tmp_path: Path
) -> None:
    (tmp_path / "s.net").write_text(RANDOM)
    done = netc("tune", "s.net", "--trials", "3", *options.split())
    *_, last = done.stdout.splitlines()
    words = re.fullmatch(r"run     netc (run s.net .*--set lr=\S+)", last)
    assert words
    run = netc(*words[1].split())
    row = rf"^ +{epochs} +\S+ +\S+ +\S+ +(\S+)"
    assert re.findall(row, run.stdout, re.M) == [value_of(done.stdout)]


@pytest.mark.parametrize("way", ["random", "tpe", "coarse_to_fine"])
def test_the_same_seed_gives_the_same_trials_and_another_one_others(
    way: str, netc: Netc, tmp_path: Path
) -> None:
    (tmp_path / "s.net").write_text(RANDOM.replace("random trials=6", f"{way} trials=12"))
    calls = [("a", "1"), ("b", "1"), ("c", "2")]
    first, again, other = (
        rows(netc("tune", "s.net", "--storage", f"{name}.journal", "--seed", seed).stdout)
        for name, seed in calls
    )
    assert len(first) == len(set(first)) == 12
    assert first == again
    assert first != other


def test_two_workers_give_the_trials_of_one(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "s.net").write_text(RANDOM)
    options = ("tune", "s.net", "--no-prune")
    alone = netc(*options, "--storage", "alone.journal")
    shared = netc(*options, "--workers", "2")
    assert "6 trials · the best val acc · 2 workers" in shared.stdout
    assert rows(shared.stdout) == rows(alone.stdout)
    assert value_of(shared.stdout) == value_of(alone.stdout)


def test_a_study_goes_on_with_more_trials(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "s.net").write_text(RANDOM)
    netc("tune", "s.net", "--trials", "4", "--no-prune")
    whole = netc("tune", "s.net", "--no-prune", "--storage", "whole.journal")
    more = netc("tune", "s.net", "--no-prune")
    assert "study   s.journal · 4 trials done before" in more.stdout
    assert rows(more.stdout) == rows(whole.stdout)


def test_only_the_searched_values_and_the_trials_may_change_in_a_study(
    netc: Netc, tmp_path: Path
) -> None:
    (tmp_path / "s.net").write_text(RANDOM)
    netc("tune", "s.net", "--trials", "2")
    (tmp_path / "s.net").write_text(RANDOM.replace("lr=0.01", "lr=0.5"))
    assert netc("tune", "s.net", "--trials", "2").returncode == 0
    for options, difference in [
        (("--epochs", "3"), "`train.epochs` is 3, and was 2 in the study"),
        (("--set", "width=5"), "`lets.width` is 5, and was 4 in the study"),
        (("--data", "iris"), "`data."),
    ]:
        done = netc("tune", "s.net", *options)
        assert done.returncode == 1
        if "iris" not in options:
            assert (
                "error[E0673]: the study `s` in `s.journal` belongs to another spec" in done.stderr
            )
            assert difference in done.stderr
    assert netc("tune", "s.net", "--epochs", "3", "--trials", "2", "--study", "b").returncode == 0


def test_a_searched_constant_cannot_be_set(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "s.net").write_text(RANDOM)
    done = netc("tune", "s.net", "--set", "lr=0.5")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--set lr: `tune` searches it" in done.stderr


def test_trials_that_come_to_nothing_say_why(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "s.net").write_text(
        "let lr=0.1 k=3\ndata digits\n"
        "input 8x8x1 -> conv 4 $k relu -> flatten -> dense 10\nloss mse\nopt sgd lr=$lr\n"
        "train epochs=2\ntune random trials=12 k=(3, 9) lr=(0.001, 1e30)\n"
    )
    done = netc("tune", "s.net")
    assert done.returncode == 0
    assert re.search(r"1e30 .*  diverged: E0651: the loss became \w+ in epoch 1", done.stdout)
    assert re.search(r" 9 .*  failed: E03\d\d: ", done.stdout)


@pytest.mark.parametrize(
    ("text", "options", "code", "says"),
    [
        (SPEC.replace("tune ", "# tune "), (), "E0670", "add a line: `tune grid width=(...)`"),
        (SPEC.replace("data digits", "data digits val=0%"), (), "E0671", "`val=10%`"),
        (SPEC.replace("(4, 16)", "(4, 0)"), (), "E0672", "with `width=0 act=relu` the spec has"),
        (SPEC, ("--storage", "no/where.journal"), "E0674", "no such file or directory"),
        (SPEC, ("--storage", "damaged"), "E0674", "not the journal of a study, or is damaged"),
        (SPEC, ("--storage", "sqlite:///a.db", "--workers", "2"), "E0674", "one process"),
        pytest.param(
            SPEC,
            ("--storage", "postgresql://127.0.0.1:9/x"),
            "E0674",
            "refused",
            marks=pytest.mark.skipif(find_spec("psycopg") is None, reason="needs psycopg"),
        ),
        (SPEC, ("--storage", "nothing://a"), "E0674", "nothing"),
        (SPEC, ("-o", "s.net", "--force"), "E0740", "the command reads it"),
        (SPEC, ("-o", "damaged"), "E0794", "replace it with `--force`"),
        ('data csv "no.csv"; ' + SPEC.replace("data digits\n", ""), (), "E0501", "no.csv"),
    ],
)
def test_what_keeps_a_search_from_beginning_is_said(
    text: str, options: tuple[str, ...], code: str, says: str, netc: Netc, tmp_path: Path
) -> None:
    (tmp_path / "s.net").write_text(text)
    (tmp_path / "damaged").write_text("not a journal\n")
    done = netc("tune", "s.net", *options)
    assert done.returncode == 1
    assert done.stdout == ""
    assert f"error[{code}" in done.stderr
    assert says in done.stderr
    assert done.stderr.count("error[") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="has no pipes among files")
def test_a_storage_that_is_no_file_is_not_opened(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "s.net").write_text(SPEC)
    (tmp_path / "circle").symlink_to("circle")
    os.mkfifo(tmp_path / "pipe")
    reasons = {"circle": "too many levels of symbolic links", "pipe": "it is a pipe, not a file"}
    for name, reason in reasons.items():
        done = netc("tune", "s.net", "--storage", name)
        assert done.returncode == 1
        assert f"error[E0674]: cannot use `{name}`: {reason}" in done.stderr
    assert not list(tmp_path.glob(".*.locks"))


def test_without_optuna_one_line_says_how_to_get_it(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "s.net").write_text(SPEC)
    code = "import sys; sys.modules['optuna'] = None; from netc.cli.main import main; main()"
    command = [sys.executable, "-c", code, "tune", "s.net"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Optuna is not installed: pip install 'netc[tune]'" in done.stderr


def test_a_text_has_no_file_to_keep_its_study_beside(netc: Netc, tmp_path: Path) -> None:
    done = netc("tune", "-e", RANDOM.replace("trials=6", "trials=2"))
    assert done.returncode == 0
    assert "study   not kept" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_study_with_folds_is_compared_by_their_mean(netc: Netc, tmp_path: Path) -> None:
    (tmp_path / "s.net").write_text(SPEC.replace("expect acc>=0.01", "kfold 3"))
    done = netc("tune", "s.net")
    folds = netc("run", "s.net", "--set", "width=4", "--set", "act=tanh")
    mean = re.findall(r"^ +mean .*", folds.stdout, re.M)[0].split()
    assert rows(done.stdout)[1].split()[4:] == [mean[2], mean[4]]
    assert done.stdout.count("\n") == 3 + 4 + 2
