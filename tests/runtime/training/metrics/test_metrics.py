"""Metrics against scikit-learn, gathered in batches of uneven sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.training.metrics import METRICS, fitting
from netc.compiler.training.monitors import measure, measured
from netc.runtime.training.metrics.class_metrics import ClassificationMetrics
from netc.runtime.training.metrics.regression_metrics import RegressionMetrics, is_better

RANDOM = np.random.Generator(np.random.PCG64(7))


def in_batches(new_metrics: Any, outputs: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    for start in range(0, len(outputs), 37):
        new_metrics.add(outputs[start : start + 37], targets[start : start + 37])
    values: dict[str, float] = new_metrics.values()
    return values


def test_there_is_a_metric_for_every_word_of_the_language() -> None:
    assert {metric.word for metric in METRICS} == set(BUILTIN.words("metric"))


def test_the_best_epoch_is_the_one_with_the_better_value() -> None:
    smaller = {"loss", "error", "mae", "rmse"}
    for name in measured():
        assert is_better(f"val_{name}", 0.4, 0.6) == (name in smaller)
        assert is_better(f"train_{name}", 0.6, 0.4) == (name not in smaller)


def test_every_value_of_a_metric_is_within_its_bounds() -> None:
    """A perfect and a useless prediction reach the bounds that the class of a metric states, and
    what is never reached is not a bound."""
    labels = np.repeat(np.arange(6), 5)
    for name in (word for word in measured() if word in fitting(6)):
        at = measure(name)
        assert at is not None
        best, worst = (ClassificationMetrics(6, (name,)) for _ in range(2))
        best.add(np.eye(6)[labels], labels)
        worst.add(-np.eye(6)[labels], labels)
        reached = {best.values()[name], worst.values()[name]}
        assert reached == set(at.bounds), name
    pairs = np.array([0, 0, 1, 1])
    scores = np.array([[0.1], [0.2], [0.8], [0.9]])
    areas = [ClassificationMetrics(2, ("auc",)), ClassificationMetrics(2, ("auc",))]
    areas[0].add(scores, pairs)
    areas[1].add(1 - scores, pairs)
    assert [area.values()["auc"] for area in areas] == [1, 0]
    targets = np.array([[1.0], [2.0], [3.0]])
    for name, bound, huge in (("mae", 0, 1e9), ("rmse", 0, 1e9), ("r2", 1, -1e9)):
        at = measure(name)
        assert at is not None
        assert set(at.bounds) == {bound, None}
        exact, wrong = RegressionMetrics((name,)), RegressionMetrics((name,))
        exact.add(targets, targets)
        wrong.add(targets + 1e10, targets)
        assert exact.values()[name] == bound
        assert abs(wrong.values()[name]) >= abs(huge)


def test_metrics_fit_the_number_of_classes() -> None:
    of_any = {"acc", "error", "precision", "recall", "f1", "iou", "auc", "confusion", "report"}
    assert set(fitting(2)) == of_any
    assert set(fitting(5, several=True)) == of_any - {"confusion"} | {"subset_acc"}
    assert set(fitting(5)) == of_any
    assert set(fitting(6)) == of_any | {"top5"}
    assert set(fitting(None)) == {"mae", "rmse", "r2"}


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_class_metrics_are_those_of_scikit_learn(classes: int) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    labels = RANDOM.integers(0, classes, 500)
    scores = RANDOM.random((500, classes)).astype(np.float32)
    scores[np.arange(500), labels] += 0.3
    answers = scores.argmax(axis=1)
    average = "binary" if classes == 2 else "macro"
    accumulator = ClassificationMetrics(
        classes, tuple(name for name in fitting(classes) if name != "auc")
    )
    found = in_batches(accumulator, scores, labels)
    assert found["acc"] == pytest.approx(metrics.accuracy_score(labels, answers))
    assert found["error"] == pytest.approx(1 - metrics.accuracy_score(labels, answers))
    for name in ("precision", "recall", "f1"):
        expected = getattr(metrics, f"{name}_score")(labels, answers, average=average)
        assert found[name] == pytest.approx(expected), name
    np.testing.assert_array_equal(accumulator.confusion, metrics.confusion_matrix(labels, answers))
    if classes > 5:
        expected = metrics.top_k_accuracy_score(labels, scores, k=5)
        assert found["top5"] == pytest.approx(expected)
    assert "confusion" not in found


def test_auc_counts_ties_half() -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    labels = RANDOM.integers(0, 2, 300)
    score = np.round(RANDOM.random((300, 1)) + 0.2 * labels[:, None], 1)
    found = in_batches(ClassificationMetrics(2, ("auc",)), score, labels)
    assert found["auc"] == pytest.approx(metrics.roc_auc_score(labels, score[:, 0]))
    two = in_batches(ClassificationMetrics(2, ("auc",)), np.hstack([1 - score, score]), labels)
    assert two == found
    alone = in_batches(ClassificationMetrics(2, ("auc",)), score, np.zeros(300, np.int64))
    assert np.isnan(alone["auc"])


def test_a_class_that_is_never_answered_counts_zero() -> None:
    labels = np.array([0, 1, 2, 2])
    scores = np.eye(3)[[0, 0, 0, 0]]
    found = in_batches(
        ClassificationMetrics(3, ("precision", "recall", "f1", "acc")), scores, labels
    )
    assert found == pytest.approx(
        {"precision": 0.25 / 3, "recall": 1 / 3, "f1": 0.4 / 3, "acc": 0.25}
    )


def test_of_equal_outputs_the_first_is_the_answer() -> None:
    scores, labels = np.zeros((10, 10)), np.arange(10)
    found = in_batches(ClassificationMetrics(10, ("acc", "top5")), scores, labels)
    assert found == {"acc": 0.1, "top5": 0.5}


def test_one_output_answers_by_its_threshold() -> None:
    scores = np.array([[0.2], [0.6], [-0.1], [0.5]])
    labels = np.array([0, 1, 0, 0])
    assert in_batches(ClassificationMetrics(2, ("acc",), 0.5), scores, labels) == {"acc": 1.0}
    assert in_batches(ClassificationMetrics(2, ("acc",), 0.0), scores, labels) == {"acc": 0.5}


@pytest.mark.parametrize("shift", [0.0, 1e6])
def test_number_metrics_are_those_of_scikit_learn(shift: float) -> None:
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    targets = RANDOM.normal(shift, 2, (200, 3))
    outputs = targets + RANDOM.normal(0, 1, (200, 3))
    found = in_batches(RegressionMetrics(fitting(None)), outputs, targets)
    assert found["mae"] == pytest.approx(metrics.mean_absolute_error(targets, outputs))
    assert found["rmse"] == pytest.approx(metrics.mean_squared_error(targets, outputs) ** 0.5)
    assert found["r2"] == pytest.approx(metrics.r2_score(targets, outputs))


def test_a_target_that_never_changes_is_explained_or_not() -> None:
    targets = np.full((10, 1), 3.0)
    assert in_batches(RegressionMetrics(("r2",)), targets, targets) == {"r2": 1.0}
    assert in_batches(RegressionMetrics(("r2",)), targets + 1, targets) == {"r2": 0.0}


def test_better_means_smaller_for_losses_and_larger_for_the_rest() -> None:
    assert is_better("val_loss", 1.0, 2.0)
    assert is_better("train_rmse", 1.0, 2.0)
    assert is_better("val_acc", 0.9, 0.8)
    assert not is_better("val_acc", 0.9, 0.9)
