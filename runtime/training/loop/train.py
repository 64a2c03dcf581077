"""The training loop: epochs of steps, validation, stopping, and the test at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ...array_types import Array
from ...events import (
    Clock,
    Culprit,
    Diverged,
    EpochDone,
    EpochStarted,
    LossGrew,
    Reporter,
    RunReport,
    StepDone,
    Stopped,
    TestDone,
)
from ..objectives.batches import EncodedSplit, epoch_order, fill, read_batches
from ..objectives.loss_weights import mean_divisors
from ..objectives.objectives import Objective
from .augmentation import Augmentation
from .metric_accumulators import MetricAccumulator
from .schedules import LearningRate
from .stopping import Best, Stopping

ConfusionMatrix = tuple[tuple[int, ...], ...]

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


class TrainingEngine(Protocol):
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
class EncodedData:
    """The parts of the data as the engine sees them."""

    train: EncodedSplit
    validation: EncodedSplit | None
    test: EncodedSplit | None
    class_names: tuple[str, ...] = ()
    augmentation: Augmentation | None = None
    """What happens to the training part."""
    bounds: Mapping[str, Array] = field(default_factory=dict)
    """What adversarial training reads besides the batches, by feed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How long and in which portions. `most_batches` bounds every pass over a part; `keep_best`
    says whether the best epoch's weights are tested, rather than the last's; `rescue` whether they
    are left in the machine after a run that diverged; `drop_last` whether an epoch of training
    leaves out a last batch of fewer samples."""

    epochs: int
    batch: int
    seed: int
    shuffle: bool
    watched: str
    keep_best: bool
    most_batches: int | None = None
    rescue: bool = False
    drop_last: bool = False

    @property
    def evaluation_batch(self) -> int:
        """Larger than a small training batch, because nothing depends on its size."""
        return min(max(self.batch, 64), 1024)

    def epoch_steps(self, samples: int) -> int:
        steps = samples // self.batch if self.drop_last else -(-samples // self.batch)
        return steps if self.most_batches is None else min(steps, self.most_batches)


@dataclass(slots=True)
class TrainingLoop:
    """Trains an engine on the training part, and tests it at the end."""

    engine: TrainingEngine
    encoded: EncodedData
    objective: Objective
    settings: Settings
    rate: LearningRate
    stopping: Stopping
    reporter: Reporter
    clock: Clock = time.monotonic
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
        """Trains, and tests at the end.

        The learning rate is read before every step; validation follows every epoch; the loop ends
        at once when a loss is not a finite number, without a test. What ends it from outside, such
        as a KeyboardInterrupt or a dead worker, goes on to the caller, with the weights in the
        engine that the run would have kept so far.
        """
        # a diverging run overflows on its way; its loss tells, a warning per kernel does not help
        with np.errstate(all="ignore"):
            try:
                return self._run()
            except BaseException:
                if self.settings.keep_best:
                    self.take_best()
                raise

    def _run(self) -> RunReport:
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
        grew = self._growth()
        if grew is not None:
            self.reporter(grew)
        if self.settings.keep_best:
            self.take_best()
        kept = self.settings.keep_best and self.best_weights is not None
        weights_of = best.epoch if kept and best.epoch != len(self.epochs) else None
        tested = self._test(weights_of)
        return RunReport(
            tuple(self.epochs),
            best.epoch,
            self.stopped,
            grew=grew,
            test=tested,
            weights_of=weights_of,
        )

    def take_best(self) -> None:
        """Puts the best epoch's weights into the machine, where they were kept."""
        if self.best_weights is not None:
            for name, array in self.engine.parameters().items():
                np.copyto(array, self.best_weights[name])

    def _run_epoch(self, epoch: int, best: Best) -> None:
        self.reporter(EpochStarted(epoch))
        start = self.clock()
        measured, reasons = self._train_epoch(epoch, start)
        if self.diverged is not None:
            return
        if self.encoded.validation is not None:
            held_out = self._measure(self.encoded.validation)
            values = held_out.values
            measured |= {f"val_{name}": value for name, value in values.items()}
            reasons |= {f"val_{name}": reason for name, reason in held_out.reasons.items()}
            if not isfinite(values["loss"]):
                weights = self.engine.parameters()
                self._diverge(epoch, self._steps_of_epoch(), values["loss"], weights)
                return
        is_best = best.see(epoch, measured[self.settings.watched])
        if is_best and (self.settings.keep_best or self.settings.rescue):
            self.best_weights = {
                name: array.copy() for name, array in self.engine.parameters().items()
            }
        lr = self.rate.at(self.step - 1)
        done = EpochDone(epoch, measured, lr, self.clock() - start, is_best, reasons)
        self.epochs.append(done)
        self.reporter(done)
        self.rate.epoch_ended(measured)
        reason = self.stopping.after_epoch(epoch, measured)
        if reason is not None and self.stopped is None and epoch < self.settings.epochs:
            self.stopped = Stopped(epoch, reason)

    def _train_epoch(self, epoch: int, start: float) -> tuple[dict[str, float], dict[str, str]]:
        """What was measured on the batches, and why metrics have no meaning there."""
        part, settings, engine = self.encoded.train, self.settings, self.engine
        order = epoch_order(settings.seed, epoch, len(part), shuffle=settings.shuffle)
        metrics = MetricAccumulator(self.objective)
        total, shares, seen, told = 0.0, 0.0, 0, start
        steps = self._steps_of_epoch()
        augmentation = self.encoded.augmentation
        sources = {} if augmentation is None else augmentation.sources(epoch)
        batches = read_batches(part, order, settings.batch, steps, sources)
        for batch, (rows, read) in enumerate(batches, 1):
            count = len(rows)
            engine.resize(count)
            share = fill(engine.feeds, part, rows, count, read)
            truths = part.truths_of(rows, read)
            if augmentation is not None:
                mixed = augmentation.finish(engine.feeds, part, count, (epoch, batch))
                truths = [mixed.get(index, truth) for index, truth in enumerate(truths)]
            for name, bound in self.encoded.bounds.items():
                engine.feeds[name][...] = bound
            self._keep_before()
            engine.train_step(self.rate.at(self.step))
            loss = engine.loss()
            self.step += 1
            if not isfinite(loss):
                self._diverge(epoch, batch, loss, self.before)
                return {}, {}
            self.first_loss = loss if self.first_loss is None else self.first_loss
            self.last_loss = loss
            total += loss * share
            shares += share
            seen += count
            metrics.keep(engine.outputs, truths)
            now = self.clock()
            if now - told >= STEP_EVENTS:
                told = now
                mean = total / (shares or 1)
                self.reporter(StepDone(epoch, batch, mean, seen / (now - start)))
            reason = self.stopping.after_step(self.step, now - self.began)
            if reason is not None:
                self.stopped = Stopped(epoch, reason)
                break
        measured = {"train_loss": total / (shares or 1)}
        measured |= {f"train_{name}": value for name, value in metrics.values().items()}
        return measured, {f"train_{name}": why for name, why in metrics.reasons().items()}

    def _measure(self, part: EncodedSplit) -> Measurement:
        return evaluate(self.engine, part, self.objective, self.settings)

    def _test(self, weights_of: int | None) -> TestDone | None:
        if self.encoded.test is None:
            return None
        found = self._measure(self.encoded.test)
        names = self.encoded.class_names
        done = TestDone(found.values, weights_of, found.confusion, names, found.reasons)
        self.reporter(done)
        return done

    def _keep_before(self) -> None:
        """Keeps the weights before a step that may be the last one."""
        if self.locate is None:
            return
        if self.step >= FIRST_STEPS and not self._has_grown(self.last_loss, GROWN):
            self.before = None
            return
        weights = self.engine.parameters()
        if self.before is None:
            self.before = {name: array.copy() for name, array in weights.items()}
        else:
            for name, array in weights.items():
                np.copyto(self.before[name], array)

    def _diverge(self, epoch: int, batch: int, loss: float, weights: Weights | None) -> None:
        culprit = None
        if self.locate is not None and weights is not None:
            culprit = self.locate(weights, self.engine.feeds)
        self.diverged = Diverged(epoch, batch, loss, self.rate.at(self.step - 1), culprit)

    def _has_grown(self, loss: float, times: float) -> bool:
        return self.first_loss is not None and loss > times * abs(self.first_loss) + 10

    def _growth(self) -> LossGrew | None:
        """The last epoch's loss beside that of the first batch, where it is `EXPLODED`."""
        last = self.epochs[-1].measured["train_loss"]
        if self.first_loss is not None and self._has_grown(last, EXPLODED):
            return LossGrew(self.first_loss, last)
        return None

    def _steps_of_epoch(self) -> int:
        return self.settings.epoch_steps(len(self.encoded.train))


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one part came to."""

    values: dict[str, float]
    """The loss and the metrics."""
    confusion: ConfusionMatrix | None
    """Where it is wanted."""
    reasons: dict[str, str]
    """Why metrics have no meaning on this part."""


def evaluate(
    engine: TrainingEngine, part: EncodedSplit, objective: Objective, settings: Settings
) -> Measurement:
    """The loss and the metrics of one part."""
    metrics = MetricAccumulator(objective)
    total, seen = 0.0, 0
    order = np.arange(len(part))
    if settings.most_batches is not None:
        order = order[: settings.most_batches * settings.evaluation_batch]
    # the loss is the weighted mean over the part, whatever the batches are
    means = mean_divisors(part.weights, order)
    for rows, read in read_batches(part, order, settings.evaluation_batch, None):
        count = len(rows)
        engine.resize(count)
        fill(engine.feeds, part, rows, count, read, means)
        engine.evaluate_step()
        total += engine.loss() * count
        seen += count
        metrics.keep(engine.outputs, part.truths_of(rows, read))
    values = {"loss": total / seen} | metrics.values()
    return Measurement(values, metrics.confusion(), metrics.reasons())
