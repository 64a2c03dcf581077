"""Tables with a header line, comma-separated (RFC 4180).

Every column but the target is a feature and must be a finite number in every row. A target of
words, or of whole numbers where the loss learns classes, holds classes: its distinct values in
sorted order (of whole numbers by size). Any other target is measured. The last column is the
target where none is named. A network that was trained on a table finds its columns by their
names: another table may have them in any order, and others beside them.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...compiler.problems.data import ColumnUnknown, TableValueWrong
from ...compiler.problems.numbers import NumberTooLarge
from ...compiler.spans import Place
from ...grammar.problem import Problem
from ..array_types import Floats, Labels, precision_of
from .data_file import DataFile
from .dataset import DataRequest, RawDataset, Split

MOST_SHOWN = 40
"""Characters of a cell that a message shows."""

MANY = 8
"""Numbers that rise, or fall, all along the first line are no sample, if there are so many."""

MOST_WRONG = 5
"""How many wrong cells are shown before the rest of a file is not looked at."""


@dataclass(frozen=True, slots=True)
class TableColumns:
    """Where a table has what is needed, by index."""

    header: list[str]
    features: list[int]
    target: int


Rows = list[tuple[int, list[str]]]
"""Cells, with the number of their line."""


def load_table(
    file: DataFile,
    request: DataRequest,
    *,
    target: str | None,
    target_place: Place,
    wants_classes: bool,
) -> RawDataset | None:
    """The table of a file; None after a problem. The columns of `request` are those that a network
    was trained on, its target the one of that network where `target` names none."""
    if not file.path.is_file():
        file.report_missing()
        return None
    raw = file.path.read_bytes()
    lines = read_lines(raw)
    reason = lines if isinstance(lines, str) else _why_unusable(lines, request.columns)
    if isinstance(lines, str) or reason:
        file.report_damage(reason)
        return None
    header, rows = _names_in(lines), lines[1:]
    columns = _find_columns(header, request, file, target, target_place)
    numbers = None if columns is None else _read_rows(rows, columns, file)
    if columns is None or numbers is None:
        return None
    features, cells = numbers
    y, classes = _read_target(cells, wants_classes=wants_classes)
    if classes is None:
        large = np.abs(y) > np.finfo(file.dtype).max
        if large.any():
            line, row = rows[int(np.argmax(large))]
            file.problems.add(_too_large(file, line, header[columns.target], row[columns.target]))
            return None
    return RawDataset(
        Split(features, y, rows=np.array([line for line, _ in rows]), unit="line"),
        classes=classes,
        hashes={file.path.name: hashlib.sha256(raw).hexdigest()},
        columns=tuple(header[index] for index in columns.features),
        target_column=header[columns.target],
    )


def _names_in(lines: Rows) -> list[str]:
    """The cells of the first line, which names the columns."""
    return [name.strip() for name in lines[0][1]] if lines else []


def _why_unusable(lines: Rows, columns: tuple[str, ...]) -> str:
    """Why there is nothing to learn from these lines; nothing where there is."""
    header = _names_in(lines)
    reason = "" if names_columns(header, columns) else _why_no_names(header)
    if reason:
        return reason
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        return f"{header.count(twice)} columns are named `{cut(twice)}`"
    if len(header) < 2 or len(lines) < 2:
        return "it needs at least a header with two columns and one row"
    return ""


def _find_columns(
    header: list[str],
    request: DataRequest,
    file: DataFile,
    target: str | None,
    target_place: Place,
) -> TableColumns | None:
    """The features and the target; None after a problem."""
    by_name = names_columns(header, request.columns)
    if target is None and by_name:
        target = request.target_column
    missing = missing_columns(header, request.columns) if by_name else ()
    if target is not None and target not in header:
        missing = (target, *missing)
    if missing:
        place = target_place if target == missing[0] else file.place
        file.problems.add(
            ColumnUnknown(
                at=place.span,
                calls=place.calls,
                column=missing[0],
                path=file.shown,
                columns=tuple(header),
                others=len(missing) - 1,
            )
        )
        return None
    column = len(header) - 1 if target is None else header.index(target)
    features = [index for index in range(len(header)) if index != column]
    if by_name:
        features = [header.index(name) for name in request.columns]
    return TableColumns(header, features, column)


def _read_rows(
    rows: Rows, columns: TableColumns, file: DataFile
) -> tuple[Floats, list[str]] | None:
    """The features in double precision and the cells of the target; None after problems, of
    which the first few are reported."""
    features = np.empty((len(rows), len(columns.features)))
    targets: list[str] = []
    wrong: list[Problem] = []
    largest = np.finfo(file.dtype).max
    at, calls = file.place.span, file.place.calls
    for index, (line, row) in enumerate(rows):
        reason = _read_row(row, columns, features[index])
        if reason:
            found = TableValueWrong(at=at, calls=calls, path=file.shown, line=line, reason=reason)
            wrong.append(found)
        elif (np.abs(features[index]) > largest).any():
            large = columns.features[int(np.argmax(np.abs(features[index]) > largest))]
            wrong.append(_too_large(file, line, columns.header[large], row[large]))
        else:
            targets.append(row[columns.target].strip())
        if len(wrong) == MOST_WRONG:
            break
    for problem in wrong:
        file.problems.add(problem)
    return None if wrong else (features, targets)


def read_lines(raw: bytes) -> Rows | str:
    """The rows of a table, each with the number of its line; or why there are none."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return f"byte {error.start} is not UTF-8"
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        # a line of blanks is an empty one
        lines = [(reader.line_num, row) for row in reader if len(row) > 1 or "".join(row).strip()]
    except csv.Error as error:
        return f"line {reader.line_num}: {error}"
    first = lines[0][1] if lines else []
    other = next((mark for mark in ";\t|" if mark in "".join(first)), None)
    if len(first) == 1 and other is not None:
        called = {";": "`;`", "\t": "a tab", "|": "`|`"}[other]
        return f"its first line has {called} between the cells, and the separator is `,`"
    return lines


