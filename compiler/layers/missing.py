"""Layers of which only the place in the network is known, because their call is wrong.

They occur only in the model of a spec with errors, so that what follows can be checked. They say
nothing themselves.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..shapes import Shape
from .layer import Layer


class Missing(Layer):
    """Something that is not known: nothing is said of its output."""

    word = "?"
    summary = "a layer that could not be understood"


class MissingKeeper(Missing):
    """A word that was certainly meant as one that keeps its shape: `rleu`."""

    keeps_shape = True

    def output_despite(self, inputs: Sequence[Shape | None]) -> Shape | None:
        return inputs[0] if len(inputs) == 1 else None
