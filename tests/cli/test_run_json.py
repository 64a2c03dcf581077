"""`netc run` and `netc eval` with `--format json`: one document on standard output."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from command import run_netc
from netc.cli.training import run_json

SPEC = (
    "data iris; input 4 -> dense 8 relu -> dense 3 softmax; loss ce; opt adam;"
    " train epochs=3 batch=32 seed=1; metric acc confusion; expect acc>=1%\n"
)


def document(folder: Path, *arguments: str, status: int = 0) -> dict[str, Any]:
    done = run_netc(folder, *arguments, "--format", "json")
    assert done.returncode == status, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    (tmp_path / "net.net").write_text(SPEC)
    return tmp_path


def test_a_run_and_its_evaluation_have_the_same_figures(spec: Path) -> None:
    run = document(spec, "run", "net.net", "--save", "w.safetensors", "--out", "kept")
    assert (run["version"], run["status"], run["ok"]) == (1, "finished", True)
    assert (run["folder"], run["saved"], run["seed"]) == ("kept", "w.safetensors", 1)
    assert [epoch["epoch"] for epoch in run["epochs"]] == [1, 2, 3]
    assert run["data"].keys() == {"name", "train", "validation", "test"}
    assert run["folds"] is None
    found = document(spec, "eval", "w.safetensors")
    assert found["measured"] == run["test"]["measured"]
    assert found["confusion"] == run["test"]["confusion"]
    assert len(found["confusion"]["counts"]) == 3
    judged = [{**item, "text": ""} for item in run["expectations"]]
    assert [{**item, "text": ""} for item in found["expectations"]] == judged
    assert found["part"] == "test"
    for one in (run, found):
        for name in one:
            assert f"    {name} " in (run_json.__doc__ or "")


def test_everything_else_is_on_standard_error(spec: Path) -> None:
    text = run_netc(spec, "run", "net.net", "--workers", "1").stdout
    done = run_netc(spec, "run", "net.net", "--workers", "1", "--format", "json")
    assert text.splitlines()[0] in done.stderr
    assert run_netc(spec, "run", "net.net", "--format", "json", "-e", SPEC).stdout == ""


def test_an_expectation_that_fails(spec: Path) -> None:
    (spec / "net.net").write_text(SPEC.replace("1%", "100%"))
    found = document(spec, "run", "net.net", "--fast", status=0)
    assert found["expectations"] == []  # a quick check judges nothing
    found = document(spec, "run", "net.net", "--epochs", "1", status=1)
    assert (found["ok"], found["exit_status"]) == (False, 1)
    assert [item["holds"] for item in found["expectations"]] == [False]


def test_a_run_that_diverges_has_null_for_what_is_no_number(spec: Path) -> None:
    text = SPEC.replace("opt adam", "opt sgd lr=1e30").replace("loss ce", "loss mse")
    (spec / "net.net").write_text(text.replace(" softmax", ""))
    found = document(spec, "run", "net.net", status=3)
    assert found["status"] == "diverged"


def test_folds(spec: Path) -> None:
    (spec / "net.net").write_text(SPEC.replace("expect acc>=1%", "kfold 3"))
    found = document(spec, "run", "net.net")
    assert found["epochs"] == []
    assert len(found["folds"]["measured"]) == 3
    assert found["folds"]["mean"].keys() == found["folds"]["deviation"].keys()


def test_an_interrupted_run_says_so(spec: Path) -> None:
    command = ["run", "net.net", "--epochs", "1000000", "--format", "json", "--out", "kept"]
    with subprocess.Popen(
        [sys.executable, "-m", "netc", *command],
        cwd=spec, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ, text=True,
    ) as process:  # fmt: skip
        while process.poll() is None and not (spec / "kept" / "metrics.jsonl").exists():
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=60)
    found = json.loads(out)
    assert (found["status"], found["exit_status"]) == ("interrupted", 130)


def test_what_is_no_single_run_has_no_document(spec: Path) -> None:
    done = run_netc(spec, "run", "net.net", "--overfit", "--format", "json")
    assert done.returncode == 2
    assert "--format json describes one run" in done.stderr
    assert run_netc(spec, "run", "net.net", "--fast", "--format", "text").returncode == 0
