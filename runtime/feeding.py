"""Brings samples from a split into the buffers of an engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .data.dataset import Split

Array = NDArray[Any]
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """What one loss is compared with.

    Sample i of a split wants row `index[i]` of `rows`. For classes `rows` is the code of each
    class, (classes, outputs), and `index` the labels; for measured targets `rows` are the targets
    themselves and `index` is None.
    """

    feed: str
    rows: Array
    index: Array | None


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A split as an engine sees it: `x` in the input's shape and in the engine's float type."""

    x: Array
    truth: Array
    """What metrics compare outputs with: class indices (N,), or numbers (N, ...)."""
    targets: tuple[Target, ...]

    def __len__(self) -> int:
        return len(self.x)


@dataclass(frozen=True, slots=True, eq=False)
class Coding:
    """How a class, or a measured target, becomes what a loss reads at one feed."""

    feed: str
    codes: Array | None
    """(classes, outputs); None for measured targets."""


Truth = Literal["target", "input"]


def prepare(
    split: Split,
    *,
    shape: tuple[int, ...],
    dtype: np.dtype[Any],
    codings: tuple[Coding, ...],
    truth: Truth = "target",
) -> Part:
    """The split viewed in the input's shape (row-major, the same number of elements).

    `truth` says what metrics compare with: the targets of the data or, for an autoencoder, the
    input itself.
    """
    x = np.ascontiguousarray(split.x.reshape(len(split), *shape), dtype)
    targets = tuple(
        Target(coding.feed, np.ascontiguousarray(split.y, dtype), None)
        if coding.codes is None
        else Target(coding.feed, np.ascontiguousarray(coding.codes, dtype), split.y)
        for coding in codings
    )
    return Part(x, split.y if truth == "target" else x, targets)


def fill(feeds: Mapping[str, Array], source: str, part: Part, rows: Rows, count: int) -> None:
    """Copies the samples `rows` (`count` of them) into the first rows of the feeds.

    `mode="clip"` spares `take` a second pass that checks the indices.
    """
    np.take(part.x, rows, axis=0, out=feeds[source][:count], mode="clip")
    for target in part.targets:
        wanted = rows if target.index is None else target.index[rows]
        out = feeds[target.feed][:count]
        np.take(
            target.rows, wanted, axis=0, out=out.reshape(count, *target.rows.shape[1:]), mode="clip"
        )


def epoch_order(seed: int, epoch: int, count: int, *, shuffle: bool) -> Rows:
    """The order of the samples in an epoch: a function of the seed and the epoch alone, so that a
    run can go on at any epoch without knowing the ones before."""
    if not shuffle:
        return np.arange(count)
    bits = np.random.PCG64(np.random.SeedSequence((seed, epoch)))
    return np.random.Generator(bits).permutation(count)
