"""Metrics of classes, and of several labels per sample, gathered batch by batch.

With TP, FP, FN of each class, n the samples and C the confusion matrix of single classes:

| metric | one class per sample | several labels per sample |
|---|---|---|
| acc, error | trace(C) / n, and 1 minus it | share of right labels, and 1 minus it |
| subset_acc | | share of samples with all labels right |
| top5 | how often the true class is among the five highest outputs | |
| precision | TP / (TP + FP), 0 where a class is never predicted | the same per label |
| recall | TP / (TP + FN), 0 where a class never occurs | the same per label |
| f1 | 2 TP / (2 TP + FP + FN), 0 where it has no meaning | the same per label |
| iou | TP / (TP + FP + FN), 0 where it has no meaning | the same per label |
| auc | P(score of a positive > of a negative) + P(equal) / 2, one against the rest | per label |

The average of precision, recall, f1 and iou is `macro`, the mean over the classes that occur or are
predicted (or over all labels), `micro`, of the counts of all classes together, or `weighted` by how
often each class occurs. Without one, they are those of class 1 of two classes, and macro averages
otherwise. `auc` of more than two classes or labels is averaged likewise, over all of them.

The prediction is the highest output, the first of equals. A single output, and that of each label,
is positive above a threshold: 1/2 for probabilities, 0 for margins.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ....compiler.training.metrics import AVERAGED
from ...array_types import Doubles, Labels

ClassScores = NDArray[np.floating[Any]]
Matrix = NDArray[np.int64]

TOP = 5
PER_CLASS = ("precision", "recall", "f1", "auc")
"""What a report says of each class."""


@dataclass(slots=True)
class ClassificationMetrics:
    """What the class metrics are made of. `scores` of a batch are (B, K), or (B, 1) for two
    classes with one output. With several labels per sample, `labels` are (B, K) of 0 and 1."""

    ACCUMULATED: ClassVar[tuple[str, ...]] = (
        "confusion", "_hits", "_predicted", "_true", "_count", "_right_rows", "_right_labels",
        "_top", "_scores", "_labels",
    )  # fmt: skip

    classes: int
    wanted: tuple[str, ...]
    threshold: float = 0.5
    averages: Mapping[str, str] = field(default_factory=dict)
    """By metric: `macro`, `micro` or `weighted`, where the spec says one."""
    names: tuple[str, ...] = ()
    """Of the classes or labels; by default their numbers."""
    several: bool = False
    """Whether a sample has several labels."""
    linear: bool = False
    """Whether the score of two outputs is their difference: they are no probabilities."""
    confusion: Matrix = field(init=False)
    _hits: Matrix = field(init=False)
    _predicted: Matrix = field(init=False)
    _true: Matrix = field(init=False)
    _count: int = 0
    _right_rows: int = 0
    _right_labels: int = 0
    _top: int = 0
    _scores: list[ClassScores] = field(default_factory=list)
    _labels: list[Labels] = field(default_factory=list)

    def __post_init__(self) -> None:
        size = 0 if self.several else self.classes
        self.confusion = np.zeros((size, size), np.int64)
        self._hits, self._predicted, self._true = (
            np.zeros(self.classes, np.int64) for _ in range(3)
        )
        if not self.names:
            self.names = tuple(str(index) for index in range(self.classes))

    def add(self, scores: ClassScores, labels: Labels) -> None:
        self._count += len(scores)
        if self.several:
            predicted, true = scores > self.threshold, labels == 1
            self._hits += (predicted & true).sum(axis=0)
            self._predicted += predicted.sum(axis=0)
            self._true += true.sum(axis=0)
            right = predicted == true
            self._right_labels += int(right.sum())
            self._right_rows += int(right.all(axis=1).sum())
        else:
            answers = predicted_classes(scores, self.threshold)
            flat = np.bincount(labels * self.classes + answers, minlength=self.classes**2)
            self.confusion += flat.reshape(self.classes, self.classes)
            self._hits = np.diag(self.confusion)
            self._predicted, self._true = self.confusion.sum(axis=0), self.confusion.sum(axis=1)
            if "top5" in self.wanted:
                self._top += top_hits(scores, labels)
        if not {"auc", "report"}.isdisjoint(self.wanted):
            self._scores.append(scores.copy())
            self._labels.append(np.array(labels))

    def values(self) -> dict[str, float]:
        """Each wanted metric that is one number, in the wanted order; those of a report for each
        class as `f1[cat]`, and `samples[cat]`."""
        found = {
            name: self._value(name) if self._count else float("nan")
            for name in self.wanted
            if name not in ("confusion", "report")
        }
        if "report" in self.wanted:
            for name in PER_CLASS:
                each = self._areas() if name == "auc" else self._each(name)
                found |= {
                    f"{name}[{called}]": float(value)
                    for called, value in zip(self.names, each, strict=True)
                }
            found |= {
                f"samples[{called}]": float(count)
                for called, count in zip(self.names, self._true, strict=True)
            }
        return found

    def by_class(self) -> dict[str, Doubles]:
        """Precision, recall and f1 of every class or label, `samples` of it, and the area under its
        curve where the scores were kept for a report."""
        found = {name: self._each(name) for name in PER_CLASS if name != "auc"}
        if self._scores:
            found["auc"] = self._areas()
        return {**found, "samples": self._true.astype(np.float64)}

    def reasons(self) -> dict[str, str]:
        """Why wanted metrics have no meaning, by name."""
        named = {name: self._reason(name) for name in self.wanted}
        return {name: reason for name, reason in named.items() if reason}

    def _reason(self, name: str) -> str:
        if not self._count:
            return "all labels are ignored"
        among = f"among {self._count:,} sample{'s' * (self._count != 1)}"
        if name == "auc":
            return self._no_area(among)
        if name not in AVERAGED:
            return ""
        binary, whole = self._is_binary(name), self._counts(name)[1]
        counted = whole[1] if binary else whole.sum()
        if self.averages.get(name) == "weighted" and not self._true.any():
            counted = 0
        if counted:
            return ""
        if name == "precision" and not whole[int(binary) :].any():
            return f"no {'sample' if binary else 'label'} is predicted positive"
        return f"no positive {'' if binary else 'label '}{among}"

    def _no_area(self, among: str) -> str:
        if self.averages.get("auc") == "micro" and (self.several or self.classes > 2):
            total = int(self._true.sum())
            if self.several and total in (0, self._count * self.classes):
                return f"no {'negative' if total else 'positive'} label {among}"
            return ""
        for name, count in zip(self.names, self._true.tolist(), strict=True):
            if count in (0, self._count):
                what = "no positive" if not count else "no negative"
                if self.several:
                    return f"{what} of label `{name}` {among}"
                if self.classes == 2:
                    return f"{'no positive' if not self._true[1] else 'no negative'} {among}"
                which = "no sample" if not count else "only samples"
                return f"{which} of class `{name}` {among}"
        return ""

    def _value(self, name: str) -> float:
        match name:
            case "acc" | "error":
                right = self._right_labels / self.classes if self.several else self._hits.sum()
                share = float(right / self._count)
                return share if name == "acc" else 1 - share
            case "subset_acc":
                return self._right_rows / self._count
            case "top5":
                return self._top / self._count
            case "auc":
                return self._area()
        part, whole = self._counts(name)
        if self._is_binary(name):
            return float(_ratio(part, whole)[1])
        match self.averages.get(name, "macro"):
            case "micro":
                return float(_ratio(part.sum(), whole.sum()))
            case "weighted":
                return float((_ratio(part, whole) * self._true).sum() / max(1, self._true.sum()))
        occurs = self.several | (self._true + self._predicted > 0)
        return float(_ratio(part, whole)[np.broadcast_to(occurs, part.shape)].mean())

    def _is_binary(self, name: str) -> bool:
        """Whether a metric is that of the positive one of two classes."""
        return self.classes == 2 and not self.several and name not in self.averages

    def _counts(self, name: str) -> tuple[Matrix, Matrix]:
        """The two counts per class whose quotient the metric is."""
        if name == "precision":
            return self._hits, self._predicted
        if name == "recall":
            return self._hits, self._true
        if name == "f1":
            return 2 * self._hits, self._predicted + self._true
        if name == "iou":
            return self._hits, self._predicted + self._true - self._hits
        raise KeyError(name)

    def _each(self, name: str) -> Doubles:
        return _ratio(*self._counts(name))

    def _area(self) -> float:
        average = self.averages.get("auc", "macro")
        if self.classes == 2 and not self.several:
            return float(self._areas()[1])
        if average == "micro":
            scores, true = self.against_the_rest()
            return _area_under(scores.ravel(), true.ravel())
        areas = self._areas()
        if np.isnan(areas).any():
            return float("nan")
        return float(np.average(areas, weights=self._true if average == "weighted" else None))

    def _areas(self) -> Doubles:
        """One class or label against the others, each."""
        scores, true = self.against_the_rest()
        return np.array([_area_under(*pair) for pair in zip(scores.T, true.T, strict=True)])

    def against_the_rest(self) -> tuple[ClassScores, NDArray[np.bool_]]:
        """Scores and truths of every class, (N, K), where the scores were kept."""
        scores = np.concatenate(self._scores)
        labels = np.concatenate(self._labels)
        if self.several:
            return scores, labels == 1
        if self.classes == 2:
            score = scores[:, -1].astype(np.float64)
            if self.linear and scores.shape[1] == 2:
                score -= scores[:, 0]
            scores = np.stack([-score, score], axis=1)
        return scores, labels[:, None] == np.arange(self.classes)


def predicted_classes(scores: ClassScores, threshold: float) -> Labels:
    """The class that each row of scores answers, (B,)."""
    if scores.shape[1] == 1:
        return np.asarray(scores[:, 0] > threshold, np.int64)
    return np.asarray(scores.argmax(axis=1), np.int64)


def top_hits(scores: ClassScores, labels: Labels) -> int:
    """In how many rows the true class is among the `TOP` highest, earlier classes first among
    equals."""
    true = np.take_along_axis(scores, labels[:, None], axis=1)
    before = np.arange(scores.shape[1])[None, :] < labels[:, None]
    rank = ((scores > true) | ((scores == true) & before)).sum(axis=1)
    return int((rank < TOP).sum())


def _area_under(score: ClassScores, positive: NDArray[np.bool_]) -> float:
    """Mann-Whitney's statistic with mean ranks for equal scores; NaN for one class only."""
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if positives == 0 or negatives == 0:
        return float("nan")
    _, group, counts = np.unique(score, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2)[group]
    wins = ranks[positive].sum() - positives * (positives + 1) / 2
    return float(wins / (positives * negatives))


def _ratio(part: Any, whole: Any) -> Doubles:
    return np.asarray(part / np.where(whole > 0, whole, 1), np.float64)
