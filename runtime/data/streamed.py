"""Samples that stay on the disk and are read by batches, in the place of an array.

It has the shape and the type of the array that it stands for, and the same numbers to the bit.
Indexing gives another one of some samples; what needs the numbers reads them.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from math import prod
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from ...compiler.problems.pictures import PicturesDamaged
from ...compiler.spans import Place
from ...grammar.problem import Problems
from ..array_types import Array, Labels
from ..held_state import Holding
from ..threads import WillingThreads
from .fitted_prep import FittedPrep, first_infinite, is_finite, prepare
from .quiet import QUIET_PILLOW

StreamedRows = NDArray[np.intp]
Change = Callable[[Array], Array]
"""What samples (N, ...) become, each on its own."""
JOB = 8
"""Samples that a thread reads at a time."""
CHUNK = 1 << 18
"""Numbers at a time, which stay in the cache while they are looked at several times."""


class Reads(Protocol):
    """Where the samples are."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of one sample."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """What the numbers are stored as."""

    def read(self, rows: StreamedRows, out: Array) -> None:
        """Puts samples into `out`, (len(rows), *shape). Called by several threads. Raises
        `UnreadableError`."""


class UnreadableError(Exception):
    """A sample that was read before can no longer be read."""

    def __init__(self, path: str, reason: str, total: int) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason, self.total = path, reason, total


@contextmanager
def reporting_unreadable(data: str, at: Place, problems: Problems) -> Iterator[None]:
    """Makes a picture that can no longer be read a problem of its data set."""
    try:
        yield
    except UnreadableError as error:
        damaged = ((error.path, error.reason),)
        problems.add(PicturesDamaged(at=at, path=data, damaged=damaged, total=error.total))


@dataclass(frozen=True, slots=True, eq=False)
class Streamed:
    """Samples (N, ...) that are read when they are asked for."""

    source: Reads
    rows: StreamedRows
    sample: tuple[int, ...]
    """The shape of one, as it is given."""
    dtype: np.dtype[Any]
    changes: tuple[tuple[tuple[int, ...], Change], ...] = ()
    """What is done to samples that were read, each with the shape in which it sees one."""
    _counted: Counter[float] = field(default_factory=Counter, init=False)
    """How often each number occurs, once that is known."""

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self.rows), *self.sample)

    @property
    def ndim(self) -> int:
        return 1 + len(self.sample)

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def nbytes(self) -> int:
        return self.size * self.dtype.itemsize

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, rows: slice | StreamedRows) -> Streamed:
        return replace(self, rows=self.rows[rows])

    def reshape(self, count: int, *shape: int) -> Streamed:
        """The same numbers with samples of another shape."""
        return replace(self, sample=np.empty(self.sample, np.bool_).reshape(shape).shape)

    def changed(self, change: Change) -> Streamed:
        """What the samples become."""
        made = change(np.zeros((1, *self.sample), self.dtype))
        changes = (*self.changes, (self.sample, change))
        return replace(self, changes=changes, dtype=made.dtype, sample=made.shape[1:])

    def extremes(self) -> Array:
        """The black and the white sample."""
        both = np.zeros((2, *self.source.shape), self.source.dtype)
        both[1] = np.iinfo(self.source.dtype).max
        return self._after_changes(both)

    def counted(self) -> Counter[float]:
        """How often each number occurs."""
        for part in () if self._counted else portions(as_array(self)):
            values, counts = np.unique(part, return_counts=True)
            self._counted.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
        return self._counted

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """All of its numbers, read."""
        with reading_threads() as pool:
            found = self.fetch(np.arange(len(self)), pool)()
        return found if dtype is None else found.astype(dtype)

    def astype(self, dtype: Any) -> Array:
        """The numbers in another type."""
        return self.__array__(dtype)

    def fetch(self, rows: StreamedRows, pool: Executor) -> Fetched:
        """Begins to read some samples; calling what it gives waits for them."""
        out = np.empty((len(rows), *self.sample), self.dtype)
        jobs = [
            pool.submit(self._read, self.rows[rows[start : start + JOB]], out[start : start + JOB])
            for start in range(0, len(rows), JOB)
        ]
        return Fetched(out, jobs)

    def _read(self, rows: StreamedRows, out: Array) -> None:
        raw = np.empty((len(rows), *self.source.shape), self.source.dtype)
        self.source.read(rows, raw)
        out[...] = self._after_changes(raw)

    def _after_changes(self, x: Array) -> Array:
        for shape, change in self.changes:
            x = change(x.reshape(len(x), *shape))
        return x.reshape(len(x), *self.sample)


