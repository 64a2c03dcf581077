"""What a loaded data set is: arrays in parts, and the facts that a run prints and checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...compiler.shapes import Shape
from ..array_types import Array, Doubles, Labels
from .fitted_prep import FittedPrep
from .pixel_scale import PixelScale

VALIDATION = 1 << 40
"""More rows than a file has: see `Split.rows`."""

IGNORED = int(np.iinfo(np.int64).min)
"""What stands in place of a label that counts in neither loss nor metrics: a number that no data
hold, and that floats of any precision hold exactly."""


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """One part of a set.

    `x` is what the first input reads, (N, ...): floats with all their digits, or bytes that stand
    for byte / 255 (or 16-bit levels, for level / 65535),
    in memory or `Streamed`. `y` is the first target: class indices as
    int64, (N,) or (N, positions...), or measured numbers as floats, (N, ...); (N, 0) where there
    is none. A network with several inputs or targets has the others in `more_x` and `more_y`, in
    the order of `RawDataset.input_names` and `RawDataset.target_names`.
    """

    x: Array
    y: Array
    more_x: tuple[Array, ...] = ()
    more_y: tuple[Array, ...] = ()
    rows: Labels | None = None
    """The position of each sample in its file, from 1; below 0 in a test part of its own, and below
    `-VALIDATION` in such a validation part. None where they are in the order of the file."""
    unit: str = "sample"
    """What `rows` counts: `line` in a table."""
    groups: Array | None = None
    """What each sample belongs to, (N,): texts or numbers; None where nothing is said."""
    files: tuple[str, str] = ("", "")
    """Those of validation and test parts of their own, where they are not the file of the set."""
    weights: Doubles | None = None
    """What each sample counts in the losses, (N,); None where all count the same."""

    def __len__(self) -> int:
        return len(self.x)

    @property
    def inputs(self) -> tuple[Array, ...]:
        return (self.x, *self.more_x)

    @property
    def targets(self) -> tuple[Array, ...]:
        return (self.y, *self.more_y)

    def numbers(self) -> Labels:
        """`rows`, counted where they are not known."""
        return np.arange(1, len(self) + 1) if self.rows is None else self.rows

    def name_of(self, index: int) -> str:
        """What people call a sample: see `name_of_row`."""
        return self.name_of_row(int(self.numbers()[index]))

    def name_of_row(self, row: int) -> str:
        """`sample 7`, `line 7`, `sample 7 of the test part`, ``line 7 of `test.csv` ``."""
        if row > 0:
            return f"{self.unit} {row}"
        part = "test" if row > -VALIDATION else "validation"
        file = self.file_of(row)
        return f"{self.unit} {-row % VALIDATION} of " + (
            f"`{file}`" if file else f"the {part} part"
        )

    def file_of(self, row: int) -> str:
        """The file of a row, where it is not that of the set; empty otherwise."""
        return "" if row > 0 else self.files[int(row > -VALIDATION)]

    def of_own_part(self, part: Literal["validation", "test"]) -> Split:
        """The samples as those of a part of its own."""
        rows = self.numbers()
        return replace(self, rows=-rows - VALIDATION if part == "validation" else -rows)

    def first_of(self, indices: Array) -> int:
        """Which of some samples comes first in the file."""
        return int(indices[first_row(self.numbers()[indices])])

    def take(self, rows: slice | NDArray[np.int64]) -> Split:
        """Some of its samples."""
        return Split(
            self.x[rows],
            self.y[rows],
            tuple(array[rows] for array in self.more_x),
            tuple(array[rows] for array in self.more_y),
            self.numbers()[rows],
            self.unit,
            None if self.groups is None else self.groups[rows],
            self.files,
            None if self.weights is None else self.weights[rows],
        )

    def with_inputs(self, inputs: tuple[Array, ...]) -> Split:
        """The same targets with other inputs."""
        return replace(self, x=inputs[0], more_x=inputs[1:])

    def with_targets(self, targets: tuple[Array, ...]) -> Split:
        """The same inputs with other targets."""
        return replace(self, y=targets[0], more_y=targets[1:])


def mark_ignored(y: Array, label: int | None) -> Array:
    """Targets with `IGNORED` in place of a label."""
    if label is None or y.dtype.kind not in "iuf":
        return y
    marked = y == label
    return np.where(marked, IGNORED, y) if marked.any() else y


def are_counted(labels: Array, label: int | None) -> Array:
    """Which labels, numbers or texts, are not the one that does not count."""
    if label is None or labels.dtype.kind not in "iufU":
        return np.ones(labels.shape, np.bool_)
    return np.asarray(labels != (str(label) if labels.dtype.kind == "U" else label))


def renumbered(y: Array, numbers: Array) -> Array:
    """Class indices in other numbers: `numbers[i]` for class i."""
    return np.where(y == IGNORED, IGNORED, numbers[np.maximum(y, 0)])


def drop_class(
    codes: Array, names: tuple[str, ...], label: int | None
) -> tuple[Array, tuple[str, ...]]:
    """Indices of named classes without the class that a label names, which becomes `IGNORED`."""
    if str(label) not in names:
        return codes, names
    place = names.index(str(label))
    kept = np.where(codes == place, IGNORED, codes - (codes > place))
    return kept, names[:place] + names[place + 1 :]


def first_row(rows: Array) -> int:
    """The index of the row that comes first, where those of parts of their own come last."""
    return int(np.argmin(np.where(rows > 0, rows, rows.max() - rows)))


@dataclass(frozen=True, slots=True)
class DataRequest:
    """What a network asks of its data, by name."""

    inputs: tuple[str, ...] = ("x",)
    """The names of its input nodes."""
    targets: tuple[str, ...] = ("y",)
    """Of each target that a loss is compared with: its label, or `y`; none where every loss has
    a `target=` in the network."""
    shapes: tuple[Shape, ...] = ()
    """In which shape each input reads a sample."""
    columns: tuple[str, ...] = ()
    """The columns of the table that it was trained on, where it was."""
    target_columns: tuple[str, ...] = ()
    categories: tuple[tuple[str, ...] | None, ...] = ()
    """Those of each column of texts that it was trained on; None for a column of numbers."""
    classes: tuple[str, ...] = ()
    """Those of its single target that it was trained on, where it was."""
    classed: tuple[bool, ...] = (False,)
    """Whether the loss of each target learns classes."""
    ignored: Mapping[str, int] = field(default_factory=dict)
    """The labels that do not count, by target."""
    imputes: bool = False
    """Whether missing values are filled."""
    encodes: bool = False
    """Whether columns of texts are turned into numbers."""
    guesses_target: bool = False
    """Whether the last column of a table is the target because nothing else is said."""

    def texts(self) -> tuple[str, ...]:
        """The columns of text that it was trained on."""
        pairs = zip(self.columns, self.categories, strict=True) if self.categories else ()
        return tuple(column for column, kept in pairs if kept is not None)

    def ignored_label(self) -> int | None:
        """The label that does not count, where the data have one target for all losses."""
        return next(iter(self.ignored.values()), None)


@dataclass(frozen=True, slots=True, eq=False)
class RawDataset:
    """A set before it is divided: everything but the parts that the set has of its own."""

    samples: Split
    test: Split | None = None
    classes: tuple[str, ...] | None = None
    """The names of the first target's classes in index order; None where it is measured."""
    mixed: bool = False
    """True when the published order is already random, so that a part may be cut off its end."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    input_names: tuple[str, ...] = ("x",)
    target_names: tuple[str, ...] = ("y",)
    more_classes: tuple[tuple[str, ...] | None, ...] = ()
    """The classes of the further targets."""
    columns: tuple[str, ...] = ()
    """Of a table: the names of the features, in their order."""
    target_columns: tuple[str, ...] = ()
    categories: tuple[tuple[str, ...] | None, ...] = ()
    """Those of each feature of a table that holds texts; None for numbers."""
    encoded: Mapping[int, tuple[int, ...]] | None = None
    """The codes that have columns in a network whose training continues, by feature; None: those
    of the training part will have them."""
    validation: Split | None = None
    later: bool = False
    """Whether pixels are prepared when they are read, because all of them are looked at only once:
    what the network would read takes four times the memory of bytes."""

    def has_classes(self) -> bool:
        """Whether a target is known to be classes."""
        return any(classes is not None for classes in (self.classes, *self.more_classes))


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """A set that is ready to train on: every input holds floats, in the type that the
    network works in."""

    name: str
    train: Split
    validation: Split | None
    test: Split | None
    sample_shape: tuple[int, ...]
    """Of the first input."""
    classes: int | None
    """How many classes the first target has; None when it is measured numbers."""
    class_names: tuple[str, ...] = ()
    hashes: Mapping[str, str] = field(default_factory=dict)
    """File name to the SHA-256 of its (decompressed) content."""
    note: str = ""
    """What a reader should know: "not the published files"."""
    raw_shape: tuple[int, ...] = ()
    """Of a sample before it was prepared."""
    steps: tuple[FittedPrep, ...] = ()
    """The preparations of the first input as fitted on the training part, in order."""
    input_names: tuple[str, ...] = ("x",)
    target_names: tuple[str, ...] = ("y",)
    more_classes: tuple[tuple[str, ...] | None, ...] = ()
    more_steps: tuple[tuple[FittedPrep, ...], ...] = ()
    """The fitted preparations of the further inputs."""
    more_raw_shapes: tuple[tuple[int, ...], ...] = ()
    """Of samples of the further inputs before they were prepared."""
    columns: tuple[str, ...] = ()
    """Of a table: the names of the features, in their order."""
    target_columns: tuple[str, ...] = ()
    categories: tuple[tuple[str, ...] | None, ...] = ()
    """Those of each feature of a table that holds texts; None for numbers."""
    scales: tuple[PixelScale, ...] = ()
    """What the level of a pixel is as a number, for each input."""
    unprepared: tuple[Split, ...] = ()
    """The parts before they were prepared, in the order of `parts()`; empty where they
    are no longer needed."""

    def without_test(self) -> Dataset:
        """The same data for a search, which must not look at its test part."""
        parts = len(self.unprepared) - (self.test is not None)
        return replace(self, test=None, unprepared=self.unprepared[: max(parts, 0)])

    def parts(self) -> tuple[Split, ...]:
        """Those that there are."""
        parts = (self.train, self.validation, self.test)
        return tuple(part for part in parts if part is not None)

    def classes_of(self, index: int) -> tuple[str, ...] | None:
        """The names of the classes of a target; None where it is measured numbers."""
        if index == 0:
            return None if self.classes is None else self.class_names
        return self.more_classes[index - 1]
