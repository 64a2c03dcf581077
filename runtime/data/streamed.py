"""Samples that stay on the disk and are read by batches, in the place of an array.

It has the shape and the type of the array that it stands for, and the same numbers to the bit.
Indexing gives another one of some samples; what needs the numbers reads them.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from ..array_types import Array
from .fitted_prep import FittedPrep, first_infinite, is_finite, prepare

StreamedRows = NDArray[np.intp]
JOB = 8
"""Samples that a thread reads at a time."""


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

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason


@dataclass(frozen=True, slots=True, eq=False)
class Streamed:
    """Samples (N, ...) that are read when they are asked for."""

    source: Reads
    rows: StreamedRows
    sample: tuple[int, ...]
    """The shape of one, as it is given."""
    dtype: np.dtype[Any]
    steps: tuple[FittedPrep, ...] | None = None
    """Those that are applied, and the numbers are floats; None: as they are stored."""
    view: tuple[int, ...] | None = None
    """The shape in which the steps see a sample."""

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
        return replace(self, sample=shape)

    def prepared(self, steps: tuple[FittedPrep, ...], dtype: np.dtype[Any]) -> Streamed:
        """The samples after all steps, in the type that the network works in."""
        made = prepare(np.zeros((1, *self.sample), self.dtype), steps, dtype)
        return replace(self, steps=steps, dtype=dtype, view=self.sample, sample=made.shape[1:])

    def extremes(self) -> Array:
        """The black and the white sample, as they are stored."""
        both = np.zeros((2, *self.sample), self.dtype)
        both[1] = np.iinfo(self.dtype).max
        return both

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
        if self.steps is not None:
            raw = raw.reshape(len(rows), *(self.view or self.sample))
            raw = prepare(raw, self.steps, self.dtype)
        out[...] = raw.reshape(out.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Fetched:
    """Samples that are being read."""

    out: Array
    jobs: Sequence[Future[None]]

    def __call__(self) -> Array:
        for job in self.jobs:
            job.result()
        return self.out


# To types, samples on the disk are the array that they stand for: hardly anything asks.


def as_array(x: Streamed) -> Array:
    """The same, as an array to types."""
    return cast(Array, x)


def prepared(x: Array, steps: tuple[FittedPrep, ...], dtype: np.dtype[Any]) -> Array:
    """The samples after all steps, in the type that the network works in."""
    stored = streamed(x)
    return prepare(x, steps, dtype) if stored is None else as_array(stored.prepared(steps, dtype))


def are_finite(x: Array, done: Array) -> bool:
    """Whether samples are finite after their preparation. Of pixels the black and the white sample
    tell, because steps change each number on its own."""
    stored, made = streamed(x), streamed(done)
    if stored is None or made is None:
        return is_finite(done)
    return is_finite(prepare(stored.extremes(), made.steps or (), made.dtype))


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
def reading_threads() -> Iterator[ThreadPoolExecutor]:
    """Threads for as many processors as this process may use. What libraries warn of while they
    read is not shown: metadata, which are not used, and sizes, which have a bound here."""
    available = getattr(os, "sched_getaffinity", None)
    count = len(available(0)) if available is not None else os.cpu_count() or 1
    with (
        warnings.catch_warnings(action="ignore"),
        ThreadPoolExecutor(count, thread_name_prefix="netc-read") as pool,
    ):
        yield pool
