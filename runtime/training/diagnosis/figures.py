"""The figures of a loaded set: of its columns, and of its targets as classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod

import numpy as np

from ....compiler.ir import Model
from ....grammar.problem import Problem
from ....grammar.source import Span
from ...array_types import Array
from ...data.dataset import IGNORED, Dataset
from ...data.fitted_prep import Categories, FittedPrep
from ...data.lints import ClassTarget, InputFigures, PartTitle, lint_columns, lint_features
from ...data.statistics import RowHashes, both_statistics, column_statistics
from ...data.streamed import changed, distinct
from ..objectives.objectives import token_readers, wants_classes

MOST_CLASSES = 1000
"""More different whole numbers are hardly classes."""
COLOURS = {1: ("grey",), 3: ("red", "green", "blue")}


def input_figures(model: Model, dataset: Dataset, index: int) -> InputFigures:
    """What one input is before `prep` and after it."""
    shape = (dataset.raw_shape, *dataset.more_raw_shapes)[index]
    steps = (dataset.steps, *dataset.more_steps)[index]
    name = dataset.input_names[index]
    after = dataset.train.inputs[index]
    x = dataset.unprepared[0].inputs[index].reshape(len(after), *shape)
    if model.preps:
        before, last = both_statistics(x, after, steps)
    else:
        before = last = column_statistics(x)
    names = _names(model, dataset, index, x)
    categories = dataset.categories if index == 0 and x.ndim == 2 else ()
    mixes = any(not prep.keeps_positions() for prep in model.preps)
    after_names = () if mixes else _names_after(names, categories, steps)
    if len(after_names) != after.shape[-1]:
        after_names = tuple(str(number + 1) for number in range(after.shape[-1]))
    return InputFigures(
        names=names,
        x=x,
        before=before,
        after_names=after_names,
        after=last,
        size=prod(after.shape[1:]),
        categories=categories,
        is_tokens=any(source == name for _, source, _ in token_readers(model))
        or (len(dataset.input_names) == 1 and any(True for _ in token_readers(model))),
    )


def _names_after(
    names: tuple[str, ...],
    categories: tuple[tuple[str, ...] | None, ...],
    steps: tuple[FittedPrep, ...],
) -> tuple[str, ...]:
    """The names of columns after `prep`: a category is `column=value`."""
    kept = next((step.kept for step in steps if isinstance(step, Categories)), {})
    return tuple(
        f"{name}={(categories[index] or ())[code]}" if code is not None else name
        for index, name in enumerate(names)
        for code in kept.get(index, (None,))
    )


def _names(model: Model, dataset: Dataset, index: int, x: Array) -> tuple[str, ...]:
    """What the columns or channels are called."""
    count = x.shape[-1]
    known = dataset.columns or (() if model.data is None else model.data.feature_names)
    if index == 0 and len(known) == count and x.ndim == 2:
        return known
    if x.ndim == 4 and count in COLOURS:
        return COLOURS[count]
    noun = "feature" if x.ndim == 2 else "channel"
    several = f"{dataset.input_names[index]} " if len(dataset.input_names) > 1 else ""
    return tuple(f"{several}{noun} {number + 1}" for number in range(count))


def target_name(dataset: Dataset, index: int) -> str:
    """A column, or what the arrays call it."""
    columns = dataset.target_columns
    return columns[0] if len(columns) == 1 else dataset.target_names[index]


def value_names(dataset: Dataset, index: int, width: int) -> tuple[str, ...]:
    """The names of the numbers of a target: columns, or numbered ones."""
    if len(dataset.target_columns) == width:
        return dataset.target_columns
    name = target_name(dataset, index)
    return (name,) if width == 1 else tuple(f"{name} {number + 1}" for number in range(width))


def class_target(
    model: Model, dataset: Dataset, names: list[PartTitle], index: int
) -> ClassTarget | None:
    """A target as classes; None where it is numbers or there is none."""
    parts = {name: part.targets[index] for name, part in zip(names, dataset.parts(), strict=True)}
    y = parts["training"]
    called = target_name(dataset, index)
    classes = dataset.classes_of(index)
    if classes is not None:
        labels = {name: changed(part, _without_ignored) for name, part in parts.items()}
        return ClassTarget(called, classes, labels)
    if y.dtype.kind != "i" or not y.size or not (wants_classes(model.losses) or not model.losses):
        return None
    values = np.unique(np.concatenate([distinct(part)[0] for part in parts.values()]))
    values = values[values != IGNORED]
    if len(values) > MOST_CLASSES or not len(values):
        return None
    if values[0] >= 0 and values[-1] < MOST_CLASSES:
        values = np.arange(values[-1] + 1)
    labels = {
        name: changed(part, lambda y: np.where(y == IGNORED, -1, np.searchsorted(values, y)))
        for name, part in parts.items()
    }
    return ClassTarget(called, tuple(str(value) for value in values.tolist()), labels)


def _without_ignored(y: Array) -> Array:
    return np.where(y == IGNORED, -1, y)


def column_warnings(
    dataset: Dataset,
    figures: Sequence[InputFigures],
    targets: Sequence[ClassTarget | None],
    hashes: RowHashes,
    at: Span,
) -> Iterator[Problem]:
    """What is odd about columns. `hashes`: of the training samples."""
    train = dataset.train
    originals = np.unique(hashes, return_index=True)[1]
    labelled = [
        named
        for index, target in enumerate(targets)
        for named in _flat_targets(dataset, index, target)
    ]
    for item in figures:
        yield from lint_columns(item, at)
        yield from lint_features(item, train, labelled, originals, at)


def _flat_targets(
    dataset: Dataset, index: int, target: ClassTarget | None
) -> list[tuple[str, Array]]:
    """A target as named arrays (N,): class indices, or each of a few numbers."""
    if target is not None:
        labels = target.labels["training"]
        return [(target_name(dataset, index), labels)] if labels.ndim == 1 else []
    y = dataset.train.targets[index]
    flat = y.reshape(len(y), -1).astype(np.float64)
    names = value_names(dataset, index, flat.shape[1])
    return list(zip(names, flat.T, strict=True)) if flat.shape[1] <= 10 else []
