"""How values are searched: one class for each way of `tune`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ..language.kinds import Count
from ..language.options import Options


class Tuner(Options):
    """How values of `let` constants are searched.

    A trial trains the whole spec with the selected values. Trials are compared on the validation
    part by the first metric of the spec, or by the loss.
    """

    category = "tuner"
    enumerates: ClassVar[bool] = False
    """True where it walks through lists of values, so that a range is of no use."""


class Grid(Tuner):
    """Every combination of the listed values, at most `trials` of them, in order."""

    word = "grid"
    summary = "grid search over all combinations"
    enumerates = True

    trials: Count | None = Field(
        default=None, description="at most this many combinations; by default all"
    )


class Random(Tuner):
    """Values drawn independently, uniformly on each scale (Bergstra & Bengio 2012)."""

    word = "random"
    summary = "random search"

    trials: Count = Field(default=20, description="the number of trials")


class Tpe(Tuner):
    """Values drawn where good trials are denser than bad ones (Bergstra et al. 2011)."""

    word = "tpe"
    summary = "tree-structured Parzen estimator"

    trials: Count = Field(default=20, description="the number of trials")


class CoarseToFine(Tuner):
    """A third of the trials at random over the whole ranges, a third around the best of them
    within a third of each range, the last third within a ninth."""

    word = "coarse_to_fine"
    summary = "random search in ranges that narrow around the best trial"

    trials: Count = Field(
        default=30, description="the number of trials, a third in each of three rounds"
    )
