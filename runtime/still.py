"""A model whose steps change nothing: what measuring and checking gradients need."""

from __future__ import annotations

from ..compiler.ir import Model
from ..compiler.lowering.update import Vectors
from ..compiler.words.optimizers import Optimizer
from ..grammar.record import change


class Still(Optimizer):
    """An optimizer that leaves everything as it is, so that a step only computes gradients."""

    word = "still"
    summary = "no change"

    def update(self, v: Vectors, *, first: bool) -> None:
        return


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
