"""Activations of few values: `sign`, `step`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .activation import Activation
from .trace import Gradients, Trace

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value


class Sign(Activation):
    """y = -1 for x < 0, 0 for x = 0, 1 for x > 0. Its gradient is 0 everywhere."""

    word = "sign"
    summary = "the sign of x: -1, 0 or 1"
    zero_gradient = True
    smooth = "tanh"

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        return Gradients((None,))


class UnitStep(Activation):
    """y = 1 for x >= 0, otherwise 0. Its gradient is 0 everywhere.

    Source: McCulloch & Pitts, A Logical Calculus of the Ideas Immanent in Nervous Activity, 1943.
    """

    word = "step"
    summary = "1 for x >= 0, otherwise 0"
    zero_gradient = True
    smooth = "sigmoid"

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        return Gradients((None,))
