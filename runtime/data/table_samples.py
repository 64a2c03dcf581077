"""Samples to predict or to learn from, from tables without a spec: a file, or a data frame of a
program. Columns are found by the names that training saw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...compiler.problems.data import ColumnUnknown
from ...compiler.spans import Place
from ...grammar.problem import Problems
from ..array_types import Array, Doubles
from ..storage.files import place_of
from .assemble import category_unknown
from .data_file import DataFile
from .dataset import DataRequest
from .fitted_prep import FittedPrep, unknown_category
from .table import TableContent, read_table
from .table_names import ColumnPlan, Wanted
from .table_set import read_features
from .table_text import Said
from .table_values import CellStyle, Column, ColumnReader


@dataclass(frozen=True, slots=True, eq=False)
class TrainedColumns:
    """What a network knows of the table that it was trained on."""

    request: DataRequest
    steps: tuple[FittedPrep, ...] = ()
    """The fitted preparations of its input."""
    target: tuple[str, ...] = ()
    """Columns that are no features, where the names of the features are not known."""
    said: Said = field(default_factory=Said)


def file_samples(path: Path, trained: TrainedColumns, problems: Problems) -> Doubles | None:
    """The features of a file; None after a problem."""
    place, names = place_of(path), trained.request.columns
    file = DataFile(path, str(path), place, problems)
    wanted = Wanted(names, (), () if names else trained.target, ignores_unknown=True, by_place=True)
    content = read_table(file, trained.said, wanted, names, place)
    return None if content is None else _samples(content, trained, file, "line")


def frame_samples(
    frame: Any, name: str, trained: TrainedColumns, place: Place, problems: Problems
) -> tuple[Doubles, tuple[str, ...], tuple[tuple[str, ...] | None, ...]] | None:
    """The features of a data frame, the names of its columns and their categories; None after a
    problem."""
    given = {str(column): column for column in frame.columns}
    names = trained.request.columns or tuple(given)
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
    columns = {i: column_of(key, frame[given[key]]) for i, key in enumerate(names)}
    plan = ColumnPlan(names, tuple(range(len(names))))
    content = TableContent(plan, columns, np.arange(1, len(frame) + 1), (), "", bool(trained.steps))
    file = DataFile(Path(name), name, place, problems)
    found = read_features(content, trained.request, file)
    if found is None or _has_unknown(*found, content, trained, file, "sample"):
        return None
    return found[0], names, found[1]


def is_frame(x: Any) -> bool:
    """Whether an object has named columns, as data frames of any library have."""
    return hasattr(x, "columns") and hasattr(x, "__getitem__") and hasattr(x, "__len__")


def column_of(name: str, cells: Any) -> Column:
    """A column of a data frame. Missing are None, NaN and what equals nothing, not even itself."""
    array = np.asarray(cells)
    reader = ColumnReader(name, CellStyle())
    if array.dtype.kind in "fiub":
        reader.add_numbers(array.astype(np.float64))
    else:
        reader.add([_text(cell) for cell in array.tolist()])
    return reader.column()


def _text(cell: Any) -> str:
    if cell is None or cell is not cell or str(cell) in ("nan", "NaT", "<NA>"):
        return ""
    return repr(cell) if isinstance(cell, float) else str(cell)


def _samples(
    content: TableContent, trained: TrainedColumns, file: DataFile, unit: str
) -> Doubles | None:
    found = read_features(content, trained.request, file)
    if found is None or _has_unknown(*found, content, trained, file, unit):
        return None
    return found[0]


def _has_unknown(
    x: Array,
    categories: Sequence[tuple[str, ...] | None],
    content: TableContent,
    trained: TrainedColumns,
    file: DataFile,
    unit: str,
) -> bool:
    """Says which category training did not have, where that is an error."""
    found = unknown_category(x, trained.steps)
    if found is None:
        return False
    row = f"{unit} {content.lines[found[0]]}"
    names = tuple(content.plan.names[index] for index in content.plan.features)
    file.problems.add(
        category_unknown(
            file.shown, names, tuple(categories), trained.steps, x, found, row, file.place
        )
    )
    return True
