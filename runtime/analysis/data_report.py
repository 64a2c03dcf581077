"""What a run would see of its data: parts, classes, columns before and after `prep`, widths.

Columns are those of vectors; images and sequences have channels in their place, over all positions.
All figures are of the training part, on which `prep` is fitted, unless they say another part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...compiler.diagnostics import Diagnostic
from ..array_types import Array
from ..data.lints import ClassTarget, InputFigures, PartTitle
from ..data.statistics import ColumnStatistics, count_distinct

ColumnKind = Literal["number", "whole", "0/1", "constant", "pixel", "token", "text"]


@dataclass(frozen=True, slots=True)
class ColumnSummary:
    """One column of vectors, or one channel of images or sequences."""

    name: str
    kind: ColumnKind
    distinct: int | None
    """Different values of a column; None for over 1,000, and where they are not counted."""
    missing: int
    low: float | None
    """None where nothing is known, and for texts."""
    high: float | None
    mean: float | None
    deviation: float | None
    """Divided by N, as `prep standardize` does."""


@dataclass(frozen=True, slots=True)
class InputSummary:
    """What one input of the network reads."""

    name: str
    sample: tuple[int, ...]
    """The shape of a sample as it was read."""
    prepared: tuple[int, ...]
    """The shape that the network gets."""
    declared: str
    """What the spec says: `28x28x1`; empty without a network."""
    fits: bool
    columns: tuple[ColumnSummary, ...]
    prepared_columns: tuple[ColumnSummary, ...]
    """After `prep`; empty without one."""


@dataclass(frozen=True, slots=True)
class TargetSummary:
    """What one loss is compared with."""

    name: str
    width: int
    """How many outputs it takes: classes, or numbers of a sample."""
    classes: tuple[str, ...]
    """Empty where the targets are numbers."""
    counts: tuple[tuple[int, ...], ...]
    """For each part, how many of each class."""
    columns: tuple[ColumnSummary, ...]
    """Of numbers."""
    ignored: tuple[int, ...] = ()
    """For each part, how many labels count in neither loss nor metrics."""


@dataclass(frozen=True, slots=True)
class PartSummary:
    """One part of the set."""

    name: PartTitle
    samples: int
    repeated: int
    """Samples whose inputs occur before in the same part."""
    in_training: int
    """Samples whose inputs the training part has too; 0 for that part itself."""


@dataclass(frozen=True, slots=True)
class DataReport:
    """Everything that `netc data` says."""

    data: str
    note: str
    seed: int
    preps: tuple[str, ...]
    """As the language writes them: `standardize`, `pad 2`."""
    folds: int | None
    """Those of a cross-validation, of which the parts are the first; None without one."""
    parts: tuple[PartSummary, ...]
    inputs: tuple[InputSummary, ...]
    targets: tuple[TargetSummary, ...]
    warnings: tuple[Diagnostic, ...]
    """What was probably not meant."""
    errors: tuple[Diagnostic, ...]
    """Why a run would not train on it."""
    hashes: Mapping[str, str]
    """File name to the SHA-256 of its content."""
    weights: ColumnSummary | None = None
    """What each sample counts, where they differ."""


def summarize_columns(
    names: Sequence[str],
    statistics: ColumnStatistics,
    x: Array,
    *,
    tokens: bool = False,
    categories: Sequence[tuple[str, ...] | None] = (),
) -> tuple[ColumnSummary, ...]:
    """One summary for each column of samples (N, C), or each channel of (N, ..., C)."""
    found = []
    for index, name in enumerate(names):
        distinct = count_distinct(x[:, index]) if x.ndim == 2 else None
        low, high = _known(statistics.low[index]), _known(statistics.high[index])
        kind: ColumnKind = "number"
        if categories and categories[index] is not None:
            kind = "text"
        elif tokens:
            kind = "token"
        elif x.dtype.kind == "u":
            kind = "pixel"
        elif low == high:
            kind = "constant"
        elif statistics.whole[index]:
            kind = "0/1" if (low, high) == (0, 1) else "whole"
        figures = (low, high, _known(statistics.mean[index]), _known(statistics.deviation[index]))
        if kind == "text":
            figures = (None, None, None, None)
        missing = int(statistics.missing[index])
        found.append(ColumnSummary(name, kind, distinct, missing, *figures))
    return tuple(found)


def summarize_input(
    name: str, figures: InputFigures, prepared: Array | None, declared: str, *, fits: bool
) -> InputSummary:
    """`prepared`: the samples after `prep`; None without one."""
    x, tokens = figures.x, figures.is_tokens
    after: tuple[ColumnSummary, ...] = ()
    if prepared is not None:
        after = summarize_columns(figures.after_names, figures.after, prepared, tokens=tokens)
    return InputSummary(
        name,
        tuple(x.shape[1:]),
        tuple((x if prepared is None else prepared).shape[1:]),
        declared,
        fits,
        summarize_columns(
            figures.names, figures.before, x, tokens=tokens, categories=figures.categories
        ),
        after,
    )


def summarize_classes(target: ClassTarget) -> TargetSummary:
    """A target of classes."""
    counts = tuple(tuple(int(one) for one in here) for here in target.counts().values())
    ignored = target.ignored()
    return TargetSummary(target.name, len(target.classes), target.classes, counts, (), ignored)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
