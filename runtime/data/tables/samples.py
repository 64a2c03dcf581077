"""Samples to predict or to learn from, from tables without a spec: a file, or a data frame of a
program. Columns are found by the names that training saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ....compiler.problems.data import ColumnUnknown
from ....compiler.problems.samples import NotAnArray
from ....compiler.spans import Place
from ....grammar.problem import Problems
from ...array_types import Array, Doubles
from ...storage.files import place_of
from ..assemble import category_unknown
from ..data_file import DataFile
from ..dataset import DataRequest
from ..fitted_prep import FittedPrep, unknown_category
from .loading import read_features
from .names import ColumnPlan, Wanted, cut
from .reading import TableContent, read_table
from .text import TableOptions
from .values import column_of


@dataclass(frozen=True, slots=True, eq=False)
class TrainedColumns:
    """What a network knows of the table that it was trained on."""

    request: DataRequest
    steps: tuple[FittedPrep, ...] = ()
    """The fitted preparations of its input."""
    target: tuple[str, ...] = ()
    """Columns that are no features, where the names of the features are not known."""
    options: TableOptions = field(default_factory=TableOptions)


def file_samples(path: Path, trained: TrainedColumns, problems: Problems) -> Doubles | None:
    """The features of a file; None after a problem."""
    place, names = place_of(path), trained.request.columns
    file = DataFile(path, str(path), place, problems)
    targets = () if names else trained.target
    wanted = Wanted(
        names, (), targets, ignores_unknown=True, by_place=True, texts=trained.request.texts()
    )
    content = read_table(file, trained.options, wanted, names, place)
    found = None if content is None else _read(content, trained, file)
    return None if found is None else found[0]


def frame_samples(
    frame: Any, name: str, trained: TrainedColumns, place: Place, problems: Problems
) -> tuple[Doubles, tuple[str, ...], tuple[tuple[str, ...] | None, ...]] | None:
    """The features of a data frame, the names of its columns and their categories; None after a
    problem."""
    given = {str(column): column for column in columns_of(frame)}
    names = trained.request.columns or tuple(given)
    spelled = [str(column) for column in columns_of(frame)]
    twice = [column for column in names if spelled.count(column) > 1]
    if twice:
        reason = f"it has {spelled.count(twice[0])} columns `{cut(twice[0])}`: rename them"
        problems.add(NotAnArray(at=place, name=name, reason=reason))
        return None
    missing = [column for column in names if column not in given]
    if missing:
        problems.add(
            ColumnUnknown(
                at=place,
                column=missing[0],
                path=name,
                columns=tuple(given),
                others=len(missing) - 1,
            )
        )
        return None
    texts = set(trained.request.texts())
    columns = {
        i: column_of(key, frame[given[key]], holds_texts=key in texts)
        for i, key in enumerate(names)
    }
    plan = ColumnPlan(names, tuple(range(len(names))))
    lines = np.arange(1, len(frame) + 1)
    content = TableContent(plan, columns, lines, (), "", bool(trained.steps), unit="sample")
    file = DataFile(Path(name), name, place, problems)
    found = _read(content, trained, file)
    return None if found is None else (found[0], names, found[1])


def columns_of(frame: Any) -> list[Any]:
    """The names of the columns of a data frame, or of a table of pyarrow."""
    # of a data frame, it would be a column of that name
    is_pyarrow = hasattr(type(frame), "column_names")
    return list(frame.column_names if is_pyarrow else frame.columns)


def is_frame(x: Any) -> bool:
    """Whether an object has named columns, as data frames of any library have."""
    return hasattr(x, "columns") and hasattr(x, "__getitem__") and hasattr(x, "__len__")


def _read(
    content: TableContent, trained: TrainedColumns, file: DataFile
) -> tuple[Doubles, tuple[tuple[str, ...] | None, ...]] | None:
    found = read_features(content, trained.request, file)
    if found is None or _has_unknown(*found, content, trained, file):
        return None
    return found


def _has_unknown(
    x: Array,
    categories: Sequence[tuple[str, ...] | None],
    content: TableContent,
    trained: TrainedColumns,
    file: DataFile,
) -> bool:
    """Says which category training did not have, where that is an error."""
    found = unknown_category(x, trained.steps)
    if found is None:
        return False
    row = content.name_of(found[0])
    names = tuple(content.plan.names[index] for index in content.plan.features)
    file.problems.add(
        category_unknown(
            file.shown, names, tuple(categories), trained.steps, x, found, row, file.place
        )
    )
    return True
