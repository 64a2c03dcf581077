"""`netc stop` ends a run of another process as early stopping ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import run_netc
from netc.cli.completing import runs
from netc.runtime.runs.folder import RunFolder
from netc.runtime.runs.record import RunRecord, read_record, write_record

SPEC = (
    "data iris; input 4 -> dense 8 relu -> dense 3 softmax; loss ce; opt adam;"
    " train epochs=1000000 batch=32 seed=1; metric acc\n"
)


@pytest.fixture
def endless(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A run without end in the folder `runs/net/...`, whose first epochs are done."""
    (tmp_path / "net.net").write_text(SPEC)
    with subprocess.Popen(
        [sys.executable, "-m", "netc", "run", "net.net"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {"NETC_RUNS_DIR": "runs"},
    ) as process:  # fmt: skip
        while process.poll() is None and not list(tmp_path.glob("runs/net/2*/metrics.jsonl")):
            time.sleep(0.01)
        yield process
        process.kill()


def test_a_run_is_stopped_tested_and_can_go_on(
    endless: subprocess.Popen[str], tmp_path: Path
) -> None:
    done = run_netc(tmp_path, "stop", "net", NETC_RUNS_DIR="runs")
    assert done.returncode == 0, done.stderr
    assert f"stops after its current step (process {endless.pid})" in done.stdout
    out, _ = endless.communicate(timeout=60)
    assert endless.returncode == 0, out
    assert "`netc stop`" in out
    (path,) = tmp_path.glob("runs/net/2*")
    record = json.loads((path / "run.json").read_text())
    assert (record["status"], record["why"]) == ("stopped", "`netc stop`")
    assert record["tested"].keys() == {"loss", "acc"}
    assert not (path / "stop").exists()
    more = str(record["epochs"] + 2)
    done = run_netc(tmp_path, "run", "--resume", "--epochs", more, NETC_RUNS_DIR="runs")
    assert done.returncode == 0, done.stderr
    assert json.loads((path / "run.json").read_text())["epochs"] == record["epochs"] + 2


def test_a_killed_run_is_not_running(endless: subprocess.Popen[str], tmp_path: Path) -> None:
    endless.send_signal(signal.SIGKILL)
    endless.communicate(timeout=60)
    done = run_netc(tmp_path, "stop", "latest", NETC_RUNS_DIR="runs")
    assert done.returncode == 1
    assert "E0767" in done.stderr
    assert "it is killed" in done.stderr


def test_a_request_that_a_run_did_not_live_to_see_does_not_stop_it_later(tmp_path: Path) -> None:
    (tmp_path / "net.net").write_text(SPEC)
    assert run_netc(tmp_path, "run", "net.net", "--epochs=1", "--out=left").returncode == 0
    (tmp_path / "left" / "stop").touch()
    done = run_netc(tmp_path, "run", "--resume", "left", "--epochs", "3")
    assert done.returncode == 0
    assert json.loads((tmp_path / "left" / "run.json").read_text())["status"] == "finished"
    assert not (tmp_path / "left" / "stop").exists()


def test_what_is_running_is_told_where_another_run_is_meant(tmp_path: Path) -> None:
    (tmp_path / "net.net").write_text(SPEC)
    for _ in range(2):
        run_netc(tmp_path, "run", "net.net", "--epochs=1", NETC_RUNS_DIR="runs")
    first, _ = sorted(tmp_path.glob("runs/net/2*"))
    found = read_record(RunFolder(first).record)
    assert isinstance(found, RunRecord)
    here = found.model_copy(update={"status": "running", "process": os.getpid()})
    write_record(RunFolder(first).record, here)
    done = run_netc(tmp_path, "stop", "net", NETC_RUNS_DIR="runs")
    assert "it is finished" in done.stderr
    assert f"these are being trained: `net/{first.name}`" in done.stderr
    done = run_netc(tmp_path, "stop", first.name, NETC_RUNS_DIR="runs")
    assert done.returncode == 0
    assert (first / "stop").exists()


def test_no_such_run(tmp_path: Path) -> None:
    done = run_netc(tmp_path, "stop", "nothing", NETC_RUNS_DIR="runs")
    assert done.returncode == 1
    assert "E0760" in done.stderr


def test_runs_complete_to_their_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NETC_RUNS_DIR", "runs")
    ask = (None, None)
    assert [item.type for item in runs(*ask, "")] == ["file"]  # type: ignore[arg-type]
    for name in ("a/2026-01-01", "b/2026-01-02"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "run.json").touch()
    found = [item.value for item in runs(*ask, "")]  # type: ignore[arg-type]
    assert found == ["latest", "b/2026-01-02", "a/2026-01-01"]
    assert [item.value for item in runs(*ask, "a/")] == ["a/2026-01-01"]  # type: ignore[arg-type]
