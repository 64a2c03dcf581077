"""`prep ... on=target`: numeric targets as the network learns them, and back.

Fitted on the training part in double precision, each value of a target on its own (of a picture,
each channel): with t a value,

- `standardize`: (t - mean) / deviation; `scale`: (t - min) / (max - min). A value that never
  changes is divided by 1.
- `log`: log(t).

What the network gives is brought back in double precision, in the opposite order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...compiler.data.preparations import Log, Prep, Scale
from ..array_types import Array, Doubles
from .streamed import portions


@dataclass(frozen=True, slots=True, eq=False)
class TargetScale:
    """t -> (t - shift) * factor, one shift and factor per value."""

    shift: Doubles
    factor: Doubles

    def apply(self, t: Doubles) -> Doubles:
        return np.asarray((t - self.shift) * self.factor, np.float64)

    def undo(self, t: Doubles) -> Doubles:
        return np.asarray(t / self.factor + self.shift, np.float64)


@dataclass(frozen=True, slots=True)
class TargetLog:
    """t -> log(t)."""

    def apply(self, t: Doubles) -> Doubles:
        return np.asarray(np.log(t), np.float64)

    def undo(self, t: Doubles) -> Doubles:
        return np.asarray(np.exp(t), np.float64)


TargetStep = TargetScale | TargetLog
TargetSteps = tuple[TargetStep, ...]


def fit_target(preps: Sequence[Prep], y: Array) -> TargetSteps | str:
    """The preparations fitted on the targets of the training part, (N, ..., K); or why they cannot
    be."""
    steps: TargetSteps = ()
    for prep in preps:
        parts = _Parts(y, steps)
        if isinstance(prep, Log):
            least = float(parts.ends()[0].min())
            if least <= 0:
                return f"has {least:g}, and logarithms need numbers greater than 0"
            step: TargetStep = TargetLog()
        elif isinstance(prep, Scale):
            low, high = parts.ends()
            step = TargetScale(low, _inverse(high - low))
        else:
            mean, deviation = parts.moments()
            step = TargetScale(mean, _inverse(deviation))
        steps = (*steps, step)
    return steps


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """Targets (N, ..., K) after some steps as rows (R, K), a part at a time."""

    y: Array
    steps: TargetSteps

    def __iter__(self) -> Iterator[Doubles]:
        for part in portions(self.y):
            rows = part.reshape(-1, part.shape[-1]).astype(np.float64)
            yield apply_target(self.steps, rows)

    def ends(self) -> tuple[Doubles, Doubles]:
        """The least and the largest of each value."""
        pairs = [(part.min(axis=0), part.max(axis=0)) for part in self]
        low, high = zip(*pairs, strict=True)
        return np.min(low, axis=0), np.max(high, axis=0)

    def moments(self) -> tuple[Doubles, Doubles]:
        """The mean and the standard deviation of each value; no square exceeds what a number
        holds."""
        count = self.y.size // self.y.shape[-1]
        mean: Doubles = np.sum([part.sum(axis=0) for part in self], axis=0) / count
        largest = np.maximum(np.max([np.abs(part).max(axis=0) for part in self], axis=0), 1.0)
        squares = [np.square((part - mean) / largest).sum(axis=0) for part in self]
        return mean, largest * np.sqrt(np.sum(squares, axis=0) / count)


def _inverse(spread: Doubles) -> Doubles:
    return np.asarray(1 / np.where(spread > 0, spread, 1), np.float64)


def apply_target(steps: TargetSteps, y: Array) -> Array:
    """Targets as the network learns them; as they are without steps."""
    if not steps:
        return y
    t = y.astype(np.float64)
    for step in steps:
        t = step.apply(t)
    return t


def undo_target(steps: TargetSteps, output: Array) -> Array:
    """What the network gives, in the unit of the data."""
    if not steps:
        return output
    t = output.astype(np.float64)
    with np.errstate(over="ignore"):
        for step in reversed(steps):
            t = step.undo(t)
    return t


def targets_to_tensors(
    targets: dict[str, TargetSteps],
) -> tuple[dict[str, Array], dict[str, list[str]]]:
    """The numbers of fitted steps as tensors, and the kinds of the steps, by output node."""
    tensors: dict[str, Array] = {}
    record: dict[str, list[str]] = {}
    for node, steps in targets.items():
        record[node] = []
        for number, step in enumerate(steps):
            record[node].append("log" if isinstance(step, TargetLog) else "scale")
            if isinstance(step, TargetScale):
                tensors[f"prep:target:{node}:{number}:shift"] = step.shift
                tensors[f"prep:target:{node}:{number}:factor"] = step.factor
    return tensors, record


def targets_from_tensors(
    tensors: dict[str, Array], record: dict[str, Any]
) -> dict[str, TargetSteps]:
    """The inverse. Raises KeyError for a kind that this version does not know."""
    result: dict[str, TargetSteps] = {}
    for node, kinds in record.items():
        steps: list[TargetStep] = []
        for number, kind in enumerate(kinds):
            base = f"prep:target:{node}:{number}"
            if kind not in ("log", "scale"):
                raise KeyError(kind)
            steps.append(
                TargetLog()
                if kind == "log"
                else TargetScale(tensors[f"{base}:shift"], tensors[f"{base}:factor"])
            )
        result[node] = tuple(steps)
    return result
