"""Losses of measured numbers: `mse`, `mae`, `huber`."""

from __future__ import annotations

from pydantic import Field

from ..language.kinds import Positive
from .loss import ByRow, Target


class MeanSquaredError(ByRow):
    """Mean squared error.

    L = 1/(N K) sum of (y - t)^2, with the gradient 2/(N K) (y - t). Books that write
    1/(2 M) sum of (y - t)^2 have half of this gradient: `weight=0.5` gives theirs. Classes as
    targets are 0 and 1 for one unit, one-hot for K units.
    """

    word = "mse"
    summary = "mean squared error"
    closed_form = True
    refuses = ("softmax",)
    targets = (Target.REALS,)


class MeanAbsoluteError(ByRow):
    """Mean absolute error.

    L = 1/(N K) sum of |y - t|, with the gradient sign(y - t)/(N K), 0 where they are equal.
    """

    word = "mae"
    summary = "mean absolute error"
    refuses = ("softmax",)
    targets = (Target.REALS,)


class Huber(ByRow):
    """Squared near the target, linear far from it (Huber 1964).

    L = 1/(N K) sum of h(y - t), where h(r) = r^2/2 for |r| <= delta and
    delta (|r| - delta/2) beyond.
    """

    word = "huber"
    summary = "Huber loss: squared near the target, linear far from it"
    refuses = ("softmax",)
    targets = (Target.REALS,)

    delta: Positive = Field(
        default=1.0, description="the error up to which the loss is quadratic; beyond it is linear"
    )

    def numbers(self) -> dict[str, float]:
        return {"delta": self.delta}
