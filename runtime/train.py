"""The training loop: epochs of steps, validation, stopping, and the test at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .events import (
    Diverged,
    EpochDone,
    EpochStarted,
    Event,
    RunReport,
    StepDone,
    Stopped,
    TestDone,
)
from .feeding import Array, Part, Rows, epoch_order, fill
from .metrics import ClassTally, NumberTally
from .schedules import Rate
from .stopping import Best, Stopping
from .tasks import Task

Reporter = Callable[[Event], None]
Clock = Callable[[], float]
Tally = ClassTally | NumberTally

STEP_EVENTS = 0.1
"""Seconds between two reports of steps."""

KEPT_ROWS = 4096
"""Outputs of training batches that are kept before their metrics are counted together."""


class Machine(Protocol):
    """What the loop needs of an engine."""

    @property
    def feeds(self) -> Mapping[str, Array]: ...

    @property
    def outputs(self) -> Mapping[str, Array]: ...

    def resize(self, batch: int) -> None: ...

    def train_step(self, lr: float) -> None: ...

    def evaluate_step(self) -> None: ...

    def loss(self) -> float: ...

    def parameters(self) -> dict[str, NDArray[Any]]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """The parts of the data as the engine sees them."""

    train: Part
    validation: Part | None
    test: Part | None
    class_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Settings:
    """How long and in which portions. `most_batches` bounds every pass over a part; `keep_best`
    says whether the best epoch's weights are tested, rather than the last's."""

    epochs: int
    batch: int
    seed: int
    shuffle: bool
    watched: str
    keep_best: bool
    most_batches: int | None = None

    @property
    def evaluation_batch(self) -> int:
        """Larger than a small training batch, because nothing depends on its size."""
        return min(max(self.batch, 64), 1024)

    def epoch_steps(self, samples: int) -> int:
        steps = -(-samples // self.batch)
        return steps if self.most_batches is None else min(steps, self.most_batches)


def train(
    machine: Machine,
    material: Material,
    task: Task,
    settings: Settings,
    rate: Rate,
    stopping: Stopping,
    reporter: Reporter,
    *,
    clock: Clock = time.monotonic,
) -> RunReport:
    """Trains, and tests at the end.

    The learning rate is read before every step; validation follows every epoch; the loop ends at
    once when a loss is no finite number, without a test.
    """
    loop = _Loop(machine, material, task, settings, rate, stopping, reporter, clock)
    # a diverging run overflows on its way; its loss tells, a warning for each kernel does not help
    with np.errstate(all="ignore"):
        return loop.run()


@dataclass(slots=True)
class _Loop:
    machine: Machine
    material: Material
    task: Task
    settings: Settings
    rate: Rate
    stopping: Stopping
    reporter: Reporter
    clock: Clock
    step: int = 0
    """Steps done in the whole run."""
    diverged: Diverged | None = None
    stopped: Stopped | None = None
    epochs: list[EpochDone] = field(default_factory=list)
    best_weights: dict[str, NDArray[Any]] | None = None
    began: float = 0.0

    def run(self) -> RunReport:
        self.began = self.clock()
        best = Best(self.settings.watched)
        for epoch in range(1, self.settings.epochs + 1):
            self._run_epoch(epoch, best)
            if self.diverged is not None:
                self.reporter(self.diverged)
                return RunReport(tuple(self.epochs), best.epoch, self.stopped, self.diverged)
            if self.stopped is not None:
                self.reporter(self.stopped)
                break
        if self.best_weights is not None:
            for name, array in self.machine.parameters().items():
                np.copyto(array, self.best_weights[name])
        tested = self._test(best.epoch)
        return RunReport(tuple(self.epochs), best.epoch, self.stopped, None, tested)

    def _run_epoch(self, epoch: int, best: Best) -> None:
        self.reporter(EpochStarted(epoch))
        start = self.clock()
        measured = self._train_epoch(epoch, start)
        if self.diverged is not None:
            return
        if self.material.validation is not None:
            values, _ = self._measure(self.material.validation)
            measured |= {f"val_{name}": value for name, value in values.items()}
            if not isfinite(values["loss"]):
                self._diverge(epoch, self._steps_of_epoch(), values["loss"])
                return
        is_best = best.see(epoch, measured[self.settings.watched])
        if is_best and self.settings.keep_best:
            self.best_weights = {
                name: array.copy() for name, array in self.machine.parameters().items()
            }
        lr = self.rate.at(self.step - 1)
        done = EpochDone(epoch, measured, lr, self.clock() - start, is_best)
        self.epochs.append(done)
        self.reporter(done)
        self.rate.epoch_ended(measured)
        reason = self.stopping.after_epoch(epoch, measured)
        if reason is not None and self.stopped is None and epoch < self.settings.epochs:
            self.stopped = Stopped(epoch, reason)

    def _train_epoch(self, epoch: int, start: float) -> dict[str, float]:
        part, settings, machine = self.material.train, self.settings, self.machine
        order = epoch_order(settings.seed, epoch, len(part), shuffle=settings.shuffle)
        tally = self.task.tally()
        answers = _Answers(tally, part) if tally is not None else None
        total, seen, told = 0.0, 0, start
        for batch, rows in enumerate(_batches(order, settings.batch, settings.most_batches), 1):
            count = len(rows)
            machine.resize(count)
            fill(machine.feeds, self.task.source, part, rows, count)
            machine.train_step(self.rate.at(self.step))
            loss = machine.loss()
            self.step += 1
            if not isfinite(loss):
                self._diverge(epoch, batch, loss)
                return {}
            total += loss * count
            seen += count
            if answers is not None:
                answers.keep(machine.outputs[self.task.output], rows)
            now = self.clock()
            if now - told >= STEP_EVENTS:
                told = now
                self.reporter(StepDone(epoch, batch, total / seen, seen / (now - start)))
            reason = self.stopping.after_step(self.step, now - self.began)
            if reason is not None:
                self.stopped = Stopped(epoch, reason)
                break
        measured = {"train_loss": total / seen}
        if answers is not None and tally is not None:
            answers.count()
            measured |= {f"train_{name}": value for name, value in tally.values().items()}
        return measured

    def _measure(self, part: Part) -> tuple[dict[str, float], Tally | None]:
        return evaluate(self.machine, part, self.task, self.settings)

    def _test(self, best_epoch: int | None) -> TestDone | None:
        if self.material.test is None:
            return None
        values, tally = self._measure(self.material.test)
        confusion = confusion_of(tally)
        kept = self.best_weights is not None and best_epoch != len(self.epochs)
        weights_of = best_epoch if kept else None
        done = TestDone(values, weights_of, confusion, self.material.class_names)
        self.reporter(done)
        return done

    def _diverge(self, epoch: int, batch: int, loss: float) -> None:
        self.diverged = Diverged(epoch, batch, loss, self.rate.at(self.step - 1))

    def _steps_of_epoch(self) -> int:
        return self.settings.epoch_steps(len(self.material.train))


def evaluate(
    machine: Machine, part: Part, task: Task, settings: Settings
) -> tuple[dict[str, float], Tally | None]:
    """The loss and the metrics of one part, and the tally behind the metrics."""
    tally = task.tally()
    total, seen = 0.0, 0
    order = np.arange(len(part))
    for rows in _batches(order, settings.evaluation_batch, settings.most_batches):
        count = len(rows)
        machine.resize(count)
        fill(machine.feeds, task.source, part, rows, count)
        machine.evaluate_step()
        total += machine.loss() * count
        seen += count
        if tally is not None:
            tally.add(_flat(machine.outputs[task.output], count), _true(part, rows))
    values = {"loss": total / seen}
    if tally is not None:
        values |= tally.values()
    return values, tally


def confusion_of(tally: Tally | None) -> tuple[tuple[int, ...], ...] | None:
    """The confusion matrix as plain numbers, when it is wanted."""
    if not isinstance(tally, ClassTally) or "confusion" not in tally.wanted:
        return None
    return tuple(tuple(int(count) for count in row) for row in tally.confusion)


class _Answers:
    """Keeps the outputs of training batches and counts them many at a time: a copy costs a small
    part of what finding the largest output of every batch would."""

    def __init__(self, tally: Any, part: Part) -> None:
        self._tally = tally
        self._part = part
        self._outputs: Array | None = None
        self._rows = np.empty(KEPT_ROWS, np.intp)
        self._filled = 0

    def keep(self, output: Array, rows: Rows) -> None:
        count = len(rows)
        flat = _flat(output, count)
        if count > KEPT_ROWS:
            self._tally.add(flat, _true(self._part, rows))
            return
        if self._outputs is None:
            self._outputs = np.empty((KEPT_ROWS, flat.shape[1]), flat.dtype)
        if self._filled + count > KEPT_ROWS:
            self.count()
        end = self._filled + count
        self._outputs[self._filled : end] = flat
        self._rows[self._filled : end] = rows
        self._filled = end

    def count(self) -> None:
        if self._filled and self._outputs is not None:
            true = _true(self._part, self._rows[: self._filled])
            self._tally.add(self._outputs[: self._filled], true)
        self._filled = 0


def _batches(order: Rows, size: int, most: int | None) -> Iterator[Rows]:
    end = len(order) if most is None else min(len(order), size * most)
    for start in range(0, end, size):
        yield order[start : min(start + size, end)]


def _flat(output: Array, count: int) -> Array:
    return output[:count].reshape(count, -1)


def _true(part: Part, rows: Rows) -> Array:
    """The class indices or the measured targets of some samples."""
    truth: Array = part.truth[rows]
    return truth
