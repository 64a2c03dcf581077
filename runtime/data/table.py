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
from pathlib import Path
from typing import Any

import numpy as np

from ...compiler.problems.data import (
    ColumnUnknown,
    DataFileDamaged,
    DataFileMissing,
    TableValueWrong,
)
from ...compiler.problems.numbers import NumberTooLarge
from ...compiler.spans import Place
from ...grammar.problem import Problem, Problems
from ..engine.precision import name_of
from .dataset import FLOAT, Floats, Labels, Names, Pool, Split

MOST_SHOWN = 40
"""Characters of a cell that a message shows."""

MANY = 8
"""Numbers that rise, or fall, all along the first line are no sample, if there are so many."""

MOST_WRONG = 5
"""How many wrong cells are shown before the rest of a file is not looked at."""


def load_table(
    path: Path,
    shown: str,
    target: str | None,
    *,
    wants_classes: bool,
    columns: Names = (),
    learnt_target: str | None = None,
    dtype: np.dtype[Any] = FLOAT,
    place: Place,
    target_place: Place,
    problems: Problems,
) -> Pool | None:
    """The table at `path`, which the author called `shown`. `columns` are those that a network
    was trained on, and `learnt_target` its target where none is named."""
    at, calls = place.span, place.calls
    if not path.is_file():
        problems.add(DataFileMissing(at=at, calls=calls, path=shown))
        return None
    raw = path.read_bytes()
    lines = read_lines(raw)
    if isinstance(lines, str):
        problems.add(DataFileDamaged(at=at, calls=calls, path=shown, reason=lines))
        return None
    header = [name.strip() for name in lines[0][1]] if lines else []
    rows = lines[1:]
    reason = _why_no_names(header) if not names_columns(header, columns) else ""
    if reason:
        problems.add(DataFileDamaged(at=at, calls=calls, path=shown, reason=reason))
        return None
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        reason = f"{header.count(twice)} columns are named `{cut(twice)}`"
        problems.add(DataFileDamaged(at=at, calls=calls, path=shown, reason=reason))
        return None
    if len(header) < 2 or not rows:
        reason = "it needs at least a header with two columns and one row"
        problems.add(DataFileDamaged(at=at, calls=calls, path=shown, reason=reason))
        return None
    by_name = names_columns(header, columns)
    if target is None and by_name:
        target = learnt_target
    missing = missing_columns(header, columns) if by_name else ()
    if target is not None and target not in header:
        missing = (target, *missing)
    if missing:
        where = target_place if target == missing[0] else place
        problems.add(
            ColumnUnknown(
                at=where.span,
                calls=where.calls,
                column=missing[0],
                path=shown,
                columns=tuple(header),
                others=len(missing) - 1,
            )
        )
        return None
    column = len(header) - 1 if target is None else header.index(target)
    used = [index for index in range(len(header)) if index != column]
    if by_name:
        used = [header.index(name) for name in columns]

    features = np.empty((len(rows), len(used)))
    targets: list[str] = []
    wrong: list[Problem] = []
    largest = np.finfo(dtype).max
    for index, (line, row) in enumerate(rows):
        reason = _read_row(row, header, column, used, features[index])
        if reason:
            wrong.append(TableValueWrong(at=at, calls=calls, path=shown, line=line, reason=reason))
        elif (np.abs(features[index]) > largest).any():
            large = used[int(np.argmax(np.abs(features[index]) > largest))]
            wrong.append(_too_large(place, shown, line, header[large], row[large], dtype))
        else:
            targets.append(row[column].strip())
        if len(wrong) == MOST_WRONG:
            break
    y, names = _read_target(targets, wants_classes=wants_classes)
    if names is None and not wrong and (np.abs(y) > largest).any():
        line, row = rows[int(np.argmax(np.abs(y) > largest))]
        wrong.append(_too_large(place, shown, line, header[column], row[column], dtype))
    if wrong:
        for problem in wrong:
            problems.add(problem)
        return None
    hashes = {path.name: hashlib.sha256(raw).hexdigest()}
    return Pool(
        Split(
            features.astype(dtype),
            y if names is not None else y.astype(dtype),
            rows=np.array([line for line, _ in rows]),
            unit="line",
        ),
        classes=names,
        hashes=hashes,
        columns=tuple(header[index] for index in used),
        target_column=header[column],
    )


def read_lines(raw: bytes) -> list[tuple[int, list[str]]] | str:
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


def names_columns(row: Sequence[str], columns: Names) -> bool:
    """Whether the first row of a table says where the columns are that a network was trained on:
    it names all of them, or at least is no sample."""
    return bool(columns) and (set(columns) <= set(row) or is_header(row))


def missing_columns(header: Sequence[str], columns: Names) -> Names:
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


def _read_row(row: list[str], header: list[str], target: int, used: list[int], out: Floats) -> str:
    """Fills the features of a row. Says what is wrong, or nothing."""
    if len(row) != len(header):
        return f"expected {len(header)} values, got {len(row)}"
    if not row[target].strip():
        return f"`{cut(header[target])}` is empty"
    for place, index in enumerate(used):
        number = read_number(row[index])
        if number is None:
            written = cut(row[index].strip())
            is_what = f"is `{written}`, not a finite number" if written else "is empty"
            return f"`{cut(header[index])}` {is_what}"
        out[place] = number
    return ""


def _too_large(
    place: Place, shown: str, line: int, name: str, cell: str, dtype: np.dtype[Any]
) -> Problem:
    return NumberTooLarge(
        at=place.span,
        calls=place.calls,
        path=shown,
        where=f"line {line}",
        found=f"`{cut(name)}`, {cut(cell.strip())},",
        precision=name_of(dtype),
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
