"""`netc data`: the data of a spec as its run would see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ...compiler.check.lints.allow import allowed
from ...compiler.data.preparations import Prep
from ...compiler.diagnostics import diagnostic
from ...compiler.ir import Model
from ...compiler.pipeline import Checked
from ...compiler.problems.flow import EmptySpec
from ...compiler.problems.pictures import PicturesDamaged
from ...compiler.problems.running import DataMissing
from ...compiler.shapes import Shape, shape_text
from ...grammar.problem import Problem, Problems, in_order
from ...grammar.source import Span
from ..array_types import Array
from ..data.dataset import Dataset, Split
from ..data.lints import (
    ClassTarget,
    InputFigures,
    PartTitle,
    division_way,
    lint_classes,
    lint_columns,
    lint_contradictions,
    lint_copies,
    lint_features,
)
from ..data.statistics import column_statistics, hash_rows
from ..data.streamed import UnreadableError
from ..events import Reporter
from ..training.augmentation import Augmentation, augmentation_of
from ..training.batches import SampleIndices, epoch_order
from ..training.free_sizes import bind_sizes
from ..training.objectives import resolve_objective, token_readers, view_of, wants_classes
from ..training.spec import Spec
from ..training.spec_data import load_data
from .data_report import (
    DataReport,
    InputSummary,
    PartSummary,
    TargetSummary,
    summarize_classes,
    summarize_columns,
    summarize_input,
)

PARTS: tuple[PartTitle, ...] = ("training", "validation", "test")
MOST_CLASSES = 1000
"""More different whole numbers are hardly classes."""
COLOURS = {1: ("grey",), 3: ("red", "green", "blue")}


@dataclass(frozen=True, slots=True, eq=False)
class DataView:
    """A report, with the samples that it is about."""

    report: DataReport
    dataset: Dataset
    targets: tuple[ClassTarget | None, ...]
    """Of those that are classes."""
    batch: SampleIndices
    """The training samples of the first step."""
    shape: tuple[int, ...]
    """As what a sample of the first input is drawn."""
    augmentation: Augmentation | None = None
    """What training changes, where the spec says so and can be trained."""


def inspect_data(
    checked: Checked, *, root: Path, problems: Problems, reporter: Reporter
) -> DataView | None:
    """Loads, divides and prepares the data of a spec as its run would, and looks at it; None after
    a problem. A spec may have no network, no loss and no optimizer, and mistakes elsewhere: those,
    and what else would keep a run from using the data, are among the problems, beside the view.
    Warnings that a comment allows are left out."""
    for problem in checked.problems:
        if problem.is_error and not isinstance(problem, EmptySpec):
            problems.add(problem)
    spec = Spec.of(checked)
    if spec.model.data is None:
        if not problems.has_errors():
            problems.add(DataMissing(at=spec.place("").span))
        return None
    augmentation: Augmentation | None = None
    sound = checked.complete and not problems.has_errors()
    dataset = load_data(spec, root=root, problems=problems, reporter=reporter, keep_unprepared=True)
    if dataset is None:
        return None
    if sound and spec.model.losses:
        bound = bind_sizes(spec, dataset, problems)
        objective = None if bound is None else resolve_objective(bound, dataset, problems)
        if bound is not None and objective is not None:
            augmentation = augmentation_of(bound, dataset, objective, problems)
    errors = tuple(problem for problem in in_order(problems) if problem.is_error)

    def is_allowed(problem: Problem) -> bool:
        return any(allowed(file, problem) for file in checked.files)

    try:
        return replace(_view(spec, dataset, errors, is_allowed), augmentation=augmentation)
    except UnreadableError as error:
        damaged = ((error.path, error.reason),)
        total = sum(map(len, dataset.parts()))
        place = spec.place("data").span
        problems.add(PicturesDamaged(at=place, path=dataset.name, damaged=damaged, total=total))
        return None


def _view(
    spec: Spec,
    dataset: Dataset,
    errors: tuple[Problem, ...],
    is_allowed: Callable[[Problem], bool],
) -> DataView:
    model, train = spec.model, dataset.train
    splits = (dataset.train, dataset.validation, dataset.test)
    names = [name for name, part in zip(PARTS, splits, strict=True) if part is not None]
    targets = tuple(
        _class_target(model, dataset, names, index) for index in range(len(train.targets))
    )
    figures = [_figures(model, dataset, index) for index in range(len(train.inputs))]
    hashes = [hash_rows(part.inputs) for part in dataset.unprepared]
    known = frozenset(hashes[0])
    at = spec.place("data").span
    warnings = [
        *_column_warnings(dataset, figures, targets, hashes[0], at),
        *_part_warnings(model, dataset, dict(zip(names, hashes, strict=True)), targets, at),
    ]
    report = DataReport(
        data=dataset.name,
        note=dataset.note,
        seed=model.train.seed,
        folds=None if model.kfold is None else model.kfold.folds,
        preps=tuple(_call(prep) for prep in model.preps),
        parts=tuple(
            _part(name, here, known if number else frozenset())
            for number, (name, here) in enumerate(zip(names, hashes, strict=True))
        ),
        inputs=tuple(_input(spec, dataset, index, item) for index, item in enumerate(figures)),
        targets=tuple(
            summarize_classes(target)
            if target is not None
            else _numbers(dataset, index, train.targets[index])
            for index, target in enumerate(targets)
            if train.targets[index].size
        ),
        warnings=tuple(diagnostic(one) for one in warnings if not is_allowed(one)),
        errors=tuple(map(diagnostic, errors)),
        hashes=dict(dataset.hashes),
    )
    return DataView(report, dataset, targets, _first_batch(model, train), _seen(spec, dataset))


def _column_warnings(
    dataset: Dataset,
    figures: list[InputFigures],
    targets: tuple[ClassTarget | None, ...],
    hashes: list[int],
    at: Span,
) -> Iterator[Problem]:
    train = dataset.train
    originals = np.unique(hashes, return_index=True)[1]
    labelled = [
        (_target_name(dataset, index), one)
        for index, target in enumerate(targets)
        for one in _flat_targets(target, train.targets[index])
    ]
    for item in figures:
        yield from lint_columns(item, at)
        yield from lint_features(item, train, labelled, originals, at)


def _part_warnings(
    model: Model,
    dataset: Dataset,
    hashes: dict[PartTitle, list[int]],
    targets: tuple[ClassTarget | None, ...],
    at: Span,
) -> Iterator[Problem]:
    known = frozenset(hashes["training"])
    for name, here in hashes.items():
        if name != "training":
            yield from lint_copies(name, here, known, at)
    for target in targets:
        if target is not None:
            way = division_way(model, dataset.train)
            yield from lint_classes(target.classes, target.counts(), way, at)
            labels = target.labels["training"]
            if labels.ndim == 1:
                yield from lint_contradictions(hashes["training"], labels, dataset.train, at)


def _call(prep: Prep) -> str:
    return " ".join([prep.word, *(str(getattr(prep, name)) for name in prep.positional)])


def _part(name: PartTitle, hashes: list[int], known: frozenset[int]) -> PartSummary:
    copies = sum(one in known for one in hashes) if known else 0
    return PartSummary(name, len(hashes), len(hashes) - len(set(hashes)), copies)


def _first_batch(model: Model, train: Split) -> SampleIndices:
    """The training samples of the first step."""
    order = epoch_order(model.train.seed, 1, len(train), shuffle=model.train.shuffle)
    size = model.train.batch
    return order if size == "all" else order[:size]


# Inputs


def _input(spec: Spec, dataset: Dataset, index: int, figures: InputFigures) -> InputSummary:
    prepared = dataset.train.inputs[index]
    shape = _declared(spec, dataset, index)
    return summarize_input(
        dataset.input_names[index],
        figures,
        prepared if spec.model.preps else None,
        "" if shape is None else shape_text(shape),
        fits=shape is None or view_of(shape, prepared.shape[1:]) is not None,
    )


def _declared(spec: Spec, dataset: Dataset, index: int) -> Shape | None:
    """The shape that the spec writes for an input; None where it has no such input."""
    shapes = {node.name: node.shape for node in spec.graph.nodes if not node.inputs}
    if len(shapes) == len(dataset.input_names) == 1:
        return next(iter(shapes.values()))
    return shapes.get(dataset.input_names[index])


def _seen(spec: Spec, dataset: Dataset) -> tuple[int, ...]:
    """As what a sample of the first input is drawn: an image if the data or the spec say so."""
    sample = dataset.train.x.shape[1:]
    shape = _declared(spec, dataset, 0)
    seen = None if shape is None else view_of(shape, sample)
    return sample if seen is None or len(seen) < len(sample) else seen


def _figures(model: Model, dataset: Dataset, index: int) -> InputFigures:
    train = dataset.train.inputs[index]
    shape = dataset.raw_shape if index == 0 else dataset.more_raw_shapes[index - 1]
    x = dataset.unprepared[0].inputs[index].reshape(len(train), *shape)
    name = dataset.input_names[index]
    before = column_statistics(x)
    names = _names(model, dataset, index, x)
    mixes = any(not prep.keeps_positions() for prep in model.preps)
    same = x.shape[-1] == train.shape[-1] and not mixes
    return InputFigures(
        names=names,
        x=x,
        before=before,
        after_names=names if same else tuple(str(n + 1) for n in range(train.shape[-1])),
        after=column_statistics(train) if model.preps else before,
        size=int(np.prod(train.shape[1:])),
        is_tokens=any(source == name for _, source, _ in token_readers(model))
        or (len(dataset.input_names) == 1 and any(True for _ in token_readers(model))),
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


# Targets


def _target_name(dataset: Dataset, index: int) -> str:
    """A column, or what the arrays call it."""
    columns = dataset.target_columns
    return columns[0] if len(columns) == 1 else dataset.target_names[index]


def _class_target(
    model: Model, dataset: Dataset, names: list[PartTitle], index: int
) -> ClassTarget | None:
    """A target as classes; None where it is numbers or there is none."""
    parts = {name: part.targets[index] for name, part in zip(names, dataset.parts(), strict=True)}
    y = parts["training"]
    called = _target_name(dataset, index)
    classes = dataset.classes_of(index)
    if classes is not None:
        return ClassTarget(called, classes, parts)
    if y.dtype.kind != "i" or not y.size or not (wants_classes(model.losses) or not model.losses):
        return None
    values = np.unique(np.concatenate([part.ravel() for part in parts.values()]))
    if len(values) > MOST_CLASSES:
        return None
    if values[0] >= 0 and values[-1] < MOST_CLASSES:
        values = np.arange(values[-1] + 1)
    labels = {name: np.searchsorted(values, part) for name, part in parts.items()}
    return ClassTarget(called, tuple(str(value) for value in values.tolist()), labels)


def _flat_targets(target: ClassTarget | None, y: Array) -> list[Array]:
    """A target as arrays (N,): class indices, or each of a few numbers."""
    if target is not None:
        labels = target.labels["training"]
        return [labels] if labels.ndim == 1 else []
    flat = y.reshape(len(y), -1).astype(np.float64)
    return list(flat.T) if flat.shape[1] <= 10 else []


def _numbers(dataset: Dataset, index: int, y: Array) -> TargetSummary:
    flat = y.reshape(len(y), -1)
    name = _target_name(dataset, index)
    width = flat.shape[1]
    names = (name,) if width == 1 else tuple(f"{name} {number + 1}" for number in range(width))
    columns = summarize_columns(names, column_statistics(flat), flat)
    return TargetSummary(name, width, (), (), columns)
