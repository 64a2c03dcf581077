"""Rates for each weight from its past gradients: `adagrad`, `adadelta`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from ..language.kinds import Positive
from .optimizer import Decay, Stepping

if TYPE_CHECKING:
    from ..lower.vectors import Vectors


class AdaGrad(Stepping):
    """AdaGrad (Duchi et al. 2011).

    v <- v + g^2; w <- w - lr g / (sqrt(v) + eps). v starts at 0.
    """

    word = "adagrad"
    summary = "Adagrad: the gradient over the norm of all gradients so far"
    usual = (1e-4, 1.0)

    lr: Positive = 0.01
    eps: Positive = Field(default=1e-10, description="added to the denominator")

    def update(self, v: Vectors, *, first: bool) -> None:
        rate = self.rate(v)
        with v.loop():
            v.add_penalties(weight_decay=self.weight_decay)
            v.e.emit_many("adagrad", v.parameters, v.gradients, v.remember("v"), rate, eps=self.eps)


class AdaDelta(Stepping):
    """AdaDelta (Zeiler 2012).

    v <- rho v + (1 - rho) g^2; d = sqrt(u + eps) / sqrt(v + eps) g;
    u <- rho u + (1 - rho) d^2; w <- w - lr d. The paper has rho 0.95, eps 1e-6 and no learning
    rate, which is `lr=1`.
    """

    word = "adadelta"
    summary = "Adadelta: steps in the units of the weights"
    usual = (1e-2, 10.0)

    lr: Positive = 1.0
    rho: Decay = Field(default=0.95, description="the decay of both running means")
    eps: Positive = Field(default=1e-6, description="added under both square roots")

    def update(self, v: Vectors, *, first: bool) -> None:
        rate = self.rate(v)
        with v.loop():
            v.add_penalties(weight_decay=self.weight_decay)
            v.e.emit_many(
                "adadelta", v.parameters, v.gradients, v.remember("v"), v.remember("u"), rate,
                rho=self.rho, eps=self.eps,
            )  # fmt: skip
