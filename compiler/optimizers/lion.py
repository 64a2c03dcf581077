"""The sign of a running mean: `lion`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from ..language.kinds import Positive
from .optimizer import Decay, DecoupledDecay, Stepping

if TYPE_CHECKING:
    from ..lower.vectors import Vectors


class Lion(Stepping):
    """Lion: the sign of a running mean (Chen et al. 2023).

    w <- w - lr (sign(beta1 m + (1 - beta1) g) + weight_decay w); m <- beta2 m + (1 - beta2) g.
    Weight decay is decoupled, as in AdamW. Usual learning rates are 3 to 10 times smaller than
    Adam's.
    """

    word = "lion"
    summary = "Lion: the sign of a running mean of the gradient"
    usual = (1e-6, 3e-3)

    lr: Positive = 1e-4
    beta1: Decay = Field(
        default=0.9, description="the weight of the running mean in the step's direction"
    )
    beta2: Decay = Field(default=0.99, description="the decay of the running mean of the gradient")
    weight_decay: DecoupledDecay = 0.0

    decouples = True

    def update(self, v: Vectors, *, first: bool) -> None:
        rate = self.rate(v)
        with v.loop():
            v.add_penalties(weight_decay=0.0)
            if self.weight_decay:
                v.shrink(rate, self.weight_decay)
            v.e.emit_many(
                "lion", v.parameters, v.gradients, v.remember("m"), rate,
                b1=self.beta1, b2=self.beta2,
            )  # fmt: skip
