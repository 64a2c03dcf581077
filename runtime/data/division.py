"""Which sample goes into which part: by class shares, by groups, or in order.

Used for training, validation and test, and for the folds of a cross-validation. A part is a number
from 0; -1 is left out of all parts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..array_types import Array, Labels

PartNumbers = NDArray[np.int64]


def in_order(count: int, sizes: tuple[int, ...]) -> PartNumbers:
    """Part after part, in the order of the samples."""
    ends = np.cumsum(sizes)
    numbers = np.searchsorted(ends, np.arange(count), side="right")
    return np.where(numbers < len(sizes), numbers, -1)


def by_classes(labels: Labels, sizes: tuple[int, ...]) -> PartNumbers:
    """Parts of these sizes in which every class has its share, to within one sample.

    The last part is filled first and the first one last, each from what is left: a class gets
    n * size / total, rounded down, and those with the largest remainders one more (as
    scikit-learn's `train_test_split(stratify=)`), except that a class which would get none, and
    has two samples left, comes before the others.
    """
    _, index, counts = np.unique(labels, return_inverse=True, return_counts=True)
    rank = rank_in_class(index, counts)
    taken = np.zeros_like(counts)
    parts = np.full(len(labels), -1, np.int64)
    for number in reversed(range(len(sizes))):
        then = taken + _allocate(counts - taken, sizes[number])
        parts[(rank >= taken[index]) & (rank < then[index])] = number
        taken = then
    return parts


def in_folds(count: int, folds: int) -> PartNumbers:
    """Folds of consecutive samples, the first ones a sample larger where they cannot be equal."""
    size, more = divmod(count, folds)
    return in_order(count, tuple(size + (fold < more) for fold in range(folds)))


def in_stratified_folds(labels: Labels, folds: int) -> PartNumbers:
    """Folds in which every class has its share, to within one sample: of the samples sorted by
    class, every k-th one."""
    parts = np.empty(len(labels), np.int64)
    parts[np.argsort(labels, kind="stable")] = np.arange(len(labels)) % folds
    return parts


def _allocate(counts: Labels, size: int) -> Labels:
    """How many of each class a part of this size gets."""
    total = max(1, int(counts.sum()))
    shares, remainders = np.divmod(counts * size, total)
    urgent = (shares == 0) & (counts >= 2)
    order = np.lexsort((-remainders, ~urgent))
    shares[order[: size - int(shares.sum())]] += 1
    return np.asarray(shares, np.int64)


def rank_in_class(index: Labels, counts: Labels) -> Labels:
    """How many samples of its class come before each sample."""
    by_class = np.argsort(index, kind="stable")
    starts = np.cumsum(counts) - counts
    rank = np.empty(len(index), np.int64)
    rank[by_class] = np.arange(len(index)) - np.repeat(starts, counts)
    return rank


def by_groups(
    groups: Array, sizes: tuple[int, ...], *, labels: Labels | None, ordered: bool
) -> PartNumbers:
    """Parts of about these sizes, with every group in one of them.

    `ordered`: groups follow each other as their first samples do. Otherwise the largest come
    first, those of one size in the order of their first samples, each into the part where it lets
    the sum of (count - wanted)^2 / wanted over the classes and parts grow least.
    """
    _, first, index = np.unique(groups, return_index=True, return_inverse=True)
    counts = np.bincount(index)
    if ordered:
        order = np.argsort(first)
        middle = np.cumsum(counts[order]) - counts[order] / 2
        part_of = np.empty(len(counts), np.int64)
        part_of[order] = np.searchsorted(np.cumsum(sizes), middle, side="right")
        return np.where(part_of < len(sizes), part_of, -1)[index]
    strata = np.zeros(len(groups), np.int64) if labels is None else labels
    _, strata = np.unique(strata, return_inverse=True)
    table = np.zeros((len(counts), int(strata.max()) + 1))
    np.add.at(table, (index, strata), 1)
    used = [number for number, size in enumerate(sizes) if size]
    left_out = len(groups) - sum(sizes)
    if left_out:
        used.append(-1)
    share = np.array([sizes[number] if number >= 0 else left_out for number in used]) / len(groups)
    wanted = share[:, None] * table.sum(axis=0)
    have = np.zeros_like(wanted)
    part_of = np.empty(len(counts), np.int64)
    for group in np.lexsort((first, -counts)):
        members = table[group]
        growth = (members * (members + 2 * (have - wanted)) / wanted).sum(axis=1)
        chosen = int(growth.argmin())
        have[chosen] += members
        part_of[group] = used[chosen]
    return np.asarray(part_of[index], np.int64)


def labels_in(y: Array) -> Labels | None:
    """The class of each sample, for targets that are one class per sample: whole numbers, or rows
    with a single 1. None for others, and where most samples have a class of their own."""
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    labels: Array
    if y.ndim == 2 and ((y == 1).sum(axis=1) == 1).all() and ((y == 0) | (y == 1)).all():
        labels = y.argmax(axis=1)
    elif y.ndim == 1 and (y.dtype.kind == "i" or bool((y == np.floor(y)).all())):
        labels = y.astype(np.int64)
    else:
        return None
    return labels if len(np.unique(labels)) <= len(labels) / 2 else None
