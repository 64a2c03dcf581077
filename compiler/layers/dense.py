"""Layers on vectors: dense, powers of features, embedding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic import Field

from ..language.frozen import change
from ..language.initializers import Initializer
from ..language.kinds import Count, UnitCount
from ..shapes import Shape
from .checks import fits, is_known, is_vector
from .layer import Layer, Parameter, Site, Trainable, Window
from .trace import Flow, Gradients, Trace
from .weights import ZEROS, parameter_sum

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value


class Dense(Trainable):
    """y = x w + b, every output from every input.

    Shapes: I -> U, with w of I x U and b of U. Nothing is flattened implicitly.
    `dense ?`, the last layer before a loss, has as many outputs as the targets need.
    Costs: I U multiply-adds.
    Errors: the input is an image or a sequence; the number of inputs is unknown.
    Source: Rosenblatt, The Perceptron, 1958; Rumelhart, Hinton & Williams, 1986.
    """

    word = "dense"
    summary = "a fully connected layer of U units"
    linear = True
    closed_form = True
    positional = ("units",)

    units: UnitCount = Field(
        description="the number of outputs; `?` in the last layer: as many as the targets need"
    )
    bias: bool = Field(default=True, description="whether a bias is added to each output")

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        shape = inputs[0]
        if not is_vector(self, shape, site):
            return None
        if not is_known(self, shape, shape[0], "the number of inputs", site):
            return None
        if not fits(self, (shape[0], self.units), "weights", site):
            return None
        return (self.units,)

    def takes_units(self) -> bool:
        return self.units is None

    def with_units(self, units: int) -> Layer:
        return change(self, units=units)

    def full_kernel(self, axes: int) -> tuple[int, ...]:
        return ()

    def has_bias(self) -> bool:
        return self.bias

    def output_despite(self, inputs: Sequence[Shape | None]) -> Shape | None:
        shape = inputs[0]
        too_large = shape is not None and len(shape) == 1 and shape[0] is not None
        return None if too_large else (self.units,)

    def parameters(self, inputs: Sequence[Shape]) -> tuple[Parameter, ...]:
        width = inputs[0][0]
        w = Parameter("w", (width, self.units), self.init, width, self.units)
        if not self.bias:
            return (w,)
        return w, Parameter("b", (self.units,), ZEROS, width, self.units, decays=False)

    def multiply_adds(self, inputs: Sequence[Shape], output: Shape) -> int | None:
        width = inputs[0][0]
        return None if width is None or self.units is None else width * self.units

    def window(self, inputs: Sequence[Shape]) -> Window | None:
        return None

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        width, units = inputs[0][0], self.units
        if width is None or units is None:
            return ()
        return (
            parameter_sum((width, units), units if self.bias else 0),
            f"multiply-adds {width}*{units} = {width * units:,}",
        )

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        product = e.emit("matmul", inputs[0], parameters["w"])
        return Flow(e.emit("add_row", product, parameters["b"]) if self.bias else product)

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        dx = e.emit("matmul_nt", gradient, trace.parameters["w"])
        parameters = {"w": e.emit("matmul_tn", trace.inputs[0], gradient)}
        if self.bias:
            parameters["b"] = e.emit("sum_rows", gradient, e.ones_over(*gradient.shape[:-1]))
        return Gradients((dx,), parameters)


class Poly(Layer):
    """y = [x, x^2, ..., x^D]: the powers of each feature, for polynomial regression.

    All first powers come first, then all squares, and so on; there are no products of different
    features.
    Shapes: F -> F D.
    Errors: the input is an image or a sequence; the number of features is unknown.
    """

    word = "poly"
    summary = "the powers of each feature up to D"
    positional = ("degree",)

    degree: Count = Field(description="the highest power of each feature")

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        shape = inputs[0]
        if not is_vector(self, shape, site):
            return None
        if not is_known(self, shape, shape[0], "the number of features", site):
            return None
        output = (None if shape[0] is None else shape[0] * self.degree,)
        return output if fits(self, output, "an output", site) else None

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        if output[0] is None:
            return ()
        return (f"features {inputs[0][0]}*{self.degree} = {output[0]}",)

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        x = inputs[0]
        return Flow(e.emit("powers", x, G=x.shape[-1] * self.degree))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        return Gradients((e.emit("powers_grad", gradient, trace.inputs[0]),))


class Embed(Trainable):
    """y[l] = w[x[l]]: a trained vector of D numbers for each of V tokens.

    The tokens are whole numbers from 0 to V - 1. By default, the vectors are drawn from
    a normal distribution with standard deviation 1, because an output is one weight, not a sum.
    Shapes: L -> L x D, with w of V x D. L may be unknown.
    Costs: no multiply-adds; it is a look-up.
    Errors: the input is an image or a sequence.
    Source: Bengio et al., A Neural Probabilistic Language Model, 2003.
    """

    word = "embed"
    summary = "a trained vector of D numbers for each of V tokens"
    positional = ("tokens", "width")

    tokens: Count = Field(description="the size of the vocabulary: tokens are 0 to tokens - 1")
    width: Count = Field(description="the size of each token's vector")

    def token_count(self) -> int | None:
        return self.tokens

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        shape = inputs[0]
        if not is_vector(self, shape, site, flattens=False):
            return None
        output = (shape[0], self.width)
        if not fits(self, (self.tokens, self.width), "weights", site):
            return None
        return output if fits(self, output, "an output", site) else None

    def parameters(self, inputs: Sequence[Shape]) -> tuple[Parameter, ...]:
        start = self.init or Initializer("normal", 1.0)
        return (Parameter("w", (self.tokens, self.width), start, 1, self.width),)

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        return (parameter_sum((self.tokens, self.width), 0),)

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        return Flow(e.emit("take_rows", parameters["w"], inputs[0]))

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        dw = e.emit("take_rows_grad", gradient, trace.inputs[0], V=self.tokens)
        return Gradients((None,), {"w": dw})
