"""How values are searched: one class for each way of `tune`."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from ..language.options import Options

MOST_TRIALS = 100_000
"""Of a search: all of them are read again for each new one."""

TrialCount = Annotated[int, Field(ge=1, le=MOST_TRIALS)]


class Tuner(Options):
    """How values of `let` constants are searched.

    `netc tune` searches; every other command uses the values of `let`. A trial trains the whole
    spec with the selected values, like any run. Trials are compared on the validation part, with
    `kfold` by the mean over the folds: by the first metric of the spec; without one, by the
    accuracy if the targets are classes, else by the loss. The random draws depend on `train seed=`.

    A list gives the values to try: `width=(32, 64)`, `act=(relu, tanh)`, `opt=(sgd, adam)` for `opt
    $opt`. A range is uniform, `p=linear(0, 0.5)`, or uniform in its logarithm, `lr=log(1e-4,
    1e-1)`; between whole numbers, it has only whole numbers where the spec accepts no others.
    """

    category = "tuner"
    enumerates: ClassVar[bool] = False
    """True where it walks through lists of values, so that a range is of no use."""


class Grid(Tuner):
    """Every combination of the listed values, at most `trials` of them, in order: the last name
    changes fastest. All of them are checked before the first one is trained."""

    word = "grid"
    summary = "grid search over all combinations"
    enumerates = True

    trials: TrialCount | None = Field(
        default=None, description="at most this many combinations; by default all, up to 100,000"
    )


class Random(Tuner):
    """Values drawn independently, uniformly on each scale (Bergstra & Bengio 2012)."""

    word = "random"
    summary = "random search"

    trials: TrialCount = Field(default=20, description="the number of trials")


class Tpe(Tuner):
    """Values drawn where good trials are denser than bad ones (Bergstra et al. 2011)."""

    word = "tpe"
    summary = "tree-structured Parzen estimator"

    trials: TrialCount = Field(default=20, description="the number of trials")


class CoarseToFine(Tuner):
    """Values at random over the whole ranges; then a grid around the best of them, over a quarter
    of each range on its scale. The grid has at most half of the trials, and the same number of
    values for each range if possible. Names with lists keep the best value."""

    word = "coarse_to_fine"
    summary = "random search, then a grid around the best trial"

    trials: TrialCount = Field(
        default=30, description="the number of trials, with those of the grid"
    )
