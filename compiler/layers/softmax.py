"""Channels as a probability distribution: `softmax`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..shapes import Shape
from .activation import Activation
from .layer import Window

if TYPE_CHECKING:
    pass


class Softmax(Activation):
    """y[i] = exp(x[i]) / sum over j of exp(x[j]), over the last axis. Range (0, 1), sum 1.

    That is all numbers of a vector, or the channels at each position of an image or a sequence, so
    that each pixel gets a class distribution.
    Source: Bridle, Probabilistic Interpretation of Feedforward Classification Network Outputs,
    1990.
    """

    word = "softmax"
    summary = "probabilities that sum to 1 over the channels"
    gradient_reads = "output"
    elementwise = False
    layout_agnostic = False
    probabilities = True
    sums_to_one = True
    usual_losses = ("ce",)

    def window(self, inputs: Sequence[Shape]) -> Window | None:
        return None if len(inputs[0]) == 1 else super().window(inputs)
