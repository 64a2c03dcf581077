"""From values to places, and where ticks are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10


@dataclass(frozen=True, slots=True)
class ChartScale:
    """Values from `low` to `high`, drawn from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def __call__(self, value: float) -> float:
        """The place of a value; not a number where it has none."""
        if not isfinite(value) or (self.log and value <= 0):
            return float("nan")
        low, high, at = self.low, self.high, value
        if self.log:
            low, high, at = log10(low), log10(high), log10(value)
        return self.start + (at - low) / (high - low) * (self.end - self.start)

    def holds(self, value: float) -> bool:
        """Whether a value is within."""
        return self.low <= value <= self.high

    def ticks(self, most: int = 5, *, whole: bool = False) -> list[float]:
        """Round values within the scale."""
        return _powers(self.low, self.high, most) if self.log else _rounds(self, most, whole)


def spanning(
    values: Iterable[float],
    start: float,
    end: float,
    *,
    log: bool = False,
    margin: float = 0.04,
    within: tuple[float, float] | None = None,
) -> ChartScale:
    """A scale that holds finite values, with some room beyond them that does not leave `within`."""
    finite = [value for value in values if isfinite(value) and (not log or value > 0)]
    low, high = min(finite, default=0.1 if log else 0.0), max(finite, default=1.0)
    if log:
        factor = (high / low) ** margin if high > low else 2.0
        ends = max(low / factor, 5e-324), min(high * factor, 1e308)
        return ChartScale(*ends, start, end, log=True)
    room = margin * (high - low) if high > low else abs(low) / 2 or 0.5
    if not isfinite(room):  # of numbers near the largest one
        low, high, room = low / 2, high / 2, 0.0
    low, high = low - room, high + room
    if within is not None and within[0] < within[1]:
        low, high = max(low, within[0]), min(high, within[1])
    return (
        ChartScale(low, high, start, end)
        if high > low
        else ChartScale(low - 0.5, low + 0.5, start, end)
    )


def _rounds(scale: ChartScale, most: int, whole: bool) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten."""
    rough = (scale.high - scale.low) / most
    power = 10.0 ** floor(log10(rough))
    step = next(power * times for times in (1, 2, 5, 10) if power * times >= rough * 0.999)
    step = max(step, 1.0) if whole else step
    first, last = ceil(scale.low / step - 1e-9), floor(scale.high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def _powers(low: float, high: float, most: int) -> list[float]:
    """Powers of ten; with few of them, also twice and five times."""
    first, last = ceil(log10(low) - 1e-9), floor(log10(high) + 1e-9)
    every = max(1, -(-(last - first + 1) // most))
    found = [10.0**power for power in range(first, last + 1, every)]
    if len(found) >= 3:
        return found
    more = [times * 10.0**power for power in range(first - 1, last + 1) for times in (1, 2, 5)]
    more = [value for value in more if low <= value <= high]
    return more if len(more) > len(found) else found
