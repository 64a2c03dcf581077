"""`prep`: changes of every sample, fitted on the training part and applied to all parts.

With x one sample and statistics over the training part:

- `scale`: (x - min) / (max - min), to [0, 1]. For images one minimum and maximum for all of
  them (so images that already fill [0, 1] stay as they are), for vectors one for each feature,
  for sequences one for each channel.
- `center`: x - mean. `standardize`: (x - mean) / deviation. One mean and deviation for each
  feature of a vector, for each channel of an image or a sequence.
- `whiten pca`: (x - mean) U / sqrt(s + eps), with U s U' the covariance of the flattened
  features; `whiten zca` turns that back by U' (Krizhevsky 2009, appendix A).
- `pad`: a border of zeros around an image, or at both ends of a sequence.

A feature that never changes is divided by 1, not by 0: it becomes 0. Everything is computed in
double precision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..array_types import Array, Doubles
from .dataset import Split
from .fitted_prep import (
    LEVELS,
    Affine,
    Categories,
    Fill,
    FittedPrep,
    Rotation,
    in_doubles,
)
from .levels import count_levels
from .splits import Splits
from .streamed import are_finite, first_wrong, prepared, read_later, streamed

DOUBLES = np.dtype(np.float64)
WHITEN_EPS = 1e-5
ROUNDING = 1e-14
"""What a sum or a quotient of equal numbers may differ by, relative to their size: some fifty
units in the last place of double precision."""
FEWEST_STEPS = 4
"""How many steps of a type the deviation of a feature must have for its values to be told apart."""


@dataclass(frozen=True, slots=True, eq=False)
class FitSamples:
    """What a preparation is fitted on: samples as the steps before it leave them. Pixels are
    counted by level where they can be."""

    x: Array
    steps: tuple[FittedPrep, ...] = ()
    texts: tuple[int, ...] = ()
    """The columns that hold the codes of categories."""

    def parts(self) -> Iterator[Doubles]:
        """All samples, a part at a time."""
        return in_doubles(self.x, self.steps)


Fit = Callable[[FitSamples], FittedPrep]


def fit_scale(samples: FitSamples) -> Affine:
    low: Any = np.inf
    high: Any = -np.inf
    counted = count_levels(samples.x, samples.steps)
    if counted is not None:
        low, high = counted.extremes(counted.values(samples.steps, DOUBLES))
        if samples.x.ndim > 3:
            low, high = low.min(), high.max()
    for part in samples.parts() if counted is None else ():
        # one for all of an image, else one for each feature or channel
        axes = None if part.ndim > 3 else tuple(range(part.ndim - 1))
        low, high = np.minimum(low, part.min(axis=axes)), np.maximum(high, part.max(axis=axes))
    return _affine(np.asarray(low), _inverse(high - low, low), samples)


def fit_center(samples: FitSamples) -> Affine:
    mean, _ = _moments(samples)
    return _affine(mean, np.ones_like(mean), samples)


def fit_standardize(samples: FitSamples) -> Affine:
    mean, deviation = _moments(samples)
    return _affine(mean, _inverse(deviation, mean), samples)


def _affine(shift: Doubles, factor: Doubles, samples: FitSamples) -> Affine:
    """The codes of categories stay as they are."""
    if samples.texts:
        shift[[*samples.texts]], factor[[*samples.texts]] = 0, 1
    return Affine(shift, factor)


def fit_fill(samples: FitSamples, *, kind: str, value: float) -> Fill:
    """What missing values become; NaN for a feature that has none in the training part."""
    x = samples.x.reshape(len(samples.x), -1)
    values = np.full(x.shape[1], value)
    for index in range(x.shape[1]):
        column = x[:, index]
        column = column[~np.isnan(column)].astype(np.float64)
        if kind == "constant" and index not in samples.texts:
            continue
        if not len(column):
            values[index] = np.nan
        elif kind == "most_frequent" or index in samples.texts:
            found, counts = np.unique(column, return_counts=True)
            values[index] = found[counts.argmax()]
        else:
            values[index] = column.mean() if kind == "mean" else np.median(column)
    return Fill(values.reshape(samples.x.shape[1:]))


def fit_categories(
    samples: FitSamples, *, strict: bool, kept: Mapping[int, tuple[int, ...]] | None
) -> Categories:
    """The categories that the training part has; or those that are `kept` from an earlier one."""
    if kept is not None:
        return Categories(dict(kept), strict)
    (whole,) = [np.concatenate([part[:, [*samples.texts]] for part in samples.parts()])]
    found = {
        index: tuple(int(code) for code in np.unique(whole[:, place]))
        for place, index in enumerate(samples.texts)
    }
    return Categories(found, strict)


def first_unresolved(samples: FitSamples, dtype: np.dtype[Any]) -> int | None:
    """The first feature of vectors whose differences this type cannot hold, as those of time
    stamps in single precision; None where there is none."""
    if samples.x.ndim > 2 or samples.x.dtype.itemsize <= dtype.itemsize:
        return None
    mean, deviation = _moments(samples)
    spacing = np.spacing(np.abs(mean).astype(dtype)).astype(np.float64)
    lost = np.flatnonzero((deviation < FEWEST_STEPS * spacing) & ~_is_still(deviation, mean))
    return int(lost[0]) if len(lost) else None


def _inverse(spread: Doubles, level: Doubles) -> Doubles:
    """What a feature is multiplied with that has this spread at this level: 1 where it never
    changes, infinite where it changes too little to have an inverse."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / np.where(_is_still(spread, level), 1, spread))


