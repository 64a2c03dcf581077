"""How weights follow their gradients: one class for each optimizer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from ..language.kinds import NonNegative, Positive
from ..language.options import Options

if TYPE_CHECKING:
    from ..lower.program import Value
    from ..lower.vectors import Vectors

Decay = Annotated[float, Field(ge=0, lt=1)]
"""A decay of a running mean: how much of the old value stays."""

DecoupledDecay = Annotated[
    NonNegative,
    Field(
        description="shrinks weights by lr * weight_decay * w in each step, apart from the "
        "gradient; biases and normalisation scales do not decay"
    ),
]


class Optimizer(Options):
    """How weights follow their gradients.

    In the formulas w is a weight, g its gradient and lr the learning rate of the step, after the
    schedule and the layer's own `lr=`; t counts steps from 1. `clip=c` first scales all gradients
    of a step together, penalties of `reg` included, so that their joint L2 norm is at most c
    (Pascanu et al. 2013). `weight_decay=d` then adds d w to the gradients of weights, unless the
    optimizer says otherwise; biases and normalisation scales do not decay. Defaults are those of
    the papers, and PyTorch's where a paper has none.
    """

    category = "optimizer"
    usual: ClassVar[tuple[float, float] | None] = None
    """Learning rates beyond these are probably a slip; None: it has no learning rate."""

    closed_form: ClassVar[bool] = False
    """True where it takes no steps but solves the normal equations."""

    def update(self, v: Vectors, *, first: bool) -> None:
        """Emits one step for one segment of the flat vectors.

        `first` is true for the first segment of a step: what happens once a step happens there.
        An optimizer that does not write this method checks but cannot run.
        """
        raise NotImplementedError(self.word)

    @classmethod
    def can_run(cls) -> bool:
        """Whether it emits instructions."""
        return cls.update is not Optimizer.update


class Stepping(Optimizer):
    """The base of those that take a step for each batch."""

    lr: Positive = Field(
        description="the learning rate, before the schedule and a layer's own `lr=` factor"
    )
    weight_decay: NonNegative = Field(
        default=0.0,
        description="adds weight_decay * w to the gradient of weights; biases and normalisation "
        "scales do not decay",
    )
    clip: Positive | None = Field(
        default=None,
        description="the largest joint L2 norm of all gradients of a step; larger ones are "
        "scaled down together, penalties of `reg` included",
    )

    def rate(self, v: Vectors) -> Value:
        """Emits the learning rate of a segment."""
        return v.e.emit("rate", v.lr, factor=v.treatment.rate)


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


class Adam(Stepping):
    """Adam (Kingma & Ba 2015).

    m <- beta1 m + (1 - beta1) g; v <- beta2 v + (1 - beta2) g^2;
    w <- w - lr (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps).
    """

    word = "adam"
    summary = "Adam: running means of the gradient and of its square"
    usual = (1e-6, 0.05)

    decouples: ClassVar[bool] = False
    """Whether weight decay goes past the gradient."""

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


class Lion(Stepping):
    """Lion: the sign of a running mean (Chen et al. 2023).

    w <- w - lr (sign(beta1 m + (1 - beta1) g) + weight_decay w); m <- beta2 m + (1 - beta2) g.
    Weight decay is decoupled, as in AdamW. Its rates are 3 to 10 times smaller than
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


class Exact(Optimizer):
    """The direct solution of linear regression, by the normal equations.

    w = (X^T X + lambda N K / 2 I)^-1 X^T t, the weights at which the gradient of `mse` is zero;
    with `reg l2 lambda` it is ridge regression, the bias excluded (a `weight=` of the loss divides
    lambda). Only for one linear layer with `mse`, after layers without weights such as `poly`:
    nothing else has a closed-form solution. `epochs` and `batch` have no effect.
    """

    word = "exact"
    summary = "linear least squares by the normal equations"
    closed_form = True
