"""The training loop, driven with a machine of a few lines in place of the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from netc.compiler.language.quantities import Quantity
from netc.compiler.training.stops import After, Patience, When
from netc.runtime.data.dataset import Split
from netc.runtime.engine.together import ALONE
from netc.runtime.events import (
    Diverged,
    EpochDone,
    EpochStarted,
    Event,
    RunReport,
    StepDone,
    Stopped,
    TestDone,
)
from netc.runtime.training.loop.schedules import LearningRate, rate_of
from netc.runtime.training.loop.settings import Settings
from netc.runtime.training.loop.stopping import Stopping
from netc.runtime.training.loop.train import EncodedData, TrainingLoop
from netc.runtime.training.objectives.batches import (
    EncodedSplit,
    GroundTruth,
    TargetEncoding,
    encode_split,
    epoch_order,
    fill,
)
from netc.runtime.training.objectives.measured_outputs import MeasuredOutput
from netc.runtime.training.objectives.objectives import Objective


class Regression:
    """Softmax regression on vectors of 4, three classes, plain gradient descent."""

    together = ALONE

    def __init__(self, batch: int = 16) -> None:
        self.weights = np.zeros((4, 3))
        self.capacity = {"image": np.zeros((4096, 4)), "target:out": np.zeros((4096, 3))}
        self.count = batch
        self.rates: list[float] = []
        self.seen: list[np.ndarray] = []
        self.outputs: dict[str, Any] = {}
        self.break_at: int | None = None

    @property
    def feeds(self) -> dict[str, Any]:
        return {name: array[: self.count] for name, array in self.capacity.items()}

    def resize(self, batch: int) -> None:
        self.count = batch

    def evaluate_step(self) -> None:
        x, t = self.feeds["image"], self.feeds["target:out"]
        scores = np.exp(x @ self.weights)
        y = scores / scores.sum(axis=1, keepdims=True)
        loss = -np.log((y * t).sum(axis=1)).mean()
        self.outputs = {"out": y, "loss": loss}

    def train_step(self, lr: float) -> None:
        self.rates.append(lr)
        self.seen.append(self.feeds["image"].copy())
        self.evaluate_step()
        if self.break_at == len(self.rates):
            self.outputs["loss"] = np.nan
        gap = self.outputs["out"] - self.feeds["target:out"]
        self.weights -= lr * self.feeds["image"].T @ gap / self.count

    def loss(self) -> float:
        return float(self.outputs["loss"])

    def parameters(self) -> dict[str, Any]:
        return {"out.w": self.weights}


CODING = TargetEncoding("target:out", np.eye(3), (3,))


def task_with(*metrics: str) -> Objective:
    named = tuple((metric, metric) for metric in metrics)
    output = MeasuredOutput("out", "", GroundTruth(CODING), 3, 0.5, metrics=named)
    return Objective({"image": (4,)}, (CODING,), (output,))


TASK = task_with("acc")


def part(count: int, seed: int) -> EncodedSplit:
    random = np.random.Generator(np.random.PCG64(seed))
    y = np.arange(count) % 3
    x = (np.eye(3, 4)[y] + random.normal(0, 0.3, (count, 4))).astype(np.float32)
    return encode_split(
        Split(x, y),
        inputs={"image": (4,)},
        dtype=np.dtype(np.float64),
        encodings=(CODING,),
        truths=TASK.truths(),
    )


MATERIAL = EncodedData(part(100, 0), part(30, 1), part(40, 2), ("a", "b", "c"))


@dataclass
class Session:
    """One run and what it told."""

    machine: Regression
    report: RunReport
    events: list[Event] = field(default_factory=list)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def go(
    *,
    epochs: int = 3,
    encoded: EncodedData = MATERIAL,
    stops: tuple[Any, ...] = (),
    rate: LearningRate | None = None,
    objective: Objective = TASK,
    break_at: int | None = None,
    clock: Any = None,
    **changes: Any,
) -> Session:
    machine = Regression()
    events: list[Event] = []
    machine.break_at = break_at
    values = {
        "epochs": epochs,
        "batch": 16,
        "seed": 5,
        "shuffle": True,
        "watched": "val_acc",
        "keep_best": False,
        **changes,
    }
    settings = Settings(**values)
    steps = settings.epoch_steps(len(encoded.train))
    loop = TrainingLoop(
        machine,
        encoded,
        objective,
        settings,
        rate or LearningRate(0.5, lambda t: 1.0),
        Stopping(stops, steps, steps * epochs),
        events.append,
        clock=clock or (lambda: 0.0),
    )
    report = loop.run()
    return Session(machine, report, events)


def test_an_epoch_sees_every_sample_once_in_batches_the_last_one_smaller() -> None:
    session = go(epochs=2)
    sizes = [len(batch) for batch in session.machine.seen]
    assert sizes == [16, 16, 16, 16, 16, 16, 4] * 2
    for epoch in (0, 1):
        seen = np.concatenate(session.machine.seen[7 * epoch : 7 * epoch + 7])
        np.testing.assert_array_equal(
            np.sort(seen[:, 0]), np.sort(MATERIAL.train.inputs["image"][:, 0])
        )
    assert not np.array_equal(session.machine.seen[0], session.machine.seen[7])


def test_a_last_batch_of_fewer_samples_can_be_left_out() -> None:
    session = go(epochs=2, drop_last=True)
    assert [len(batch) for batch in session.machine.seen] == [16] * 6 * 2
    left_out = [
        set(MATERIAL.train.inputs["image"][:, 0].tolist())
        - set(np.concatenate(session.machine.seen[start : start + 6])[:, 0].tolist())
        for start in (0, 6)
    ]
    assert [len(rows) for rows in left_out] == [4, 4]
    assert left_out[0] != left_out[1]


def test_without_shuffling_the_order_is_that_of_the_data() -> None:
    session = go(epochs=1, shuffle=False)
    np.testing.assert_array_equal(
        np.concatenate(session.machine.seen), MATERIAL.train.inputs["image"]
    )


def test_the_same_seed_gives_the_same_run_and_another_seed_another() -> None:
    first, again, other = go(), go(), go(seed=6)
    assert [event.measured for event in first.report.epochs] == [
        event.measured for event in again.report.epochs
    ]
    np.testing.assert_array_equal(first.machine.weights, again.machine.weights)
    assert not np.array_equal(first.machine.weights, other.machine.weights)


def test_the_order_of_an_epoch_depends_on_nothing_before_it() -> None:
    orders = [epoch_order(3, epoch, 50, shuffle=True) for epoch in (1, 2, 3)]
    np.testing.assert_array_equal(orders[2], epoch_order(3, 3, 50, shuffle=True))
    for order in orders:
        np.testing.assert_array_equal(np.sort(order), np.arange(50))
    assert not np.array_equal(orders[0], orders[1])


def test_events_come_in_order_and_measure_every_part() -> None:
    session = go(epochs=2)
    kinds = [type(event) for event in session.events]
    assert kinds == [EpochStarted, EpochDone, EpochStarted, EpochDone, TestDone]
    done = session.of(EpochDone)[-1]
    assert list(done.measured) == ["train_loss", "train_acc", "val_loss", "val_acc"]
    assert done.measured["val_acc"] > 0.8
    assert session.report.epochs == tuple(session.of(EpochDone))
    test = session.report.test
    assert test is not None
    assert set(test.measured) == {"loss", "acc"}


def test_measured_values_are_means_over_samples() -> None:
    # a rate of 0 keeps the weights at 0: every class has probability 1/3
    session = go(epochs=1, rate=LearningRate(0.0, lambda t: 1.0))
    measured = session.report.epochs[0].measured
    assert measured["train_loss"] == pytest.approx(np.log(3))
    assert measured["val_loss"] == pytest.approx(np.log(3))
    assert measured["train_acc"] == pytest.approx(34 / 100)  # the answer is always class 0
    assert measured["val_acc"] == pytest.approx(10 / 30)


def test_steps_are_told_a_few_times_a_second() -> None:
    ticks = iter(np.arange(0, 100, 0.06))
    session = go(epochs=1, clock=lambda: next(ticks))
    told = session.of(StepDone)
    assert [event.step for event in told] == [2, 4, 6]
    assert all(event.samples_per_second > 0 for event in told)


def test_every_step_has_the_rate_of_its_schedule() -> None:
    session = go(epochs=2, rate=LearningRate(0.5, lambda t: 1 / (t + 1)))
    np.testing.assert_allclose(session.machine.rates, 0.5 / np.arange(1, 15))
    assert [event.rate for event in session.report.epochs] == pytest.approx([0.5 / 7, 0.5 / 14])


def test_the_first_of_equally_good_epochs_is_the_best() -> None:
    session = go(epochs=3, rate=LearningRate(0.0, lambda t: 1.0))
    assert [event.best for event in session.report.epochs] == [True, False, False]
    assert session.report.best_epoch == 1


def test_patience_stops_and_the_best_weights_are_tested() -> None:
    # the rate turns negative: training climbs after two epochs
    rate = LearningRate(0.5, lambda t: 1.0 if t < 14 else -1.0)
    stop = Patience(patience=Quantity(2, "ep"), on="val_loss")
    session = go(epochs=9, stops=(stop,), rate=rate, watched="val_loss", keep_best=True)
    losses = [event.measured["val_loss"] for event in session.report.epochs]
    assert len(losses) == 4
    assert int(np.argmin(losses)) == 1
    (stopped,) = session.of(Stopped)
    assert stopped.reason == (
        f"val loss did not improve for 2 epochs (best {losses[1]:.4f}, epoch 2)"
    )
    assert session.report.test is not None
    assert session.report.test.weights_of == 2
    short = go(epochs=2)
    np.testing.assert_array_equal(session.machine.weights, short.machine.weights)
    assert session.report.test.measured == short.report.test.measured  # type: ignore[union-attr]


def test_stop_when_a_bound_is_reached() -> None:
    stop = When(quantity="val_acc", operator=">=", bound=0.5)
    session = go(epochs=9, stops=(stop,))
    assert len(session.report.epochs) == 1
    assert session.of(Stopped) == [Stopped(1, "reached val acc >= 0.5")]


def test_reaching_the_bound_in_the_last_epoch_is_no_early_stop() -> None:
    stop = When(quantity="val_acc", operator=">=", bound=0.5)
    assert go(epochs=1, stops=(stop,)).report.stopped is None


def test_stop_after_batches_ends_within_an_epoch() -> None:
    session = go(epochs=9, stops=(After(limit=Quantity(10, "it")),))
    assert len(session.machine.rates) == 10
    assert len(session.report.epochs) == 2
    assert session.of(Stopped) == [Stopped(2, "`stop after 10it`")]
    assert session.report.test is not None


def test_stop_after_a_time() -> None:
    ticks = iter(range(1000))
    session = go(epochs=9, stops=(After(limit=Quantity(20, "s")),), clock=lambda: next(ticks))
    assert session.of(Stopped)[0].reason == "`stop after 20s`"
    assert len(session.report.epochs) < 9


def test_a_loss_that_is_no_number_ends_the_run_at_once() -> None:
    session = go(epochs=3, break_at=9)
    (diverged,) = session.of(Diverged)
    assert (diverged.epoch, diverged.batch, diverged.rate) == (2, 2, 0.5)
    assert np.isnan(diverged.loss)
    assert session.report.diverged == diverged
    assert session.report.test is None
    assert len(session.report.epochs) == 1


def test_validation_that_is_no_number_is_noticed() -> None:
    broken = part(30, 1)
    broken.inputs["image"][3] = np.nan
    session = go(epochs=2, encoded=EncodedData(MATERIAL.train, broken, None))
    assert session.report.diverged is not None
    assert session.report.epochs == ()


def test_a_few_batches_of_everything() -> None:
    session = go(epochs=1, most_batches=2)
    assert [len(batch) for batch in session.machine.seen] == [16, 16]


def test_without_validation_and_test_there_is_only_the_training_part() -> None:
    session = go(epochs=1, encoded=EncodedData(MATERIAL.train, None, None), watched="train_loss")
    assert list(session.report.epochs[0].measured) == ["train_loss", "train_acc"]
    assert session.report.test is None


def test_a_confusion_matrix_is_part_of_the_test() -> None:
    session = go(epochs=2, objective=task_with("acc", "confusion"))
    test = session.report.test
    assert test is not None
    assert test.confusion is not None
    matrix = np.array(test.confusion)
    np.testing.assert_array_equal(matrix.sum(axis=1), [14, 13, 13])
    assert np.trace(matrix) / 40 == test.measured["acc"]
    assert test.class_names == ("a", "b", "c")
    assert "confusion" not in test.measured


def test_filling_leaves_rows_behind_the_count_alone() -> None:
    measured = encode_split(
        Split(np.arange(8, dtype=np.float32).reshape(4, 2), np.ones((4, 1), np.float32) * 7),
        inputs={"x": (1, 2)},
        dtype=np.dtype(np.float32),
        encodings=(TargetEncoding("target:y", None, (1,), "numbers"),),
    )
    feeds = {"x": np.zeros((3, 1, 2), np.float32), "target:y": np.zeros((3, 1, 1), np.float32)}
    fill(feeds, measured, np.array([2, 0]), 2)
    np.testing.assert_array_equal(feeds["x"][:, 0], [[4, 5], [0, 1], [0, 0]])
    np.testing.assert_array_equal(feeds["target:y"].ravel(), [7, 7, 0])


def test_a_plateau_schedule_hears_of_every_epoch() -> None:
    from netc.compiler.training.schedules import Plateau

    schedule = Plateau(on="val_acc", factor=0.1, patience=Quantity(1, "ep"))
    rate = rate_of(schedule, 0.0, epoch_steps=7, run_steps=21)
    go(epochs=3, rate=rate)
    assert rate.watch is not None
    assert rate.watch.cuts == 2
