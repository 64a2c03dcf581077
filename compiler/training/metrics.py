"""What a run reports: one class for each metric."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ..language.options import Options

Averaging = Literal["macro", "micro", "weighted"]


class Metric(Options):
    """What a run reports besides the loss.

    A metric of classes compares the predicted class: the largest of K outputs, or for a single
    output above 0.5 after a sigmoid and above 0 otherwise. With two classes, class 1 is the
    positive one. With more, precision, recall, f1, iou and auc are macro averages, the unweighted
    mean over the classes, or what `average=` says.

    With several labels per sample (`loss bce` on rows of 0 and 1), each label above 0.5 is
    predicted: `acc` is the share of correct labels, `subset_acc` the share of samples whose labels
    are all correct, and precision, recall, f1, iou and auc are averages over the labels.

    A metric that is undefined on a part is reported with the reason, and an `expect` on it fails.
    Examples are the auc of samples without a positive, and the recall of a class that does not
    occur (shown as 0, as in scikit-learn).
    """

    category = "metric"
    compares: ClassVar[Literal["classes", "numbers"]]
    """Whether it is about classes or about measured numbers."""
    larger_is_better: ClassVar[bool | None] = True
    """None for one that is not a single number."""
    bounds: ClassVar[tuple[float | None, float | None]] = (0, 1)
    """The smallest and the largest possible value."""
    of_labels: ClassVar[bool] = True
    """Whether it can be about several labels per sample."""
    needs_labels: ClassVar[bool] = False
    """Whether it is about nothing else."""
    least_classes: ClassVar[int] = 2


class Accuracy(Metric):
    """The share of samples classified correctly."""

    word = "acc"
    summary = "share of samples classified correctly"
    compares = "classes"


class SubsetAccuracy(Metric):
    """The share of samples whose labels are all correct (the exact match ratio)."""

    word = "subset_acc"
    summary = "share of samples whose labels are all correct"
    compares = "classes"
    needs_labels = True


class TopFive(Metric):
    """The share of samples whose class is among the five largest outputs."""

    word = "top5"
    summary = "share of samples whose class is among the five most probable"
    compares = "classes"
    of_labels = False
    least_classes = 6


class ErrorRate(Metric):
    """The share of samples classified wrongly: 1 - accuracy, the 0/1 loss."""

    word = "error"
    summary = "share of samples classified wrongly"
    compares = "classes"
    larger_is_better = False


class Averaged(Metric):
    """The base of metrics of one class, of which there is an average over several."""

    average: Averaging | None = Field(
        default=None,
        description="over classes or labels: `macro` their mean, `micro` of all counts together, "
        "`weighted` by how often each occurs; by default `macro`, or class 1 of two classes",
    )


class Precision(Averaged):
    """The share of predicted positives that are correct: TP / (TP + FP), 0 without any."""

    word = "precision"
    summary = "share of predicted positives that are correct"
    compares = "classes"


class Recall(Averaged):
    """The share of actual positives that are found: TP / (TP + FN), 0 without any."""

    word = "recall"
    summary = "share of actual positives that are found"
    compares = "classes"


class FOne(Averaged):
    """The harmonic mean of precision and recall: 2 TP / (2 TP + FP + FN)."""

    word = "f1"
    summary = "harmonic mean of precision and recall"
    compares = "classes"


class IntersectionOverUnion(Averaged):
    """Intersection over union, the Jaccard index: TP / (TP + FP + FN), 0 without any.

    For masks: the pixels correctly predicted as a class, divided by all pixels that are of that
    class or are predicted as such. `average=macro` is the mean IoU over the classes, including the
    background.
    """

    word = "iou"
    summary = "intersection over union of masks and classes"
    compares = "classes"


class AreaUnderCurve(Averaged):
    """The area under the ROC curve.

    The chance that a positive sample has a larger output than a negative one, ties counted
    half. 0.5 is random guessing. Of two outputs without a softmax, their difference is compared.
    With more than two classes, each is compared with the rest (one-vs-rest); with several labels,
    each label is measured on its own. The value is the average.
    """

    word = "auc"
    summary = "area under the ROC curve"
    compares = "classes"


class Confusion(Metric):
    """Counts of true classes (rows) and predicted classes (columns)."""

    word = "confusion"
    summary = "table of true and predicted classes"
    compares = "classes"
    of_labels = False
    larger_is_better = None


class LabelReport(Metric):
    """Precision, recall, f1, auc and the number of samples of each class or label."""

    word = "report"
    summary = "table of precision, recall, f1 and auc by class"
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
    """Square root of the mean of (y - t)^2, in the units of the target.

    With several outputs it is the root of the mean over all of them, `sqrt(mse)`; scikit-learn
    gives the mean of the roots.
    """

    word = "rmse"
    summary = "root mean squared error"
    compares = "numbers"
    larger_is_better = False
    bounds = (0, None)


class Determination(Metric):
    """R^2 = 1 - sum of (y - t)^2 / sum of (t - mean t)^2; 1 is perfect, 0 is the mean itself.

    With several outputs it is the mean over the outputs.
    """

    word = "r2"
    summary = "R squared, the share of explained variance"
    compares = "numbers"
    bounds = (None, 1)


METRICS: tuple[type[Metric], ...] = (
    Accuracy,
    SubsetAccuracy,
    TopFive,
    ErrorRate,
    Precision,
    Recall,
    FOne,
    IntersectionOverUnion,
    AreaUnderCurve,
    Confusion,
    LabelReport,
    MeanAbsolute,
    RootMeanSquare,
    Determination,
)

AVERAGED = tuple(metric.word for metric in METRICS if issubclass(metric, Averaged))
"""What is measured of one class, and of several as an average."""


def fitting(classes: int | None, *, several: bool = False) -> tuple[str, ...]:
    """The metrics of that many classes, or of several labels per sample; None: those of measured
    numbers."""
    if classes is None:
        return tuple(metric.word for metric in METRICS if metric.compares == "numbers")
    return tuple(
        metric.word
        for metric in METRICS
        if metric.compares == "classes"
        and (metric.of_labels if several else not metric.needs_labels)
        and (several or metric.least_classes <= classes)
    )
