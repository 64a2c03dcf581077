"""`prep`: changes of every sample, fitted on the training part and applied to all parts.

With x one sample and statistics over the training part:

- `scale`: (x - min) / (max - min), to [0, 1]. For images one minimum and maximum for all of
  them (so images that already fill [0, 1] stay as they are), for vectors one for each feature.
- `center`: x - mean. `standardize`: (x - mean) / deviation. One mean and deviation for each
  feature of a vector, for each channel of an image or a sequence.
- `whiten pca`: (x - mean) U / sqrt(s + eps), with U s U' the covariance of the flattened
  features; `whiten zca` turns that back by U' (Krizhevsky 2009, appendix A).
- `pad`: a border of zeros around an image, or at both ends of a sequence.

A feature that never changes is divided by 1, not by 0: it becomes 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..array_types import Doubles, Floats
from .dataset import Split
from .fitted_prep import CHUNK, Affine, FittedPrep, Rotation, apply_prep, is_finite
from .splits import Splits

WHITEN_EPS = 1e-5


def fit_scale(x: Floats) -> Affine:
    low, high = (
        (x.min(keepdims=True)[0], x.max(keepdims=True)[0])
        if x.ndim > 2
        else (x.min(axis=0), x.max(axis=0))
    )
    span = high.astype(np.float64) - low
    return Affine(low, _narrowed(1 / np.where(span > 0, span, 1), x))


def fit_center(x: Floats) -> Affine:
    mean, _ = _moments(x)
    return Affine(mean.astype(x.dtype), np.ones_like(mean, x.dtype))


def fit_standardize(x: Floats) -> Affine:
    mean, deviation = _moments(x)
    # a constant feature has no deviation but rounding
    still = deviation <= 1e-7 * np.maximum(np.abs(mean), 1)
    factor = 1 / np.where(still, 1, deviation)
    return Affine(mean.astype(x.dtype), _narrowed(factor, x))


def _narrowed(numbers: Doubles, like: Floats) -> Floats:
    """Numbers in the type of samples: those that it cannot hold become infinite."""
    with np.errstate(over="ignore"):
        return numbers.astype(like.dtype)


def fit_whiten(x: Floats, *, kind: str, eps: float = WHITEN_EPS) -> Rotation:
    flat = x.reshape(len(x), -1)
    mean = flat.mean(axis=0, dtype=np.float64)
    covariance = np.zeros((flat.shape[1], flat.shape[1]))
    for start in range(0, len(flat), CHUNK):
        rows = flat[start : start + CHUNK] - mean
        covariance += rows.T @ rows
    variances, axes = np.linalg.eigh(covariance / len(flat))
    # largest first, as principal components are counted; rounding can leave tiny negative ones
    variances, axes = np.maximum(variances[::-1], 0), axes[:, ::-1]
    matrix = axes / np.sqrt(variances + eps)
    if kind == "zca":
        matrix = matrix @ axes.T
    return Rotation(mean.astype(x.dtype), matrix.astype(x.dtype))


def fit_and_apply(
    parts: Splits, fits: list[Callable[[Floats], FittedPrep]]
) -> tuple[Splits, tuple[FittedPrep, ...]] | int:
    """The parts after each preparation in turn, every one fitted on what the training part is
    by then; and the fitted preparations. Or the number of the first that makes numbers which are
    not finite."""
    steps: list[FittedPrep] = []
    for number, fit in enumerate(fits):
        step = fit(parts.train.x)
        steps.append(step)
        parts = Splits(
            _change(parts.train, step),
            None if parts.validation is None else _change(parts.validation, step),
            None if parts.test is None else _change(parts.test, step),
        )
        made = (parts.train, parts.validation, parts.test)
        if not all(split is None or is_finite(split.x) for split in made):
            return number
    return parts, tuple(steps)


def _change(split: Split, step: FittedPrep) -> Split:
    return split.with_inputs((apply_prep(step, split.x),))


def _moments(x: Floats) -> tuple[Doubles, Doubles]:
    axes: tuple[int, ...] = (0,) if x.ndim == 2 else tuple(range(x.ndim - 1))
    count = int(np.prod([x.shape[axis] for axis in axes]))
    mean = x.mean(axis=axes, dtype=np.float64)
    squares: Any = np.zeros_like(mean)
    for start in range(0, len(x), CHUNK):
        rest = x[start : start + CHUNK] - mean
        squares = squares + np.square(rest).sum(axis=axes)
    return mean, np.sqrt(squares / count)
