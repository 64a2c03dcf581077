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

    decouples: ClassVar[bool] = False
    """Whether weight decay goes past the gradient."""

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
        description="the largest L2 norm of all gradients together, penalties of `reg` included; "
        "if it is larger, all are scaled down",
    )

    def rate(self, v: Vectors) -> Value:
        """Emits the learning rate of a segment."""
        return v.e.emit("rate", v.lr, factor=v.treatment.rate)