@dataclass(frozen=True, slots=True, eq=False)
class Fetched:
    """Samples that are being read."""

    out: Array
    jobs: Sequence[Future[None]]

    def __call__(self) -> Array:
        for job in self.jobs:
            job.result()
        return self.out


@dataclass(frozen=True, slots=True, eq=False)
class _InMemory:
    """Samples that are there already, and changed when they are asked for."""

    x: Array

    @property
    def shape(self) -> tuple[int, ...]:
        return self.x.shape[1:]

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.x.dtype

    def read(self, rows: StreamedRows, out: Array) -> None:
        out[...] = self.x[rows]


def read_later(x: Array) -> Array:
    """Samples in memory, as those on the disk: what is done to them is done when they are read."""
    return as_array(Streamed(_InMemory(x), np.arange(len(x)), x.shape[1:], x.dtype))


# To types, samples on the disk are the array that they stand for: hardly anything asks.


def as_array(x: Streamed) -> Array:
    """The same, as an array to types."""
    return cast(Array, x)


def changed(x: Array, change: Change) -> Array:
    """What samples become: at once, or when they are read."""
    stored = streamed(x)
    return change(x) if stored is None else as_array(stored.changed(change))


def portions(x: Array) -> Iterator[Array]:
    """The samples, some at a time, read where they are on the disk."""
    size = samples_at_a_time(prod(x.shape[1:]))
    return (np.asarray(x[start : start + size]) for start in range(0, len(x), size))


def samples_at_a_time(width: int) -> int:
    """Some at least, so that threads can read them from the disk side by side."""
    return max(8, CHUNK // max(1, width))


def distinct(x: Array) -> tuple[Array, Labels]:
    """The different numbers of samples in ascending order, and how often each occurs."""
    stored = streamed(x)
    if stored is None:
        return np.unique(x, return_counts=True)
    counted = stored.counted()
    values = sorted(counted)
    return np.array(values, x.dtype), np.array([counted[value] for value in values], np.int64)


def prepared(x: Array, steps: tuple[FittedPrep, ...], dtype: np.dtype[Any]) -> Array:
    """The samples after all steps, in the type that the network works in."""
    return changed(x, partial(prepare, steps=steps, dtype=dtype))


def are_finite(done: Array) -> bool:
    """Whether samples are finite after their preparation. Of pixels the black and the white sample
    tell, because steps change each number on its own."""
    made = streamed(done)
    return is_finite(done if made is None else made.extremes())


def first_wrong(x: Array, steps: tuple[FittedPrep, ...], dtype: np.dtype[Any]) -> int:
    """The number of the first step after which numbers are not finite."""
    stored = streamed(x)
    return first_infinite(x if stored is None else stored.extremes(), steps, dtype)


def joined(first: Array, second: Array) -> Array:
    """The samples of both, one after the other."""
    one, other = streamed(first), streamed(second)
    if one is None or other is None:
        return np.concatenate([first, second])
    return as_array(replace(one, rows=np.concatenate([one.rows, other.rows])))


def streamed(x: Any) -> Streamed | None:
    """Samples that are on the disk; None for those in memory."""
    return x if isinstance(x, Streamed) else None


@contextmanager
def reading_threads() -> Iterator[WillingThreads]:
    """Threads for as many processors as this process may use, in which Pillow warns of nothing."""
    available = getattr(os, "sched_getaffinity", None)
    count = len(available(0)) if available is not None else os.cpu_count() or 1
    with (
        Holding(QUIET_PILLOW),
        WillingThreads(count, thread_name_prefix="netc-read") as pool,
    ):
        yield pool
