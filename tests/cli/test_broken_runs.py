"""`netc run --resume` on folders that netc did not leave so: one diagnosis, or the same bits."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from command import run_netc
from netc.runtime.runs.folder import RunFolder
from netc.runtime.runs.state_file import KeptState, decode_state

SPEC = (
    "data iris; input 4 -> dense 8 tanh -> dropout 0.2 -> dense 3 softmax; loss ce; opt adam;"
    " train epochs=3 batch=32\n"
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the run `left`, of three epochs, and with `whole`, of five."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "net.net").write_text(SPEC)
    assert run_netc(folder, "run", "net.net", "--out", "left", "--log-steps", "2").returncode == 0
    assert run_netc(folder, "run", "net.net", "--out", "whole", "--epochs", "5").returncode == 0
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "work")
    record = json.loads((tmp_path / "work" / "left" / "run.json").read_text())
    record["spec"] |= {"path": str(tmp_path / "work" / "net.net"), "root": str(tmp_path / "work")}
    (tmp_path / "work" / "left" / "run.json").write_text(json.dumps(record))
    return tmp_path / "work"


def resume(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return run_netc(folder, "run", "--resume", "left", "--epochs", "5", *more)


def is_whole(folder: Path) -> bool:
    names = ("metrics.csv", "checkpoints/last.safetensors", "checkpoints/best.safetensors")
    return all(
        (folder / "left" / name).read_bytes() == (folder / "whole" / name).read_bytes()
        for name in names
    )


def assert_one_diagnosis(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 1, done.stderr
    assert done.stderr.count("error[") == 1, done.stderr
    assert "bug in netc" not in done.stderr


RECORDS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a list": lambda record: record.update(status=[]),
    "a negative process": lambda record: record.update(status="running", process=-1),
    "a huge process": lambda record: record.update(status="running", process=10**30),
    "no shards": lambda record: record["engine"].update(shards=0),
    "many shards": lambda record: record["engine"].update(shards=10**9),
    "an algorithm": lambda record: record["engine"].update(algorithms={"conv1": {"x": 1}}),
    "its size": lambda record: record["engine"].update(
        algorithms={"conv1": {"name": "columns", "size": -1}}
    ),
    "a copy elsewhere": lambda record: record["spec"].update(kept_as="../net.net", path=None),
    "a copy nowhere": lambda record: record["spec"].update(kept_as="x.net", path=None),
    "a NUL": lambda record: record["spec"].update(path="a\0b"),
    "an option of train": lambda record: record["spec"].update(train={"x": 1}),
    "an epoch of text": lambda record: record["spec"].update(train={"batch": "many"}),
    "a constant": lambda record: record["spec"].update(lets={"x": "1"}),
    "other data": lambda record: record["spec"].update(data="nothing"),
    "another format": lambda record: record.update(format=2),
    "nothing": lambda record: record.clear(),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_of_wrong_values_is_told(folder: Path, name: str) -> None:
    record = json.loads((folder / "left" / "run.json").read_text())
    RECORDS[name](record)
    (folder / "left" / "run.json").write_text(json.dumps(record))
    assert_one_diagnosis(resume(folder))


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "[" * 100_000, '{"status": "\ud800"}'])
def test_a_record_that_is_none_is_told(folder: Path, text: str) -> None:
    (folder / "left" / "run.json").write_text(text, errors="surrogatepass")
    assert_one_diagnosis(resume(folder))


NEEDED = ("run.json", "spec.net", "ir.json")


@pytest.mark.parametrize(
    "name",
    [
        *NEEDED,
        "metrics.csv",
        "metrics.jsonl",
        "summary.txt",
        "checkpoints/best.safetensors",
        "checkpoints/last.safetensors",
        "checkpoints/previous.state.safetensors",
    ],
)
def test_a_file_that_is_gone_is_told_or_made_anew(folder: Path, name: str) -> None:
    (folder / "left" / name).unlink(missing_ok=True)
    done = resume(folder)
    if name in NEEDED:
        assert_one_diagnosis(done)
    else:
        assert done.returncode == 0, done.stderr
        assert is_whole(folder)


def test_states_that_are_gone_are_told(folder: Path) -> None:
    shutil.rmtree(folder / "left" / "checkpoints")
    done = resume(folder)
    assert_one_diagnosis(done)
    assert "E0762" in done.stderr


def test_a_file_in_the_place_of_a_folder_is_told(folder: Path) -> None:
    shutil.rmtree(folder / "left" / "checkpoints")
    (folder / "left" / "checkpoints").write_text("")
    assert_one_diagnosis(resume(folder))


@pytest.mark.parametrize("line", [b"12\n", b'{"step": "x"}\n', b'{"step": 1}\n', b"\xff\n", b"[\n"])
def test_a_damaged_line_of_the_metrics_is_left_out(folder: Path, line: bytes) -> None:
    path = folder / "left" / "metrics.jsonl"
    path.write_bytes(line + path.read_bytes())
    assert resume(folder).returncode == 0
    assert is_whole(folder)


def test_no_flipped_bit_of_a_state_goes_unnoticed(made: Path) -> None:
    data = (made / "left" / "checkpoints" / "last.state.safetensors").read_bytes()
    draws = random.Random(1)
    for _ in range(200):
        damaged = bytearray(data)
        damaged[draws.randrange(len(data))] ^= 1 << draws.randrange(8)
        assert isinstance(decode_state(bytes(damaged)), str)
    for length in range(0, len(data), 97):
        assert isinstance(decode_state(data[:length]), str)


def test_a_damaged_state_does_not_take_the_place_of_the_one_before(folder: Path) -> None:
    assert run_netc(folder, "run", "--resume", "left", "--epochs", "4").returncode == 0
    run = RunFolder(folder / "left")
    run.state.write_bytes(run.state.read_bytes()[:-1])
    whole = run.state_before.read_bytes()
    done = run_netc(folder, "run", "--resume", "left", "--epochs", "5")
    assert "W0611" in done.stderr
    assert is_whole(folder)
    assert isinstance(decode_state(whole), KeptState)
    assert isinstance(decode_state(run.state_before.read_bytes()), KeptState)


def test_more_epochs_and_logged_steps_stay_asked_for(folder: Path) -> None:
    assert resume(folder).returncode == 0
    record = json.loads((folder / "left" / "run.json").read_text())
    assert record["spec"]["train"] == {"epochs": 5}
    assert record["planned_epochs"] == 5
    lines = (folder / "left" / "metrics.jsonl").read_text().splitlines()
    steps = [json.loads(line).get("step") for line in lines]
    assert [step for step in steps if step is not None] == list(range(2, 21, 2))


def test_a_change_that_was_accepted_is_no_change_afterwards(folder: Path) -> None:
    (folder / "net.net").write_text(SPEC.replace("0.2", "0.3"))
    assert_one_diagnosis(resume(folder))
    assert resume(folder, "--accept-changes").returncode == 0
    assert (folder / "left" / "spec.net").read_text() == SPEC.replace("0.2", "0.3")
    done = run_netc(folder, "run", "--resume", "left", "--epochs", "6")
    assert done.returncode == 0, done.stderr
