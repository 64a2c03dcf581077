"""Metrics of measured targets, gathered batch by batch: no outputs are kept.

| metric | value |
|---|---|
| mae, rmse | mean |y - t|, sqrt(mean (y - t)^2), over all numbers of all targets |
| r2 | 1 - sum (y - t)^2 / sum (t - mean t)^2, the mean over the targets |

`class_metrics.py` has those of classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ....compiler.training.monitors import measure

Scores = NDArray[np.floating[Any]]


@dataclass(slots=True)
class RegressionMetrics:
    """What the metrics of measured targets are made of; `outputs` and `targets` are (B, ...).

    Sums of squares around the mean are merged batch by batch (Chan, Golub, LeVeque 1979), which
    keeps r2 right for targets far from 0.
    """

    ACCUMULATED: ClassVar[tuple[str, ...]] = (
        "_count", "_absolute", "_squares", "_mean", "_spread",
    )  # fmt: skip

    wanted: tuple[str, ...]
    _count: int = 0
    _absolute: float = 0.0
    _squares: NDArray[np.float64] | float = 0.0
    _mean: NDArray[np.float64] | float = 0.0
    _spread: NDArray[np.float64] | float = 0.0

    def add(self, outputs: Scores, targets: Scores) -> None:
        goal = targets.reshape(len(targets), -1).astype(np.float64)
        rest = outputs.reshape(len(outputs), -1) - goal
        self._absolute += float(np.abs(rest).sum(axis=0).mean())
        self._squares = self._squares + np.square(rest).sum(axis=0)
        count = len(goal)
        mean = goal.mean(axis=0)
        apart = mean - self._mean
        total = self._count + count
        self._spread = (
            self._spread
            + np.square(goal - mean).sum(axis=0)
            + np.square(apart) * (self._count * count / total)
        )
        self._mean = self._mean + apart * (count / total)
        self._count = total

    def values(self) -> dict[str, float]:
        return {name: self._value(name) for name in self.wanted}

    def reasons(self) -> dict[str, str]:
        """Why wanted metrics have no meaning, by name."""
        if "r2" not in self.wanted or (self._count > 1 and np.any(self._spread)):
            return {}
        if self._count == 1:
            return {"r2": "1 sample has no variance"}
        return {"r2": f"the targets of all {self._count:,} samples are equal"}

    def _value(self, name: str) -> float:
        match name:
            case "mae":
                return self._absolute / self._count
            case "rmse":
                return float(np.sqrt(np.mean(self._squares) / self._count))
            case "r2" if self._count == 1:
                return float("nan")
            case "r2":
                spread = np.asarray(self._spread, np.float64)
                rest = np.asarray(self._squares, np.float64)
                safe = np.where(spread > 0, spread, 1)
                # a target that never changes: 1 when it is met exactly, else 0
                return float(np.where(spread > 0, 1 - rest / safe, rest == 0).mean())
        raise KeyError(name)


def is_better(name: str, value: float, than: float) -> bool:
    """Whether a value of a quantity (`val_loss`, `train_acc`) is strictly better than another."""
    quantity = measure(name)
    if quantity is None:
        raise ValueError(f"nothing measures `{name}`")
    return value > than if quantity.larger_is_better else value < than
