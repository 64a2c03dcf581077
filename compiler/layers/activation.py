"""Activations: a formula for each number, and softmax for each vector of numbers.

All keep their shape and take any. None has multiply-adds: the count is one for each use of a
weight.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from ..shapes import Shape
from .layer import Layer, Site
from .trace import Flow, Gradients, Trace

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value


class Activation(Layer):
    """The base: the shape stays; an instruction of the same name, and one for its gradient."""

    activation = True
    keeps_shape = True
    elementwise = True
    layout_agnostic = True
    usual_losses: ClassVar[tuple[str, ...]] = ("mse",)
    gradient_reads: ClassVar[str] = "input"
    """Whether the derivative is written in terms of the "input" or of the "output"."""

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        return inputs[0]

    def attributes(self) -> dict[str, Any]:
        """The numbers that both instructions take."""
        return {}

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        return Flow(e.emit(self.word, inputs[0], **self.attributes()))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        read = trace.output if self.gradient_reads == "output" else trace.inputs[0]
        return Gradients((e.emit(f"{self.word}_grad", gradient, read, **self.attributes()),))
