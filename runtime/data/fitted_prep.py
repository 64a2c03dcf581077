"""Fitted preparations: what `prep` has become once it has seen the training part.

Each is a function of samples, whose `back` takes a gradient with respect to what it gives to that
with respect to what it gets. They compute in double precision, whatever the network computes in,
so that a time stamp or an id keeps its digits until it has been brought to a size that single
precision can hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from ..array_types import Array, Doubles, Floats

CHUNK = 1 << 21
"""Numbers at a time, so that no copy of a whole set in double precision is made."""

LEVELS = (np.dtype(np.uint8), np.dtype(np.uint16))
"""The types of pixels: each stands for a share of its largest value."""


@dataclass(frozen=True, slots=True, eq=False)
class Affine:
    """x -> (x - shift) * factor, broadcast over the last axes."""

    shift: Doubles
    factor: Doubles

    def __call__(self, x: Doubles) -> Doubles:
        return (x - self.shift) * self.factor

    def back(self, gradient: Doubles) -> Doubles:
        return gradient * self.factor


@dataclass(frozen=True, slots=True, eq=False)
class Rotation:
    """x -> (flat x - mean) @ matrix, in the sample's shape."""

    mean: Doubles
    matrix: Doubles

    def __call__(self, x: Doubles) -> Doubles:
        flat = x.reshape(len(x), -1) - self.mean
        return np.asarray(flat @ self.matrix).reshape(x.shape)

    def back(self, gradient: Doubles) -> Doubles:
        flat = gradient.reshape(len(gradient), -1) @ self.matrix.T
        return np.asarray(flat).reshape(gradient.shape)


@dataclass(frozen=True, slots=True, eq=False)
class ZeroPadding:
    """x of (N, H, W, C) -> (N, H + 2 size, W + 2 size, C), and so for any number of axes."""

    size: int

    def __call__(self, x: Doubles) -> Doubles:
        inner = [(self.size, self.size)] * (x.ndim - 2)
        return np.pad(x, [(0, 0), *inner, (0, 0)])

    def back(self, gradient: Doubles) -> Doubles:
        inner = [slice(self.size, size - self.size) for size in gradient.shape[1:-1]]
        return gradient[:, *inner]


@dataclass(frozen=True, slots=True, eq=False)
class Fill:
    """x -> x with values in the place of missing ones (NaN), broadcast over samples."""

    values: Doubles

    def __call__(self, x: Doubles) -> Doubles:
        return np.where(np.isnan(x), self.values, x)

    def back(self, gradient: Doubles) -> Doubles:
        return gradient


@dataclass(frozen=True, slots=True, eq=False)
class Categories:
    """x of (N, F) -> (N, G): each column of `kept` becomes a column for each of its codes."""

    kept: dict[int, tuple[int, ...]]
    """The codes of the training part, by column."""
    strict: bool
    """Whether another code is an error."""

    def __call__(self, x: Doubles) -> Doubles:
        columns = [
            (x[:, [index]] == self.kept[index]) if index in self.kept else x[:, [index]]
            for index in range(x.shape[1])
        ]
        return np.concatenate(columns, axis=1, dtype=np.float64)

    def back(self, gradient: Doubles) -> Doubles:
        """A code has no gradient: 0."""
        columns: list[Doubles] = []
        at = 0
        while at < gradient.shape[1]:
            codes = self.kept.get(len(columns))
            columns.append(gradient[:, at] if codes is None else np.zeros(len(gradient)))
            at += 1 if codes is None else len(codes)
        return np.stack(columns, axis=1)

    def unknown(self, x: Array) -> tuple[int, int] | None:
        """The row and the column of the first code that training did not have, where that is an
        error."""
        if not self.strict:
            return None
        found = [
            (int(rows[0]), index)
            for index, codes in self.kept.items()
            if len(rows := np.flatnonzero(~np.isin(x[:, index], codes) & ~np.isnan(x[:, index])))
        ]
        return min(found, default=None)


FittedPrep = Affine | Rotation | ZeroPadding | Fill | Categories


def unknown_category(x: Array, steps: tuple[FittedPrep, ...]) -> tuple[int, int] | None:
    """The row and the column of the first category that a step refuses."""
    found = (step.unknown(x) for step in steps if isinstance(step, Categories))
    return next((place for place in found if place is not None), None)


def in_doubles(x: Array, steps: tuple[FittedPrep, ...] = ()) -> Iterator[Doubles]:
    """The samples after some steps in double precision, a part at a time. Bytes stand for
    byte / 255, and 16-bit levels for level / 65535."""
    count = max(1, CHUNK // max(1, prod(x.shape[1:])))
    for start in range(0, max(len(x), 1), count):
        raw = x[start : start + count]
        part = raw.astype(np.float64)
        if raw.dtype in LEVELS:
            part /= np.iinfo(raw.dtype).max
        with np.errstate(over="ignore", invalid="ignore"):
            for step in steps:
                part = step(part)
        yield part


def prepare(x: Array, steps: tuple[FittedPrep, ...], dtype: np.dtype[Any]) -> Floats:
    """The samples after all steps, in the type that the network works in. Numbers that it cannot
    hold become infinite or NaN, which `is_finite` tells."""
    if not steps and x.dtype in LEVELS:
        floats: Floats = x.astype(dtype)
        floats /= dtype.type(np.iinfo(x.dtype).max)
        return floats
    with np.errstate(over="ignore"):
        if not steps:
            return np.ascontiguousarray(x, dtype)
        out: Floats | None = None
        at = 0
        for part in in_doubles(x, steps):
            if out is None:
                out = np.empty((len(x), *part.shape[1:]), dtype)
            out[at : at + len(part)] = part
            at += len(part)
    assert out is not None  # there is one part at least
    return out


def pull_back(gradient: Array, steps: tuple[FittedPrep, ...]) -> Doubles:
    """From the gradient with respect to prepared samples to that of the samples before all steps,
    by the chain rule. That of a missing value has no meaning."""
    found: Doubles = gradient.astype(np.float64)
    for step in reversed(steps):
        found = step.back(found)
    return found


def first_infinite(x: Array, steps: tuple[FittedPrep, ...], dtype: np.dtype[Any]) -> int:
    """The number of the first step after which numbers of this type are not finite, where those
    after the last one are not."""
    return next(
        number
        for number in range(len(steps))
        if number + 1 == len(steps) or not is_finite(prepare(x, steps[: number + 1], dtype))
    )


def is_finite(x: Floats) -> bool:
    """Whether all numbers are: none of them is NaN or infinite."""
    count = max(1, CHUNK // max(1, prod(x.shape[1:])))
    return all(
        bool(np.isfinite(x[start : start + count]).all()) for start in range(0, len(x), count)
    )
