"""Stochastic gradient descent: `sgd`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from ..language.kinds import Positive
from .optimizer import Decay, Stepping

if TYPE_CHECKING:
    from ..lower.vectors import Vectors


class Sgd(Stepping):
    """Stochastic gradient descent, with momentum.

    w <- w - lr g; with `momentum` m: v <- m v + g, w <- w - lr v; with `nesterov`:
    w <- w - lr (g + m v) (Sutskever et al. 2013, in the form of PyTorch: v starts as the first
    gradient). `lr` defaults to 0.01, `momentum` to 0.
    """

    word = "sgd"
    summary = "stochastic gradient descent, with or without momentum"
    usual = (1e-5, 1.0)

    lr: Positive = 0.01
    momentum: Decay = Field(
        default=0.0, description="m in v <- m v + g; 0 is plain gradient descent"
    )
    nesterov: bool = Field(default=False, description="`true` steps along g + m v instead of v")

    def update(self, v: Vectors, *, first: bool) -> None:
        rate = self.rate(v)
        with v.loop():
            v.add_penalties(weight_decay=self.weight_decay)
            if self.momentum == 0:
                v.e.emit_many("sgd", v.parameters, v.gradients, rate)
            else:
                v.e.emit_many(
                    "momentum", v.parameters, v.gradients, v.remember("m"), rate,
                    by=self.momentum, nesterov=self.nesterov,
                )  # fmt: skip
