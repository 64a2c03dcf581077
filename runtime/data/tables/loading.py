"""Tables as people have them: text in any dialect, Parquet or Excel, one row per sample.

Every column but the target, weights, groups and ignored ones is a feature. Numbers are read in
double precision, missing values as NaN; booleans (yes and no, true and false) become 1 and 0; a
column of texts becomes the index of each text among its categories, for `prep onehot`. A target of
texts, or of whole numbers where the loss learns classes, holds classes: its distinct values in
sorted order (of numbers by size, so that `1`, `1.0` and `01` are one). Any other target is
measured. A network that was trained on a table finds its columns by their names: another table may
have them in any order, and others beside them. So does the file of a part, whose classes must be
those of the first file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from ....compiler.data.tables import Table
from ....compiler.problems.samples import LabelUnknown
from ....compiler.problems.tables import ColumnsOfText
from ....compiler.problems.weighting import WeightsWrong
from ....compiler.spans import Place
from ...array_types import Array, Doubles
from ..data_file import DataFile
from ..dataset import DataRequest, RawDataset, Split, drop_class
from .names import Wanted, cut, wanted_by
from .reading import TableContent, read_table
from .reports import report_absent, report_large, report_wrong
from .text import table_options
from .values import MOST_STRANGE, Column, alike, is_text, number_name


def load_table(
    file: DataFile,
    request: DataRequest,
    data: Table,
    *,
    parts: Mapping[str, DataFile],
    target_place: Place,
    wants_classes: bool,
) -> RawDataset | None:
    """The table of a file, and those of `parts`, which are "val" and "test"; None after a problem.
    The columns of `request` are those that a network was trained on, its targets those of that
    network where `data` names none."""
    guesses = data.target is None and wants_classes and not request.columns
    request = replace(request, guesses_target=guesses)
    whole = _load_one(file, request, data, None, target_place, wants_classes=wants_classes)
    if whole is None:
        return None
    request = replace(
        request,
        columns=whole.columns,
        target_columns=whole.target_columns,
        categories=whole.categories,
        guesses_target=False,
    )
    notes, hashes = [whole.note] if whole.note else [], dict(whole.hashes)
    samples = {"all": whole.samples}
    for option, part in parts.items():
        own = _load_one(part, request, data, whole, part.place, wants_classes=wants_classes)
        if own is None:
            continue
        samples[option] = own.samples
        hashes[part.shown] = own.hashes[part.path.name]
        differs = own.note and own.note != whole.note
        notes.append(f"{option} from `{part.shown}`" + (f" ({own.note})" if differs else ""))
        request = replace(request, categories=own.categories)
    if len(samples) <= len(parts):
        return None
    shown = tuple(parts[option].shown if option in parts else "" for option in ("val", "test"))
    named = {key: replace(split, files=(shown[0], shown[1])) for key, split in samples.items()}
    return replace(
        whole,
        samples=named["all"],
        validation=named.get("val"),
        test=named.get("test"),
        categories=request.categories,
        note=", ".join(notes),
        hashes=hashes,
    )


def _load_one(
    file: DataFile,
    request: DataRequest,
    data: Table,
    whole: RawDataset | None,
    target_place: Place,
    *,
    wants_classes: bool,
) -> RawDataset | None:
    """The table of one file; None after a problem. That of a part has the columns and classes of
    the `whole` set."""
    wanted = _wanted(data, request)
    if whole is not None:
        texts = (*request.texts(), *_text_target(whole.target_columns, whole.classes))
        wanted = replace(wanted, group=None, texts=texts)
    content = read_table(file, table_options(data), wanted, request.columns, target_place)
    if content is None:
        return None
    before = len(file.problems)
    features = read_features(content, request, file)
    targets = _read_targets(content, request, file, whole, wants_classes=wants_classes)
    weights = _read_weights(content, file)
    if features is None or targets is None or len(file.problems) > before:
        return None
    x, categories = features
    plan = content.plan
    group = None if plan.group is None else np.array(content.columns[plan.group].spelled())
    names, ys, classes = targets
    return RawDataset(
        Split(x, ys[0], (), tuple(ys[1:]), content.lines, content.unit, group, weights=weights),
        classes=classes[0],
        hashes={file.path.name: content.sha256},
        note=", ".join(content.notes),
        target_names=names,
        more_classes=tuple(classes[1:]),
        columns=tuple(plan.names[index] for index in plan.features),
        categories=categories,
        target_columns=tuple(plan.names[index] for index in plan.targets),
    )


def _text_target(columns: tuple[str, ...], classes: Sequence[str] | None) -> tuple[str, ...]:
    """The target column, if its known classes are not all numbers."""
    return columns if len(columns) == 1 and any(map(is_text, classes or ())) else ()


def _wanted(data: Table, request: DataRequest) -> Wanted:
    """What the author asks for, or a trained network in its place."""
    wanted = replace(wanted_by(data, has_target=bool(request.targets)), texts=request.texts())
    if request.columns:
        wanted = replace(wanted, features=request.columns, ignores_unknown=True)
    if data.target is None and request.target_columns:
        wanted = replace(wanted, targets=request.target_columns)
    return replace(
        wanted, texts=(*wanted.texts, *_text_target(wanted.targets or (), request.classes))
    )


def read_features(
    content: TableContent, request: DataRequest, file: DataFile
) -> tuple[Doubles, tuple[tuple[str, ...] | None, ...]] | None:
    """The features, (N, F), with the categories of each column of texts; None after problems.
    Texts that the categories of `request` lack come after them."""
    columns = content.of(content.plan.features)
    known = request.categories or (None,) * len(columns)
    categories: list[tuple[str, ...] | None] = []
    for column, own in zip(columns, known, strict=True):
        if own is not None:
            same = {*own, *map(alike, own)}
            more = (name for name in column.categories() if not {name, alike(name)} & same)
            categories.append((*own, *more))
        else:
            is_text = column.kind == "texts" and not request.categories
            categories.append(column.categories() if is_text else None)
    wrong = [
        column
        for column, names in zip(columns, categories, strict=True)
        if names is None and column.kind in ("mixed", "texts")
    ]
    good = not (wrong and report_wrong(wrong, content, file))
    texts = [column for column, names in zip(columns, categories, strict=True) if names]
    if texts and not request.encodes:
        file.report(
            ColumnsOfText,
            path=file.shown,
            columns=tuple(column.name for column in texts),
            examples=tuple(tuple(map(cut, column.categories()[:3])) for column in texts),
            counts=tuple(len(column.categories()) for column in texts),
            rows=len(content.lines),
            guessed=request.guesses_target,
        )
        good = False
    if not request.imputes and good:
        good = not report_absent(columns, content, file, is_target=False) and good
    x = np.empty((len(content.lines), len(columns)))
    for index, (column, names) in enumerate(zip(columns, categories, strict=True)):
        x[:, index] = column.as_numbers() if names is None else column.coded(names)
    return (x, tuple(categories)) if good and not report_large(x, content, file) else None


Targets = tuple[tuple[str, ...], list[Array], list[tuple[str, ...] | None]]
"""The names of the targets of losses, their values, and the classes of each."""


def _read_targets(
    content: TableContent,
    request: DataRequest,
    file: DataFile,
    whole: RawDataset | None,
    *,
    wants_classes: bool,
) -> Targets | None:
    """Each target column by itself where losses name it, or one target of all columns."""
    columns = content.of(content.plan.targets)
    if report_absent(columns, content, file, is_target=True):
        return None
    by_name = {column.name: column for column in columns}
    if len(columns) > 1 and request.targets != ("y",) and set(request.targets) <= set(by_name):
        names, wants = request.targets, request.classed
        single = [by_name[name] for name in names]
        ignored = [request.ignored.get(name) for name in names]
    elif len(columns) == 1:
        names, wants, single = ("y",), (wants_classes,), columns
        ignored = [request.ignored_label()]
    else:
        wrong = [column for column in columns if column.kind in ("mixed", "texts")]
        y = (
            np.column_stack([column.as_numbers() for column in columns])
            if columns
            else np.zeros((len(content.lines), 0))
        )
        if (wrong and report_wrong(wrong, content, file)) or report_large(
            y, content, file, target=True
        ):
            return None
        return ("y",), [y], [None]
    if whole is None:
        found = [
            _read_target(column, content, file, classed, label)
            for column, classed, label in zip(single, wants, ignored, strict=True)
        ]
    else:
        known = (whole.classes, *whole.more_classes)
        found = [
            _read_known_target(column, content, file, classes, label)
            for column, classes, label in zip(single, known, ignored, strict=True)
        ]
    if any(item is None for item in found):
        return None
    good = [item for item in found if item is not None]
    return names, [y for y, _ in good], [classes for _, classes in good]


def _read_weights(content: TableContent, file: DataFile) -> Doubles | None:
    """What each sample counts; None where no column says it, and after a problem."""
    if content.plan.weight is None:
        return None
    columns = content.of((content.plan.weight,))
    if report_absent(columns, content, file, is_target=True) or report_wrong(
        columns, content, file
    ):
        return None
    weights = columns[0].as_numbers()
    negative = np.flatnonzero(weights < 0)
    if len(negative):
        row, found = int(negative[0]), f"{weights[negative[0]]:g}"
        name, sample = columns[0].name, content.name_of(row)
        file.report(WeightsWrong, name=name, data=file.shown, found=found, sample=sample)
    return weights


def _read_target(
    column: Column,
    content: TableContent,
    file: DataFile,
    wants_classes: bool,
    ignored: int | None,
) -> tuple[Array, tuple[str, ...] | None] | None:
    """The classes of a column, or its numbers."""
    held = column.numbers[~column.strange]
    few = 0 < column.strange.mean() <= MOST_STRANGE if wants_classes else column.kind == "mixed"
    if few:
        report_wrong([column], content, file)
        return None
    if column.texts and (wants_classes or column.kind != "numbers"):
        names = column.categories()
        return drop_class(column.coded(names).astype(np.int64), names, ignored)
    if wants_classes and bool((held == np.round(held)).all()):
        values, codes = np.unique(held, return_inverse=True)
        names = tuple(number_name(value) for value in values.tolist())
        return drop_class(codes.astype(np.int64), names, ignored)
    return _numbers(column, content, file)


def _read_known_target(
    column: Column,
    content: TableContent,
    file: DataFile,
    classes: tuple[str, ...] | None,
    ignored: int | None,
) -> tuple[Array, tuple[str, ...] | None] | None:
    """A target of a part, whose classes are known, or that holds numbers."""
    if classes is None:
        wrong = column.kind != "numbers" and report_wrong([column], content, file)
        return None if wrong else _numbers(column, content, file)
    known = classes if ignored is None else (*classes, str(ignored))
    same = {*known, *map(alike, known)}
    found = enumerate(column.spelled())
    row = next((row for row, text in found if text and not {text, alike(text)} & same), None)
    if row is not None:
        name, sample = column.spelled()[row], content.name_of(row)
        file.report(LabelUnknown, name=file.shown, found=name, sample=sample, classes=classes)
        return None
    return drop_class(column.coded(known).astype(np.int64), known, ignored)


def _numbers(
    column: Column, content: TableContent, file: DataFile
) -> tuple[Array, tuple[str, ...] | None] | None:
    """The numbers of a target, (N, 1)."""
    y = column.as_numbers().reshape(-1, 1)
    target = content.plan.names.index(column.name)
    only = replace(content, plan=replace(content.plan, targets=(target,)))
    return None if report_large(y, only, file, target=True) else (y, None)
