"""Data in the author's own files: tables, arrays, folders of pictures.

Nothing is known of them until they are loaded. Paths are relative to the spec.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from ..schema.kinds import Kind, Quoted, Wrong
from ..schema.values import Text, Value, Word
from .data import Data

if TYPE_CHECKING:
    from pydantic_core import CoreSchema


class Column(Kind):
    """The name of a column: a word, or in quotes when it is none."""

    def describe(self) -> str:
        return "the name of a column"

    def convert(self, value: Value) -> str | Wrong:
        return value.text if isinstance(value, Word | Text) else Wrong(self.describe())

    def write(self, value: Any) -> str:
        is_word = value.isidentifier() and value.isascii() and value == value.lower()
        return value if is_word else f'"{value}"'

    def example(self) -> str:
        return "species"

    def core_schema(self) -> CoreSchema:
        from pydantic_core import core_schema

        return core_schema.str_schema(strict=True)


class Csv(Data):
    """A table with a first line of column names: `data csv "flowers.csv" target=species`.

    Without `target` the last column is it; every other one is a feature. A target of words, or
    of whole numbers where the loss learns classes, has its distinct values as classes, in sorted
    order; any other is a number.
    """

    word = "csv"
    summary = "a table of comma-separated values"
    positional = ("path",)

    path: Annotated[str, Quoted("the path of a file in quotes", "data.csv")]
    target: Annotated[str | None, Column()] = None


class Npz(Data):
    """NumPy's archive of arrays: `x` and `y`, and `x_test` and `y_test` where there are any."""

    word = "npz"
    summary = "an archive of NumPy arrays"
    positional = ("path",)

    path: Annotated[str, Quoted("the path of a file in quotes", "data.npz")]


class Npy(Data):
    """One NumPy array of samples, and one of targets: `data npy "x.npy" target="y.npy"`."""

    word = "npy"
    summary = "NumPy arrays of samples and targets"
    positional = ("path",)

    path: Annotated[str, Quoted("the path of a file in quotes", "x.npy")]
    target: Annotated[str | None, Quoted("the path of a file in quotes", "y.npy")] = None


class Idx(Data):
    """A folder with the four files of MNIST's format: images and labels, train and t10k."""

    word = "idx"
    summary = "a folder of files in MNIST's format"
    positional = ("path",)

    path: Annotated[str, Quoted("the path of a folder in quotes", "folder")]


class Images(Data):
    """A folder with one folder of pictures for each class, below `train` and `test` or alone."""

    word = "images"
    summary = "a folder with one folder of pictures for each class"
    positional = ("path",)

    path: Annotated[str, Quoted("the path of a folder in quotes", "photos")]
