"""What in a loaded set is probably not what its author meant."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...compiler.data.source import Data
from ...compiler.ir import Model
from ...compiler.problems.data_lints import (
    BytesUnscaled,
    ClassesAlike,
    ClassMissingFromPart,
    ColumnDeterminesTarget,
    ConstantColumn,
    DivisionRule,
    IdColumn,
    SamplesInSeveralParts,
    ScalesDiffer,
    TargetsContradict,
    TextsHardlyRepeat,
)
from ...compiler.problems.wording import alike_names
from ...grammar.problem import Problem
from ...grammar.source import Span
from ..array_types import Array, Labels
from .dataset import Split
from .statistics import ColumnStatistics, ComparedTarget, RowHashes, count_among, is_counter
from .streamed import distinct

PartTitle = Literal["training", "validation", "test"]

MUCH_LARGER = 100
"""How many times as large as the smallest feature the largest one may be."""
MOST_TEXTS = 20
"""So many different texts may be categories in any table."""
LEAST_BYTES = 16
"""So many numbers in a sample may be an image."""


@dataclass(frozen=True, slots=True, eq=False)
class InputFigures:
    """The training part of one input, as it was read and as the network gets it."""

    names: tuple[str, ...]
    """Of the columns or channels as they were read."""
    x: Array
    before: ColumnStatistics
    after_names: tuple[str, ...]
    after: ColumnStatistics
    size: int
    """Numbers of a sample."""
    categories: tuple[tuple[str, ...] | None, ...] = ()
    """Of each column of texts before `prep`; None for a column of numbers."""
    is_tokens: bool = False

    @property
    def is_table(self) -> bool:
        """Whether every number of a sample is a column of its own."""
        return self.x.ndim == 2 and not self.is_tokens

    def texts(self, index: int) -> tuple[str, ...] | None:
        """The categories of a column; None where it holds numbers."""
        return self.categories[index] if self.categories else None


@dataclass(frozen=True, slots=True, eq=False)
class ClassTarget:
    """A target of classes: the index of each sample's class, by part; below 0 where the label is
    ignored."""

    name: str
    classes: tuple[str, ...]
    labels: Mapping[PartTitle, Array]
    """(N,), or (N, positions...), by the name of the part."""

    def counts(self) -> dict[PartTitle, Labels]:
        """How many of each class there are, by part."""
        return {
            part: np.bincount(values[values >= 0], counts[values >= 0], len(self.classes)).astype(
                np.int64
            )
            for part, (values, counts) in self._distinct().items()
        }

    def _distinct(self) -> dict[PartTitle, tuple[Array, Labels]]:
        return {part: distinct(labels) for part, labels in self.labels.items()}

    def ignored(self) -> tuple[int, ...]:
        """How many labels are ignored, by part."""
        found = self._distinct().values()
        return tuple(int(counts[values < 0].sum()) for values, counts in found)


def lint_columns(figures: InputFigures, at: Span) -> Iterator[Problem]:
    """Constant columns, bytes, features of very different size, and categories that are alike."""
    if figures.is_tokens:
        return
    for name, categories in zip(figures.names, figures.categories, strict=False):
        if categories is not None:
            yield from lint_spellings(categories, at, name)
    before, after = figures.before, figures.after
    constant = np.flatnonzero(before.low == before.high)
    if len(constant) and len(figures.x) > 1:
        first, value = int(constant[0]), float(before.low[constant[0]])
        texts = figures.texts(first)
        yield ConstantColumn(
            at=at,
            columns=tuple(figures.names[index] for index in constant),
            value=f"{value:g}" if texts is None else f"`{texts[int(value)]}`",
            samples=len(figures.x),
        )
    low, high = float(after.low.min()), float(after.high.max())
    if figures.size >= LEAST_BYTES and bool(after.whole.all()) and low >= 0 and 128 <= high <= 255:
        yield BytesUnscaled(at=at, low=low, high=high)
    elif figures.is_table:
        reach = np.maximum(np.abs(after.low), np.abs(after.high))
        varying = np.flatnonzero((after.low < after.high) & (reach > 0))
        if not len(varying):
            return
        small, large = varying[reach[varying].argmin()], varying[reach[varying].argmax()]
        if reach[large] > MUCH_LARGER * reach[small]:
            yield ScalesDiffer(
                at=at,
                large=figures.after_names[large],
                high=float(reach[large]),
                small=figures.after_names[small],
                low=float(reach[small]),
            )


def lint_features(
    figures: InputFigures,
    train: Split,
    targets: Sequence[tuple[str, Array]],
    originals: Labels,
    at: Span,
) -> Iterator[Problem]:
    """Ids, and columns that determine a target. `targets`: names with class indices or numbers,
    (N,). `originals`: the samples without their copies, which repeat everything."""
    if not figures.is_table:
        return
    rows = train.numbers()[originals]
    columns = [(name, _known(figures.x[originals, n])) for n, name in enumerate(figures.names)]
    ids = {
        name
        for n, (name, column) in enumerate(columns)
        if figures.before.whole[n]
        and figures.texts(n) is None
        and len(column) == len(rows)
        and is_counter(column, rows, name)
    }
    if ids:
        found = tuple(name for name in figures.names if name in ids)
        yield IdColumn(at=at, columns=found, of_table=train.unit == "line")
    for n, (name, column) in enumerate(columns):
        texts = 0 if figures.texts(n) is None else len(np.unique(column))
        if texts > max(MOST_TEXTS, len(rows) / 2):
            in_table = train.unit == "line"
            yield TextsHardlyRepeat(
                at=at, column=name, texts=texts, samples=len(rows), of_table=in_table
            )
    # of a single feature nothing else could be expected
    for target_name, whole_target in targets if len(columns) > 1 else ():
        samples = len(originals)
        target = ComparedTarget.of(whole_target[originals])
        leaks = tuple(
            name
            for name, column in columns
            if name not in ids and len(column) == samples and target.is_determined_by(column)
        )
        if leaks:
            yield ColumnDeterminesTarget(
                at=at, columns=leaks, target=target_name, of_table=train.unit == "line"
            )


def _known(column: Array) -> Array:
    column = column.astype(np.float64)
    return column[np.isfinite(column)]


def lint_copies(
    name: str, hashes: RowHashes, train: RowHashes, inputs: Sequence[Array], at: Span
) -> Iterator[SamplesInSeveralParts]:
    """Samples of a part that the training part, whose `inputs` these are, has too."""
    copies = count_among(hashes, train)
    if copies and not _must_repeat(inputs):
        yield SamplesInSeveralParts(at=at, part=name, copies=copies, samples=len(hashes))


def _must_repeat(inputs: Sequence[Array]) -> bool:
    """Whether equal samples are no surprise: the values of the columns of a table make fewer
    different rows than it has, or hardly more."""
    table = inputs[0]
    if len(inputs) > 1 or table.ndim != 2:
        return False
    possible = 1
    varied = (np.asarray(table) != table[:1]).any(axis=0)
    for column in table.T[varied]:
        possible *= len(np.unique(column))
        if possible > 2 * len(table):
            return False
    return True


def lint_classes(
    classes: Sequence[str],
    counts: Mapping[PartTitle, Labels],
    way: DivisionRule,
    at: Span,
    ignored: Sequence[str] = (),
) -> Iterator[Problem]:
    """Classes that a part lacks, but for ignored ones. `counts` are the samples of each class, by
    part."""
    rows = zip(*(found.tolist() for found in counts.values()), strict=True)
    lacking = tuple(
        (name, row)
        for name, row in zip(classes, rows, strict=True)
        if not all(row) and name not in ignored
    )
    if lacking:
        yield ClassMissingFromPart(at=at, classes=lacking, parts=tuple(counts), way=way)


def lint_spellings(classes: Sequence[str], at: Span, column: str = "") -> Iterator[ClassesAlike]:
    """Classes, or categories of a column, that differ only in case or in blanks."""
    if alike := alike_names(classes):
        yield ClassesAlike(at=at, groups=alike, classes=tuple(classes), column=column)


def division_way(model: Model, train: Split) -> DivisionRule:
    """How the set was divided that a training part comes from."""
    if train.groups is not None:
        return "groups"
    data: Data | None = model.data
    if not model.train.shuffle or (data is not None and not data.shuffle):
        return "order"
    if data is not None and not data.stratify:
        return "chance"
    return "stratified" if model.kfold is None else "folds"


def lint_contradictions(
    hashes: RowHashes, labels: Array, train: Split, at: Span
) -> Iterator[Problem]:
    """Training samples with equal inputs and different classes."""
    counted = np.flatnonzero(labels >= 0)
    _, firsts, groups = np.unique(hashes[counted], return_index=True, return_inverse=True)
    known = counted[firsts[groups]]
    wrong = np.flatnonzero(labels[known] != labels[counted])
    if len(wrong):
        pair = [known[wrong[0]], counted[wrong[0]]]
        ends = sorted(train.numbers()[pair].tolist())
        yield TargetsContradict(
            at=at,
            samples=len(wrong),
            first=f"{train.unit} {ends[0]}",
            second=f"{train.unit} {ends[1]}",
        )
