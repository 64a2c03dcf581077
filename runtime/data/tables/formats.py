"""Tables that are not text: the columns of Parquet, and the rows of a sheet of Excel.

pyarrow and openpyxl are extras, imported when a file asks for them. What they read is what the same
table as text holds: dates are texts, booleans yes and no.
"""

from __future__ import annotations

import hashlib
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ....grammar.text import counted
from ...array_types import Array, Labels
from ...packages import package_trouble
from ..bounded_reading import (
    DAMAGE,
    INFLATED_ARRAY,
    RefusedError,
    reason_of,
    says_how_inflated,
    says_what_is_free,
)
from .names import LOOK, HeaderNames, cut, listed, read_names
from .text import TableOptions
from .text_rows import TableRow

MOST_ROWS = 1 << 20
"""Of a sheet."""

MOST_SHEET_ROWS = 1000
"""That a check looks at."""

PANDAS_INDEX = "__index_level_0__"
"""What pandas calls the column of an index without a name."""


@dataclass(frozen=True, slots=True, eq=False)
class ParquetTable:
    """A Parquet file, of which columns are read one by one."""

    names: list[str]
    rows: int
    sha256: str
    file: Any
    """pyarrow's."""

    def notes(self) -> tuple[str, ...]:
        """What is unusual about it."""
        return ("index of pandas left out",) if PANDAS_INDEX in self.names else ()

    def header(self) -> HeaderNames | str:
        """The columns; or why they cannot be told apart."""
        names = read_names([self.names], True)
        index = frozenset(i for i, name in enumerate(self.names) if name == PANDAS_INDEX)
        return names if isinstance(names, str) else HeaderNames(names.columns, True, (), index)

    def values(self, index: int) -> Array:
        """A column as NumPy has it: numbers, or objects. Raises OSError."""
        import pyarrow as pa

        kind = self.file.schema_arrow.field(index).type
        if pa.types.is_nested(kind) or pa.types.is_binary(kind):
            raise OSError(f"its column `{cut(self.names[index])}` has values of type {kind}")
        with _arrow_errors():
            column = self.file.read([self.names[index]], use_threads=False).column(0)
            if len(column) != self.rows:
                raise ValueError(f"{len(column)} values")
            if pa.types.is_dictionary(kind):
                coded = column.unify_dictionaries().combine_chunks()
                names = np.array([*coded.dictionary.to_pylist(), None], dtype=object)
                texts: Array = names[coded.indices.fill_null(len(names) - 1).to_numpy()]
                return texts
            if pa.types.is_decimal(kind):
                column = column.cast(pa.float64())
            found: Array = column.to_numpy()
        return found


@dataclass(frozen=True, slots=True)
class ExcelTable:
    """A sheet of an Excel workbook: the values of its cells, not their formulas."""

    path: Path
    sheet: str
    sheets: int
    sha256: str
    decimal: ClassVar[str] = "."
    unit: ClassVar[str] = "row"

    def notes(self) -> tuple[str, ...]:
        """What is unusual about it."""
        return () if self.sheets == 1 else (f"sheet `{self.sheet}` of {self.sheets}",)

    @contextmanager
    def opened(self) -> Iterator[Iterator[TableRow]]:
        """Its rows, while the file is open."""
        yield self.rows()

    def rows(self) -> Iterator[TableRow]:
        """Its rows with their numbers, without empty ones, as long as the first of them or longer.
        Raises OSError."""
        width = 0
        with _workbook(self.path) as book:
            sheet = book[self.sheet]
            sheet.reset_dimensions()  # which a file may state wrongly
            for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
                cells = list(map(_written, row))
                while cells and not cells[-1].strip():
                    cells.pop()
                width = width or len(cells)
                if number > MOST_ROWS:
                    raise RefusedError(f"it has more than {MOST_ROWS:,} rows, the limit of Excel")
                if cells:
                    yield number, cells + [""] * (width - len(cells))

    def unsaved_formula(self, columns: Mapping[int, Labels], rows: Labels) -> str:
        """The first cell with a formula and without a value, such as `C7`: of the `columns`, in the
        rows where they have no value, or in a row that is not among `rows`; empty where there is
        none. Raises OSError."""
        from openpyxl.utils import get_column_letter

        known = set(rows.tolist())
        empty = {index: set(where.tolist()) for index, where in columns.items()}
        with _workbook(self.path, values=False) as book:
            sheet = book[self.sheet]
            sheet.reset_dimensions()
            first = int(rows[0])
            for number, row in enumerate(sheet.iter_rows(min_row=first), start=first):
                for index, cell in enumerate(row):
                    lacks = index in empty and (number in empty[index] or number not in known)
                    if lacks and cell.data_type == "f":
                        return f"{get_column_letter(index + 1)}{number}"
        return ""


