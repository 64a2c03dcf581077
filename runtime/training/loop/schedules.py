"""How the learning rate changes: each schedule as a factor on the optimizer's `lr`.

A factor is a function of t, the steps done since the beginning of training. T is the number of
steps of the run, and W that of the warm-up; t' = max(0, t - W) and T' = T - W count from its end.

| schedule | factor |
|---|---|
| constant | 1 |
| exp | gamma ^ floor(t / per) |
| step | factor ^ floor(t / every) |
| multistep | factor ^ (how many milestones are <= t) |
| cosine | (1 + cos(pi t' / T')) / 2 |
| poly | (1 - t' / T') ^ power |
| onecycle | half a cosine from 1/25 up to 1 at step W - 1, another down to 1/250,000 at the end |
| plateau | factor ^ (how often `patience` epochs brought no improvement) |

In the warm-up, step t has (t + 1) / W times that factor (`onecycle` is its own warm-up).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import cos, pi

from ....compiler.language.quantities import steps_of
from ....compiler.training.schedules import (
    Constant,
    Cosine,
    Exponential,
    MultiStep,
    OneCycle,
    Plateau,
    Polynomial,
    Schedule,
    StepDecay,
)
from ..metrics.regression_metrics import is_better

RateFactor = Callable[[int], float]

FIRST = 1 / 25
LAST = FIRST / 1e4
"""Where a one-cycle schedule begins and ends."""


def exponential(gamma: float, per: int) -> RateFactor:
    return lambda t: gamma ** (t // per)


def milestones(factor: float, at: Sequence[int]) -> RateFactor:
    ordered = sorted(at)
    return lambda t: factor ** bisect_right(ordered, t)


def cosine(warmup: int, run: int) -> RateFactor:
    return lambda t: (1 + cos(pi * _share_after(warmup, run, t))) / 2


def polynomial(power: float, warmup: int, run: int) -> RateFactor:
    return lambda t: (1 - _share_after(warmup, run, t)) ** power


def _share_after(warmup: int, run: int, t: int) -> float:
    """How much of the run after its warm-up has passed, from 0 to 1."""
    return min(1.0, max(0, t - warmup) / max(1, run - warmup))


def one_cycle(rise: int, total: int) -> RateFactor:
    """The rise takes the steps 0 to rise - 1, the fall those up to total - 1."""
    top, end = max(0, rise - 1), total - 1

    def factor(step: int) -> float:
        if step < top:
            return _swing(FIRST, 1.0, step / top)
        return _swing(1.0, LAST, min(1.0, (step - top) / (end - top)) if end > top else 0.0)

    return factor


def _swing(first: float, last: float, share: float) -> float:
    """Half a cosine from one value to another."""
    return last + (first - last) * (1 + cos(pi * share)) / 2


def with_warmup(factor: RateFactor, steps: int) -> RateFactor:
    """The factor times a straight line from 1 / steps up to 1, over the first steps."""
    if steps == 0:
        return factor
    return lambda t: min(1.0, (t + 1) / steps) * factor(t)


@dataclass(slots=True)
class PlateauWatch:
    """How often a quantity went `patience` epochs without getting better than its best.

    The count starts again after every reduction.
    """

    quantity: str
    patience: int
    cuts: int = 0
    best: float | None = None
    waited: int = 0

    def see(self, value: float) -> None:
        if self.best is None or is_better(self.quantity, value, self.best):
            self.best, self.waited = value, 0
            return
        self.waited += 1
        if self.waited == self.patience:
            self.cuts, self.waited = self.cuts + 1, 0


@dataclass(slots=True)
class LearningRate:
    """The learning rate of every step: `lr` times the schedule's factor."""

    base: float
    factor: RateFactor
    watch: PlateauWatch | None = None
    cut: float = 1.0
    _reduction: float = field(default=1.0)

    def at(self, step: int) -> float:
        return self.base * self.factor(step) * self._reduction

    def resume(self, watch: PlateauWatch | None) -> None:
        """Goes on with what a plateau schedule has seen."""
        if self.watch is not None and watch is not None:
            self.watch = watch
            self._reduction = self.cut**watch.cuts

    def epoch_ended(self, measured: dict[str, float]) -> None:
        """Tells a plateau schedule what the epoch came to."""
        if self.watch is not None:
            self.watch.see(measured[self.watch.quantity])
            self._reduction = self.cut**self.watch.cuts


def rate_of(
    schedule: Schedule | None, base: float, *, epoch_steps: int, run_steps: int
) -> LearningRate:
    """The rate that a spec's `schedule` describes; constant without one."""
    if schedule is None:
        return LearningRate(base, lambda t: 1.0)

    def steps(quantity: object) -> int:
        return 0 if quantity is None else steps_of(quantity, epoch=epoch_steps, run=run_steps)  # type: ignore[arg-type]

    warmup = min(steps(schedule.warmup), run_steps)
    if isinstance(schedule, OneCycle):
        return LearningRate(base, one_cycle(warmup, run_steps))
    factor: RateFactor
    match schedule:
        case Constant():
            factor = lambda t: 1.0  # noqa: E731  as short as the cases below
        case Exponential(gamma=gamma, per=per):
            factor = exponential(gamma, epoch_steps if per == "epoch" else 1)
        case StepDecay(every=every, factor=share):
            factor = exponential(share, steps(every))
        case MultiStep(at=at, factor=share):
            factor = milestones(share, [steps(item) for item in at])
        case Cosine():
            factor = cosine(warmup, run_steps)
        case Polynomial(power=power):
            factor = polynomial(power, warmup, run_steps)
        case Plateau(on=on, factor=share, patience=patience):
            watch = PlateauWatch(on, int(patience.value))
            return LearningRate(base, with_warmup(lambda t: 1.0, warmup), watch, share)
        case _:
            raise TypeError(f"no rate for a schedule of {type(schedule).__name__}")
    return LearningRate(base, with_warmup(factor, warmup))
