"""Tables as people have them: text in any dialect, one row per sample.

Every column but the target, weights, groups and ignored ones is a feature. Numbers are read in
double precision, missing values as NaN; booleans (yes and no, true and false) become 1 and 0; a
column of texts becomes the index of each text among its categories, for `prep onehot`. A target of
texts, or of whole numbers where the loss learns classes, holds classes: its distinct values in
sorted order (of numbers by size, so that `1`, `1.0` and `01` are one). Any other target is
measured. A network that was trained on a table finds its columns by their names: another table may
have them in any order, and others beside them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ...compiler.data.tables import Table
from ...compiler.problems.tables import ColumnsOfText
from ...compiler.spans import Place
from ..array_types import Array, Doubles
from .data_file import DataFile
from .dataset import DataRequest, RawDataset, Split
from .table import TableContent, read_table, said_of
from .table_names import Wanted, cut
from .table_reports import report_absent, report_large, report_wrong
from .table_values import MOST_STRANGE, Column, number_name


def load_table(
    file: DataFile,
    request: DataRequest,
    data: Table,
    *,
    target_place: Place,
    wants_classes: bool,
) -> RawDataset | None:
    """The table of a file; None after a problem. The columns of `request` are those that a network
    was trained on, its targets those of that network where `data` names none."""
    wanted = _wanted(data, request)
    content = read_table(file, said_of(data), wanted, request.columns, target_place)
    if content is None:
        return None
    guesses = data.target is None and wants_classes and not request.columns
    request = replace(request, guesses_target=guesses)
    before = len(file.problems)
    features = read_features(content, request, file)
    targets = _read_targets(content, request, file, wants_classes=wants_classes)
    if features is None or targets is None or len(file.problems) > before:
        return None
    x, categories = features
    plan = content.plan
    group = None if plan.group is None else np.array(content.columns[plan.group].spelled())
    names, ys, classes = targets
    return RawDataset(
        Split(x, ys[0], (), tuple(ys[1:]), content.lines, "line", group),
        classes=classes[0],
        hashes={file.path.name: content.sha256},
        note=", ".join(content.notes),
        target_names=names,
        more_classes=tuple(classes[1:]),
        columns=tuple(plan.names[index] for index in plan.features),
        categories=categories,
        target_columns=tuple(plan.names[index] for index in plan.targets),
    )


def _wanted(data: Table, request: DataRequest) -> Wanted:
    targets = (data.target,) if isinstance(data.target, str) else data.target
    if targets is None and request.target_columns:
        targets = request.target_columns
    if targets is None and not request.targets:
        targets = ()
    return Wanted(
        request.columns or data.features or (),
        targets,
        data.ignore,
        data.groups,
        ignores_unknown=bool(request.columns),
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
            categories.append((*own, *(name for name in column.categories() if name not in own)))
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
            examples=tuple(", ".join(map(cut, column.categories()[:3])) for column in texts),
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
    content: TableContent, request: DataRequest, file: DataFile, *, wants_classes: bool
) -> Targets | None:
    """Each target column by itself where losses name it, or one target of all columns."""
    columns = content.of(content.plan.targets)
    if report_absent(columns, content, file, is_target=True):
        return None
    by_name = {column.name: column for column in columns}
    if len(columns) > 1 and request.targets != ("y",) and set(request.targets) <= set(by_name):
        found = [
            _read_target(by_name[name], content, file, classed)
            for name, classed in zip(request.targets, request.classed, strict=True)
        ]
        names = request.targets
    elif len(columns) == 1:
        found = [_read_target(columns[0], content, file, wants_classes)]
        names = ("y",)
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
        found, names = [(y, None)], ("y",)
    if any(item is None for item in found):
        return None
    good = [item for item in found if item is not None]
    return names, [y for y, _ in good], [classes for _, classes in good]


def _read_target(
    column: Column, content: TableContent, file: DataFile, wants_classes: bool
) -> tuple[Array, tuple[str, ...] | None] | None:
    """The classes of a column, or its numbers."""
    held = column.numbers[~column.strange]
    few = 0 < column.strange.mean() <= MOST_STRANGE if wants_classes else column.kind == "mixed"
    if few:
        report_wrong([column], content, file)
        return None
    if column.texts:
        names = column.categories()
        return column.coded(names).astype(np.int64), names
    if wants_classes and bool((held == np.round(held)).all()):
        values, codes = np.unique(held, return_inverse=True)
        return codes.astype(np.int64), tuple(number_name(value) for value in values.tolist())
    y = held.reshape(-1, 1)
    at = content.plan.names.index(column.name)
    large = report_large(y, _only(content, at), file, target=True)
    return None if large else (y, None)


def _only(content: TableContent, target: int) -> TableContent:
    """The content with one target."""
    return replace(content, plan=replace(content.plan, targets=(target,)))
