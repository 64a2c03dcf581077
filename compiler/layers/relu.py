"""ReLU and its relatives: `relu`, `leaky`, `elu`, `prelu`, `selu`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from ..language.initializers import Initializer
from ..language.kinds import NonNegative, Positive
from ..shapes import Shape
from .activation import Activation
from .checks import is_known
from .layer import Learning, Parameter, Site
from .trace import Flow, Gradients, Trace

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value

SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805
"""The fixed point of mean 0 and variance 1, equation 14 of the paper."""


class Relu(Activation):
    """y = max(x, 0), or min(max(x, 0), M) with `max=M`. Range [0, inf) or [0, M].

    Its derivative at 0 is 0, and so it is at M. `max=6` is known as ReLU6.
    Source: Nair & Hinton, Rectified Linear Units Improve Restricted Boltzmann Machines, 2010;
    Krizhevsky, Convolutional Deep Belief Networks on CIFAR-10, 2010.
    """

    word = "relu"
    summary = "max(x, 0)"
    gradient_reads = "output"
    rectifier = True
    dies = True
    commutes_with_max = True

    max: Positive | None = Field(
        default=None, description="the largest output; by default there is no limit"
    )

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        if self.max is None:
            return Flow(e.emit("relu", inputs[0]))
        return Flow(e.emit("clipped_relu", inputs[0], most=self.max))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        if self.max is None:
            return Gradients((e.emit("relu_grad", gradient, trace.output),))
        return Gradients((e.emit("clipped_relu_grad", gradient, trace.output, most=self.max),))


class Leaky(Activation):
    """y = x for x > 0, otherwise A x. Range (-inf, inf).

    Source: Maas, Hannun & Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models,
    2013.
    """

    word = "leaky"
    summary = "x, or A x below 0"
    positional = ("slope",)
    rectifier = True

    slope: NonNegative = Field(default=0.01, description="the slope for negative inputs")

    def attributes(self) -> dict[str, Any]:
        return {"slope": self.slope}


class Elu(Activation):
    """y = x for x > 0, otherwise A (exp(x) - 1). Range (-A, inf).

    Source: Clevert, Unterthiner & Hochreiter, Fast and Accurate Deep Network Learning by
    Exponential Linear Units, 2016.
    """

    word = "elu"
    summary = "x, or A (exp(x) - 1) below 0"
    positional = ("alpha",)
    rectifier = True

    alpha: Positive = Field(
        default=1.0, description="the output for very negative inputs is -alpha"
    )

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        return Flow(e.emit("elu", inputs[0], alpha=self.alpha, scale=1.0))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        dx = e.emit("elu_grad", gradient, trace.inputs[0], alpha=self.alpha, scale=1.0)
        return Gradients((dx,))


class Prelu(Learning):
    """y = x for x > 0, otherwise a x, with a trained slope a per channel.

    Channels are the last axis (of a vector: each number). The slopes start at 0.25, as in the
    paper, and weight decay does not apply to them.
    Parameters: a of C.
    Errors: the number of channels is unknown.
    Source: He et al., Delving Deep into Rectifiers, 2015.
    """

    word = "prelu"
    summary = "x, or a x below 0 with a trained slope a per channel"
    activation = True
    keeps_shape = True
    rectifier = True
    usual_losses: ClassVar[tuple[str, ...]] = ("mse",)

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        shape = inputs[0]
        return shape if is_known(self, shape, shape[-1], "the number of channels", site) else None

    def parameters(self, inputs: Sequence[Shape]) -> tuple[Parameter, ...]:
        channels = inputs[0][-1]
        start = Initializer("constant", 0.25)
        return (Parameter("a", (channels,), start, 1, 1, decays=False),)

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        if output[-1] is None:
            return ()
        return (f"parameters {output[-1]}, one for each channel",)

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        return Flow(e.emit("prelu", inputs[0], parameters["a"]))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        slope = trace.parameters["a"]
        ones = e.ones_over(*gradient.shape[:-1])
        dx, da = e.emit_many("prelu_grad", gradient, trace.inputs[0], slope, ones)
        return Gradients((dx,), {"a": da})


class Selu(Activation):
    """y = 1.0507 x for x > 0, otherwise 1.0507 * 1.6733 (exp(x) - 1). Range (-1.758, inf).

    The two constants keep mean 0 and variance 1 through many layers when the weights start with
    variance 1 / fan_in, so use `init=lecun` in the layers before it.
    Source: Klambauer et al., Self-Normalizing Neural Networks, 2017.
    """

    word = "selu"
    summary = "elu scaled to keep mean 0 and variance 1"

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        return Flow(e.emit("elu", inputs[0], alpha=SELU_ALPHA, scale=SELU_SCALE))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        dx = e.emit("elu_grad", gradient, trace.inputs[0], alpha=SELU_ALPHA, scale=SELU_SCALE)
        return Gradients((dx,))
