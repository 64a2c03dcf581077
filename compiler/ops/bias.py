"""The bias of a layer that a pass has moved away from its layer. Not a word of the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .layer import Layer
from .trace import Flow, Gradients, Trace

if TYPE_CHECKING:
    from ..program import Emitter, Value


class AddBias(Layer):
    """y = x + b for each channel, with the parameter `b` of the layer that it shares."""

    word = "bias"
    summary = "adds the bias of another layer"

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        return Flow(e.emit("add_row", inputs[0], parameters["b"]))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        return Gradients(
            (gradient,), {"b": e.emit("sum_rows", gradient, e.ones_over(*gradient.shape[:-1]))}
        )
