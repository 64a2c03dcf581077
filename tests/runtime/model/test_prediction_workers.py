"""`netc eval` and `netc predict` on several processes: the same answers as one, and no hang."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from click.testing import CliRunner
from netc.cli.main import netc as command
from netc.runtime.engine.sharded import ShardedEngine

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="the system cannot fork")

SPEC = """\
data digits
input 64 -> dense 256 relu -> dense 256 relu -> dense 10 softmax
prep scale
loss ce
opt adam
train epochs=1 batch=64 seed=1
metric acc
"""


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch: Any) -> None:
    """Batches are divided only where there are cores: these tests are of the dividing."""
    monkeypatch.setattr("netc.runtime.engine.selection.count_cores", lambda: 2)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: Any) -> Path:
    monkeypatch.chdir(tmp_path)
    netc.compile(SPEC).fit().save("w.safetensors")
    np.save("x.npy", np.random.default_rng(0).uniform(0, 16, (700, 64)).astype(np.float32))
    return tmp_path


@pytest.fixture
def workers(monkeypatch: Any) -> list[int]:
    """How many workers each engine had."""
    seen: list[int] = []
    close = ShardedEngine.close

    def note(engine: ShardedEngine) -> None:
        seen.append(engine.workers)
        close(engine)

    monkeypatch.setattr(ShardedEngine, "close", note)
    return seen


def invoke(*arguments: str) -> str:
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert done.exception is None, done.output
    return done.stdout


@pytest.mark.parametrize(
    "arguments",
    [("eval", "w.safetensors", "--part", "all"), ("predict", "w.safetensors", "x.npy")],
    ids=["eval", "predict"],
)
def test_workers_answer_as_one_process_does(
    folder: Path, workers: list[int], arguments: tuple[str, ...]
) -> None:
    """The table has four digits; `--format csv` has nine."""
    precise = ("--format", "csv") if arguments[0] == "predict" else ()
    texts = [invoke(*arguments, *precise, *more) for more in ((), ("--workers", "1"))]
    assert texts[0] == texts[1]
    assert workers == [2, 1]


def test_the_answers_are_those_of_the_library(folder: Path) -> None:
    """A library forks nothing; its products see other numbers of rows, so digits may differ."""
    text = invoke("predict", "w.safetensors", "x.npy", "--format", "csv")
    found = np.array([line.split(",")[-10:] for line in text.splitlines()[1:]], float)
    wanted = netc.load("w.safetensors").predict_proba(np.load("x.npy"))
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-7)


def test_few_samples_need_no_workers(folder: Path, workers: list[int]) -> None:
    np.save("few.npy", np.zeros((20, 64), np.float32))
    invoke("predict", "w.safetensors", "few.npy")
    assert workers == []


@pytest.mark.parametrize(
    "arguments", [("eval", "w.safetensors"), ("predict", "w.safetensors", "x.npy")]
)
def test_a_worker_that_dies_is_told(
    folder: Path, monkeypatch: Any, arguments: tuple[str, ...]
) -> None:
    perform = ShardedEngine._perform

    def die(engine: ShardedEngine, program: str, batch: int) -> None:
        if engine._worker:
            os._exit(1)
        perform(engine, program, batch)

    monkeypatch.setattr(ShardedEngine, "_perform", die)
    done = CliRunner().invoke(command, arguments, standalone_mode=False)
    assert done.return_value == 3, done.output
    assert "error[E0660]" in done.stderr
    assert "--workers 1" in done.stderr
