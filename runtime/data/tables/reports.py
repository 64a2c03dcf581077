"""What is wrong with the cells of a table, and what to do: one message for each kind."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ....compiler.problems.numbers import NumberTooLarge
from ....compiler.problems.tables import TableValuesWrong, ValuesMissing, left_out
from ....compiler.problems.wording import first_of
from ...array_types import Doubles, precision_of
from ..data_file import DataFile
from .names import GAPS, cut, is_number
from .reading import MOST_WRONG, TableContent
from .values import Column

POINTS_GROUP = re.compile(r"[+-]?\d{1,3}(\.\d{3})*(,\d+)?")
"""Numbers such as `1.234,5`."""

SHEET_ERROR = re.compile(r"#(DIV/0!|N/A|NAME\?|NULL!|NUM!|REF!|SPILL!|VALUE!)")


def report_wrong(columns: Sequence[Column], content: TableContent, file: DataFile) -> bool:
    """Says which cells of columns of numbers hold texts."""
    cells = sorted(
        (int(row), place)
        for place, column in enumerate(columns)
        for row in np.flatnonzero(column.strange)
    )
    if not cells:
        return False

    def text(row: int, place: int) -> str:
        return columns[place].texts[int(columns[place].codes[row])]

    is_large = all(column.large() is not None for column in columns)
    shown = tuple(
        f"{content.name_of(row)}: `{cut(columns[place].name)}` is `{cut(text(row, place))}`"
        for row, place in cells[:MOST_WRONG]
    )
    file.report(
        TableValuesWrong,
        path=file.shown,
        count=len(cells),
        what="whole numbers of 2^53 or more, which would become equal"
        if is_large
        else "cells that hold no finite number",
        one=", a whole number of 2^53 or more" if is_large else ", not a finite number",
        wrong=shown,
        advice=_without(columns, content)
        if is_large
        else _advice([text(row, place) for row, place in cells], {row for row, _ in cells}, content)
        or _advice_by_column(columns, content),
    )
    return True


def _advice_by_column(columns: Sequence[Column], content: TableContent) -> str:
    """What to do where cells of several kinds are wrong."""
    ways: dict[str, list[Column]] = {}
    for column in columns if len(columns) > 1 else ():
        rows = np.flatnonzero(column.strange)
        texts = [column.texts[code] for code in column.codes[rows].tolist()]
        if texts:
            ways.setdefault(_advice(texts, set(rows.tolist()), content), []).append(column)
    others = ways.pop("", []) if ways else list(columns)
    found = [
        f"for {first_of(tuple(item.name for item in own))}, {way}" for way, own in ways.items()
    ]
    without = _without(others, content) if others and not content.to_predict else ""
    return "; ".join(filter(None, (*found, without)))


def _without(columns: Sequence[Column], content: TableContent) -> str:
    """How to read the table without columns, where they are features."""
    features = {content.plan.names[index] for index in content.plan.features}
    names = [column.name for column in columns if column.name in features]
    if names and content.unit == "sample":
        return (
            f"leave out the {'column' if len(names) == 1 else 'columns'} {first_of(tuple(names))}"
        )
    return left_out(names) if names else ""


def _advice(texts: list[str], rows: set[int], content: TableContent) -> str:
    """What wrong cells look like, and what to do."""
    in_groups = all(map(POINTS_GROUP.fullmatch, texts)) and any("." in text for text in texts)
    has_options = content.unit == "line" and not content.to_predict
    if not has_options and (in_groups or all(map(is_number, texts))):
        return "write such numbers with digits and a point, such as `1234.5`"
    if in_groups:
        return 'write `thousands="." decimal=","`'
    mark = GAPS.search("".join(texts))
    if mark and all(map(is_number, texts)):
        decimal = ' decimal=","' if any("," in text for text in texts) else ""
        thousands = " " if mark[0].isspace() else mark[0]
        return f'write `thousands="{thousands}"{decimal}`'
    if all("," in text and is_number(text) for text in texts):
        grouped = all(
            len(part) == 3 and part.isdigit()
            for text in texts
            for part in text.split(".")[0].split(",")[1:]
        )
        return 'write `thousands=","`' if grouped else 'write `decimal=","`'
    errors = sorted({text for text in texts if SHEET_ERROR.fullmatch(text)})
    if len(errors) == len(set(texts)) and content.unit == "sample":
        return "correct such errors of a spreadsheet, or write `None` or NaN in their place"
    if len(errors) == len(set(texts)):
        marks = ", ".join(f'"{error}"' for error in errors) + "," * (len(errors) == 1)
        return f"correct such errors of a spreadsheet, or read them as missing: `missing=({marks})`"
    row = content.name_of(min(rows))
    if rows == {0} and len(texts) > 1:
        return f"{row} looks like a row of units: remove it"
    if rows == {len(content.lines) - 1} and len(content.lines) > 1:
        return f"{row} looks like a footer: remove it"
    if len(set(texts)) == 1 and len(texts) > 1 and content.unit == "sample":
        return f"if `{cut(texts[0])}` marks a missing value, write `None` or NaN in its place"
    if len(set(texts)) == 1 and len(texts) > 1:
        return f'if `{cut(texts[0])}` marks a missing value, write `missing="{cut(texts[0])}"`'
    return ""


def report_absent(
    columns: Sequence[Column], content: TableContent, file: DataFile, *, is_target: bool
) -> bool:
    """Says how many values are missing in which columns, and where the first are."""
    absent = [(column, column.missing) for column in columns]
    absent = [(column, where) for column, where in absent if where.any()]
    if not absent:
        return False
    cells = sorted(
        (int(row), column.name)
        for column, where in absent
        for row in np.flatnonzero(where)[:MOST_WRONG]
    )
    file.report(
        ValuesMissing,
        path=file.shown,
        columns=tuple(column.name for column, _ in absent),
        counts=tuple(int(where.sum()) for _, where in absent),
        cells=tuple(f"{content.name_of(row)} (`{cut(name)}`)" for row, name in cells[:MOST_WRONG]),
        is_target=is_target,
        to_predict=content.to_predict,
    )
    return True


def report_large(
    x: Doubles, content: TableContent, file: DataFile, *, target: bool = False
) -> bool:
    large = np.abs(x) > np.finfo(file.dtype).max
    if not large.any():
        return False
    row, place = (int(index) for index in np.argwhere(large)[0])
    index = (content.plan.targets if target else content.plan.features)[place]
    file.report(
        NumberTooLarge,
        path=file.shown,
        where=content.name_of(row),
        found=f"`{cut(content.plan.names[index])}`, {x[row, place]:g},",
        precision=precision_of(file.dtype),
    )
    return True
