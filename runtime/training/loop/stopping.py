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
    bests: dict[int, Best] = field(default_factory=dict)
    """What each `stop patience` waits for, by its index."""
    since: int = 0
    """The epoch after which a training that had ended goes on: patience begins anew."""
    waived: list[int] = field(default_factory=list)
    """Those that ended an earlier part of the training, and shall not end this one."""

    def holding(self, steps: int, seconds: float, measured: Mapping[str, float]) -> list[int]:
        """The `stop when` and `stop after` that would end the training here."""
        return [
            index
            for index, stop in enumerate(self.stops)
            if (isinstance(stop, After) and self._is_over(stop, steps, seconds))
            or (isinstance(stop, When) and _is_reached(stop, measured))
        ]

    def after_step(self, steps: int, seconds: float) -> str | None:
        """Why to stop at once, or None."""
        for index, stop in enumerate(self.stops):
            if not isinstance(stop, After) or index in self.waived:
                continue
            if self._is_over(stop, steps, seconds):
                return f"`stop after {stop.limit}`"
        return None

    def _is_over(self, stop: After, steps: int, seconds: float) -> bool:
        if stop.limit.unit in SECONDS:
            return seconds >= seconds_of(stop.limit)
        return steps >= steps_of(stop.limit, epoch=self.epoch_steps, run=self.run_steps)

    def after_epoch(self, epoch: int, measured: Mapping[str, float]) -> str | None:
        """Why to stop after this epoch, or None."""
        reasons = [self._judge(index, epoch, measured) for index in range(len(self.stops))]
        return next((reason for reason in reasons if reason is not None), None)

    def _judge(self, index: int, epoch: int, measured: Mapping[str, float]) -> str | None:
        stop = self.stops[index]
        if index in self.waived:
            return None
        if isinstance(stop, When) and _is_reached(stop, measured):
            return f"reached {spell(stop.quantity)} {stop.operator} {stop.bound:g}"
        if isinstance(stop, Patience):
            best = self.bests.setdefault(index, Best(stop.on))
            best.see(epoch, measured[stop.on])
            waited = epoch - max(best.epoch or 0, self.since)
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


def _is_reached(stop: When, measured: Mapping[str, float]) -> bool:
    return bool(COMPARE[stop.operator](measured[stop.quantity], stop.bound))


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
