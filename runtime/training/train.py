"""The training loop: epochs of steps, validation, stopping, and the test at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .batches import Array, Part, Rows, epoch_order, fill
from .events import (
    Culprit,
    Diverged,
    EpochDone,
    EpochStarted,
    Event,
    LossGrew,
    RunReport,
    StepDone,
    Stopped,
    TestDone,
)
from .metric_accumulators import Gatherer
from .objectives import Task
from .schedules import Rate
from .stopping import Best, Stopping

Reporter = Callable[[Event], None]
Clock = Callable[[], float]
Confusion = tuple[tuple[int, ...], ...]

Weights = dict[str, NDArray[Any]]
Locate = Callable[[Weights, Mapping[str, Array]], Culprit | None]
"""Finds what is not finite first with these weights on the batch in these feeds."""

FIRST_STEPS = 8
"""A learning rate that is far too large shows in these: their weights are kept for a step."""
GROWN = 10
"""How many times the first batch's loss makes a step as doubtful as the first ones."""
EXPLODED = 100
"""How many times the first batch's loss is worth a word at the end of a run."""

STEP_EVENTS = 0.1
"""Seconds between two reports of steps."""


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
    says whether the best epoch's weights are tested, rather than the last's; `rescue` whether they
    are left in the machine after a run that diverged."""

    epochs: int
    batch: int
    seed: int
    shuffle: bool
    watched: str
    keep_best: bool
    most_batches: int | None = None
    rescue: bool = False

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
    locate: Locate | None = None,
) -> RunReport:
    """Trains, and tests at the end.

    The learning rate is read before every step; validation follows every epoch; the loop ends at
    once when a loss is no finite number, without a test. What ends it from outside, such as a
    KeyboardInterrupt or a dead worker, goes on to the caller, with the weights in the machine
    that the run would have kept so far.
    """
    loop = _Loop(machine, material, task, settings, rate, stopping, reporter, clock, locate)
    # a diverging run overflows on its way; its loss tells, a warning for each kernel does not help
    with np.errstate(all="ignore"):
        try:
            return loop.run()
        except BaseException:
            if settings.keep_best:
                loop.take_best()
            raise


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
    locate: Locate | None = None
    step: int = 0
    """Steps done in the whole run."""
    diverged: Diverged | None = None
    stopped: Stopped | None = None
    epochs: list[EpochDone] = field(default_factory=list)
    best_weights: Weights | None = None
    before: Weights | None = None
    """The weights before a doubtful step: after one that fails they tell nothing any more."""
    first_loss: float | None = None
    last_loss: float = 0.0
    began: float = 0.0

    def run(self) -> RunReport:
        self.began = self.clock()
        best = Best(self.settings.watched)
        for epoch in range(1, self.settings.epochs + 1):
            self._run_epoch(epoch, best)
            if self.diverged is not None:
                self.take_best()
                self.reporter(self.diverged)
                return RunReport(tuple(self.epochs), best.epoch, self.stopped, self.diverged)
            if self.stopped is not None:
                self.reporter(self.stopped)
                break
        self._report_growth()
        if self.settings.keep_best:
            self.take_best()
        tested = self._test(best.epoch)
        return RunReport(tuple(self.epochs), best.epoch, self.stopped, None, tested)

    def take_best(self) -> None:
        """Puts the best epoch's weights into the machine, where they were kept."""
        if self.best_weights is not None:
            for name, array in self.machine.parameters().items():
                np.copyto(array, self.best_weights[name])

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
                weights = self.machine.parameters()
                self._diverge(epoch, self._steps_of_epoch(), values["loss"], weights)
                return
        is_best = best.see(epoch, measured[self.settings.watched])
        if is_best and (self.settings.keep_best or self.settings.rescue):
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
        gatherer = Gatherer(self.task, part)
        total, seen, told = 0.0, 0, start
        for batch, rows in enumerate(_batches(order, settings.batch, settings.most_batches), 1):
            count = len(rows)
            machine.resize(count)
            fill(machine.feeds, part, rows, count)
            self._keep_before()
            machine.train_step(self.rate.at(self.step))
            loss = machine.loss()
            self.step += 1
            if not isfinite(loss):
                self._diverge(epoch, batch, loss, self.before)
                return {}
            self.first_loss = loss if self.first_loss is None else self.first_loss
            self.last_loss = loss
            total += loss * count
            seen += count
            gatherer.keep(machine.outputs, rows)
            now = self.clock()
            if now - told >= STEP_EVENTS:
                told = now
                self.reporter(StepDone(epoch, batch, total / seen, seen / (now - start)))
            reason = self.stopping.after_step(self.step, now - self.began)
            if reason is not None:
                self.stopped = Stopped(epoch, reason)
                break
        measured = {"train_loss": total / seen}
        measured |= {f"train_{name}": value for name, value in gatherer.values().items()}
        return measured

    def _measure(self, part: Part) -> tuple[dict[str, float], Confusion | None]:
        return evaluate(self.machine, part, self.task, self.settings)

    def _test(self, best_epoch: int | None) -> TestDone | None:
        if self.material.test is None:
            return None
        values, confusion = self._measure(self.material.test)
        kept = self.settings.keep_best and self.best_weights is not None
        weights_of = best_epoch if kept and best_epoch != len(self.epochs) else None
        done = TestDone(values, weights_of, confusion, self.material.class_names)
        self.reporter(done)
        return done

    def _keep_before(self) -> None:
        """Keeps the weights before a step that may be the last one."""
        if self.locate is None:
            return
        if self.step >= FIRST_STEPS and not self._has_grown(self.last_loss, GROWN):
            self.before = None
            return
        weights = self.machine.parameters()
        if self.before is None:
            self.before = {name: array.copy() for name, array in weights.items()}
        else:
            for name, array in weights.items():
                np.copyto(self.before[name], array)

    def _diverge(self, epoch: int, batch: int, loss: float, weights: Weights | None) -> None:
        culprit = None
        if self.locate is not None and weights is not None:
            culprit = self.locate(weights, self.machine.feeds)
        self.diverged = Diverged(epoch, batch, loss, self.rate.at(self.step - 1), culprit)

    def _has_grown(self, loss: float, times: float) -> bool:
        return self.first_loss is not None and loss > times * abs(self.first_loss) + 10

    def _report_growth(self) -> None:
        last = self.epochs[-1].measured["train_loss"]
        if self.first_loss is not None and self._has_grown(last, EXPLODED):
            self.reporter(LossGrew(self.first_loss, last))

    def _steps_of_epoch(self) -> int:
        return self.settings.epoch_steps(len(self.material.train))


def evaluate(
    machine: Machine, part: Part, task: Task, settings: Settings
) -> tuple[dict[str, float], Confusion | None]:
    """The loss and the metrics of one part, and the confusion matrix when it is wanted."""
    gatherer = Gatherer(task, part)
    total, seen = 0.0, 0
    order = np.arange(len(part))
    for rows in _batches(order, settings.evaluation_batch, settings.most_batches):
        count = len(rows)
        machine.resize(count)
        fill(machine.feeds, part, rows, count)
        machine.evaluate_step()
        total += machine.loss() * count
        seen += count
        gatherer.keep(machine.outputs, rows)
    return {"loss": total / seen} | gatherer.values(), gatherer.confusion()


def _batches(order: Rows, size: int, most: int | None) -> Iterator[Rows]:
    end = len(order) if most is None else min(len(order), size * most)
    for start in range(0, end, size):
        yield order[start : min(start + size, end)]
