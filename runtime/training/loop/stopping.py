"""When training ends early, and which epoch was the best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ....compiler.language.quantities import SECONDS, Quantity, seconds_of, steps_of
from ....compiler.training.monitors import COMPARE
from ....compiler.training.stops import After, Patience, Stop, When
from ..metrics.regression_metrics import is_better


@dataclass(slots=True)
class Best:
    """The best epoch by one quantity; the first of equals."""

    quantity: str
    epoch: int | None = None
    value: float = float("nan")

    def see(self, epoch: int, value: float) -> bool:
        """Whether this epoch is the best so far. A NaN never is."""
        if value != value:
            return False
        if self.epoch is None or is_better(self.quantity, value, self.value):
            self.epoch, self.value = epoch, value
            return True
        return False


@dataclass(slots=True)
class Stopping:
    """The `stop` statements of a spec at work."""

    stops: Sequence[Stop]
    epoch_steps: int
    run_steps: int
    _bests: dict[int, Best] = field(default_factory=dict)

    def after_step(self, steps: int, seconds: float) -> str | None:
        """Why to stop at once, or None."""
        for stop in self.stops:
            if not isinstance(stop, After):
                continue
            if stop.limit.unit in SECONDS:
                over = seconds >= seconds_of(stop.limit)
            else:
                over = steps >= steps_of(stop.limit, epoch=self.epoch_steps, run=self.run_steps)
            if over:
                return f"`stop after {stop.limit}`"
        return None

    def after_epoch(self, epoch: int, measured: Mapping[str, float]) -> str | None:
        """Why to stop after this epoch, or None."""
        reasons = [self._judge(index, epoch, measured) for index in range(len(self.stops))]
        return next((reason for reason in reasons if reason is not None), None)

    def _judge(self, index: int, epoch: int, measured: Mapping[str, float]) -> str | None:
        stop = self.stops[index]
        if isinstance(stop, When):
            value = measured[stop.quantity]
            if COMPARE[stop.operator](value, stop.bound):
                return f"reached {spell(stop.quantity)} {stop.operator} {stop.bound:g}"
        if isinstance(stop, Patience):
            best = self._bests.setdefault(index, Best(stop.on))
            best.see(epoch, measured[stop.on])
            waited = epoch - (best.epoch or 0)
            if self._in_steps(stop.patience, waited):
                return (
                    f"{spell(stop.on)} did not improve for {waited} "
                    f"{'epoch' if waited == 1 else 'epochs'}"
                    f" (best {best.value:.4f}, epoch {best.epoch})"
                )
        return None

    def _in_steps(self, patience: Quantity, epochs: int) -> bool:
        wanted = steps_of(patience, epoch=self.epoch_steps, run=self.run_steps)
        return epochs > 0 and epochs * self.epoch_steps >= wanted


def spell(quantity: str) -> str:
    """As a table's head writes it: `val acc`."""
    return quantity.replace("_", " ")


def watched_by(stops: Sequence[Stop]) -> str | None:
    """The quantity by which the best weights are chosen, when a `stop` names one."""
    for stop in stops:
        if isinstance(stop, Patience):
            return stop.on
        if isinstance(stop, When):
            return stop.quantity
    return None
