"""`netc data`: the data of a spec as its run would see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import numpy as np

from ...compiler.check.lints.allow import allowed
from ...compiler.data.preparations import Prep
from ...compiler.data.tables import Table
from ...compiler.diagnostics import diagnostic
from ...compiler.ir import Model
from ...compiler.pipeline import Checked
from ...compiler.problems.flow import EmptySpec
from ...compiler.problems.running import DataMissing
from ...compiler.shapes import Shape, shape_text
from ...grammar.problem import Problem, Problems, in_order
from ...grammar.source import Span
from ..array_types import Array
from ..data.dataset import IGNORED, Dataset, Split
from ..data.lints import (
    ClassTarget,
    InputFigures,
    PartTitle,
    division_way,
    lint_classes,
    lint_contradictions,
    lint_copies,
    lint_spellings,
)
from ..data.statistics import RowHashes, column_statistics, count_among, hash_rows
from ..data.streamed import changed, reporting_unreadable
from ..events import Reporter
from ..training.diagnosis.figures import (
    class_target,
    column_warnings,
    input_figures,
    target_name,
    value_names,
)
from ..training.loading.free_sizes import bind_sizes
from ..training.loading.spec_data import load_data
from ..training.loop.augmentation import Augmentation, augmentation_of
from ..training.objectives.batches import SampleIndices, epoch_order
from ..training.objectives.objectives import data_request, resolve_objective, view_of
from ..training.spec import Spec
from .data_report import (
    ColumnSummary,
    DataReport,
    InputSummary,
    PartSummary,
    TargetSummary,
    summarize_classes,
    summarize_columns,
    summarize_input,
)

PARTS: tuple[PartTitle, ...] = ("training", "validation", "test")


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
            problems.add(DataMissing(at=spec.place("")))
        return None
    augmentation: Augmentation | None = None
    sound = checked.complete and not problems.has_errors()
    dataset = load_data(
        spec,
        root=root,
        problems=problems,
        reporter=reporter,
        prepare="later",
        keep_unprepared=True,
    )
    if dataset is None:
        return None
    if sound and spec.model.losses:
        with reporting_unreadable(dataset.name, spec.place("data"), problems):
            bound = bind_sizes(spec, dataset, problems)
            objective = None if bound is None else resolve_objective(bound, dataset, problems)
            if bound is not None and objective is not None:
                augmentation = augmentation_of(bound, dataset, objective, problems)
    errors = tuple(problem for problem in in_order(problems) if problem.is_error)

    def is_allowed(problem: Problem) -> bool:
        return any(allowed(file, problem) for file in checked.files)

    with reporting_unreadable(dataset.name, spec.place("data"), problems):
        return replace(_view(spec, dataset, errors, is_allowed), augmentation=augmentation)
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
        class_target(model, dataset, names, index) for index in range(len(train.targets))
    )
    figures = [input_figures(model, dataset, index) for index in range(len(train.inputs))]
    hashes = [hash_rows(part.inputs) for part in dataset.unprepared]
    at = spec.place("data")
    warnings = [
        *column_warnings(dataset, figures, targets, hashes[0], at),
        *_part_warnings(model, dataset, dict(zip(names, hashes, strict=True)), targets, at),
    ]
    report = DataReport(
        data=dataset.name,
        note=dataset.note,
        seed=model.train.seed,
        folds=None if model.kfold is None else model.kfold.folds,
        preps=tuple(_call(prep) for prep in model.preps),
        parts=tuple(_part(name, here, hashes[0]) for name, here in zip(names, hashes, strict=True)),
        inputs=tuple(_input(spec, dataset, index, item) for index, item in enumerate(figures)),
        targets=tuple(
            summarize_classes(target)
            if target is not None
            else _numbers(dataset, index, train.targets[index])
            for index, target in enumerate(targets)
            if train.targets[index].size
        ),
        weights=_weights(model, train),
        warnings=tuple(diagnostic(one) for one in warnings if not is_allowed(one)),
        errors=tuple(map(diagnostic, errors)),
        hashes=dict(dataset.hashes),
    )
    return DataView(report, dataset, targets, _first_batch(model, train), _seen(spec, dataset))


def _part_warnings(
    model: Model,
    dataset: Dataset,
    hashes: dict[PartTitle, RowHashes],
    targets: tuple[ClassTarget | None, ...],
    at: Span,
) -> Iterator[Problem]:
    inputs = dataset.unprepared[0].inputs
    for name, here in hashes.items():
        if name != "training":
            yield from lint_copies(name, here, hashes["training"], inputs, at)
    for target in targets:
        if target is not None:
            way = division_way(model, dataset.train)
            ignored = tuple(str(label) for label in data_request(model).ignored.values())
            yield from lint_classes(target.classes, target.counts(), way, at, ignored)
            yield from lint_spellings(target.classes, at)
            labels = target.labels["training"]
            if labels.ndim == 1:
                yield from lint_contradictions(hashes["training"], labels, dataset.train, at)


def _call(prep: Prep) -> str:
    return " ".join([prep.word, *(str(getattr(prep, name)) for name in prep.positional)])


def _part(name: PartTitle, hashes: RowHashes, train: RowHashes) -> PartSummary:
    copies = 0 if name == "training" else count_among(hashes, train)
    ordered = np.sort(hashes)
    return PartSummary(name, len(hashes), int((ordered[1:] == ordered[:-1]).sum()), copies)


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


# Targets


def _weights(model: Model, train: Split) -> ColumnSummary | None:
    """What samples count."""
    if train.weights is None:
        return None
    name = model.data.weights if isinstance(model.data, Table) and model.data.weights else "weight"
    x = train.weights[:, None]
    return summarize_columns((name,), column_statistics(x), x)[0]


def _numbers(dataset: Dataset, index: int, y: Array) -> TargetSummary:
    # the numbers of a picture are one column
    flat = y.reshape(len(y), -1, 1) if y.ndim > 2 else y.reshape(len(y), -1)
    known = changed(flat, lambda t: np.where(t == IGNORED, np.nan, t))
    names = value_names(dataset, index, flat.shape[-1])
    columns = summarize_columns(names, column_statistics(known), known)
    return TargetSummary(target_name(dataset, index), prod(y.shape[1:]), (), (), columns)
