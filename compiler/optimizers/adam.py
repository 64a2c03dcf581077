"""Adam and its relatives: `adam`, `adamw`, `nadam`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from ..language.kinds import NonNegative, Positive
from .optimizer import Decay, DecoupledDecay, Stepping

if TYPE_CHECKING:
    from ..lower.vectors import Vectors


class Adam(Stepping):
    """Adam (Kingma & Ba 2015).

    m <- beta1 m + (1 - beta1) g; v <- beta2 v + (1 - beta2) g^2;
    w <- w - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps).
    """

    word = "adam"
    summary = "Adam: running means of the gradient and of its square"
    usual = (1e-6, 0.05)

    lr: Positive = 1e-3
    beta1: Decay = Field(default=0.9, description="the decay of the running mean of the gradient")
    beta2: Decay = Field(
        default=0.999, description="the decay of the running mean of the squared gradient"
    )
    eps: Positive = Field(default=1e-8, description="added to the denominator")

    def update(self, v: Vectors, *, first: bool) -> None:
        b1t, b2t = v.cell("b1t", 1.0), v.cell("b2t", 1.0)
        if first:
            v.e.emit_many("multiply_cell", b1t, by=self.beta1)
            v.e.emit_many("multiply_cell", b2t, by=self.beta2)
        factor = v.treatment.rate
        betas = {"b1": self.beta1, "b2": self.beta2}
        rates = v.e.emit_many("adam_rates", v.lr, b1t, b2t, factor=factor, eps=self.eps, **betas)
        rate = self.rate(v) if self.decouples and self.weight_decay else None
        with v.loop():
            v.add_penalties(weight_decay=0.0 if self.decouples else self.weight_decay)
            if rate is not None:
                v.shrink(rate, self.weight_decay)
            v.e.emit_many(
                "adam", v.parameters, v.gradients, v.remember("m"), v.remember("v"), *rates,
                **betas,
            )  # fmt: skip


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov & Hutter 2019).

    w <- w - lr weight_decay w, then Adam's step without any decay in g. `weight_decay` defaults
    to 0.01.
    """

    word = "adamw"
    summary = "Adam with decoupled weight decay"
    usual = (1e-6, 0.05)

    weight_decay: DecoupledDecay = 0.01

    decouples = True


class NAdam(Stepping):
    """Adam with Nesterov's momentum (Dozat 2016).

    With mu_t = beta1 (1 - 0.5 * 0.96^(t decay)) and M_t = mu_1 ... mu_t:
    m <- beta1 m + (1 - beta1) g; v <- beta2 v + (1 - beta2) g^2;
    w <- w - lr (mu_(t+1) m / (1 - M_(t+1)) + (1 - mu_t) g / (1 - M_t))
    / (sqrt(v / (1 - beta2^t)) + eps). The defaults are Dozat's, `lr` 0.002 and `decay` 0.004.
    """

    word = "nadam"
    summary = "Adam with Nesterov's momentum"
    usual = (1e-6, 0.05)

    lr: Positive = 2e-3
    beta1: Decay = Field(default=0.9, description="the limit of the momentum mu_t")
    beta2: Decay = Field(
        default=0.999, description="the decay of the running mean of the squared gradient"
    )
    eps: Positive = Field(default=1e-8, description="added to the denominator")
    decay: NonNegative = Field(
        default=4e-3,
        description="how fast mu_t approaches beta1: mu_t = beta1 (1 - 0.5 * 0.96^(t decay))",
    )

    def update(self, v: Vectors, *, first: bool) -> None:
        b2t, count, product = v.cell("b2t", 1.0), v.cell("count", 0.0), v.cell("product", 1.0)
        if first:
            v.e.emit_many("multiply_cell", b2t, by=self.beta2)
            v.e.emit_many("nadam_step", count, product, b1=self.beta1, decay=self.decay)
        rates = v.e.emit_many(
            "nadam_rates", v.lr, b2t, count, product,
            factor=v.treatment.rate, b1=self.beta1, decay=self.decay, eps=self.eps,
        )  # fmt: skip
        with v.loop():
            v.add_penalties(weight_decay=self.weight_decay)
            v.e.emit_many(
                "nadam", v.parameters, v.gradients, v.remember("m"), v.remember("v"), *rates,
                b1=self.beta1, b2=self.beta2,
            )  # fmt: skip
