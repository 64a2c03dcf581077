"""`netc data`: the data of a spec as its run would see it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...compiler.data.preparations import Prep
from ...compiler.diagnostics import diagnostic
from ...compiler.ir import Model
from ...compiler.problems.running import DataMissing
from ...compiler.shapes import Shape, shape_text
from ...grammar.problem import Problem, Problems
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
from ..events import Reporter
from ..training.free_sizes import bind_sizes
from ..training.objectives import resolve_objective, token_readers, view_of, wants_classes
from ..training.run import load_data
from ..training.spec import Spec
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


def inspect_data(
    spec: Spec,
    *,
    complete: bool,
    root: Path,
    problems: Problems,
    reporter: Reporter,
    is_allowed: Callable[[Problem], bool] = lambda problem: False,
) -> DataView | None:
    """Loads, divides and prepares the data of a spec as its run would, and looks at it; None after
    a problem. What would keep a run from using the data is among the problems, beside the view,
    where the spec is `complete`, which means that all of its network was understood. A spec may
    have no network, no loss and no optimizer. Warnings that a comment allows are left out."""
    model = spec.model
    if model.data is None:
        problems.add(DataMissing(at=spec.place("").span))
        return None
    dataset = load_data(spec, root=root, problems=problems, reporter=reporter, keep_unprepared=True)
    if dataset is None:
        return None
    view = _view(spec, dataset, is_allowed)
    if complete and model.losses:
        bound = bind_sizes(spec, dataset, problems)
        if bound is not None:
            resolve_objective(bound, dataset, problems)
    return view


def _view(spec: Spec, dataset: Dataset, is_allowed: Callable[[Problem], bool]) -> DataView:
    model, at = spec.model, spec.place("data").span
    raw, train = dataset.unprepared, dataset.train
    names = [name for name, part in zip(PARTS, _splits(dataset), strict=True) if part is not None]
    warnings: list[Problem] = []
    targets = [_class_target(model, dataset, names, index) for index in range(len(train.targets))]
    labelled = [
        (_target_name(dataset, index), one)
        for index, target in enumerate(targets)
        for one in _flat_targets(target, train.targets[index])
    ]
    hashes = [hash_rows(part.inputs) for part in raw]
    known = frozenset(hashes[0])
    originals = np.unique(hashes[0], return_index=True)[1]
    inputs: list[InputSummary] = []
    for index in range(len(train.inputs)):
        figures = _figures(model, dataset, index)
        declared, fits = _declared(spec, dataset, index)
        prepared = train.inputs[index] if model.preps else None
        name = dataset.input_names[index]
        inputs.append(summarize_input(name, figures, prepared, declared, fits=fits))
        warnings += lint_columns(figures, at)
        warnings += lint_features(figures, train, labelled, originals, at)
    for name, here in zip(names[1:], hashes[1:], strict=True):
        warnings += lint_copies(name, here, known, at)
    for target in targets:
        if target is not None:
            way = division_way(model, train)
            warnings += lint_classes(target.classes, target.counts(), way, at)
            labels = target.labels["training"]
            if labels.ndim == 1:
                warnings += lint_contradictions(hashes[0], labels, train, at)
    report = DataReport(
        data=dataset.name,
        note=dataset.note,
        seed=model.train.seed,
        preps=tuple(_call(prep) for prep in model.preps),
        parts=tuple(
            _part(name, here, known if number else frozenset())
            for number, (name, here) in enumerate(zip(names, hashes, strict=True))
        ),
        inputs=tuple(inputs),
        targets=tuple(
            summarize_classes(target)
            if target is not None
            else _numbers(dataset, index, train.targets[index])
            for index, target in enumerate(targets)
            if train.targets[index].size
        ),
        warnings=tuple(diagnostic(one) for one in warnings if not is_allowed(one)),
        hashes=dict(dataset.hashes),
    )
    return DataView(report, dataset, tuple(targets))


def _call(prep: Prep) -> str:
    return " ".join([prep.word, *(str(getattr(prep, name)) for name in prep.positional)])


def _splits(dataset: Dataset) -> tuple[Split | None, ...]:
    return dataset.train, dataset.validation, dataset.test


def _part(name: PartTitle, hashes: list[int], known: frozenset[int]) -> PartSummary:
    copies = sum(one in known for one in hashes) if known else 0
    return PartSummary(name, len(hashes), len(hashes) - len(set(hashes)), copies)


def _declared(spec: Spec, dataset: Dataset, index: int) -> tuple[str, bool]:
    """The shape that the spec writes for an input, and whether it can read the samples."""
    nodes = [node for node in spec.graph.nodes if not node.inputs]
    if len(nodes) != len(dataset.input_names):
        return "", not nodes
    names = [node.name for node in nodes]
    at = names.index(dataset.input_names[index]) if len(nodes) > 1 else 0
    shape: Shape = nodes[at].shape
    sample = dataset.train.inputs[index].shape[1:]
    return shape_text(shape), view_of(shape, sample) is not None


# Inputs


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
    known = dataset.columns or (() if model.data is None else model.data.features)
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
    return dataset.target_column or dataset.target_names[index]


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
