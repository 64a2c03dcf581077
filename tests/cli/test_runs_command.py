"""`netc runs`: a list of what is kept, one run, and several beside each other."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from command import run_netc
from netc.cli.commands import runs as runs_command
from netc.cli.terminal.screen import UNICODE, Screen
from netc.cli.terminal.text_chart import ROWS, text_chart
from netc.runtime.runs.curves import read_curves
from netc.runtime.runs.folder import RunFolder
from terminal import in_terminal

SPEC = (
    "let width=8\ndata iris; input 4 -> dense $width relu -> dense 3 softmax; loss ce; opt adam;"
    " train epochs=3 batch=32 seed=1; metric acc; expect acc>=1%\n"
)
FOLDS = SPEC.replace("expect acc>=1%", "kfold 3")


def netc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_netc(folder, *arguments, NETC_RUNS_DIR="runs")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with three runs of two specs, one of them of several folds."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "small.net").write_text(SPEC)
    (folder / "folds.net").write_text(FOLDS)
    for arguments in (
        ("small.net",),
        ("small.net", "--set", "width=16", "--epochs", "5"),
        ("folds.net",),
    ):
        done = netc(folder, "run", *arguments)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def folder(trained: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(trained, tmp_path / "copy", symlinks=True))


def names(folder: Path) -> list[str]:
    """The runs in the order of their commands."""
    found = [path for path in folder.glob("runs/*/*") if not path.is_symlink()]
    commands = {path: json.loads((path / "run.json").read_text())["command"] for path in found}
    found.sort(key=lambda path: (commands[path][2] == "folds.net", len(commands[path])))
    return [f"{path.parent.name}/{path.name}" for path in found]


def test_all_runs_are_listed_the_newest_last(trained: Path) -> None:
    done = netc(trained, "runs")
    assert (done.returncode, done.stderr) == (0, "")
    head, *rows = done.stdout.splitlines()
    assert head.split()[:3] == ["run", "status", "epochs"]
    shown = [row.split()[0] for row in rows]
    assert shown == sorted(names(trained), key=lambda name: (name[6:], name))
    assert all(row.split()[1] == "finished" for row in rows)
    assert "test acc" in head
    small = next(row.split() for row in rows if row.startswith(names(trained)[0] + " "))
    assert (small[2], small[-2]) == ("3/3", "67")  # parameters: 4*8+8 + 8*3+3
    found = json.loads(netc(trained, "runs", "--json").stdout)
    assert found["version"] == 1
    assert [run["run"] for run in found["runs"]] == shown
    assert found == json.loads(netc(trained, "runs", "--format", "json").stdout)


def test_runs_are_sorted_by_a_column(trained: Path) -> None:
    done = netc(trained, "runs", "--sort", "parameters")
    counts = [row.split()[-2] for row in done.stdout.splitlines()[1:]]
    assert counts == ["67", "67", "131"]
    found = json.loads(netc(trained, "runs", "--sort", "test_acc", "--json").stdout)
    figures = [run["record"]["tested"].get("acc") for run in found["runs"]]
    known = [value for value in figures if value is not None]
    assert known == sorted(known, reverse=True)
    assert figures[: len(known)] == known
    done = netc(trained, "runs", "--sort", "beauty")
    assert done.returncode == 2
    assert "--sort takes one of `run`, `status`, `epochs`" in done.stderr


def test_an_empty_folder_says_how_runs_come_there(tmp_path: Path) -> None:
    done = netc(tmp_path, "runs")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "no runs are kept in `runs`; `netc run SPEC` keeps each run there\n"


def test_what_is_killed_or_damaged_is_named(folder: Path) -> None:
    first, second, third = names(folder)
    path = folder / "runs" / first / "run.json"
    record = json.loads(path.read_text()) | {"status": "running", "process": 2**22 + 1}
    path.write_text(json.dumps(record))
    (folder / "runs" / second / "run.json").write_text('{"format": 1')
    (folder / "runs" / third / "run.json").write_bytes(b"\xff\x00")
    done = netc(folder, "runs")
    assert (done.returncode, done.stderr) == (0, "")
    rows = done.stdout.splitlines()
    assert rows[1].split()[:2] == [first, "killed"]
    assert f"damaged  runs/{second}/run.json: it is not JSON" in rows
    assert f"damaged  runs/{third}/run.json: it is not JSON" in rows
    assert len(json.loads(netc(folder, "runs", "--json").stdout)["damaged"]) == 2
    for arguments in (("show", second), ("compare", first, second)):
        done = netc(folder, "runs", *arguments)
        assert done.returncode == 1
        assert "E0762" in done.stderr


@pytest.mark.parametrize(("name", "content"), [("ir.json", "{}["), ("metrics.csv", "a,b\n1,2\n")])
def test_other_damaged_files_are_named(folder: Path, name: str, content: str) -> None:
    first, second, _ = names(folder)
    (folder / "runs" / second / name).write_text(content)
    done = netc(folder, "runs", "compare", first, second)
    assert done.returncode == 1
    assert "E0762" in done.stderr
    assert f"{second}/{name}" in done.stderr


def test_a_run_is_shown(trained: Path) -> None:
    second = names(trained)[1]
    done = netc(trained, "runs", "show", second)
    assert (done.returncode, done.stderr) == (0, "")
    facts = {line[:10].strip(): line[10:] for line in done.stdout.splitlines() if line[:9].strip()}
    assert facts["status"] == "finished"
    assert facts["command"] == "netc run small.net --set width=16 --epochs 5"
    assert facts["training"].startswith("5 of 5 epochs in ")
    assert facts["expect"].startswith("acc>=1%  ok (")
    assert "v validation, t training" in done.stdout
    found = json.loads(netc(trained, "runs", "show", second, "--format", "json").stdout)
    assert len(found["curves"][0]["val_loss"]) == 5


def test_runs_are_compared(trained: Path, tmp_path: Path) -> None:
    first, second, third = names(trained)
    done = netc(trained, "runs", "compare", first, second, third, "--plots", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        f"{x}  runs/{n}" for x, n in zip("ABC", (first, second, third), strict=True)
    ]
    rows = [line.split("  ") for line in lines]
    settings = {row[0]: [cell for cell in row[1:] if cell] for row in rows if len(row) > 3}
    assert [cell.strip() for cell in settings["let width"]] == ["8", "16", "8"]
    assert [cell.strip() for cell in settings["kfold"]] == ["-", "-", "kfold 3"]
    assert "validation loss" in lines
    assert (tmp_path / "compare.png").exists()
    found = json.loads(netc(trained, "runs", "compare", first, second, "--format", "json").stdout)
    assert found["settings"]["train epochs"] == ["3", "5"]
    assert "train seed" not in found["settings"]


def test_a_cross_validation_has_no_best_epoch_of_its_own(trained: Path) -> None:
    done = netc(trained, "runs", "show", names(trained)[2])
    assert done.returncode == 0
    assert "best" not in [line[:10].strip() for line in done.stdout.splitlines()]
    assert "undefined" not in done.stdout
    assert "best  " not in netc(trained, "runs").stdout.splitlines()[0]


def test_comparisons_that_are_none(trained: Path) -> None:
    assert netc(trained, "runs", "compare", "latest").returncode == 2
    done = netc(trained, "runs", "compare", "latest", "nothing")
    assert done.returncode == 1
    assert "E0760" in done.stderr
    done = netc(trained, "runs", "compare", "latest", "latest")
    assert "all settings are equal" in done.stdout


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("arguments", [(), ("show", "small"), ("compare", "small", "folds")])
def test_no_line_is_longer_than_the_terminal(
    trained: Path, arguments: tuple[str, ...], columns: int
) -> None:
    session = in_terminal(trained, "runs", *arguments, columns=columns, NETC_RUNS_DIR="runs")
    assert session.status == 0
    assert not session.broken


def test_the_json_is_described(trained: Path) -> None:
    for arguments in (("--json",), ("compare", "small", "folds", "--format", "json")):
        for name in json.loads(netc(trained, "runs", *arguments).stdout):
            assert f"    {name} " in (runs_command.__doc__ or "")


# Metrics


def test_a_line_that_was_being_written_is_left_out(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    assert read_curves(run) == {}
    run.metrics_csv.write_text("epoch,train_loss,val_acc,lr,best\n1,2.0,nan,0.1,1\n2,1.5,0.5,0.1,")
    assert read_curves(run)["train_loss"] == [2.0, 1.5]  # type: ignore[index]
    run.metrics_csv.write_text("epoch,train_loss,lr,best\n1,2.0,,1\n2,1.")
    assert read_curves(run)["train_loss"] == [2.0]  # type: ignore[index]


def test_the_curves_of_folds_are_their_mean(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.metrics_csv.write_text("fold,epoch,train_loss,best\n1,1,2,1\n1,2,1,1\n2,1,4,1\n")
    assert read_curves(run) == {"train_loss": [3.0]}


# The chart

SCREEN = Screen(UNICODE, "utf-8", colored=False, width=30)


def test_a_chart_of_a_line() -> None:
    lines = text_chart("x", {"A": [0.0, 1.0]}, SCREEN)
    assert lines[0] == "x"
    assert [line.partition("│")[0].strip() for line in lines[1:-1]] == [
        "1.0000", "", "", "", "0.5000", "", "", "", "0.0000",
    ]  # fmt: skip
    at = [line.index("A") for line in lines[1:-1]]
    assert at == sorted(at, reverse=True)
    assert max(map(len, lines)) <= 30


def test_curves_that_meet_that_end_early_and_that_have_gaps() -> None:
    lines = text_chart("x", {"A": [1.0, 1.0, 1.0], "B": [1.0], "C": [float("nan"), 2.0]}, SCREEN)
    text = "\n".join(lines)
    assert "*" in text
    assert "A" in text
    assert "C" in text
    assert len(lines) == ROWS + 2


@pytest.mark.parametrize("values", [[], [float("nan")], [float("inf")]])
def test_no_chart_without_a_number(values: list[float]) -> None:
    assert text_chart("x", {"A": values}, SCREEN) == []


def test_values_far_apart_have_a_logarithmic_scale() -> None:
    lines = text_chart("validation loss", {"A": [1000.0, 0.1]}, SCREEN)
    assert lines[0] == "validation loss (logarithmic)"
    assert lines[1 + ROWS // 2].split("│")[0].strip() == "10.0000"


def test_equal_values_are_one_line() -> None:
    lines = text_chart("x", {"A": [0.5, 0.5, 0.5]}, SCREEN)
    assert sum("A" in line for line in lines) == 1
    assert len(text_chart("x", {"A": [0.5]}, SCREEN)) == ROWS + 2