def _why_no_names(header: list[str]) -> str:
    """Why a first line cannot be the names of columns; nothing where it can. To pass over a sample
    or to learn from an index would show nowhere."""
    numbers = [name for name in header if read_number(name) is not None]
    values = [float(name) for name in numbers]
    # years and counted columns are names, and so are the many wavelengths of a spectrum
    rising = values == sorted(set(values)) or values[::-1] == sorted(set(values))
    strange = next((name for name in numbers if not name.isdigit() or header.count(name) > 1), None)
    if strange is not None and not (rising and len(numbers) >= MANY):
        return f"its first line must be the column names, got the number `{cut(strange)}`"
    if "" in header and len(header) > 1:
        return (
            f"column {header.index('') + 1} has no name in the first line (for an index column of "
            "pandas, write the file with `index=False`)"
        )
    return ""


def names_columns(row: Sequence[str], columns: tuple[str, ...]) -> bool:
    """Whether the first row of a table says where the columns are that a network was trained on:
    it names all of them, or at least is no sample."""
    return bool(columns) and (set(columns) <= set(row) or is_header(row))


def missing_columns(header: Sequence[str], columns: tuple[str, ...]) -> tuple[str, ...]:
    """Those that a header does not name."""
    return tuple(name for name in columns if name not in header)


def is_header(row: Sequence[str]) -> bool:
    """Whether a table's first row names its columns: it has no number, or a word. A cell that is
    empty, `nan`, or begins like a number is a sample's, and wrong."""
    cells = [cell.strip() for cell in row]
    if any(_is_no_finite_number(cell) for cell in cells):
        return False
    if all(read_number(cell) is None for cell in cells):
        return True
    return any(cell and cell[0] not in "+-.0123456789" for cell in cells)


def _is_no_finite_number(cell: str) -> bool:
    """Whether a cell says `nan` or `inf`."""
    try:
        return not math.isfinite(float(cell))
    except ValueError:
        return False


def _read_row(row: list[str], columns: TableColumns, out: Floats) -> str:
    """Fills the features of a row. Says what is wrong, or nothing."""
    header = columns.header
    if len(row) != len(header):
        return f"expected {len(header)} values, got {len(row)}"
    if not row[columns.target].strip():
        return f"`{cut(header[columns.target])}` is empty"
    for place, index in enumerate(columns.features):
        number = read_number(row[index])
        if number is None:
            written = cut(row[index].strip())
            is_what = f"is `{written}`, not a finite number" if written else "is empty"
            return f"`{cut(header[index])}` {is_what}"
        out[place] = number
    return ""


def _too_large(file: DataFile, line: int, name: str, cell: str) -> Problem:
    return NumberTooLarge(
        at=file.place.span,
        calls=file.place.calls,
        path=file.shown,
        where=f"line {line}",
        found=f"`{cut(name)}`, {cut(cell.strip())},",
        precision=precision_of(file.dtype),
    )


def _read_target(
    cells: list[str], *, wants_classes: bool
) -> tuple[Labels | Floats, tuple[str, ...] | None]:
    numbers = [number for number in map(read_number, cells) if number is not None]
    all_numbers = len(numbers) == len(cells)
    whole = all_numbers and all(number.is_integer() for number in numbers)
    if all_numbers and not (whole and wants_classes):
        return np.array(numbers).reshape(-1, 1), None
    names = sorted(set(cells), key=(lambda cell: (float(cell), cell)) if whole else None)
    index = {name: number for number, name in enumerate(names)}
    return np.array([index[cell] for cell in cells], np.int64), tuple(names)


def cut(text: str) -> str:
    """The text, or its beginning where it is too long for a message."""
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def read_number(cell: str) -> float | None:
    """A finite number as tables write it; None for anything else."""
    if "_" in cell:  # which Python takes
        return None
    try:
        number = float(cell)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
