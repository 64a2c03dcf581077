"""What a run says of its targets: samples per class, weights, and numbers that are large."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ....grammar.problem import Problem
from ...array_types import Array, Labels
from ...data.dataset import Dataset
from ...data.lints import PartTitle, division_way, lint_classes, lint_spellings
from ...data.statistics import column_statistics
from ...data.streamed import changed, portions
from ...events import ClassCount
from ..objectives.batches import TargetEncoding
from ..objectives.objectives import Objective, data_request
from ..spec import Spec


def class_counts(dataset: Dataset, objective: Objective) -> tuple[ClassCount, ...]:
    """Of the first target that is one class per sample; empty where there is none."""
    encoding = _classes_per_sample(objective)
    if encoding is None:
        return ()
    counts = counts_by_part(dataset, encoding)
    none = np.zeros_like(counts["training"])
    columns = (counts.get(part, none).tolist() for part in ("training", "validation", "test"))
    names = _names(dataset, encoding)
    return tuple(ClassCount(*row) for row in zip(names, *columns, strict=True))


def class_warnings(spec: Spec, dataset: Dataset, objective: Objective) -> Iterator[Problem]:
    """Lints where a part has no sample of a class, and where classes differ only in case."""
    encoding = _classes_per_sample(objective)
    if encoding is not None:
        way = division_way(spec.model, dataset.train)
        at = spec.place("data")
        ignored = tuple(str(label) for label in data_request(spec.model).ignored.values())
        names, counts = _names(dataset, encoding), counts_by_part(dataset, encoding)
        yield from lint_classes(names, counts, way, at, ignored)
        yield from lint_spellings(names, at)


MOST_NAMED = 4
"""So many weights, at most, are said one by one."""


def weights_in_words(dataset: Dataset, objective: Objective) -> tuple[str, ...]:
    """What does not count like the rest in the losses: samples, balanced classes, labels. Losses on
    one target say it once."""
    found: dict[str, None] = {}
    weights = dataset.train.weights
    if weights is not None:
        found[f"samples {weights.min():.4g} to {weights.max():.4g}"] = None
    for item in objective.weightings:
        if item.encoding is None:
            continue
        classes = objective.balanced.get(f"{item.loss}.weight")
        if classes is not None:
            found[f"balanced {_each(_names(dataset, item.encoding), classes)}"] = None
        positives = objective.balanced.get(f"{item.loss}.pos_weight")
        if positives is not None:
            numbers = tuple(str(number + 1) for number in range(len(positives)))
            found[f"positives {_each(numbers, positives)}"] = None
        if item.encoding.codes is None:
            continue
        y = dataset.train.targets[item.encoding.target]
        total = item.encoding.labels(y).size
        ignored = total - int(item.encoding.counts(y).sum())
        if ignored:
            found[f"{ignored:,} of {total:,} labels ignored"] = None
    return tuple(found)


def _each(names: tuple[str, ...], values: tuple[float, ...]) -> str:
    """What each counts; of many the ends."""
    if len(values) == 1:
        return f"{values[0]:.4g}"
    pairs = [f"{name} {value:.4g}" for name, value in zip(names, values, strict=True)]
    if len(pairs) <= MOST_NAMED:
        return ", ".join(pairs)
    return f"{pairs[values.index(min(values))]} to {pairs[values.index(max(values))]}"


LARGE = 100
"""A mean or deviation of targets that is far from what a network gives at first."""


def large_targets(dataset: Dataset, objective: Objective) -> tuple[str, str] | None:
    """Mean and deviation of the first numeric target that is large and not scaled."""
    for encoding in objective.encodings:
        if encoding.codes is not None or encoding.kind != "numbers" or encoding.steps:
            continue
        mean, deviation = _moments(dataset.train.targets[encoding.target])
        if max(abs(mean), deviation) > LARGE:
            return f"{mean:,.4g}", f"{deviation:,.4g}"
    return None


def _moments(y: Array) -> tuple[float, float]:
    """The mean and the deviation of all numbers of a target."""
    # of shares of the largest, no sum exceeds a number
    largest = max(1.0, *(float(np.abs(part.astype(np.float64)).max()) for part in portions(y)))
    figures = column_statistics(changed(y.reshape(len(y), -1, 1), lambda part: part / largest))
    return largest * float(figures.mean[0]), largest * float(figures.deviation[0])


def _classes_per_sample(objective: Objective) -> TargetEncoding | None:
    for encoding in objective.encodings:
        if encoding.codes is not None and len(encoding.shape) == 1:
            return encoding
    return None


def _names(dataset: Dataset, encoding: TargetEncoding) -> tuple[str, ...]:
    count = 0 if encoding.codes is None else len(encoding.codes)
    return dataset.classes_of(encoding.target) or tuple(str(index) for index in range(count))


def counts_by_part(dataset: Dataset, encoding: TargetEncoding) -> dict[PartTitle, Labels]:
    """How many of each class every part has."""
    parts: tuple[PartTitle, ...] = ("training", "validation", "test")
    splits = (dataset.train, dataset.validation, dataset.test)
    return {
        part: encoding.counts(split.targets[encoding.target])
        for part, split in zip(parts, splits, strict=True)
        if split is not None
    }
