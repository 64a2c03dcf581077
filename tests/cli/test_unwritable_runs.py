"""What cannot be written for a while is written later, and no row of the metrics is lost."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import pytest
from command import run_netc
from netc.grammar.problem import Problems
from netc.runtime.events import EpochDone, Event, Warned
from netc.runtime.runs.earlier import Earlier, find_recorded, still_running
from netc.runtime.runs.keeping import RunKeeper
from netc.runtime.runs.opening import this_process
from netc.runtime.runs.record import write_record

SPEC = "data iris; input 4 -> dense 3 softmax; loss ce; opt adam; train epochs=1 batch=64\n"


@pytest.fixture
def earlier(tmp_path: Path) -> Earlier:
    assert run_netc(tmp_path, "run", "-e", SPEC, "--out", "left").returncode == 0
    found = find_recorded(str(tmp_path / "left"), tmp_path, Problems())
    assert found is not None
    return Earlier(*found, None, goes_on=False)


def test_rows_that_could_not_be_written_come_with_the_next_one(earlier: Earlier) -> None:
    events: list[Event] = []
    folder = earlier.folder
    keeper = RunKeeper(folder, earlier.record, events.append)
    folder.metrics_csv.unlink()
    folder.metrics_csv.mkdir()
    done = EpochDone(1, {"train_loss": 0.5}, 0.1, 1.0, True)
    for epoch in (1, 2):
        keeper(replace(done, epoch=epoch))
        keeper.write_record()  # that this can be written says nothing of the rows
        assert keeper.failed
    folder.metrics_csv.rmdir()
    keeper(replace(done, epoch=3))
    assert not keeper.failed
    rows = folder.metrics_csv.read_text().splitlines()
    assert [row.split(",")[0] for row in rows] == ["epoch", "1", "2", "3"]
    assert sum(isinstance(event, Warned) for event in events) == 1


def test_a_run_whose_last_state_is_not_on_the_disk_has_not_finished(
    earlier: Earlier, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("netc.runtime.runs.keeping.write_state", full)
        done = run_netc(tmp_path, "run", "-e", SPEC, "--out", "full")
    assert done.returncode == 1
    assert "W0610" in done.stderr
    assert "E0761" in done.stderr
    later = run_netc(tmp_path, "run", "--resume", "full")
    assert later.returncode == 0, later.stderr
    for name in ("metrics.csv", "checkpoints/last.safetensors"):
        whole = (tmp_path / "left" / name).read_bytes()
        assert (tmp_path / "full" / name).read_bytes() == whole


def test_a_run_that_this_process_took_up_is_not_free(earlier: Earlier) -> None:
    assert still_running(earlier.folder) is None
    record = earlier.record.model_copy(update={"status": "running", **this_process()})
    write_record(earlier.folder.record, record)
    problem = still_running(earlier.folder)
    assert problem is not None
    assert problem.code == "E0764"
