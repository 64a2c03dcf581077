"""Tables: one row per sample, one column per feature."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from ...grammar.text import quoted
from ..language.kinds import Misread, Quoted, is_name, refused
from ..language.values import Text, WordValue, WrittenValue
from .files import FilePath, FilesOfParts
from .source import Facts

if TYPE_CHECKING:
    from ..losses.loss import Loss


class ColumnNameKind(Quoted):
    """The name of a column: a word, or in quotes when it is none."""

    def __init__(self) -> None:
        super().__init__("the name of a column", "species")

    def read(self, value: WrittenValue) -> Any:
        return value.text if isinstance(value, WordValue | Text) else Misread()

    def write(self, value: Any) -> str:
        return value if is_name(value) else quoted(value)

    def example(self) -> str:
        return self.sample

    def hint(self, value: WrittenValue) -> str:
        return ""


ColumnName = Annotated[str, ColumnNameKind()]
ColumnNames = tuple[ColumnName, ...]


class Table(FilesOfParts):
    """The base: rows of features and targets, in whatever format.

    Features are all columns but the target, `ignore`, `groups` and `weights`, or those of
    `features`. Yes and no (true and false) are read as 1 and 0. Columns of texts need `prep
    onehot`, missing values `prep impute`.
    """

    tabular = True

    target: ColumnName | ColumnNames | None = Field(
        default=None,
        description="the column to predict, or several of numbers; by default the last one",
    )
    features: ColumnNames | None = Field(
        default=None, description="the columns that are features; by default all others"
    )
    ignore: ColumnNames = Field(default=(), description="columns that are not read")
    groups: ColumnName | None = Field(
        default=None, description="a column that says which samples belong together"
    )
    weights: ColumnName | None = Field(
        default=None,
        description="a column of sample weights for the losses, numbers of at least 0",
    )
    missing: tuple[Annotated[str, Quoted("a mark in quotes", "-")], ...] = Field(
        default=(),
        description="additional marks of a missing value, such as `-` or `-999`",
    )

    def target_columns(self) -> tuple[str, ...] | None:
        """The columns to predict; None where the spec leaves it to the file."""
        return (self.target,) if isinstance(self.target, str) else self.target

    def facts_for(self, loss: Loss, labels: Collection[str]) -> Facts:
        several = self.target if isinstance(self.target, tuple) else ()
        by_name = set(labels) <= set(several)
        shape = (len(several),) if len(several) > 1 and not by_name else ()
        return Facts(None, None, None, None, None, shape)


class CharacterInQuotes(Quoted):
    """One character of a table, or the name of one."""

    def __init__(self, what: str, sample: str, names: tuple[str, ...] = ()) -> None:
        super().__init__(what, sample)
        self.names = names

    def check(self, value: str) -> str:
        if value in self.names or (len(value) == 1 and value != '"'):
            return super().check(value)
        raise refused("kind")

    def json_schema(self) -> dict[str, Any]:
        one = {"maxLength": 1, "minLength": 1, "not": {"const": '"'}}
        return {**super().json_schema(), "anyOf": [{"enum": list(self.names)}, one]}


class Rows(Table):
    """The base: tables whose first row may have the names of the columns."""

    header: bool | None = Field(
        default=None,
        description="whether the first row has the names of the columns, which are `column1`, "
        "`column2` and so on without it; by default detected",
    )


class Csv(Rows):
    """A table of text: `data csv "flowers.csv" target=species`.

    The first line has the names of the columns. Separators, decimal commas (with other separators),
    quotes, gzip and the encoding are detected; comment lines before the first row begin with `#`.
    Empty cells, `NA`, `N/A`, `NaN`, `null`, `None` and `?` count as missing. A target that is text,
    or whole numbers with a loss for classes, is a class: the classes are its distinct values in
    sorted order. Any other target is a number.

    `test="test.csv"` and `val="val.csv"` are files of the test and the validation part; the first
    file is then divided into the other parts. Their columns are found by name, in any order, and
    their classes must be those of the first file.
    """

    word = "csv"
    summary = "a table of text, such as comma-separated values"

    path: Annotated[str, FilePath("the path of a file in quotes", "data.csv")] = Field(
        description="the file, relative to the spec"
    )
    sep: (
        Annotated[
            str,
            CharacterInQuotes(
                "a character in quotes, or `tab` or `space` in quotes", ";", ("tab", "space")
            ),
        ]
        | None
    ) = Field(
        default=None,
        description="what separates the cells, or `tab` or `space`; by default detected",
    )
    decimal: Annotated[str, CharacterInQuotes("a character in quotes", ",")] | None = Field(
        default=None, description="the decimal separator; by default detected"
    )
    thousands: Annotated[str, CharacterInQuotes("a character in quotes", ",")] | None = Field(
        default=None,
        description='the thousands separator; `" "` is any space; by default none',
    )
    encoding: Annotated[str, Quoted("the name of an encoding in quotes", "cp1252")] | None = Field(
        default=None, description="the encoding of the text; by default detected"
    )


class Parquet(Table):
    """A table in a Parquet file: `data parquet "flowers.parquet" target=species`.

    Columns, parts and missing values are those of `data csv`. Needs pyarrow:
    `pip install netc[parquet]`.
    """

    word = "parquet"
    summary = "a table in a Parquet file"

    path: Annotated[str, FilePath("the path of a file in quotes", "data.parquet")] = Field(
        description="the file, relative to the spec"
    )


class Excel(Rows):
    """A table in a sheet of an Excel workbook: `data excel "flowers.xlsx" target=species`.

    Columns, parts and missing values are those of `data csv`. Cells with formulas have the values
    that Excel saved. Needs openpyxl: `pip install netc[excel]`.
    """

    word = "excel"
    summary = "a table in an Excel workbook"

    path: Annotated[str, FilePath("the path of a file in quotes", "data.xlsx")] = Field(
        description="the file (.xlsx), relative to the spec"
    )
    sheet: Annotated[str, Quoted("the name of a sheet in quotes", "Sheet1")] | None = Field(
        default=None, description="the sheet; by default the first one"
    )
