"""RMSprop: `rmsprop`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from ..language.kinds import Positive
from .optimizer import Decay, Stepping

if TYPE_CHECKING:
    from ..lower.vectors import Vectors


class RmsProp(Stepping):
    """RMSProp (Tieleman & Hinton 2012, lecture 6).

    v <- rho v + (1 - rho) g^2; w <- w - lr g / (sqrt(v) + eps); with `momentum` m:
    b <- m b + g / (sqrt(v) + eps), w <- w - lr b. The lecture gives lr 0.001 and rho 0.9.
    """

    word = "rmsprop"
    summary = "RMSprop: the gradient over its running root mean square"
    usual = (1e-6, 0.05)

    lr: Positive = 1e-3
    rho: Decay = Field(
        default=0.9, description="the decay of the running mean of the squared gradient"
    )
    momentum: Decay = Field(
        default=0.0,
        description="m in b <- m b + g / (sqrt(v) + eps); 0 steps along the scaled gradient alone",
    )
    eps: Positive = Field(default=1e-8, description="added to the denominator")

    def update(self, v: Vectors, *, first: bool) -> None:
        rate = self.rate(v)
        with v.loop():
            v.add_penalties(weight_decay=self.weight_decay)
            operands = [v.parameters, v.gradients, v.remember("v")]
            if self.momentum == 0:
                v.e.emit_many("rmsprop", *operands, rate, rho=self.rho, eps=self.eps)
            else:
                v.e.emit_many(
                    "rmsprop_momentum", *operands, v.remember("m"), rate,
                    rho=self.rho, eps=self.eps, by=self.momentum,
                )  # fmt: skip
