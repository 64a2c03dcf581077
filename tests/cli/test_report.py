"""`netc report`, and the report that `netc run` leaves in the folder of a run."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

import pytest
from command import run_netc
from netc.runtime.runs.environment import process_start
from reporting import read_page

pytest.importorskip("jinja2", reason="pages are made with it: pip install 'netc[report]'")

SPEC = """\
# a <b>small</b> network
let width=4
data "points.csv" target=y
input 2 -> dense $width relu -> dense 2 softmax
loss ce
opt adam lr=0.05
train epochs=3 batch=16
expect acc>=1%
""".replace('data "points.csv"', 'data csv "points.csv"')
WITHOUT = "reports need jinja2: pip install 'netc[report]'"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = [f"{n % 7},{n % 5},{'ab'[n % 7 > n % 5]}" for n in range(80)]
    (tmp_path / "points.csv").write_text("\n".join(["x1,x2,y", *rows]) + "\n")
    (tmp_path / "small.net").write_text(SPEC)
    return tmp_path


def netc(folder: Path, *arguments: str) -> CompletedProcess[str]:
    """The command, which keeps its runs in a folder."""
    return run_netc(folder, *arguments, NETC_RUNS_DIR="runs")


def run(folder: Path, *options: str, name: str = "small.net") -> Path:
    """Trains the spec; gives the folder of the run."""
    done = netc(folder, "run", name, *options)
    assert done.returncode == 0, done.stderr
    found = re.search(r"^kept +(\S+)", done.stdout, re.M)
    assert found is not None, done.stdout
    return folder / found.group(1)


def text_of(page: Path) -> str:
    return read_page(page.read_text(encoding="utf-8")).text


def test_a_run_leaves_its_report(folder: Path) -> None:
    done = netc(folder, "run", "small.net", "--seed", "7")
    assert re.search(r"^report  runs/small/\S+/report.html$", done.stdout, re.M)
    (page,) = folder.glob("runs/small/2*/report.html")
    text = text_of(page)
    for part in ("# a <b>small</b> network", "netc run small.net --seed 7", "finished", "AUC"):
        assert part in text
    values = json.loads((page.parent / "report.json").read_text())
    assert values["version"] == 1
    assert values["status"] == "finished"
    assert dict(values["facts"]["environment"])["seed"] == "7"
    assert values["insides"]["samples"] > 0
    assert values["times"] is not None


def test_a_run_that_is_not_kept_has_none(folder: Path) -> None:
    done = netc(folder, "run", "small.net", "--no-keep")
    assert "report" not in done.stdout
    assert not (folder / "runs").exists()


def test_without_jinja2_one_line_says_how_to_get_it(folder: Path) -> None:
    with patch.dict(sys.modules, {"jinja2": None}):
        done = netc(folder, "run", "small.net")
    assert done.returncode == 0
    assert f"{WITHOUT}; then `netc report runs/small/" in done.stderr
    assert "report.html" not in done.stdout
    (values,) = folder.glob("runs/small/2*/report.json")
    assert not (values.parent / "report.html").exists()
    with patch.dict(sys.modules, {"jinja2": None}):
        refused = netc(folder, "report")
    assert refused.returncode == 1
    assert WITHOUT in refused.stderr
    made = netc(folder, "report", "small")
    assert made.returncode == 0, made.stderr
    assert (values.parent / "report.html").exists()


def test_a_report_is_made_anew_from_its_values(folder: Path) -> None:
    kept = run(folder)
    before = (kept / "report.html").read_text(encoding="utf-8")
    (kept / "report.html").unlink()
    (folder / "points.csv").unlink()
    done = netc(folder, "report")
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"report  {kept.relative_to(folder)}/report.html\n"
    assert (kept / "report.html").read_text(encoding="utf-8") == before


def test_a_report_can_be_written_elsewhere(folder: Path) -> None:
    run(folder)
    done = netc(folder, "report", "small", "-o", "page.html")
    assert done.stdout == "report  page.html\n"
    assert "What was asked" in text_of(folder / "page.html")
    wrong = netc(folder, "report", "small", "-o", "none/page.html")
    assert wrong.returncode == 1
    assert "none/page.html" in wrong.stderr


@pytest.mark.parametrize(
    "name", ["run.json", "spec.net", "ir.json", "metrics.csv", "checkpoints/last.safetensors"]
)
def test_a_report_takes_the_place_of_no_file_of_a_run(folder: Path, name: str) -> None:
    kept = run(folder)
    before = (kept / name).read_bytes()
    for runs in (("small",), (str(kept), "latest")):
        done = netc(folder, "report", *runs, "-o", str(kept / name))
        assert done.returncode == 1
        assert "the command reads it, and its contents would be lost" in done.stderr
    assert (kept / name).read_bytes() == before


@pytest.mark.parametrize("content", [None, "{", '{"version": 2}'])
def test_without_values_the_network_is_looked_at_again(folder: Path, content: str | None) -> None:
    kept = run(folder, "--set", "width=6", "--epochs", "2")
    values = json.loads((kept / "report.json").read_text())
    (kept / "report.html").unlink()
    (kept / "report.json").unlink()
    if content is not None:
        (kept / "report.json").write_text(content)
    done = netc(folder, "report", str(kept))
    assert done.returncode == 0, done.stderr
    text = text_of(kept / "report.html")
    assert "dense 6" in text
    assert f"{values['classes']['right']} of {values['classes']['total']} samples" in text
    assert "Highest losses" in text


def test_without_its_data_a_run_has_its_curves(folder: Path) -> None:
    kept = run(folder)
    (kept / "report.json").unlink()
    (folder / "points.csv").unlink()
    done = netc(folder, "report", str(kept))
    assert done.returncode == 0, done.stderr
    text = text_of(kept / "report.html")
    assert "accuracy" in text
    assert "not shown: classes, samples and layers" in text
    assert "Highest losses" not in text


def test_a_run_that_goes_on_has_other_values(folder: Path) -> None:
    kept = run(folder)
    again = run(folder, "--resume", str(kept), "--epochs", "5", name="small.net")
    assert again == kept
    assert json.loads((kept / "report.json").read_text())["epochs"] == 5
    record = json.loads((kept / "run.json").read_text())
    # as it is while it goes on
    (kept / "run.json").write_text(json.dumps({**record, "ended": None, "status": "interrupted"}))
    done = netc(folder, "report", str(kept))
    assert done.returncode == 0, done.stderr
    assert "interrupted" in text_of(kept / "report.html")


def test_a_run_that_is_trained_now_has_a_report_so_far(folder: Path) -> None:
    kept = run(folder)
    record = json.loads((kept / "run.json").read_text())
    process = {"process": os.getpid(), "process_started": process_start(os.getpid())}
    changes = {"status": "running", "ended": None, "kept_epoch": None, "tested": {}, **process}
    (kept / "run.json").write_text(json.dumps(record | changes))
    done = netc(folder, "report", str(kept), "-o", "now.html")
    assert done.returncode == 0, done.stderr
    text = text_of(folder / "now.html")
    assert "running" in text
    assert "this is what there is so far" in text


def test_an_interrupt_of_the_report_leaves_the_run_finished(folder: Path) -> None:
    where = "netc.runtime.report.collecting.collect.collect"
    with patch(where, side_effect=KeyboardInterrupt):
        done = netc(folder, "run", "small.net")
    assert done.returncode == 0, done.stderr
    (record,) = folder.glob("runs/small/2*/run.json")
    assert json.loads(record.read_text())["status"] == "finished"
    command = re.search(r"report left out: `netc report (\S+)` makes it", done.stderr)
    assert command is not None
    assert netc(folder, "report", command.group(1)).returncode == 0
    assert "Highest losses" in text_of(record.parent / "report.html")


def test_a_report_that_cannot_be_written_is_an_error(folder: Path) -> None:
    with patch("netc.runtime.report.of_run.write_report", side_effect=OSError(28, "No space")):
        done = netc(folder, "run", "small.net")
    assert done.returncode == 1
    assert re.search(r"^error: the report cannot be written to `\S+`: no space$", done.stderr, re.M)


def test_several_runs_are_compared(folder: Path) -> None:
    first = run(folder)
    run(folder, "--set", "width=8")
    done = netc(folder, "report", str(first), "latest", "small")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "report  comparison.html\n"
    text = text_of(folder / "comparison.html")
    assert "Comparison of 2 runs" in text
    assert "let width" in text
    assert "opt lr" not in text


def test_folds_and_runs_that_diverged_have_reports(folder: Path) -> None:
    (folder / "folds.net").write_text(SPEC.replace("expect acc", "kfold 2\nexpect val_acc"))
    kept = run(folder, name="folds.net")
    assert "fold 2, validation" in text_of(kept / "report.html")
    (kept / "report.json").unlink()
    assert netc(folder, "report", str(kept)).returncode == 0
    assert "fold 2, validation" in text_of(kept / "report.html")
    (folder / "hot.net").write_text(SPEC.replace("adam lr=0.05", "sgd lr=1e30"))
    done = netc(folder, "run", "hot.net")
    assert done.returncode == 3
    (page,) = folder.glob("runs/hot/2*/report.html")
    assert "diverged" in text_of(page)
    assert "E0651" in text_of(page)


def test_a_run_that_is_not_there_is_refused(folder: Path) -> None:
    done = netc(folder, "report", "nothing")
    assert done.returncode == 1
    assert "E0760" in done.stderr


def test_what_cannot_be_read_is_refused(folder: Path) -> None:
    kept = run(folder)
    (kept / "report.json").unlink()
    (kept / "metrics.jsonl").write_text("{}\n")
    done = netc(folder, "report", str(kept))
    assert done.returncode == 1
    assert "metrics.jsonl" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_curves_of_a_run_are_drawn_as_files(folder: Path) -> None:
    kept = run(folder)
    done = netc(folder, "report", "small", "--plots", str(kept / "plots"))
    assert done.returncode == 0
    assert f"plots   {kept / 'plots'}: curves, learning_rate" in done.stdout
    assert (kept / "plots" / "curves.csv").read_text().count("\n") == 4
