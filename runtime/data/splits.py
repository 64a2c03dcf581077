"""Dividing a set into training, validation and test parts.

- A set with a published test part keeps it whole; `val=` is a share of the rest.
- A set that is published in random order is divided in that order, so that the validation part
  is the end of its training part, as in most reports. Every other set is shuffled once by the
  seed first.
- Of a set that is shuffled, and whose targets are classes, every part has its share of every
  class (`stratify=false`: only by chance).
- Samples of one group are in one part.
- With `shuffle=false` (of `data` or of `train`) nothing is shuffled: every part keeps the order of
  the data, and validation and test part are its end.
- `split=` divides all samples, shuffled, a published test part among them.
- `limit=1000` takes that many samples, chosen by the seed, before anything is divided; where
  the targets are classes every class keeps its share, to within one sample. A published test
  part stays whole, so that its figures stay comparable.

Counts are rounded to the nearest whole number; shares below 100 % leave samples unused.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...compiler.data.source import part_sizes
from ..array_types import Array, Labels
from .dataset import RawDataset, Split
from .division import (
    PartNumbers,
    by_classes,
    by_groups,
    in_folds,
    in_order,
    in_stratified_folds,
    labels_in,
    rank_in_class,
)
from .streamed import joined


@dataclass(frozen=True, slots=True)
class Shares:
    """Parts of what is divided; together at most 1."""

    train: float
    validation: float
    test: float


@dataclass(frozen=True, slots=True, eq=False)
class Splits:
    """The parts of a set; an absent part is None, never empty."""

    train: Split
    validation: Split | None
    test: Split | None


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """What is divided, in its order."""

    samples: Split
    test: Split | None
    """The test part that stays whole."""
    shuffled: bool
    """Whether the order is random."""


def choose(
    raw_data: RawDataset,
    *,
    seed: int,
    limit: int | None = None,
    whole: bool = False,
    shuffle: bool = True,
) -> Chosen:
    """The samples to divide: `limit` of them, among them those of a published test part where all
    (`whole`) are divided; without `shuffle` in the order of the data."""
    samples, test = raw_data.samples, raw_data.test
    if whole and test is not None:
        samples, test = join(samples, test), None
    mixes = whole or not raw_data.mixed
    if limit is not None or (shuffle and mixes):
        random = np.random.Generator(np.random.PCG64(seed))
        order = random.permutation(len(samples))
        if limit is not None and limit < len(samples):
            order = _fair(order, samples.y)[:limit]
            order = random.permutation(order)
        samples = samples.take(order if shuffle else np.sort(order))
    return Chosen(samples, test, shuffle and (mixes or limit is not None))


def divide(
    chosen: Chosen, shares: Shares, *, strict: bool = False, stratify: bool = False
) -> Splits | str:
    """The parts, or why they cannot be made. `strict` says that a part with a share must have a
    sample, for the author wrote it; `stratify` gives every part its share of every class where the
    samples are shuffled. Otherwise the parts follow each other."""
    together = shares.train + shares.validation + shares.test
    if together > 1 + 1e-9:
        return f"the shares add up to {100 * together:.4g} %, more than 100 %"
    samples, test = chosen.samples, chosen.test
    total = len(samples)
    sizes = part_sizes(total, (shares.train, shares.validation, shares.test))
    if sizes[0] < 1:
        return f"no samples of {total} are left for training"
    if strict:
        for what, share, count in (
            ("validation", shares.validation, sizes[1]),
            ("test", shares.test, sizes[2]),
        ):
            if share > 0 and count == 0:
                return (
                    f"{100 * share:.4g} % of {total} samples is less than one: "
                    f"the {what} part would be empty"
                )
    parts = _assign(chosen, sizes, stratify=stratify)
    found = [samples.take(np.flatnonzero(parts == number)) for number in range(3)]
    if samples.groups is not None and any(
        len(part) == 0 and size for part, size in zip(found, sizes, strict=True)
    ):
        return (
            f"{len(np.unique(samples.groups))} groups of {total} samples cannot be divided into "
            f"{sum(size > 0 for size in sizes)} parts"
        )
    train, validation, own_test = found
    return Splits(
        train,
        validation if len(validation) else None,
        test if test is not None else own_test if len(own_test) else None,
    )


def fold_parts(chosen: Chosen, folds: int, *, stratify: bool = False) -> tuple[Splits, ...] | str:
    """The parts of each fold, whose samples are the validation part and all others the training
    part, or why they cannot be made. Every sample is in one fold; a published test part is in
    none. `stratify` is that of `divide`."""
    samples, test = chosen.samples, chosen.test
    total = len(samples)
    if total < folds:
        return f"{total} samples cannot be divided into {folds} folds"
    labels = _strata(samples) if stratify and chosen.shuffled else None
    if samples.groups is not None:
        sizes = tuple(np.bincount(in_folds(total, folds)).tolist())
        parts = by_groups(samples.groups, sizes, labels=labels, ordered=not chosen.shuffled)
        if len(np.unique(parts)) < folds:
            groups = len(np.unique(samples.groups))
            return f"{groups} groups of {total} samples cannot be divided into {folds} folds"
    else:
        parts = in_folds(total, folds) if labels is None else in_stratified_folds(labels, folds)
    return tuple(
        Splits(
            samples.take(np.flatnonzero(parts != fold)),
            samples.take(np.flatnonzero(parts == fold)),
            test,
        )
        for fold in range(folds)
    )


def _assign(chosen: Chosen, sizes: tuple[int, int, int], *, stratify: bool) -> PartNumbers:
    """The part of each sample."""
    samples = chosen.samples
    labels = _strata(samples) if stratify and chosen.shuffled else None
    if samples.groups is not None:
        return by_groups(samples.groups, sizes, labels=labels, ordered=not chosen.shuffled)
    return in_order(len(samples), sizes) if labels is None else by_classes(labels, sizes)


def _strata(samples: Split) -> Labels | None:
    """The classes of the first target that has some."""
    found = (labels_in(y) for y in samples.targets)
    return next((labels for labels in found if labels is not None), None)


def everything(chosen: Chosen) -> Splits:
    """All that `divide` would divide, and the published test part, as one part."""
    samples, test = chosen.samples, chosen.test
    return Splits(samples if test is None else join(samples, test), None, None)


def _fair(order: NDArray[np.int64], y: Array) -> NDArray[np.int64]:
    """The order changed so that every beginning of it has each class by its share.

    The k-th sample of a class that has n goes to the place (k + 1/2) / n.
    """
    if y.ndim != 1 or y.dtype.kind != "i":
        return order
    _, index, counts = np.unique(y[order], return_inverse=True, return_counts=True)
    place = (rank_in_class(index, counts) + 0.5) / counts[index]
    return order[np.argsort(place, kind="stable")]


def join(first: Split, second: Split) -> Split:
    """The samples of two parts, one after the other."""

    def both(ones: tuple[Array, ...], others: tuple[Array, ...]) -> list[Array]:
        return [joined(*pair) for pair in zip(ones, others, strict=True)]

    xs, ys = both(first.inputs, second.inputs), both(first.targets, second.targets)
    rows = np.concatenate([first.numbers(), second.numbers()])
    one, other = first.groups, second.groups
    groups = None if one is None or other is None else np.concatenate([one, other])
    weights = None
    if first.weights is not None or second.weights is not None:
        each = [np.ones(len(it)) if it.weights is None else it.weights for it in (first, second)]
        weights = np.concatenate(each)
    more = tuple(xs[1:]), tuple(ys[1:])
    return Split(xs[0], ys[0], *more, rows, first.unit, groups, first.files, weights)
