"""Metrics, gathered batch by batch: no outputs are kept except for `auc`.

With C the confusion matrix (rows true, columns predicted), n its sum, TP, FP, FN of a class:

| metric | value |
|---|---|
| acc, error | trace(C) / n, and 1 minus it |
| top5 | how often the true class is among the five highest outputs |
| precision | TP / (TP + FP), 0 where a class is never predicted |
| recall | TP / (TP + FN), 0 where a class never occurs |
| f1 | 2 TP / (2 TP + FP + FN), 0 where it has no meaning |
| auc | area under the ROC curve = P(score of a positive > of a negative) + P(equal) / 2 |
| mae, rmse | mean |y - t|, sqrt(mean (y - t)^2), over all numbers of all targets |
| r2 | 1 - sum (y - t)^2 / sum (t - mean t)^2, the mean over the targets |

Precision, recall and f1 are those of class 1 when there are two classes; otherwise the plain mean
over the classes that occur or are predicted. `auc` is for two classes.
The prediction is the highest output, the first of equals. A single output predicts class 1 when
it is above a threshold: 1/2 for probabilities, 0 for margins.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...compiler.training.monitors import measure
from ..array_types import Labels

Scores = NDArray[np.floating[Any]]
Matrix = NDArray[np.int64]

TOP = 5


@dataclass(slots=True)
class ClassificationMetrics:
    """What the class metrics are made of. `scores` of a batch are (B, K), or (B, 1) for two
    classes with one output."""

    classes: int
    wanted: tuple[str, ...]
    threshold: float = 0.5
    confusion: Matrix = field(init=False)
    _top: int = 0
    _scores: list[Scores] = field(default_factory=list)
    _labels: list[Labels] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.confusion = np.zeros((self.classes, self.classes), np.int64)

    def add(self, scores: Scores, labels: Labels) -> None:
        answers = predicted_classes(scores, self.threshold)
        flat = np.bincount(labels * self.classes + answers, minlength=self.classes**2)
        self.confusion += flat.reshape(self.classes, self.classes)
        if "top5" in self.wanted:
            self._top += top_hits(scores, labels)
        if "auc" in self.wanted:
            self._scores.append(scores.copy())
            self._labels.append(labels.copy())

    def values(self) -> dict[str, float]:
        """Each wanted metric that is one number, in the wanted order."""
        return {name: self._value(name) for name in self.wanted if name != "confusion"}

    def _value(self, name: str) -> float:
        hits = np.diag(self.confusion).astype(np.float64)
        total = int(self.confusion.sum())
        answered, true = self.confusion.sum(axis=0), self.confusion.sum(axis=1)
        match name:
            case "acc":
                return float(hits.sum() / total)
            case "error":
                return float(1 - hits.sum() / total)
            case "top5":
                return self._top / total
            case "precision":
                return self._over_classes(_ratio(hits, answered))
            case "recall":
                return self._over_classes(_ratio(hits, true))
            case "f1":
                return self._over_classes(_ratio(2 * hits, answered + true))
            case "auc":
                return auc(np.concatenate(self._scores), np.concatenate(self._labels))
        raise KeyError(name)

    def _over_classes(self, values: NDArray[np.float64]) -> float:
        if self.classes == 2:
            return float(values[1])
        occurs = (self.confusion.sum(axis=0) + self.confusion.sum(axis=1)) > 0
        return float(values[occurs].mean())


@dataclass(slots=True)
class RegressionMetrics:
    """What the metrics of measured targets are made of; `outputs` and `targets` are (B, ...).

    Sums of squares around the mean are merged batch by batch (Chan, Golub, LeVeque 1979), which
    keeps r2 right for targets far from 0.
    """

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

    def _value(self, name: str) -> float:
        match name:
            case "mae":
                return self._absolute / self._count
            case "rmse":
                return float(np.sqrt(np.mean(self._squares) / self._count))
            case "r2":
                spread = np.asarray(self._spread, np.float64)
                rest = np.asarray(self._squares, np.float64)
                safe = np.where(spread > 0, spread, 1)
                # a target that never changes: 1 when it is met exactly, else 0
                return float(np.where(spread > 0, 1 - rest / safe, rest == 0).mean())
        raise KeyError(name)


def predicted_classes(scores: Scores, threshold: float) -> Labels:
    """The class that each row of scores predicts, (B,)."""
    if scores.shape[1] == 1:
        return np.asarray(scores[:, 0] > threshold, np.int64)
    return np.asarray(scores.argmax(axis=1), np.int64)


def top_hits(scores: Scores, labels: Labels) -> int:
    """In how many rows the true class is among the `TOP` highest, earlier classes first among
    equals."""
    true = np.take_along_axis(scores, labels[:, None], axis=1)
    before = np.arange(scores.shape[1])[None, :] < labels[:, None]
    rank = ((scores > true) | ((scores == true) & before)).sum(axis=1)
    return int((rank < TOP).sum())


def auc(scores: Scores, labels: Labels) -> float:
    """The area under the ROC curve of two classes; NaN when one of them never occurs."""
    return _area(scores[:, -1], labels == 1)


def _area(score: Scores, positive: NDArray[np.bool_]) -> float:
    """Mann-Whitney's statistic with mean ranks for equal scores."""
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    _, group, counts = np.unique(score, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[group]
    wins = ranks[positive].sum() - positives * (positives + 1) / 2
    return float(wins / (positives * negatives))


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    return np.asarray(part / np.where(whole > 0, whole, 1), np.float64)


def is_better(name: str, value: float, than: float) -> bool:
    """Whether a value of a quantity (`val_loss`, `train_acc`) is strictly better than another."""
    quantity = measure(name)
    if quantity is None:
        raise ValueError(f"nothing measures `{name}`")
    return value > than if quantity.larger_is_better else value < than
