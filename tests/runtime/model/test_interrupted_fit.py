"""A `fit` that an interrupt or its reporter ends leaves the model with what was trained."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import netc
import pytest
from netc.runtime.events import (
    EpochDone,
    EpochStarted,
    Event,
    ExpectationsChecked,
    RunReport,
    Started,
    TestDone,
)

SPEC = (
    "input 4 -> dense 8 tanh -> dense 3 softmax; loss ce; opt adam lr=0.05; train batch=10 seed=1"
)
OWN_DATA = (
    "data iris; input 4 -> dense 8 tanh -> dense 3 softmax; loss ce; opt adam lr=0.05;"
    " train batch=10 seed=1 epochs=3"
)
EXACT = "input 4 -> dense 1; loss mse; opt exact"


class LeftError(Exception):
    """What a reporter raises."""


def raising(when: Callable[[Event], bool], error: type[BaseException]) -> Callable[[Event], None]:
    def report(event: Event) -> None:
        if when(event):
            raise error

    return report


def ends(epoch: int) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, EpochDone) and event.epoch == epoch


def begins(epoch: int) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, EpochStarted) and event.epoch == epoch


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(array.tobytes() == other[name].tobytes() for name, array in one.items())


@pytest.mark.parametrize("error", [KeyboardInterrupt, LeftError])
@pytest.mark.parametrize(("when", "epochs"), [(ends(3), 3), (begins(4), 3), (ends(1), 1)])
def test_it_leaves_the_weights_of_the_best_epoch(
    flowers: Any, when: Callable[[Event], bool], epochs: int, error: type[BaseException]
) -> None:
    model = netc.compile(SPEC)
    with pytest.raises(error):
        model.fit(*flowers, epochs=9, reporter=raising(when, error))
    assert model.report is not None
    assert len(model.report.epochs) == epochs
    best = model.report.best_epoch
    assert best is not None
    whole = netc.compile(SPEC).fit(*flowers, epochs=best)
    assert same(model.weights, whole.weights)
    assert whole.report is not None
    assert whole.report.epochs[-1].measured == model.report.epochs[best - 1].measured
    assert model.predict(flowers[0][:2]).shape == (2,)


def test_the_best_epoch_need_not_be_the_last_one(flowers: Any) -> None:
    x, labels = flowers
    spec = SPEC.replace("lr=0.05", "lr=3")
    model = netc.compile(spec)
    with pytest.raises(LeftError):
        model.fit(x, labels, epochs=9, seed=3, reporter=raising(ends(8), LeftError))
    report = model.report
    assert report is not None
    assert report.best_epoch is not None
    assert report.weights_of == report.best_epoch < 8
    whole = netc.compile(spec).fit(x, labels, epochs=report.best_epoch, seed=3)
    assert same(model.weights, whole.weights)


def test_within_the_first_epoch_it_leaves_the_weights_so_far(
    flowers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netc.runtime.training.loop import train

    monkeypatch.setattr(train, "STEP_EVENTS", -1.0)
    told: list[Event] = []

    def report(event: Event) -> None:
        told.append(event)
        if len(told) == 5:  # two events before the steps
            raise KeyboardInterrupt

    model = netc.compile(SPEC)
    before = model.weights
    with pytest.raises(KeyboardInterrupt):
        model.fit(*flowers, epochs=9, reporter=report)
    assert model.trained
    assert model.report is not None
    assert model.report.epochs == ()
    assert model.report.best_epoch is None
    assert not same(model.weights, before)


@pytest.mark.parametrize("kind", [Started, EpochStarted])
def test_before_the_first_step_it_leaves_the_model_as_it_was(
    flowers: Any, kind: type[Event]
) -> None:
    model = netc.compile(SPEC)
    with pytest.raises(LeftError):
        model.fit(*flowers, reporter=raising(lambda event: isinstance(event, kind), LeftError))
    assert not model.trained
    assert model.report is None


def test_a_trained_model_goes_on_with_a_warm_start(flowers: Any) -> None:
    model = netc.compile(SPEC)
    with pytest.raises(KeyboardInterrupt):
        model.fit(*flowers, epochs=9, reporter=raising(ends(2), KeyboardInterrupt))
    left = model.evaluate(*flowers)["loss"]
    model.fit(*flowers, epochs=4, warm_start=True)
    assert model.evaluate(*flowers)["loss"] < left
    assert model.report is not None
    assert len(model.report.epochs) == 4


def left_at(model: netc.Model, kind: type[Event]) -> RunReport:
    with pytest.raises(KeyboardInterrupt):
        model.fit(reporter=raising(lambda event: isinstance(event, kind), KeyboardInterrupt))
    assert model.report is not None
    return model.report


def test_an_interrupt_at_the_test_leaves_the_best_weights_without_its_figures() -> None:
    report = left_at(netc.compile(OWN_DATA), TestDone)
    assert len(report.epochs) == 3
    assert report.test is None


def test_an_interrupt_after_the_end_leaves_what_the_run_ends_with() -> None:
    model, whole = netc.compile(f"{OWN_DATA}; expect acc>=1%"), netc.compile(OWN_DATA).fit()
    report = left_at(model, ExpectationsChecked)
    assert whole.report is not None
    assert report.test == whole.report.test
    assert same(model.weights, whole.weights)


def test_a_direct_solution_is_there_or_not(flowers: Any) -> None:
    x, y = flowers[0], flowers[0].sum(axis=1)
    model = netc.compile(EXACT)
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, reporter=raising(begins(1), KeyboardInterrupt))
    assert not model.trained
    with pytest.raises(KeyboardInterrupt):
        model.fit(x, y, reporter=raising(ends(1), KeyboardInterrupt))
    assert same(model.weights, netc.compile(EXACT).fit(x, y).weights)


def test_a_loss_that_is_no_number_leaves_the_model_as_it_was(flowers: Any) -> None:
    model = netc.compile("input 4 -> dense 1; loss mse; opt sgd lr=1e30; train epochs=3")
    x = flowers[0]
    with pytest.raises(netc.TrainingError):
        model.fit(x, x.sum(axis=1))
    assert not model.trained
    assert model.report is None
    # what a reporter raises there comes first, and there are no weights to leave
    with pytest.raises(LeftError):
        model.fit(
            x, x.sum(axis=1), reporter=raising(lambda e: type(e).__name__ == "Diverged", LeftError)
        )
    assert not model.trained


@pytest.mark.parametrize("kind", [Started, EpochStarted, EpochDone])
def test_a_reporter_may_ask_to_stop_from_the_start(flowers: Any, kind: type[Event]) -> None:
    def report(event: Event) -> None:
        if isinstance(event, kind):
            raise netc.StopTraining("enough")

    model = netc.compile(SPEC).fit(*flowers, epochs=9, reporter=report)
    assert model.report is not None
    assert model.report.stopped is not None
    assert model.report.stopped.reason == "enough"
    assert len(model.report.epochs) == 1


@pytest.mark.parametrize("kind", [Started, EpochStarted, EpochDone])
def test_a_direct_solution_has_nothing_to_stop(flowers: Any, kind: type[Event]) -> None:
    def report(event: Event) -> None:
        if isinstance(event, kind):
            raise netc.StopTraining

    x = flowers[0]
    model = netc.compile(EXACT).fit(x, x.sum(axis=1), reporter=report)
    assert model.report is not None
    assert model.report.stopped is None


def test_at_its_end_there_is_nothing_to_stop() -> None:
    def report(event: Event) -> None:
        if isinstance(event, TestDone | ExpectationsChecked):
            raise netc.StopTraining

    model = netc.compile(f"{OWN_DATA}; expect acc>=1%").fit(reporter=report)
    assert model.report is not None
    assert model.report.stopped is None
    assert model.report.test is not None
