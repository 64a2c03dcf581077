"""Tables with a header line, comma-separated (RFC 4180).

Every column but the target is a feature and must be a finite number in every row. A target of
words, or of whole numbers where the loss learns classes, holds classes: its distinct values in
sorted order (of whole numbers by size). Any other target is measured. The last column is the
target where none is named.
"""

from __future__ import annotations

import csv
import hashlib
import io
import math
from pathlib import Path
from typing import Any

import numpy as np

from ...compiler.problems.data import (
    ColumnUnknown,
    DataFileDamaged,
    DataFileMissing,
    TableValueWrong,
)
from ...compiler.spans import Place
from ...grammar.problem import Problems
from .dataset import FLOAT, Floats, Labels, Pool, Split

MOST_SHOWN = 40
"""Characters of a cell that a message shows."""

MOST_WRONG = 5
"""How many wrong cells are shown before the rest of a file is not looked at."""


def load_table(
    path: Path,
    shown: str,
    target: str | None,
    *,
    wants_classes: bool,
    dtype: np.dtype[Any] = FLOAT,
    place: Place,
    target_place: Place,
    problems: Problems,
) -> Pool | None:
    """The table at `path`, which the author called `shown`."""
    at, calls = place.span, place.calls
    if not path.is_file():
        problems.add(DataFileMissing(at=at, calls=calls, path=shown))
        return None
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        reason = f"byte {error.start} is not UTF-8"
        problems.add(DataFileDamaged(at=at, calls=calls, path=shown, reason=reason))
        return None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        rows = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        reason = f"line {reader.line_num}: {error}"
        problems.add(DataFileDamaged(at=at, calls=calls, path=shown, reason=reason))
        return None
    other = next((mark for mark in ";\t|" if mark in "".join(header)), None)
    if len(header) < 2 and other is not None:
        called = {";": "`;`", "\t": "a tab", "|": "`|`"}[other]
        reason = f"its first line has {called} between the names, and the separator is `,`"
        problems.add(DataFileDamaged(at=at, calls=calls, path=shown, reason=reason))
        return None
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        reason = f"{header.count(twice)} of its columns are called `{cut(twice)}`"
        problems.add(DataFileDamaged(at=at, calls=calls, path=shown, reason=reason))
        return None
    if len(header) < 2 or not rows:
        reason = "the least that is needed is a line with two column names, and a row"
        problems.add(DataFileDamaged(at=at, calls=calls, path=shown, reason=reason))
        return None
    if target is not None and target not in header:
        problems.add(
            ColumnUnknown(
                at=target_place.span,
                calls=target_place.calls,
                column=target,
                path=shown,
                columns=tuple(header),
            )
        )
        return None
    column = len(header) - 1 if target is None else header.index(target)

    features = np.empty((len(rows), len(header) - 1), dtype)
    targets: list[str] = []
    wrong = 0
    for index, (line, row) in enumerate(rows):
        reason = _read_row(row, header, column, features[index])
        if reason:
            problems.add(TableValueWrong(at=at, calls=calls, path=shown, line=line, reason=reason))
            wrong += 1
            if wrong == MOST_WRONG:
                break
        else:
            targets.append(row[column].strip())
    if wrong:
        return None
    hashes = {path.name: hashlib.sha256(raw).hexdigest()}
    y, names = _read_target(targets, dtype, wants_classes=wants_classes)
    return Pool(Split(features, y), classes=names, hashes=hashes)


def _read_row(row: list[str], header: list[str], target: int, out: Floats) -> str:
    """Fills the features of a row. Says what is wrong, or nothing."""
    if len(row) != len(header):
        return f"it has {len(row)} cells, the header has {len(header)}"
    if not row[target].strip():
        return f"`{cut(header[target])}` is empty"
    filled = 0
    for index, cell in enumerate(row):
        if index == target:
            continue
        number = read_number(cell)
        if number is None:
            written = cut(cell.strip())
            is_what = f"is `{written}`, not a finite number" if written else "is empty"
            return f"`{cut(header[index])}` {is_what}"
        out[filled] = number
        filled += 1
    return ""


def _read_target(
    cells: list[str], dtype: np.dtype[Any], *, wants_classes: bool
) -> tuple[Labels | Floats, tuple[str, ...] | None]:
    numbers = [number for number in map(read_number, cells) if number is not None]
    all_numbers = len(numbers) == len(cells)
    whole = all_numbers and all(number.is_integer() for number in numbers)
    if all_numbers and not (whole and wants_classes):
        return np.array(numbers, dtype).reshape(-1, 1), None
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
