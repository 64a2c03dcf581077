"""The training loop: epochs of steps, validation, stopping, and the test at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import isfinite
from time import monotonic

import numpy as np

from ...array_types import Array
from ...engine.together import ALONE, ProcessLostError
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
    StepLogged,
    Stopped,
    TestDone,
)
from ..objectives.batches import EncodedSplit, epoch_order, fill, fill_rest, read_batches
from ..objectives.objectives import Objective
from .augmentation import Augmentation
from .engines import TrainingEngine
from .measurement import Measurement, evaluate
from .metric_accumulators import MetricAccumulator
from .progress import (
    UNSUPERVISED,
    EpochProgress,
    Supervisor,
    TrainingProgress,
    TrainingState,
    Weights,
)
from .schedules import LearningRate
from .settings import Settings
from .stopping import Best, Stopping

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
    clock: Clock = monotonic
    locate: Locate | None = None
    supervisor: Supervisor = UNSUPERVISED
    progress: TrainingProgress = field(init=False)
    diverged: Diverged | None = None
    best_weights: Weights | None = None
    before: Weights | None = None
    """The weights before a doubtful step: after one that fails they tell nothing any more."""
    metrics: MetricAccumulator = field(init=False)
    """Those of the epoch in work."""
    _began: float = 0.0
    """When the run would have begun, had it never been interrupted."""
    _epoch_began: float = 0.0
    _goes_on: bool = False
    """Whether it had ended: its new state is kept, so that it does not end at once when it is
    continued again."""
    _trained: bool = False
    """Whether all epochs are done: the engine may hold other weights than the last ones."""

    def __post_init__(self) -> None:
        self.progress = TrainingProgress(Best(self.settings.watched), plateau=self.rate.watch)
        self.metrics = MetricAccumulator(self.objective)
        self._share()

    def _share(self) -> None:
        """What the stopping rules and the schedule have seen is part of the progress."""
        progress, stopping = self.progress, self.stopping
        stopping.bests, stopping.since = progress.stops, progress.since
        stopping.waived = progress.waived
        self.rate.resume(progress.plateau)

    @property
    def epochs(self) -> list[EpochDone]:
        return self.progress.epochs

    def state(self) -> TrainingState:
        """Copies of all that the training needs to go on from here, between two of its steps."""
        self._note_times()
        best = None
        if self.best_weights is not None:
            best = {name: array.copy() for name, array in self.best_weights.items()}
        state = self.progress.copy(), self.engine.state(), best
        return TrainingState(*state, self.metrics.arrays() if self.progress.now.batch else {})

    def restore(self, state: TrainingState) -> None:
        """Goes on from a state, before any step. Raises EngineStateError."""
        self.engine.restore(state.engine)
        self.progress = state.progress.copy()
        self._share()
        self.best_weights = state.best_weights
        self.metrics.restore(state.metrics)

    def go_on(self) -> None:
        """Lets a training that had ended by a `stop` take its other epochs: what ended it no longer
        holds, and patience begins anew."""
        progress = self.progress
        if progress.stopped is None:
            return
        progress.stopped, progress.since = None, progress.epoch - 1
        measured = progress.epochs[-1].measured
        progress.waived = self.stopping.holding(progress.step, progress.seconds, measured)
        self._goes_on = True
        self._share()

    def run(self) -> RunReport:
        """Trains, and tests at the end.

        The learning rate is read before every step; validation follows every epoch; the loop ends
        at once when a loss is not a finite number, without a test. What ends it from outside, such
        as a KeyboardInterrupt or a dead worker, is passed on to the caller, with the weights so
        far.
        """
        # a diverging run overflows on its way; its loss tells, a warning per kernel does not help
        with np.errstate(all="ignore"):
            try:
                return self._run()
            except BaseException as error:
                if isinstance(error, ProcessLostError):
                    self._keep_intact()
                if self.settings.keep_best or self.settings.rescue:
                    self.take_best()
                raise

    def _keep_intact(self) -> None:
        """Keeps the state after the last step that all processes have taken, where one is gone."""
        if self.progress.step and self.supervisor.is_due(epoch_ended=False, run_ended=True):
            self.supervisor.keep(self.state())

    def report(self) -> RunReport | None:
        """What a run has come to that was left, with the weights that are in the engine then; None
        before its first step."""
        progress = self.progress
        if progress.step == 0:
            return None
        kept = (self.settings.keep_best or self.settings.rescue) and self.best_weights is not None
        best = progress.best.epoch
        weights_of = best if kept and best != len(self.epochs) else None
        return RunReport(tuple(self.epochs), best, progress.stopped, weights_of=weights_of)

    def _run(self) -> RunReport:
        progress = self.progress
        self._began = self.clock() - progress.seconds
        self._epoch_began = self.clock() - progress.now.seconds
        keeps = self._goes_on or self._is_over()  # it was left before all files had its last state
        if keeps and self.supervisor.is_due(epoch_ended=True, run_ended=True):
            self.supervisor.keep(self.state())
        while not self._is_over():
            self._run_epoch(progress.epoch)
            if self.diverged is not None:
                self.take_best()
                self.reporter(self.diverged)
                return RunReport(tuple(self.epochs), progress.best.epoch, None, self.diverged)
        self._trained = True
        if progress.stopped is not None:
            self.reporter(progress.stopped)
        grew = self._growth()
        if grew is not None:
            self.reporter(grew)
        if self.settings.keep_best:
            self.take_best()
        kept = self.settings.keep_best and self.best_weights is not None
        best = progress.best.epoch
        weights_of = best if kept and best != len(self.epochs) else None
        tested = self._test(weights_of)
        came_to = tuple(self.epochs), best, progress.stopped
        return RunReport(*came_to, grew=grew, test=tested, weights_of=weights_of)

    def _is_over(self) -> bool:
        return self.progress.stopped is not None or self.progress.epoch > self.settings.epochs

    def take_best(self) -> None:
        """Puts the best epoch's weights into the machine, where they were kept."""
        if self.best_weights is not None:
            for name, array in self.engine.parameters().items():
                np.copyto(array, self.best_weights[name])

    def _run_epoch(self, epoch: int) -> None:
        self.reporter(EpochStarted(epoch))
        progress = self.progress
        self._epoch_began = self.clock() - progress.now.seconds
        if progress.now.stopped is None:
            progress.now.stopped = self._train_epoch(epoch)
        if self.diverged is not None:
            return
        measured, reasons = self._measured_in_training()
        if self.encoded.validation is not None:
            held_out = self._measure(self.encoded.validation)
            values = held_out.values
            measured |= {f"val_{name}": value for name, value in values.items()}
            reasons |= {f"val_{name}": reason for name, reason in held_out.reasons.items()}
            if not isfinite(values["loss"]):
                weights = self.engine.parameters()
                self._diverge(epoch, self._steps_of_epoch(), values["loss"], weights)
                return
        self._end_epoch(epoch, measured, reasons)

    def _end_epoch(self, epoch: int, measured: dict[str, float], reasons: dict[str, str]) -> None:
        """Notes what the epoch came to, and whether it was the last one."""
        progress = self.progress
        is_best = progress.best.see(epoch, measured[self.settings.watched])
        if is_best and (self.settings.keep_best or self.settings.rescue):
            self.best_weights = {
                name: array.copy() for name, array in self.engine.parameters().items()
            }
        self._note_times()
        lr = self.rate.at(progress.step - 1)
        done = EpochDone(epoch, measured, lr, progress.now.seconds, is_best, reasons)
        progress.epochs.append(done)
        self.rate.epoch_ended(measured)
        reason = progress.now.stopped or self.stopping.after_epoch(epoch, measured)
        if reason is not None and epoch < self.settings.epochs:
            progress.stopped = Stopped(epoch, reason)
        progress.epoch, progress.now = epoch + 1, EpochProgress()
        self._epoch_began = self.clock()
        self.metrics = MetricAccumulator(self.objective)
        self.reporter(done)
        reason = self._asked()
        if reason is not None and epoch < self.settings.epochs and progress.stopped is None:
            progress.stopped = Stopped(epoch, reason)
        if self.supervisor.is_due(epoch_ended=True, run_ended=self._is_over()):
            self.supervisor.keep(self.state())

    def _asked(self) -> str | None:
        """Why the training shall end here, if anybody asks for it. Raises KeyboardInterrupt, after
        the state was kept, where the run shall be left and continued later."""
        request = self.supervisor.request()
        if request is None:
            return None
        if request.leaves:
            if not self._trained:
                self.supervisor.keep(self.state())
            raise KeyboardInterrupt
        return request.reason

    def _note_times(self) -> None:
        now = self.clock()
        self.progress.seconds = now - self._began
        self.progress.now.seconds = now - self._epoch_began

    def _train_epoch(self, epoch: int) -> str | None:
        """Takes the steps of an epoch that are left; gives why it ended before its last one."""
        part, settings, engine = self.encoded.train, self.settings, self.engine
        progress, now = self.progress, self.progress.now
        order = epoch_order(settings.seed, epoch, len(part), shuffle=settings.shuffle)
        order = order[now.batch * settings.batch :]
        steps = self._steps_of_epoch() - now.batch
        augmentation = self.encoded.augmentation
        sources = {} if augmentation is None else augmentation.sources(epoch)
        together = ALONE if augmentation and augmentation.mixes else engine.together
        told = self.clock()
        for rows, read in read_batches(part, order, settings.batch, steps, sources, together):
            count = len(rows)
            engine.resize(count)
            share = fill(engine.feeds, part, rows, count, read)
            truths = part.truths_of(rows, read)
            if augmentation is not None:
                mixed = augmentation.finish(engine.feeds, part, count, (epoch, now.batch + 1))
                truths = [mixed.get(index, truth) for index, truth in enumerate(truths)]
            for name, bound in self.encoded.bounds.items():
                engine.feeds[name][...] = bound
            self._keep_before()
            rate = self.rate.at(progress.step)
            engine.train_step(rate)
            loss = engine.loss()
            progress.step += 1
            if not isfinite(loss):
                fill_rest(engine.feeds, part, rows, sources, together)
                self._diverge(epoch, now.batch + 1, loss, self.before)
                return None
            progress.first_loss = loss if progress.first_loss is None else progress.first_loss
            progress.last_loss = loss
            now.add_batch(loss, share, count)
            self.metrics.keep(engine.outputs, truths)
            time = self.clock()
            told = self._tell_step(epoch, loss, rate, time, told)
            reason = self._asked() or self.stopping.after_step(progress.step, time - self._began)
            if reason is not None:
                return reason
            if self.supervisor.is_due(epoch_ended=False):
                self.supervisor.keep(self.state())
        return None

    def _tell_step(self, epoch: int, loss: float, rate: float, time: float, told: float) -> float:
        """Reports a step now and then; gives when one was reported last."""
        progress, now = self.progress, self.progress.now
        every = self.settings.log_steps
        if every is not None and progress.step % every == 0:
            self.reporter(StepLogged(epoch, progress.step, loss, rate))
        if time - told < STEP_EVENTS:
            return told
        mean = now.total / (now.shares or 1)
        self.reporter(StepDone(epoch, now.batch, mean, now.seen / (time - self._epoch_began)))
        return time

    def _measured_in_training(self) -> tuple[dict[str, float], dict[str, str]]:
        """What was measured on the batches of the epoch, and why metrics have no meaning there."""
        now, metrics = self.progress.now, self.metrics
        measured = {"train_loss": now.total / (now.shares or 1)}
        measured |= {f"train_{name}": value for name, value in metrics.values().items()}
        return measured, {f"train_{name}": why for name, why in metrics.reasons().items()}

    def _measure(self, part: EncodedSplit) -> Measurement:
        return evaluate(self.engine, part, self.objective, self.settings, self._leave_if_asked)

    def _leave_if_asked(self) -> None:
        """Between the batches of a measurement, which is taken again when the run goes on."""
        self._asked()

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
        if self.progress.step >= FIRST_STEPS and not self._has_grown(
            self.progress.last_loss, GROWN
        ):
            self.before = None
            return
        weights = self.engine.parameters()
        if self.before is None:
            self.before = {name: array.copy() for name, array in weights.items()}
        else:
            for name, array in weights.items():
                np.copyto(self.before[name], array)

    def _diverge(self, epoch: int, batch: int, loss: float, weights: Weights | None) -> None:
        locate, rate = self.locate, self.rate.at(self.progress.step - 1)
        culprit = None if locate is None or weights is None else locate(weights, self.engine.feeds)
        untrained = self.progress.first_loss is None
        self.diverged = Diverged(epoch, batch, loss, rate, culprit, untrained)

    def _has_grown(self, loss: float, times: float) -> bool:
        first = self.progress.first_loss
        return first is not None and loss > times * abs(first) + 10

    def _growth(self) -> LossGrew | None:
        """The last epoch's loss beside that of the first batch, where it is `EXPLODED`."""
        last = self.epochs[-1].measured["train_loss"]
        first = self.progress.first_loss
        if first is not None and self._has_grown(last, EXPLODED):
            return LossGrew(first, last)
        return None

    def _steps_of_epoch(self) -> int:
        return self.settings.epoch_steps(len(self.encoded.train))
