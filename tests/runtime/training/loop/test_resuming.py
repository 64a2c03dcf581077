"""A training that is left anywhere and goes on from its state ends with the same bits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from netc.grammar.problem import Problems
from netc.runtime.events import EpochDone, Event, StopTraining
from netc.runtime.training.loop.progress import TrainingState
from netc.runtime.training.run import train_session
from resuming import assert_same, session_of, trained

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


def test_resumed_equals_uninterrupted_to_the_bit_in_c(native_cache: Path) -> None:
    text = NETS["dense with dropout"]
    whole = trained(session_of(text, shards=2, engine="native"))
    for leave in (1, 4, 9):
        opened = session_of(text, shards=2, workers=2, engine="native")
        left = trained(opened, leave=leave)
        again = session_of(text, shards=2, workers=1, engine="native")
        assert_same(whole, trained(again, resumed=left.kept[-1]))


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
