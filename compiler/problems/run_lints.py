"""W06: what a training has probably not come to, or not started from, as its author meant."""

from __future__ import annotations

from typing import NamedTuple

from ...grammar.problem import Problem
from ...grammar.text import counted
from .tables import written
from .wording import first_of

MOST_NAMED = 6
"""Activations that the message names."""


class Dead(NamedTuple):
    """How many units of an activation are dead."""

    activation: str
    """Its node: `relu1`."""
    dead: int
    units: int


class DeadUnits(Problem):
    """Three quarters of the units of an activation, or more, are 0 for every training sample.

    Where `relu` gives 0, its derivative is 0: a unit that gives 0 for all samples gets no gradient
    and stays as it is. Steps that are too large are the usual cause: one of them moves the bias so
    far below 0 that no sample activates the unit any more. If all units of a layer are dead, the
    layers after it learn nothing about the samples. A few dead units do no harm.

    Up to 1,024 training samples are examined, with the weights at the end of the run. A unit of a
    convolution is a channel, at all positions.

    ```text
    data digits
    input 64 -> dense 32 relu -> dense 10 softmax
    loss ce
    opt sgd lr=5
    ```

    Instead:

    ```text
    data digits
    input 64 -> dense 32 relu -> dense 10 softmax
    loss ce
    opt sgd lr=0.1
    ```
    """

    code = "W0601"
    title = "dead units"
    layers: tuple[Dead, ...]
    samples: int
    rate: float | None
    """The usual learning rate, where that of the spec is larger."""

    def message(self) -> str:
        first, *others = self.layers
        named = [f"{first.dead:,} of {first.units:,} units of `{first.activation}`"]
        named += [f"{item.dead:,} of {item.units:,} of `{item.activation}`" for item in others]
        more = ""
        if len(named) > MOST_NAMED:
            more = f" and of {counted(len(named) - MOST_NAMED, 'further layer')}"
        return (
            f"{', '.join(named[:MOST_NAMED])}{more} are 0 for all "
            f"{counted(self.samples, 'training sample')}"
        )

    def help(self) -> tuple[str, ...]:
        smaller = "" if self.rate is None else f"try `lr={self.rate:g}`, or "
        return (f"dead units do not learn: {smaller}`leaky`, whose gradient is 0 nowhere",)


class StartBelongsElsewhere(Problem):
    """The weights of `init "FILE"` belong to other columns or classes than those of the data.

    Weights are taken in their order: the first row of the first layer goes with the first column,
    and the last layer has a unit for each class. With the columns in another order, or other
    classes, training starts from numbers that mean something else. Names that were changed on
    purpose do no harm.

    ```text
    data csv "b.csv" target=kind      # the columns are `width`, `length`; in `a.csv` it was
    input 2 -> dense 3 softmax        # `length`, `width`
    init "a.safetensors"
    loss ce; opt adam
    ```

    Instead:

    ```text
    data csv "b.csv" target=kind features=(length, width)
    input 2 -> dense 3 softmax
    init "a.safetensors"
    loss ce; opt adam
    ```
    """

    code = "W0614"
    title = "weights of other columns or classes"
    path: str
    what: str
    """`columns`, `classes`, or ``categories of `c` ``."""
    before: tuple[str, ...]
    now: tuple[str, ...]

    def message(self) -> str:
        return (
            f"`{self.path}` was trained on the {self.what} {first_of(self.before)}; here they are "
            f"{first_of(self.now)}"
        )

    def help(self) -> tuple[str, ...]:
        if self.what != "columns" or sorted(self.before) != sorted(self.now):
            return (f"its weights are taken in their order, whatever the {self.what} are called",)
        return (f"`features=({', '.join(map(written, self.before))})` reads them in that order",)
