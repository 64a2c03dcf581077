"""A training that is left anywhere and goes on from its state ends with the same bits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.grammar.problem import Problems
from netc.grammar.source import Source
from netc.runtime.events import EpochDone, Event, RunReport, StopTraining
from netc.runtime.training.loop.progress import StopRequest, TrainingState
from netc.runtime.training.run import train_session
from netc.runtime.training.session import Session, prepare_run
from netc.runtime.training.spec import RunOptions, Spec

NETS = {
    "dense with dropout": (
        "data iris; input 4 -> dense 32 relu -> dropout 0.3 -> dense 3 softmax; loss ce;"
        " opt adam; train epochs=4 batch=16 seed=3; metric acc auc f1"
    ),
    "convolution": (
        "data digits; augment shift=1 noise=0.1 mixup=0.2; input 8x8x1 -> conv 8 3x3 pad=1 bn relu"
        " -> maxpool 2x2 -> flatten -> dropout 0.2 -> dense 10 softmax; loss ce;"
        " opt sgd lr=0.1 momentum=0.9 nesterov=true; schedule cosine warmup=1ep;"
        " train epochs=3 batch=256 seed=1"
    ),
    "plateau and patience": (
        "data iris; input 4 -> dense 8 tanh -> dense 3 softmax; loss ce; opt adamw lr=0.02;"
        " schedule plateau on=val_loss patience=1ep; stop patience=3ep on=val_loss;"
        " train epochs=12 batch=40 seed=2"
    ),
    "regression": (
        "data sine; input 1 -> dense 16 tanh -> dense 1; loss mse; opt rmsprop; metric r2 mae rmse;"
        " train epochs=3 batch=7 seed=5"
    ),
}


@dataclass
class Leaving:
    """Keeps every state that it is given, and leaves after some steps."""

    after: int | None = None
    steps: int = 0
    kept: list[TrainingState] = field(default_factory=list)

    def request(self) -> StopRequest | None:
        self.steps += 1
        return StopRequest("left", leaves=True) if self.steps == self.after else None

    def is_due(self, *, epoch_ended: bool, run_ended: bool = False) -> bool:
        return epoch_ended

    def keep(self, state: TrainingState) -> None:
        self.kept.append(state)


def session_of(text: str, *, workers: int = 1, shards: int | None = None) -> Session:
    checked = check(Source("<t>", text), BUILTIN, lambda _: None)
    assert not checked.has_errors, [problem.message() for problem in checked.problems]
    problems = Problems()
    options = RunOptions(workers=workers, shards=shards)
    session = prepare_run(
        Spec.of(checked), options, root=Path(), problems=problems, reporter=lambda event: None
    )
    assert session is not None, [problem.message() for problem in problems]
    return session


@dataclass(frozen=True)
class Outcome:
    report: RunReport | None
    weights: dict[str, np.ndarray]
    kept: list[TrainingState]


def trained(
    session: Session, *, leave: int | None = None, resumed: TrainingState | None = None
) -> Outcome:
    supervisor = Leaving(leave)
    report = None
    try:
        report = train_session(
            session, Problems(), lambda event: None, supervisor=supervisor, resumed=resumed
        )
    except KeyboardInterrupt:
        assert leave is not None
    finally:
        session.engine.close()
    weights = {name: array.copy() for name, array in session.engine.parameters().items()}
    return Outcome(report, weights, supervisor.kept)


def rows(report: RunReport | None) -> list[tuple[object, ...]]:
    assert report is not None
    return [(done.epoch, done.measured, done.rate, done.best) for done in report.epochs]


def assert_same(one: Outcome, other: Outcome) -> None:
    np.testing.assert_equal(rows(one.report), rows(other.report))
    assert one.report is not None
    assert other.report is not None
    assert one.report.test == other.report.test
    assert one.report.stopped == other.report.stopped
    for name, array in one.weights.items():
        assert array.tobytes() == other.weights[name].tobytes(), name


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("workers", [1, 2])
def test_resumed_equals_uninterrupted_to_the_bit(name: str, workers: int) -> None:
    shards = 2
    whole = trained(session_of(NETS[name], shards=shards))
    left: list[TrainingState] = []
    for leave in (1, 4, 11):
        state = left[-1] if left else None
        found = trained(session_of(NETS[name], workers=workers, shards=shards), leave=leave,
                        resumed=state)  # fmt: skip
        assert found.report is None
        assert found.kept
        left.append(found.kept[-1])
    assert left[0].progress.step < left[1].progress.step < left[2].progress.step
    end = trained(session_of(NETS[name], workers=3 - workers, shards=shards), resumed=left[-1])
    assert_same(whole, end)


@pytest.mark.parametrize("name", NETS)
def test_a_run_goes_on_from_every_state_that_it_keeps(name: str) -> None:
    whole = trained(session_of(NETS[name]))
    assert whole.report is not None
    assert len(whole.kept) == len(whole.report.epochs)
    for state in whole.kept:
        assert_same(whole, trained(session_of(NETS[name]), resumed=state))


def test_more_epochs_after_the_end_are_those_of_a_longer_run() -> None:
    text = NETS["dense with dropout"]
    longer = text.replace("epochs=4", "epochs=6")
    ended = trained(session_of(text)).kept[-1]
    assert_same(trained(session_of(longer)), trained(session_of(longer), resumed=ended))


def test_more_epochs_after_early_stopping_wait_anew() -> None:
    text = NETS["plateau and patience"]
    text = text.replace("lr=0.02", "lr=0.1").replace("patience=3ep", "patience=1ep")
    whole = trained(session_of(text))
    assert whole.report is not None
    assert whole.report.stopped is not None
    last = len(whole.report.epochs)
    session = replace(session_of(text), goes_on=True)
    found = trained(session, resumed=whole.kept[-1]).report
    assert found is not None
    assert len(found.epochs) > last
    assert found.epochs[:last] == whole.report.epochs


def test_a_reporter_may_end_the_training() -> None:
    def reporter(event: Event) -> None:
        if isinstance(event, EpochDone) and event.epoch == 2:
            raise StopTraining("two are enough")

    session = session_of(NETS["dense with dropout"])
    report = train_session(session, Problems(), reporter)
    assert report is not None
    assert len(report.epochs) == 2
    assert report.stopped is not None
    assert report.stopped.reason == "two are enough"
    assert report.test is not None
