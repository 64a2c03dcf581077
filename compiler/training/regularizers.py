"""What keeps weights small: one class for each `reg`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from ..language.kinds import NonNegative
from ..language.options import Options


class Regularizer(Options):
    """A penalty on weights, added to the loss.

    It applies to every parameter that decays: weights do, biases and normalisation scales do not.
    A layer's own `l1=` or `l2=` replaces it for that layer.
    """

    category = "regularizer"
    closed_form: ClassVar[bool] = False
    """True where a squared error with this penalty has its minimum in closed form."""

    positional = ("strength",)

    strength: NonNegative = Field(
        description="the factor of the penalty; a layer's own `l1=` or `l2=` replaces it there"
    )


class L1(Regularizer):
    """Adds strength * sum of |w| to the loss: its gradient is strength * sign(w)."""

    word = "l1"
    summary = "L1 penalty, the sum of the absolute weights"


class L2(Regularizer):
    """Adds strength/2 * sum of w^2 to the loss: its gradient is strength * w.

    With plain gradient descent this is the weight decay of Krizhevsky et al. 2012.
    """

    word = "l2"
    summary = "L2 penalty, half the sum of the squared weights"
    closed_form = True
