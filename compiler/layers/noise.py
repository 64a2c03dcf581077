"""Layers that add noise while training and pass everything through when evaluating."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import TYPE_CHECKING

from pydantic import Field

from ..language.frozen import change
from ..language.kinds import NonNegative, Share
from ..shapes import Shape
from .layer import Layer, Site
from .trace import Flow, Gradients, Trace

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value


class Noise(Layer):
    """The base: the shape stays, any shape will do. Its first value is the amount of noise."""

    keeps_shape = True
    linear = True
    random = True

    def without_noise(self) -> Noise:
        return change(self, **{self.positional[0]: 0.0})

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        return inputs[0]


class Dropout(Noise):
    """y = x m / (1 - P), each m being 0 with probability P and 1 otherwise (inverted dropout).

    The division keeps the mean, so evaluation needs no scaling.
    Source: Srivastava et al., Dropout: A Simple Way to Prevent Neural Networks from Overfitting,
    2014.
    """

    word = "dropout"
    summary = "sets each number to 0 with probability P in training"
    multiplicative_noise = True
    positional = ("rate",)

    rate: Share = Field(
        description="the probability of dropping each value; those kept are divided by 1 - rate"
    )

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        x = inputs[0]
        if not e.noise or self.rate == 0:
            return Flow(e.view(x, x.shape))
        mask = e.emit("dropout_mask", x, rate=self.rate, stream=e.layer)
        return Flow(e.emit("multiply", x, mask), (mask,))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        if not trace.saved:
            return Gradients((gradient,))
        return Gradients((e.emit("multiply", gradient, trace.saved[0]),))


class GaussianDropout(Noise):
    """y = x m, each m normal with mean 1 and variance P / (1 - P): the variance of dropout P.

    Source: Srivastava et al., 2014, section 10.
    """

    word = "gaussian_dropout"
    summary = "multiplies by normal noise of mean 1 in training"
    multiplicative_noise = True
    positional = ("rate",)

    rate: Share = Field(
        description="the drop probability of the dropout with equal variance: the noise has "
        "variance rate / (1 - rate)"
    )

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        x = inputs[0]
        if not e.noise or self.rate == 0:
            return Flow(e.view(x, x.shape))
        std = sqrt(self.rate / (1 - self.rate))
        mask = e.emit("gaussian_mask", x, std=std, stream=e.layer)
        return Flow(e.emit("multiply", x, mask), (mask,))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        if not trace.saved:
            return Gradients((gradient,))
        return Gradients((e.emit("multiply", gradient, trace.saved[0]),))


class GaussianNoise(Noise):
    """y = x + e, each e normal with mean 0 and standard deviation STD, in the units of x.

    Source: Bishop, Training with Noise is Equivalent to Tikhonov Regularization, 1995.
    """

    word = "gaussian_noise"
    summary = "adds normal noise of standard deviation STD in training"
    positional = ("std",)

    std: NonNegative = Field(description="the standard deviation of the noise")

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        x = inputs[0]
        if not e.noise or self.std == 0:
            return Flow(e.view(x, x.shape))
        return Flow(e.emit("add", x, e.emit("gaussian", x, std=self.std, stream=e.layer)))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        return Gradients((gradient,))
