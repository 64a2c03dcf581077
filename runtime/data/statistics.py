"""Figures of samples, in double precision and a part at a time, whatever their type and number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import lgamma, log, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..array_types import Array, Doubles, Labels
from .fitted_prep import FittedPrep
from .levels import LevelCounts, count_levels
from .streamed import portions, samples_at_a_time

RowHashes = NDArray[np.uint64]
MOST_DISTINCT = 1000
"""Up to so many different values of a column are counted."""
SMALL = 10_000
"""So many samples show whether a column is worth a look at all of them."""
BY_CHANCE = log(1e-6)
"""What would happen by chance less often than once in a million says something."""


@dataclass(frozen=True, slots=True, eq=False)
class ColumnStatistics:
    """One number for each column of vectors, or each channel of images and sequences, (C,)."""

    missing: Labels
    """How many numbers are NaN."""
    low: Doubles
    high: Doubles
    mean: Doubles
    deviation: Doubles
    """The root of the mean square of x - mean. NaN, like all of these, where nothing is known."""
    whole: NDArray[np.bool_]
    """Whether all numbers are whole."""


@np.errstate(over="ignore", invalid="ignore")
def column_statistics(x: Array) -> ColumnStatistics:
    """The figures of samples (N, ..., C); levels of pixels stand for their share of the largest.
    Moments of parts are joined as by Chan, Golub and LeVeque (1983), which keeps the digits of
    large numbers; what no double holds is infinite."""
    counted = count_levels(x)
    if counted is not None:
        return _level_statistics(counted, (), np.dtype(np.float64))
    columns = x.shape[-1]
    count: Any = np.zeros(columns)
    mean, squares = np.zeros(columns), np.zeros(columns)
    low, high = np.full(columns, np.inf), np.full(columns, -np.inf)
    whole = np.ones(columns, np.bool_)
    total = 0
    for part in _in_doubles(x):
        finite = np.isfinite(part)
        known: Any = True if finite.all() else finite
        here = _by_column(finite.sum(axis=0), columns)
        own = _by_column(part.sum(axis=0, where=known), columns) / np.maximum(here, 1)
        # as wide as a sample: a loop over one or three channels would be slow
        rest = np.square(part - np.tile(own, part.shape[1] // columns)).sum(axis=0, where=known)
        both = np.maximum(count + here, 1)
        squares += _by_column(rest, columns) + (own - mean) ** 2 * count * here / both
        mean += (own - mean) * here / both
        count += here
        least = part.min(axis=0, where=known, initial=np.inf).reshape(-1, columns).min(axis=0)
        most = part.max(axis=0, where=known, initial=-np.inf).reshape(-1, columns).max(axis=0)
        low, high = np.minimum(low, least), np.maximum(high, most)
        integral = ((part == np.floor(part)) | ~finite).all(axis=0)
        whole &= integral.reshape(-1, columns).all(axis=0)
        total += part.size // columns
    nothing = count == 0
    low, high, mean = (np.where(nothing, np.nan, values) for values in (low, high, mean))
    deviation = np.sqrt(squares / np.where(nothing, np.nan, count))
    return ColumnStatistics((total - count).astype(np.int64), low, high, mean, deviation, whole)


def both_statistics(
    x: Array, done: Array, steps: tuple[FittedPrep, ...]
) -> tuple[ColumnStatistics, ColumnStatistics]:
    """The figures of samples before some steps and after them, where `done` is what they became.
    Pixels are counted once for both."""
    counted = count_levels(x, steps)
    if counted is None:
        return column_statistics(x), column_statistics(done)
    before = _level_statistics(counted, (), np.dtype(np.float64))
    return before, _level_statistics(counted, steps, done.dtype)


def _level_statistics(
    counted: LevelCounts, steps: tuple[FittedPrep, ...], dtype: np.dtype[Any]
) -> ColumnStatistics:
    """Those of pixels after some steps, which leave them finite."""
    values = counted.values(steps, dtype)
    whole = ((values == np.floor(values)) | (counted.counts == 0)).all(axis=0)
    missing = np.zeros(len(whole), np.int64)
    return ColumnStatistics(missing, *counted.extremes(values), *counted.moments(values), whole)


def _in_doubles(x: Array) -> Iterator[Doubles]:
    """The samples as vectors."""
    for raw in portions(x):
        part = raw.reshape(len(raw), -1).astype(np.float64)
        yield part / np.iinfo(raw.dtype).max if raw.dtype.kind == "u" else part


def _by_column(sums: Array, columns: int) -> Doubles:
    """The sums over the positions of a sample."""
    return np.asarray(sums.reshape(-1, columns).sum(axis=0), np.float64)


def count_distinct(column: Array) -> int | None:
    """How many different values a column has, NaN not among them; None: over `MOST_DISTINCT`."""
    found = column[:0]
    for start in range(0, len(column), SMALL):
        part = column[start : start + SMALL]
        # what `np.unique` does, in a fifth of its time for short columns
        ordered = np.sort(np.concatenate([found, part[part == part]]))
        is_first = np.ones(len(ordered), bool)
        np.not_equal(ordered[1:], ordered[:-1], out=is_first[1:])
        found = ordered[is_first]
        if len(found) > MOST_DISTINCT:
            return None
    return len(found)


def hash_rows(inputs: Sequence[Array]) -> RowHashes:
    """A number for each sample, (N,), equal where all inputs are equal; others are equal less often
    than once in 10^7 sets of a million samples."""
    count = len(inputs[0])
    width = sum(prod(x.shape[1:]) * x.dtype.itemsize for x in inputs)
    words = -(-width // 8)
    factors = np.random.Generator(np.random.PCG64(0)).integers(0, 2**63, words, np.uint64) * 2 + 1
    size = samples_at_a_time(words)
    found = np.empty(count, np.uint64)
    for start in range(0, count, size):
        # 0.0 and -0.0 are the same number
        parts = [np.asarray(x[start : start + size]) + x.dtype.type(0) for x in inputs]
        flat = [part.reshape(len(part), -1).view(np.uint8) for part in parts]
        if len(flat) > 1 or width % 8:
            flat.append(np.zeros((len(flat[0]), 8 * words - width), np.uint8))
            flat = [np.concatenate(flat, axis=1)]
        # the products of the words, mixed: floats often differ in their upper bits only
        mixed = np.ascontiguousarray(flat[0]).view(np.uint64)
        mixed = (mixed ^ (mixed >> 29)) * factors
        found[start : start + size] = (mixed ^ (mixed >> 32)).sum(axis=1)
    return found


def count_among(hashes: RowHashes, known: RowHashes) -> int:
    """How many of some samples are among others. `np.isin` takes 30 times as long."""
    ordered = np.sort(known)
    places = np.minimum(np.searchsorted(ordered, hashes), len(ordered) - 1)
    return int((ordered[places] == hashes).sum())


def is_counter(column: Doubles, rows: Labels, name: str) -> bool:
    """Whether a column of whole numbers only tells the samples apart: another one in every sample,
    and numbered through, rising in the order of the file, or called an id."""
    if len(column) < 20 or not _all_differ(column[:SMALL]) or not _all_differ(column):
        return False
    if column.max() - column.min() < 2 * len(column):
        return True
    in_order = column[np.argsort(rows, kind="stable")]
    steps = np.diff(in_order)
    called = name.lower().replace("-", "_").split("_")
    return bool((steps > 0).all()) or bool({"id", "index", "key", "uuid", "number"} & set(called))


def _all_differ(column: Array) -> bool:
    return len(set(column.tolist())) == len(column)


@dataclass(frozen=True, slots=True, eq=False)
class ComparedTarget:
    """A target that columns are compared with, one after the other, and what is the same for all of
    them."""

    first: _Part
    """The first samples: most columns differ there already."""
    whole: _Part

    @classmethod
    def of(cls, target: Array) -> ComparedTarget:
        whole = _Part.of(target)
        return cls(whole if len(target) <= SMALL else _Part.of(target[:SMALL]), whole)

    def is_determined_by(self, column: Doubles) -> bool:
        """Whether a column alone says what the target is: every value of it goes with one value of
        the target, or ranges of it do, or the target is a multiple of it plus a constant, up to
        rounding. None of these by chance."""
        first = self.first
        if not first.is_determined_by(column[: len(first.target)]):
            return False
        return first is self.whole or self.whole.is_determined_by(column)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """A target, and what about it decides whether a match is by chance."""

    target: Array
    labels: Labels
    """The index of each value among all different ones."""
    values: int
    """How many there are."""
    log_match: float
    """The logarithm of the probability that two samples have the same value."""
    has_ranges: bool
    """Whether values that are in order, each in one range, are so not by chance."""

    @classmethod
    def of(cls, target: Array) -> _Part:
        values, labels, counts = np.unique(target, return_inverse=True, return_counts=True)
        if len(values) < 2:
            return cls(target, labels, len(values), 0.0, has_ranges=False)
        match = log(float(((counts / len(target)) ** 2).sum()))
        orders = lgamma(len(target) + 1) - sum(lgamma(count + 1) for count in counts)
        ranges = lgamma(len(values) + 1) - orders < BY_CHANCE
        return cls(target, labels, len(values), match, ranges)

    def is_determined_by(self, column: Doubles) -> bool:
        count, numbers = len(column), self.target.dtype.kind == "f"
        if self.values < 2:
            return False
        # of two different values at least, the other samples repeat one
        may_be = self.is_enough(count - 2) or (count >= 20 if numbers else self.has_ranges)
        if not may_be or column.min() == column.max():
            return False
        order = np.argsort(column, kind="stable")
        ordered, labels = column[order], self.labels[order]
        starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
        pure = np.minimum.reduceat(labels, starts) == np.maximum.reduceat(labels, starts)
        is_pure = bool(pure.all())
        if is_pure and self.is_enough(count - len(starts)):
            return True
        if numbers:
            monotone = is_pure and _is_monotone(labels)
            return count >= 20 and (monotone or _is_linear(column, self.target))
        runs = 1 + np.count_nonzero(np.diff(labels))
        return is_pure and self.has_ranges and runs == self.values

    def is_enough(self, repeats: int) -> bool:
        """Whether so many samples with the value of another one have its target not by chance."""
        return repeats * self.log_match < BY_CHANCE


def _is_monotone(labels: Array) -> bool:
    steps = np.diff(labels)
    return bool((steps >= 0).all() or (steps <= 0).all())


def _is_linear(column: Doubles, target: Array) -> bool:
    """r2 of a line is above 0.9999: what is left may be rounding to three digits."""
    x, y = column - column.mean(), target - target.mean()
    x, y = x / np.abs(x).max(), y / np.abs(y).max()
    return bool((x @ y) ** 2 > 0.9999 * (x @ x) * (y @ y))
