"""A model whose steps change nothing: what measuring and checking gradients need."""

from __future__ import annotations

from ...compiler.ir import Model
from ...compiler.lower.update import Vectors
from ...compiler.optimizers.optimizer import Rate, Stepping
from ...grammar.record import change


class Still(Stepping):
    """w <- w - lr g without penalties: a step of length 0 only computes gradients."""

    word = "still"
    summary = "no change, at a learning rate of 0"

    lr: Rate = 1.0

    def update(self, v: Vectors, *, first: bool) -> None:
        rate = self.rate(v)
        with v.loop():
            v.e.emit_many("sgd", v.parameters, v.gradients, rate)


def without_training(model: Model) -> Model:
    """The model with nothing that only training would watch, change or search."""
    return change(
        model,
        optimizer=Still(),
        schedule=None,
        stops=(),
        augment=None,
        kfold=None,
        tune=None,
        weights=None,
    )