def _written(cell: Any) -> str:
    """A cell as text, which loses no digit; empty without a value."""
    return "" if cell is None else repr(cell) if isinstance(cell, float) else str(cell)


@contextmanager
def _workbook(path: Path, *, values: bool = True) -> Iterator[Any]:
    """A workbook of openpyxl, with the saved values of formulas or these themselves. Raises OSError
    for what a damaged one raises."""
    from openpyxl import load_workbook

    with path.open("rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield load_workbook(file, read_only=True, data_only=values)
        except RefusedError:
            raise
        except DAMAGE as error:
            raise OSError("it is not an Excel workbook (.xlsx), or damaged") from error


def examine_excel(path: Path, sheet: str | None, *, strict: bool) -> ExcelTable | str:
    """A sheet of a workbook, or why there is none. Without `strict`, the first takes the place of
    one that is not there. Raises OSError."""
    trouble = package_trouble("openpyxl")
    if trouble is not None:
        return f"{trouble.reason}: `{trouble.command}`, or save the sheet as CSV"
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except DAMAGE as error:
        return reason_of(error, "it") or "it is not an Excel workbook (.xlsx), or damaged"
    reason = says_how_inflated(size, path.stat().st_size) or says_what_is_free(size)
    if reason:
        return reason
    with _workbook(path) as book:
        names: list[str] = [each.title for each in book.worksheets]
    if sheet is not None and sheet not in names and strict:
        return f"it has no sheet `{sheet}`; it has {listed(names)}"
    if not names:
        return "it has no sheet of cells"
    return ExcelTable(path, sheet if sheet in names else names[0], len(names), _sha256(path))


def examine_parquet(path: Path) -> ParquetTable | str:
    """A Parquet file, or why it is none. Raises OSError."""
    trouble = package_trouble("pyarrow")
    if trouble is not None:
        return f"{trouble.reason}: `{trouble.command}`, or save it as CSV"
    import pyarrow.parquet

    with _arrow_errors():
        file = pyarrow.parquet.ParquetFile(path)
        names, rows = list(file.schema_arrow.names), file.metadata.num_rows
        texts = [each.name for each in file.schema_arrow if pyarrow.types.is_string(each.type)]
        # which otherwise are repeated in memory, however often
        file = pyarrow.parquet.ParquetFile(path, read_dictionary=texts)
    if not names or rows < 1:
        return f"it has {counted(len(names), 'column')} and {counted(rows, 'row')}"
    size = 8 * rows * len(names)
    inflated = says_how_inflated(size, path.stat().st_size, INFLATED_ARRAY)
    reason = inflated or says_what_is_free(2 * size)
    return reason or ParquetTable(names, rows, _sha256(path), file)


def binary_beginning(
    path: Path, options: TableOptions
) -> tuple[HeaderNames, list[TableRow], bool] | str:
    """The columns of a Parquet file or a sheet, the first rows of the sheet without its header, and
    whether they are all; or why there are none. Raises OSError."""
    if options.form == "parquet":
        found = examine_parquet(path)
        names = found if isinstance(found, str) else found.header()
        return names if isinstance(names, str) else (names, [], False)
    table = examine_excel(path, options.sheet, strict=True)
    if isinstance(table, str):
        return table
    rows = list(islice(table.rows(), MOST_SHEET_ROWS + 1))
    whole = len(rows) <= MOST_SHEET_ROWS
    names = read_names([row for _, row in rows[:LOOK]], options.header)
    if isinstance(names, str):
        return names
    return names, rows[1:] if names.from_file else rows, whole


@contextmanager
def _arrow_errors() -> Iterator[None]:
    """Raises OSError for what pyarrow raises for a damaged file."""
    import pyarrow

    try:
        yield
    except (pyarrow.ArrowException, *DAMAGE) as error:
        raise OSError("it is not a Parquet file, or damaged") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
