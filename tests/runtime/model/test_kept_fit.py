"""`fit(keep=...)` and `fit(resume=...)`: a program's run in a folder, which goes on to the bit."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import netc
import numpy as np
import pytest
from command import run_netc
from netc.runtime.events import Event, RunReport
from netc.runtime.runs import keeping
from netc.runtime.training.loop import train

DENSE = (
    "input 4 -> dense 8 tanh -> dropout 0.2 -> dense 3 softmax; loss ce; opt adam lr=0.05;"
    " train epochs=4 batch=16 seed=3; metric acc"
)
PATIENT = (
    "input 4 -> dense 8 tanh -> bn -> dense 3 softmax; loss ce; opt sgd lr=0.1 momentum=0.9;"
    " schedule plateau on=val_loss patience=1ep; stop patience=2ep on=val_loss;"
    " train epochs=8 batch=20 seed=1"
)
OWN_DATA = (
    "data iris; input 4 -> dense 8 relu -> dropout 0.3 -> dense 3 softmax; loss ce; opt adamw;"
    " schedule cosine warmup=1ep; train epochs=4 batch=16 seed=2; expect acc>=1%"
)
NETS = {"dense": DENSE, "patience": PATIENT, "its own data": OWN_DATA}


class LeftError(Exception):
    """What a reporter raises."""


@pytest.fixture(autouse=True)
def every_step_is_told_and_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "STEP_EVENTS", -1.0)
    monkeypatch.setattr(keeping, "AFTER_EPOCH", 0.0)


def arguments(name: str, flowers: Any) -> tuple[Any, ...]:
    return () if name == "its own data" else flowers


def record(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "run.json").read_text())
    return found


def leaving(after: int) -> Callable[[Event], None]:
    """A reporter that raises at the event of a number."""
    told: list[Event] = []

    def report(event: Event) -> None:
        told.append(event)
        if len(told) == after:
            raise LeftError

    return report


def rows(report: RunReport | None) -> list[object]:
    assert report is not None
    found: list[object] = [(d.epoch, d.measured, d.rate, d.best) for d in report.epochs]
    return [*found, report.best_epoch, report.stopped, report.test, report.weights_of]


def assert_same(one: netc.Model, other: netc.Model) -> None:
    np.testing.assert_equal(rows(one.report), rows(other.report))
    for name, array in one.weights.items():
        assert array.tobytes() == other.weights[name].tobytes(), name


def count_events(spec: str, given: tuple[Any, ...]) -> tuple[netc.Model, int]:
    told: list[Event] = []
    return netc.compile(spec).fit(*given, reporter=told.append), len(told)


@pytest.mark.parametrize("name", NETS)
def test_left_anywhere_and_resumed_it_equals_one_that_was_not(
    name: str, flowers: Any, tmp_path: Path
) -> None:
    given = arguments(name, flowers)
    whole, events = count_events(NETS[name], given)
    chance = random.Random(name)
    for trial in range(6):
        folder, times = tmp_path / str(trial), 0
        model = netc.compile(NETS[name])
        where: dict[str, Any] = {"keep": folder}
        while True:
            reporter = leaving(chance.randint(1, events)) if times < 3 else None
            if times and not folder.exists():
                break  # left before there was anything to keep
            try:
                model.fit(*given, **where, reporter=reporter)
            except LeftError:
                if not folder.exists():
                    continue
                assert record(folder)["status"] == "interrupted"
                assert record(folder)["why"] == "LeftError"
                where, times = {"resume": folder}, times + 1
                continue
            break
        assert_same(model, whole)
        kept = netc.load(folder / "checkpoints" / "last.safetensors")
        if whole.report is not None and whole.report.weights_of is None:
            assert kept.weights["dense1.w"].tobytes() == model.weights["dense1.w"].tobytes()
        lines = (folder / "metrics.csv").read_text().splitlines()
        assert whole.report is not None
        assert len(lines) == 1 + len(whole.report.epochs)


def test_an_exception_of_the_reporter_is_raised_as_it_was(flowers: Any, tmp_path: Path) -> None:
    cause = KeyError("the cause")

    def report(event: Event) -> None:
        if type(event).__name__ == "StepDone":
            raise LeftError("because") from cause

    with pytest.raises(LeftError, match="because") as caught:
        netc.compile(DENSE).fit(*flowers, keep=tmp_path / "run", reporter=report)
    assert caught.value.__cause__ is cause
    assert record(tmp_path / "run")["why"] == "LeftError: because"
    # the state is that of the step before it
    assert record(tmp_path / "run")["steps"] == 1


def test_after_its_end_it_goes_on_with_more_epochs(flowers: Any, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    netc.compile(DENSE).fit(*flowers, keep=folder)
    assert record(folder)["status"] == "finished"
    longer = netc.compile(DENSE).fit(*flowers, resume=folder, epochs=6)
    assert_same(longer, netc.compile(DENSE).fit(*flowers, epochs=6))
    assert record(folder)["epochs"] == 6


def test_a_longer_run_that_was_left_is_the_longer_one_for_the_command_line_too(
    tmp_path: Path,
) -> None:
    spec = OWN_DATA.replace("schedule cosine warmup=1ep; ", "")
    assert spec != OWN_DATA
    netc.compile(spec).fit(keep=tmp_path / "run", epochs=2)
    with pytest.raises(LeftError):
        netc.compile(spec).fit(resume=tmp_path / "run", epochs=np.int64(5), reporter=leaving(6))
    assert record(tmp_path / "run")["epochs"] < 5
    done = run_netc(tmp_path, "run", "--resume", "run", NETC_RUNS_DIR="")
    assert done.returncode == 0, done.stderr
    kept = netc.load(tmp_path / "run" / "checkpoints" / "last.safetensors")
    whole = netc.compile(spec).fit(epochs=5)
    assert kept.weights["dense1.w"].tobytes() == whole.weights["dense1.w"].tobytes()


def test_what_fit_was_given_for_train_need_not_be_given_again(flowers: Any, tmp_path: Path) -> None:
    asked: dict[str, Any] = {"epochs": np.int64(3), "batch": "all", "seed": 9}
    with pytest.raises(LeftError):
        netc.compile(DENSE).fit(*flowers, **asked, keep=tmp_path / "run", reporter=leaving(6))
    resumed = netc.compile(DENSE).fit(*flowers, resume=tmp_path / "run")
    assert_same(resumed, netc.compile(DENSE).fit(*flowers, **asked))


def test_a_warm_start_goes_on_with_the_weights_that_it_had(flowers: Any, tmp_path: Path) -> None:
    first, second = (netc.compile(DENSE).fit(*flowers) for _ in range(2))
    with pytest.raises(LeftError):
        first.fit(*flowers, warm_start=True, keep=tmp_path / "run", reporter=leaving(15))
    resumed = netc.compile(DENSE).fit(*flowers, resume=tmp_path / "run")
    assert_same(resumed, second.fit(*flowers, warm_start=True))


@pytest.mark.parametrize(
    "labels", [np.array([True, False]), np.array([7, 3]), np.array(["a", "b"])]
)
def test_kept_weights_answer_in_the_labels_of_the_arrays(
    flowers: Any, tmp_path: Path, labels: Any
) -> None:
    x = flowers[0]
    y = labels[(x[:, 0] > x[:, 0].mean()).astype(int)]
    model = netc.compile(DENSE.replace("dense 3", "dense 2")).fit(x, y, keep=tmp_path / "run")
    kept = netc.load(tmp_path / "run" / "checkpoints" / "last.safetensors")
    assert kept.predict(x).tolist() == model.predict(x).tolist()


def test_a_direct_solution_is_kept(flowers: Any, tmp_path: Path) -> None:
    x, y = flowers[0], flowers[0].sum(axis=1)
    model = netc.compile("input 4 -> dense 1; loss mse; opt exact").fit(x, y, keep=tmp_path / "run")
    kept = netc.load(tmp_path / "run" / "checkpoints" / "last.safetensors")
    assert (kept.predict(x) == model.predict(x)).all()
    assert record(tmp_path / "run")["status"] == "finished"


def test_a_loss_that_is_no_number_is_noted(flowers: Any, tmp_path: Path) -> None:
    x, y = flowers[0], flowers[0].sum(axis=1)
    with pytest.raises(netc.TrainingError):
        netc.compile("input 4 -> dense 1; loss mse; opt sgd lr=1e30").fit(
            x, y, keep=tmp_path / "run"
        )
    assert record(tmp_path / "run")["status"] == "diverged"


Given = tuple[Any, Any]


def shorter(x: Any, y: Any) -> Given:
    return x[:100], y[:100]


def relabelled(x: Any, y: Any) -> Given:
    return x, np.char.upper(y)


REFUSED: dict[str, tuple[Callable[[Any, Any], Given], dict[str, Any], str]] = {
    "other numbers": (lambda x, y: (x + 1, y), {}, "`x`, training part: its content"),
    "fewer samples": (shorter, {}, "`x`, training part: 108x4 float32 then, 90x4 float32 now"),
    "other labels": (relabelled, {}, "`y`, training part: its content"),
    "another order": (lambda x, y: (x[::-1], y[::-1]), {}, "division into parts"),
    "weights": (lambda x, y: (x, y), {"sample_weight": np.ones(120)}, "there was none"),
    "no validation": (lambda x, y: (x, y), {"validation": 0}, "validation part: it is not given"),
    "another batch": (lambda x, y: (x, y), {"batch": 7}, '+  "batch": 7'),
}


@pytest.mark.parametrize("name", REFUSED)
def test_on_other_arrays_it_does_not_go_on(name: str, flowers: Any, tmp_path: Path) -> None:
    change, more, said = REFUSED[name]
    netc.compile(DENSE).fit(*flowers, keep=tmp_path / "run")
    before = record(tmp_path / "run")
    with pytest.raises(netc.DataError) as caught:
        netc.compile(DENSE).fit(*change(*flowers), **more, resume=tmp_path / "run", epochs=9)
    (found,) = caught.value.diagnostics
    assert found.code == "E0763"
    assert any(said in line for line in found.help), found.help
    assert "--" not in found.help[-1]
    assert record(tmp_path / "run") == before


def problem_of(call: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(netc.DataError) as caught:
        call()
    (found,) = caught.value.diagnostics
    return found.code, "\n".join((found.message, *found.help))


def test_what_cannot_be_kept_or_resumed_says_so_in_words_of_a_program(
    flowers: Any, tmp_path: Path
) -> None:
    model, folder = netc.compile(DENSE), tmp_path / "run"
    model.fit(*flowers, keep=folder)
    (tmp_path / "file").write_text("")
    refused = {
        "E0760": lambda: model.fit(*flowers, resume=tmp_path / "nowhere"),
        "E0761": lambda: model.fit(*flowers, keep=folder),
        "E0765": lambda: model.fit(*flowers, resume=folder, epochs=2),
        "E0763": lambda: netc.compile(DENSE.replace("tanh", "relu")).fit(
            *flowers, resume=folder, epochs=9
        ),
    }
    for code, call in refused.items():
        found, text = problem_of(call)
        assert found == code
        assert " --" not in text.replace("--- ", "")
    assert "it is a file" in problem_of(lambda: model.fit(*flowers, keep=tmp_path / "file"))[1]
    (folder / "run.json").write_text("{")
    assert problem_of(lambda: model.fit(*flowers, resume=folder, epochs=9))[0] == "E0762"


def test_the_spec_of_a_run_of_arrays_does_not_go_on_with_its_own_data(
    flowers: Any, tmp_path: Path
) -> None:
    netc.compile(OWN_DATA).fit(*flowers, keep=tmp_path / "run")
    code, text = problem_of(lambda: netc.compile(OWN_DATA).fit(resume=tmp_path / "run", epochs=9))
    assert code == "E0763"
    assert "arrays in Python" in text


def test_contradictions_are_type_errors(flowers: Any, tmp_path: Path) -> None:
    model = netc.compile(DENSE).fit(*flowers)
    with pytest.raises(TypeError, match="either `keep` or `resume`"):
        model.fit(*flowers, keep=tmp_path / "a", resume=tmp_path / "b")
    with pytest.raises(TypeError, match="either `warm_start` or `resume`"):
        model.fit(*flowers, warm_start=True, resume=tmp_path / "b")


def test_nothing_is_kept_unless_asked(flowers: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    netc.compile(DENSE).fit(*flowers)
    assert not list(tmp_path.iterdir())


def test_a_model_of_json_or_of_a_file_is_kept_too(flowers: Any, tmp_path: Path) -> None:
    model = netc.compile(DENSE).fit(*flowers)
    model.save(tmp_path / "net.safetensors")
    for name, other in {
        "json": netc.from_json(model.to_json()),
        "file": netc.load(tmp_path / "net.safetensors"),
    }.items():
        with pytest.raises(LeftError):
            other.fit(*flowers, keep=tmp_path / name, reporter=leaving(9))
        other.fit(*flowers, resume=tmp_path / name)
        assert_same(other, model)