def _is_still(spread: Doubles, level: Doubles) -> NDArray[np.bool_]:
    """Whether a feature varies by no more than rounding."""
    return np.asarray(spread <= ROUNDING * np.abs(level))


def fit_whiten(samples: FitSamples, *, kind: str, eps: float = WHITEN_EPS) -> Rotation:
    total: Any = 0.0
    for part in samples.parts():
        total = total + part.reshape(len(part), -1).sum(axis=0)
    count = len(samples.x)
    mean = total / count
    covariance: Any = 0.0
    for part in samples.parts():
        rows = part.reshape(len(part), -1) - mean
        covariance = covariance + rows.T @ rows
    variances, axes = np.linalg.eigh(covariance / count)
    # largest first, as principal components are counted; rounding can leave tiny negative ones
    variances, axes = np.maximum(variances[::-1], 0), axes[:, ::-1]
    matrix = axes / np.sqrt(variances + eps)
    if kind == "zca":
        matrix = matrix @ axes.T
    return Rotation(mean, matrix)


def fit_and_apply(
    parts: Splits,
    fits: list[Fit],
    dtype: np.dtype[Any],
    texts: tuple[int, ...] = (),
    *,
    later: bool = False,
) -> tuple[Splits, tuple[FittedPrep, ...]] | int:
    """The parts, which have one input, after each preparation in turn, every one fitted on what
    the training part is by then; and the fitted preparations. Or the number of the first that
    makes numbers which are not finite in the type that the network works in. `texts` are the
    columns that hold the codes of categories. `later`: see `RawDataset`."""
    steps: tuple[FittedPrep, ...] = ()
    for fit in fits:
        step = fit(FitSamples(parts.train.x, steps, texts))
        steps = (*steps, step)
        texts = () if isinstance(step, Categories) else texts
    done: list[Split | None] = []
    wrong: list[int] = []
    for split in (parts.train, parts.validation, parts.test):
        raw = None if split is None else split.x
        if raw is not None and later and may_wait(raw, steps):
            raw = read_later(raw)
        x = None if raw is None else prepared(raw, steps, dtype)
        if split is not None and x is not None and steps and not are_finite(x):
            wrong.append(first_wrong(split.x, steps, dtype))
        done.append(None if split is None or x is None else split.with_inputs((x,)))
    if wrong:
        return min(wrong)
    return Splits(done[0] or parts.train, done[1], done[2]), steps


def may_wait(x: Array, steps: tuple[FittedPrep, ...]) -> bool:
    """Whether samples may be prepared when they are read: pixels, whose floats take four times
    their memory. A rotation rounds otherwise for other numbers of samples at a time."""
    rotates = any(isinstance(step, Rotation) for step in steps)
    return x.ndim > 2 and x.dtype in LEVELS and streamed(x) is None and not rotates


def _moments(samples: FitSamples) -> tuple[Doubles, Doubles]:
    """Mean and deviation of each feature or channel. Sums are of differences to the first sample,
    which keep the digits of numbers that are large and close to each other."""
    counted = count_levels(samples.x, samples.steps)
    if counted is not None:
        return counted.moments(counted.values(samples.steps, DOUBLES))
    first: Any = None
    total: Any = 0.0
    count = 0
    for part in samples.parts():
        rows = part.reshape(-1, part.shape[-1])
        first = rows[0] if first is None else first
        total = total + (rows - first).sum(axis=0)
        count += len(rows)
    mean = first + total / count
    squares: Any = 0.0
    for part in samples.parts():
        squares = squares + np.square(part.reshape(-1, part.shape[-1]) - mean).sum(axis=0)
    return mean, np.sqrt(squares / count)
