"""Metrics of generated answers are those of scikit-learn, or say why they have no meaning."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from netc.compiler.ir import Expectation
from netc.compiler.spans import Spans
from netc.runtime.training.metrics.class_metrics import ClassificationMetrics
from netc.runtime.training.metrics.expectations import judge_values
from netc.runtime.training.metrics.regression_metrics import RegressionMetrics

reference = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")

AVERAGES = (None, "macro", "micro", "weighted")
COUNTED = {"precision": "precision", "recall": "recall", "f1": "f1", "iou": "jaccard"}
"""With the names of scikit-learn."""
SEEDS = range(40)


@dataclass
class Case:
    """Answers with what is right, and how scikit-learn is told of them."""

    gatherer: Any
    scores: Any
    truth: Any
    portion: int

    def gathered(self) -> dict[str, float]:
        for start in range(0, len(self.scores), self.portion):
            part = slice(start, start + self.portion)
            self.gatherer.add(self.scores[part], self.truth[part])
        values = self.gatherer.values()
        assert_told(values, self.gatherer.reasons())
        return values


def assert_told(values: dict[str, float], reasons: dict[str, str]) -> None:
    """What is not a number has a reason, and an `expect` of what has a reason fails with it."""
    for name, value in values.items():
        if "[" in name:  # of one class, in a report
            continue
        reason = reasons.get(name, "")
        assert reason or not np.isnan(value), name
        wanted = Expectation(quantity=name, operator=">=", bound=-1e9)
        (result,) = judge_values((wanted,), values, reasons, Spans({}))
        assert (result.holds, result.reason) == (not reason, reason)


def sizes(random: np.random.Generator) -> int:
    return int(random.choice([1, 2, 3, 5, 12, 60, 300]))


def shares(random: np.random.Generator, classes: int) -> Any:
    """Of classes, some of them rare and some missing."""
    found = random.choice([0, 0.02, 0.3, 1], classes, p=[0.15, 0.25, 0.3, 0.3])
    found[random.integers(classes)] = 1
    return found / found.sum()


def coarse(random: np.random.Generator, scores: Any) -> Any:
    """Rounded scores, of which many are equal, or those themselves."""
    return np.round(scores, int(random.choice([1, 15])))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("kind", ["one output", "margins", "two outputs", "several classes"])
@pytest.mark.filterwarnings("ignore")  # scikit-learn warns of classes that are never predicted
def test_one_class_per_sample(kind: str, average: str | None, seed: int) -> None:
    random = np.random.default_rng((seed, len(kind)))
    classes = int(random.integers(3, 9)) if kind == "several classes" else 2
    labels = random.choice(classes, sizes(random), p=shares(random, classes))
    noise = random.normal(size=(len(labels), classes)) + random.normal(size=classes)
    noise[np.arange(len(labels)), labels] += random.choice([0, 1, 5])
    threshold = 0.5
    if kind == "margins":
        scores, threshold = coarse(random, noise[:, [1]] - noise[:, [0]]), 0.0
    else:
        scores = np.exp(noise) / np.exp(noise).sum(axis=1, keepdims=True)
        scores = coarse(random, scores[:, 1:] if kind == "one output" else scores)
    wanted = ("acc", "error", *COUNTED, "auc", "report", *(("top5",) if classes > 5 else ()))
    averages = {} if average is None else dict.fromkeys((*COUNTED, "auc"), average)
    gatherer = ClassificationMetrics(classes, wanted, threshold, averages)
    found = Case(gatherer, scores, labels, int(random.integers(1, 70))).gathered()
    predicted = (
        (scores[:, 0] > threshold).astype(int) if scores.shape[1] == 1 else scores.argmax(axis=1)
    )
    assert found["acc"] == pytest.approx(reference.accuracy_score(labels, predicted))
    assert found["error"] == pytest.approx(1 - found["acc"])
    assert_counts(found, gatherer, labels, predicted, average, classes)
    ones = np.eye(classes)[labels]
    columns = np.stack([-scores[:, -1], scores[:, -1]], axis=1) if classes == 2 else scores
    assert_areas(found, gatherer, ones, columns, average, binary=classes == 2)
    if "top5" in wanted and len(np.unique(scores)) == scores.size:
        expected = reference.top_k_accuracy_score(labels, scores, k=5, labels=range(classes))
        assert found["top5"] == pytest.approx(expected)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.filterwarnings("ignore")
def test_several_labels_per_sample(average: str | None, seed: int) -> None:
    random = np.random.default_rng((seed, 99))
    count = int(random.integers(2, 7))
    rates = random.choice([0, 0.05, 0.5, 1], count, p=[0.2, 0.3, 0.4, 0.1])
    truth = (random.random((sizes(random), count)) < rates).astype(np.int64)
    scores = random.random(truth.shape) * random.choice([0.4, 0.9]) + 0.1 * truth
    scores = coarse(random, scores)
    wanted = ("acc", "error", "subset_acc", *COUNTED, "auc", "report")
    averages = {} if average is None else dict.fromkeys((*COUNTED, "auc"), average)
    gatherer = ClassificationMetrics(count, wanted, averages=averages, several=True)
    found = Case(gatherer, scores, truth, int(random.integers(1, 70))).gathered()
    predicted = (scores > 0.5).astype(np.int64)
    assert found["acc"] == pytest.approx(1 - reference.hamming_loss(truth, predicted))
    assert found["subset_acc"] == pytest.approx(reference.accuracy_score(truth, predicted))
    assert_counts(found, gatherer, truth, predicted, average or "macro", count)
    assert_areas(found, gatherer, truth, scores, average, binary=False)


def assert_counts(
    found: Any, gatherer: Any, truth: Any, predicted: Any, average: str | None, classes: int
) -> None:
    """Precision, recall and f1, of which scikit-learn warns where they have no meaning at all."""
    several = truth.ndim == 2
    binary = average is None and classes == 2 and not several
    kept = None if several else np.union1d(truth, predicted)
    for metric, called in COUNTED.items():
        score = getattr(reference, f"{called}_score")
        theirs = "binary" if binary else average or "macro"
        labels = {} if binary else {"labels": kept}
        expected = score(truth, predicted, average=theirs, zero_division=0, **labels)
        assert found[metric] == pytest.approx(expected), metric
        # NaN in scikit-learn where no class has a meaning, or none has a weight; not of `jaccard`
        count = reference.f1_score if metric == "iou" else score
        empty = count(truth, predicted, average=theirs, zero_division=np.nan, **labels)
        if theirs == "weighted" and not (truth.any() if several else len(truth)):
            empty = np.nan
        assert bool(gatherer.reasons().get(metric)) == bool(np.isnan(empty)), metric
        if metric == "iou":  # not in the report
            continue
        each = {} if several else {"labels": range(classes)}
        classwise = score(truth, predicted, average=None, zero_division=0, **each)
        assert [found[f"{metric}[{k}]"] for k in range(classes)] == pytest.approx(list(classwise))


def assert_areas(
    found: Any, gatherer: Any, ones: Any, scores: Any, average: str | None, *, binary: bool
) -> None:
    """The area of each class against the others, and their average."""
    pairs = list(zip(ones.T, scores.T, strict=True))
    each = [area(*pair) for pair in pairs]
    assert [found[f"auc[{k}]"] for k in range(len(each))] == pytest.approx(each, nan_ok=True)
    if binary:
        expected = each[1]
    elif average == "micro":
        expected = area(ones.ravel(), scores.ravel())
    else:
        weights = ones.sum(axis=0) if average == "weighted" else None
        expected = np.nan if np.isnan(each).any() else np.average(each, weights=weights)
    assert found["auc"] == pytest.approx(expected, nan_ok=True)
    assert bool(gatherer.reasons().get("auc")) == bool(np.isnan(expected))


def area(ones: Any, scores: Any) -> float:
    return reference.roc_auc_score(ones, scores) if len(np.unique(ones)) == 2 else float("nan")


@pytest.mark.parametrize("seed", SEEDS)
def test_measured_numbers(seed: int) -> None:
    random = np.random.default_rng((seed, 7))
    width, count = int(random.integers(1, 5)), sizes(random)
    offset = random.choice([0, 1e3, -1e6])
    truth = offset + random.normal(size=(count, width)) * random.choice([1, 100])
    truth[:, random.random(width) < 0.25] = 3.0
    answers = truth + random.choice([0, 0.1, 10]) * random.normal(size=truth.shape)
    portion = int(random.integers(1, 70))
    gatherer = RegressionMetrics(("mae", "rmse", "r2"))
    found = Case(gatherer, answers, truth, portion).gathered()
    assert found["mae"] == pytest.approx(reference.mean_absolute_error(truth, answers))
    squares = reference.mean_squared_error(truth, answers)
    assert found["rmse"] == pytest.approx(np.sqrt(squares))
    with warnings.catch_warnings(action="ignore"):
        expected = reference.r2_score(truth, answers)
    # of squares of a size of 1e4, around a mean of 1e6: 12 digits are left
    assert found["r2"] == pytest.approx(expected, nan_ok=True, rel=1e-6)
    constant = bool((truth == truth[0]).all())
    assert bool(gatherer.reasons()) == (constant or len(truth) == 1)
