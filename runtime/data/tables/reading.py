"""Reading the columns of a table: from text to numbers and texts, a block of rows at a time."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from ....compiler.problems.data import ColumnUnknown
from ....compiler.problems.tables import TableValuesWrong
from ....compiler.spans import Place
from ....grammar.text import counted
from ...array_types import Doubles, Labels
from ..bounded_reading import MISSING, reason_of, says_what_is_free, why_no_file
from ..data_file import DataFile
from .formats import ExcelTable, ParquetTable, examine_excel, examine_parquet
from .names import LOOK, ColumnPlan, HeaderNames, Wanted, listed, plan_columns, read_names
from .text import BROKEN, TableOptions, TableText, examine
from .text_rows import TableRow, UnreadRows
from .values import CellStyle, Column, ColumnReader, column_of, plain_numbers

CELLS = 1 << 20
"""How many cells are read before they become numbers."""

NUMBERS = 1 << 22
"""How many cells are read together where they are all numbers. So large a block is returned to the
system when it is done with; smaller ones would leave holes."""

MOST_WRONG = 5
"""How many wrong cells or lines one message shows."""


@dataclass(frozen=True, slots=True, eq=False)
class TableContent:
    """The columns that were asked for, all rows."""

    plan: ColumnPlan
    columns: dict[int, Column]
    lines: Labels
    """The number of the first line of each row."""
    notes: tuple[str, ...]
    sha256: str
    to_predict: bool = False
    """Whether these are samples for a trained network."""
    unit: str = "line"
    """What `lines` counts: `row` in files that are no text, `sample` in data frames."""

    def name_of(self, index: int) -> str:
        """What people call a row: `line 7`."""
        return f"{self.unit} {self.lines[index]}"

    def of(self, indices: Sequence[int]) -> list[Column]:
        """Some of its columns."""
        return [self.columns[index] for index in indices]


def read_table(
    file: DataFile,
    options: TableOptions,
    wanted: Wanted,
    known: tuple[str, ...],
    target_place: Place,
) -> TableContent | None:
    """The wanted columns of a file; None after a problem. `known` are the columns that a network
    was trained on."""
    reason = why_no_file(file.path)
    if reason:
        if reason == MISSING:
            file.report_missing()
        else:
            file.report_damage(reason)
        return None
    try:
        found = _examine(file.path, options)
        if isinstance(found, str):
            file.report_damage(found)
            return None
        if isinstance(found, ParquetTable):
            return _read_columns(found, file, options, wanted, target_place)
        content = _read_rows(found, file, options, wanted, known, target_place)
        columns = () if content is None else content.columns.values()
        if lost := tuple(column.name for column in columns if column.lost_spellings):
            wanted = replace(wanted, texts=(*wanted.texts, *lost))
            return _read_rows(found, file, options, wanted, known, target_place)
        return content
    except BROKEN as error:
        file.report_damage(_why_broken(error, options))
    except LookupError:
        file.report_damage(f"there is no encoding `{options.encoding}`")
    return None


def _examine(path: Path, options: TableOptions) -> TableText | ExcelTable | ParquetTable | str:
    """The file in its format; or why it cannot be read."""
    with path.open("rb") as file:
        start = file.read(4)
    if options.form == "parquet" or (options.form is None and start == b"PAR1"):
        return examine_parquet(path)
    if options.form == "excel" or (options.form is None and start == b"PK\x03\x04"):
        return examine_excel(path, options.sheet, strict=options.form == "excel")
    return examine(path, options)


def _read_columns(
    table: ParquetTable, file: DataFile, options: TableOptions, wanted: Wanted, target_place: Place
) -> TableContent | None:
    """The wanted columns of a file that keeps columns, with their types."""
    names = table.header()
    if isinstance(names, str):
        file.report_damage(names)
        return None
    plan = _plan(names, wanted, file, target_place)
    if plan is None:
        return None
    style, texts = CellStyle(missing=options.missing), set(wanted.texts)
    columns = {
        i: column_of(table.names[i], table.values(i), style, holds_texts=names.columns[i] in texts)
        for i in plan.used()
    }
    rows = np.arange(1, table.rows + 1)
    notes = (*table.notes(), *names.notes)
    return TableContent(plan, columns, rows, notes, table.sha256, wanted.by_place, "row")


def _plan(
    names: HeaderNames, wanted: Wanted, file: DataFile, target_place: Place
) -> ColumnPlan | None:
    """Which column is what; None after a problem."""
    plan = plan_columns(names, wanted)
    if isinstance(plan, tuple):
        _report_missing(plan, names, wanted, file, target_place)
        return None
    if not plan.features:
        file.report_damage("it has one column: features and a target need at least two")
        return None
    return plan


def _why_broken(error: Exception, options: TableOptions) -> str:
    if isinstance(error, UnicodeDecodeError) and error.reason in CUT:
        return "it ends in the middle of a character: it is truncated"
    if isinstance(error, UnicodeError):
        way = "write it" if options.encoding else "name it, such as"
        example = "without `encoding=`" if options.encoding else '`encoding="cp1252"`'
        return f"its text is damaged, or of another encoding: {way} {example}"
    if isinstance(error, zlib.error):
        return "it is packed with gzip, and damaged"
    return reason_of(error, "it") or str(error) or "it is truncated or corrupt"


CUT = ("truncated data", "unexpected end of data")
"""What decoders say at the end of a file."""


def _read_rows(
    text: TableText | ExcelTable,
    file: DataFile,
    options: TableOptions,
    wanted: Wanted,
    known: tuple[str, ...],
    target_place: Place,
) -> TableContent | None:
    with text.opened() as rows:
        look = list(islice(rows, LOOK))
        names = read_names([row for _, row in look], options.header, known, guess=wanted.by_place)
        if not isinstance(names, str) and not names.from_file and wanted.by_place:
            names = _by_place(names, wanted)
        if isinstance(names, str):
            file.report_damage(names)
            return None
        body = look[1:] if names.from_file else look
        if not body:
            count = counted(len(names.columns), "column")
            file.report_damage(f"it has a header of {count} and no rows")
            return None
        plan = _plan(names, wanted, file, target_place)
        if plan is None:
            return None
        style = CellStyle(text.decimal, options.thousands or "", options.missing)
        found = _read_blocks(
            _blocks(body, rows, style.is_plain and not wanted.texts, len(names.columns)),
            {
                index: ColumnReader(plan.names[index], style, plan.names[index] in wanted.texts)
                for index in plan.used()
            },
            len(names.columns),
            file,
            text.unit,
        )
        if found is None:
            return None
    columns, lines = found
    if isinstance(text, ExcelTable) and _has_unsaved_formula(text, columns, lines, file):
        return None
    return TableContent(
        plan,
        columns,
        lines,
        (*text.notes(), *names.notes),
        text.sha256,
        wanted.by_place,
        text.unit,
    )


def _has_unsaved_formula(
    table: ExcelTable, columns: dict[int, Column], lines: Labels, file: DataFile
) -> bool:
    """Whether a missing value is a formula that was never computed, which is then reported."""
    empty = {index: lines[column.missing] for index, column in columns.items()}
    if not any(map(len, empty.values())) and len(lines) == lines[-1] - lines[0] + 1:
        return False
    cell = table.unsaved_formula(empty, lines)
    if cell:
        file.report_damage(
            f"its cell {cell} has a formula without a saved value: open it in Excel and save it"
        )
    return bool(cell)


def _by_place(names: HeaderNames, wanted: Wanted) -> HeaderNames | str:
    """The wanted features in their order, for a file without names; or why that cannot be."""
    if not wanted.features:
        return names
    if len(names.columns) != len(wanted.features):
        return (
            f"it has {counted(len(names.columns), 'column')} without names, but the network was "
            f"trained on {len(wanted.features)}: {listed(wanted.features)}"
        )
    return replace(names, columns=wanted.features)


def _report_missing(
    missing: tuple[str, ...],
    names: HeaderNames,
    wanted: Wanted,
    file: DataFile,
    target_place: Place,
) -> None:
    is_target = missing[0] in (wanted.targets or ())
    file.problems.add(
        ColumnUnknown(
            at=target_place if is_target else file.place,
            column=missing[0],
            path=file.shown,
            columns=names.columns,
            others=len(missing) - 1,
            measures=is_target and wanted.ignores_unknown,
        )
    )


TableBlock = list[TableRow] | tuple[int, Doubles]
"""Rows, or the number of the first line of rows of numbers, (N, columns)."""


def _blocks(
    look: list[TableRow], rows: Iterator[TableRow] | UnreadRows, is_plain: bool, wide: int
) -> Iterator[TableBlock]:
    """The rows that were looked at, and all that follow, many at a time; as numbers, as long as
    there is nothing else in them and numbers are written as Python writes them."""
    yield look
    size = max(1, CELLS // wide)
    if isinstance(rows, UnreadRows) and is_plain and rows.sep != " ":
        while lines := rows.take(max(1, NUMBERS // wide)):
            numbers = plain_numbers(lines, rows.sep, wide)
            if numbers is None:
                rows.give_back(lines)
                break
            yield rows.before - len(lines) + 1, numbers
    rest = iter(rows)
    while block := list(islice(rest, size)):
        yield block


def _read_blocks(
    blocks: Iterator[TableBlock],
    readers: dict[int, ColumnReader],
    wide: int,
    file: DataFile,
    unit: str,
) -> tuple[dict[int, Column], Labels] | None:
    """The used columns and the lines of all rows; None when rows are too short or too long."""
    lines: list[Labels] = []
    wrong: list[tuple[int, int]] = []
    for block in blocks:
        if isinstance(block, tuple):
            start, numbers = block
            lines.append(np.arange(start, start + len(numbers)))
            used = numbers[:, [*readers]]
            for place, reader in enumerate(readers.values()):
                reader.add_numbers(used[:, place])
        else:
            good = _of_width(block, wide, wrong)
            lines.append(np.array([line for line, _ in good], np.int64))
            cells = list(zip(*(row for _, row in good), strict=True))
            for index, reader in readers.items() if cells else ():
                reader.add(cells[index])
        reason = says_what_is_free(2 * 8 * sum(map(len, lines)) * len(readers))
        if reason:
            file.report_damage(reason)
            return None
    if wrong:
        _report_widths(wrong, np.concatenate(lines), wide, file, unit)
        return None
    columns = {index: readers.pop(index).column() for index in tuple(readers)}
    return columns, np.concatenate(lines)


def _of_width(block: list[TableRow], wide: int, wrong: list[tuple[int, int]]) -> list[TableRow]:
    """The rows of a width, but for an empty cell at the end; the lines and widths of all others
    are `wrong`."""
    good = []
    for line, row in block:
        if len(row) == wide:
            good.append((line, row))
        elif len(row) == wide + 1 and not row[-1].strip():
            good.append((line, row[:wide]))
        else:
            wrong.append((line, len(row)))
    return good


def _report_widths(
    wrong: list[tuple[int, int]], lines: Labels, wide: int, file: DataFile, unit: str
) -> None:
    shown = tuple(
        f"{unit} {line} has {counted(count, 'value')}" for line, count in wrong[:MOST_WRONG]
    )
    last = len(wrong) == 1 and wrong[0][0] > lines.max(initial=0)
    file.report(
        TableValuesWrong,
        path=file.shown,
        count=len(wrong),
        what=f"rows that do not have {wide} values, as the first line has",
        one=f", the first line has {wide}",
        wrong=shown,
        advice=f"{unit} {wrong[0][0]} looks like a footer: remove it" if last else "",
    )
