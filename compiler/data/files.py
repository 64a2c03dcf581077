"""Data in the author's own files: tables, arrays, folders of pictures.

Nothing is known of them until they are loaded. Paths are relative to the spec.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from ..language.kinds import Kind, Misread, Quoted, is_name
from ..language.values import Text, Value, Word
from .source import Data


class Column(Kind):
    """The name of a column: a word, or in quotes when it is none."""

    python = str

    def describe(self) -> str:
        return "the name of a column"

    def read(self, value: Value) -> Any:
        return value.text if isinstance(value, Word | Text) else Misread()

    def write(self, value: Any) -> str:
        return value if is_name(value) else f'"{value}"'

    def example(self) -> str:
        return "species"


class Files(Data):
    """The base: data in a file or a folder."""

    positional = ("path",)

    path: str


class Csv(Files):
    """A table with a first line of column names: `data csv "flowers.csv" target=species`.

    The default `target` is the last column; all others are features. A target of words, or
    of whole numbers where the loss learns classes, has its distinct values as classes, in sorted
    order; any other is a number.
    """

    word = "csv"
    tabular = True
    summary = "a table of comma-separated values"

    path: Annotated[str, Quoted("the path of a file in quotes", "data.csv")] = Field(
        description="the file, relative to the spec"
    )
    target: Annotated[str, Column()] | None = Field(
        default=None, description="the column to predict; by default the last one"
    )


class Npz(Files):
    """A NumPy archive of arrays, written by `np.savez("data.npz", x=x, y=y)`.

    A network with one input reads `x`, or the array with the input's name where there is one
    (`input 784 name=image`); of several inputs each reads the array with its name. A loss on a
    label (`loss ce on=@digit`) is compared with the array of that name, or with `y` where there
    is none; any other with `y`. The same names with `_test` are the test part:
    `x_test`, `y_test`. `classes` may hold the names of the classes of `y`; without it there are
    as many as the largest label says.

    Features are not scaled: bytes stay 0 to 255 without `prep scale`. Where the loss learns
    classes a target is a class from 0, one for each sample or, for an output of 28x28x5, one for
    each of 28x28 positions; or text, each text a class; or -1 and +1; or one-hot rows, or
    probabilities. Where it learns numbers a target has one for each output.
    """

    word = "npz"
    summary = "an archive of NumPy arrays"

    path: Annotated[str, Quoted("the path of a file in quotes", "data.npz")] = Field(
        description="the file, relative to the spec"
    )


class Npy(Files):
    """One NumPy array of samples, and one of targets: `data npy "x.npy" target="y.npy"`.

    The targets are those of `data npz`. Files with pickled objects are refused.
    """

    word = "npy"
    summary = "NumPy arrays of samples and targets"

    path: Annotated[str, Quoted("the path of a file in quotes", "x.npy")] = Field(
        description="the file of samples, relative to the spec"
    )
    target: Annotated[str, Quoted("the path of a file in quotes", "y.npy")] | None = Field(
        default=None, description="the file of targets, relative to the spec"
    )


class Idx(Files):
    """Images and labels in MNIST's format, plain or as `.gz`.

    A folder with `train-images-idx3-ubyte` and `train-labels-idx1-ubyte`, and `t10k-...` of both
    where there is a test part; or one file of images with its labels beside it, `labels-idx1` in
    the place of `images-idx3`. Bytes become numbers from 0 to 1.
    """

    word = "idx"
    summary = "a folder of IDX files, the format of MNIST"

    path: Annotated[str, Quoted("the path of a folder in quotes", "folder")] = Field(
        description="the folder, or one file of images, relative to the spec"
    )


class Images(Files):
    """Images, one folder per class: `photos/cat/1.jpg`, `photos/dog/1.jpg`.

    The classes are the folders in sorted order. Folders `train` and `test` around the class
    folders are the published parts. All may be in a `.zip` or a `.tar.gz`, which is not unpacked.
    All images have one size; they become height x width x 3 (x 1 where all are grey) from 0 to 1.
    An alpha channel is dropped, and an EXIF orientation is not applied. Needs Pillow: `pip install
    netc[images]`. Decoded images are kept in netc's cache.
    """

    word = "images"
    summary = "images in one folder per class"

    path: Annotated[str, Quoted("the path of a folder in quotes", "photos")] = Field(
        description="the folder or archive, relative to the spec"
    )
