"""What a run reports: one class for each metric."""

from __future__ import annotations

from typing import ClassVar, Literal

from ..language.options import Options


class Metric(Options):
    """What a run reports besides the loss.

    A metric of classes compares the predicted class: the largest of K outputs, or for a single
    output above 0.5 after a sigmoid and above 0 otherwise. With two classes, class 1 is the
    positive one. With more, precision, recall and f1 are macro averages: the unweighted mean over
    the classes.
    """

    category = "metric"
    compares: ClassVar[Literal["classes", "numbers"]]
    """Whether it is about classes or about measured numbers."""
    larger_is_better: ClassVar[bool | None] = True
    """None for one that is not a single number."""
    bounds: ClassVar[tuple[float | None, float | None]] = (0, 1)
    """The smallest and the largest possible value."""
    least_classes: ClassVar[int] = 2
    most_classes: ClassVar[int | None] = None


class Accuracy(Metric):
    """The share of samples classified correctly."""

    word = "acc"
    summary = "share of samples classified correctly"
    compares = "classes"


class TopFive(Metric):
    """The share of samples whose class is among the five largest outputs."""

    word = "top5"
    summary = "share of samples whose class is among the five most probable"
    compares = "classes"
    least_classes = 6


class ErrorRate(Metric):
    """The share of samples classified wrongly: 1 - accuracy, the 0/1 loss."""

    word = "error"
    summary = "share of samples classified wrongly"
    compares = "classes"
    larger_is_better = False


class Precision(Metric):
    """The share of predicted positives that are correct: TP / (TP + FP), 0 without any.

    With more than two classes, the unweighted mean over the classes (macro average).
    """

    word = "precision"
    summary = "share of predicted positives that are correct"
    compares = "classes"


class Recall(Metric):
    """The share of actual positives that are found: TP / (TP + FN), 0 without any.

    With more than two classes, the unweighted mean over the classes (macro average).
    """

    word = "recall"
    summary = "share of actual positives that are found"
    compares = "classes"


class FOne(Metric):
    """The harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN).

    With more than two classes, the unweighted mean over the classes (macro average).
    """

    word = "f1"
    summary = "harmonic mean of precision and recall"
    compares = "classes"


class AreaUnderCurve(Metric):
    """The area under the ROC curve of two classes.

    The chance that a positive sample has a larger output than a negative one, ties counted
    half. 0.5 is random guessing.
    """

    word = "auc"
    summary = "area under the ROC curve of two classes"
    compares = "classes"
    most_classes = 2


class Confusion(Metric):
    """Counts of true classes (rows) and predicted classes (columns)."""

    word = "confusion"
    summary = "table of true and predicted classes"
    compares = "classes"
    larger_is_better = None


class MeanAbsolute(Metric):
    """Mean of |y - t|, in the units of the target."""

    word = "mae"
    summary = "mean absolute error"
    compares = "numbers"
    larger_is_better = False
    bounds = (0, None)


class RootMeanSquare(Metric):
    """Square root of the mean of (y - t)^2, in the units of the target."""

    word = "rmse"
    summary = "root mean squared error"
    compares = "numbers"
    larger_is_better = False
    bounds = (0, None)


class Determination(Metric):
    """R^2 = 1 - sum of (y - t)^2 / sum of (t - mean t)^2; 1 is perfect, 0 is the mean itself."""

    word = "r2"
    summary = "R squared, the share of explained variance"
    compares = "numbers"
    bounds = (None, 1)


METRICS: tuple[type[Metric], ...] = (
    Accuracy,
    TopFive,
    ErrorRate,
    Precision,
    Recall,
    FOne,
    AreaUnderCurve,
    Confusion,
    MeanAbsolute,
    RootMeanSquare,
    Determination,
)


def fitting(classes: int | None) -> tuple[str, ...]:
    """The metrics of that many classes; None: those of measured numbers."""
    if classes is None:
        return tuple(metric.word for metric in METRICS if metric.compares == "numbers")
    return tuple(
        metric.word
        for metric in METRICS
        if metric.compares == "classes"
        and metric.least_classes <= classes <= (metric.most_classes or classes)
    )
