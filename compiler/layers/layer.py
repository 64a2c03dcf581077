"""The base class of layers: options, a shape rule, parameters, costs and instructions.

A layer is one class in one file of this folder. `infer` gets the shapes of the inputs and returns
the shape of the output, or reports why there is none. All other methods may rely on `infer` having
succeeded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol

from pydantic import Field

from ...grammar.problem import Problem
from ...grammar.source import Span
from ..language.initializers import Initial, Initializer
from ..language.kinds import LabelOption, LayerName, NonNegative
from ..language.options import Options, options_of
from ..shapes import Shape

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value
    from .trace import Flow, Gradients, Trace


class Arity(Enum):
    """The number of inputs."""

    NONE = "none"
    ONE = "one"
    MANY = "many"


class Parameter(NamedTuple):
    """One trained tensor (or, when not `trained`, a kept one: running statistics)."""

    name: str
    shape: tuple[int | None, ...]
    initializer: Initializer | None
    """None: the default, which follows the activation that comes after."""
    fan_in: int | None
    fan_out: int | None
    decays: bool = True
    """Whether `reg` and `weight_decay` apply: weights yes, biases and scales no."""
    trained: bool = True


class Window(NamedTuple):
    """How a layer looks at the positions of its input, dilation included.

    One entry an axis, or a single entry that holds for every axis.
    """

    size: tuple[int, ...]
    stride: tuple[int, ...]
    zoom: tuple[int, ...] = (1,)
    """How many outputs replace one input: the stride of a transposed convolution, the
    factor of an upsampling. The jump of a receptive field is multiplied by stride / zoom."""


class Site(Protocol):
    """The place of a layer in the text; `infer` reports through it."""

    @property
    def span(self) -> Span:
        """The layer's call, as small as it was written."""
        ...

    def option(self, name: str) -> Span:
        """Where an option's value was written, or the call when it is a default."""
        ...

    def source(self, index: int) -> Span:
        """The call that made the input with this index."""
        ...

    def is_open(self) -> bool:
        """Whether the input is a vector whose width the data decide: `input ?`, `dense ?`."""
        ...

    def report(self, problem: Problem) -> None:
        """Adds a problem."""
        ...


class Layer(Options):
    """One step of the network, a call in a pipe: `conv 64 3x3 stride=2`."""

    category = "layer"
    arity: ClassVar[Arity] = Arity.ONE
    activation: ClassVar[bool] = False
    """True for elementwise non-linearities and softmax."""
    rectifier: ClassVar[bool] = False
    """True for the relu family, before which weights get He initialisation."""
    keeps_shape: ClassVar[bool] = False
    """True for activations, normalisations and noise: the output has the shape of the input,
    and they read well as words after another layer."""
    elementwise: ClassVar[bool] = False
    """True where y[i] = f(x[i]) with one f for all numbers, and the shape stays."""
    passes_through: ClassVar[bool] = False
    """True where y = x: the layer only checks or names a tensor."""
    is_view: ClassVar[bool] = False
    """True where y holds the numbers of x in their order, perhaps in another shape."""
    random: ClassVar[bool] = False
    """True where training draws random numbers; evaluation passes the input through."""
    multiplicative_noise: ClassVar[bool] = False
    """True where training multiplies by noise of mean 1, which makes the variance larger than it
    is when evaluating."""
    normalizes: ClassVar[bool] = False
    """True where y has mean 0 and variance 1 before a trained scale and shift."""
    linear: ClassVar[bool] = False
    """True where evaluating computes y = A x + b, with or without weights in A."""
    windowed: ClassVar[bool] = False
    """True where a window slides over the positions."""
    resamples: ClassVar[bool] = False
    """True where only the positions change, without weights: pooling, upsampling, borders."""
    carries_skip: ClassVar[bool] = False
    """True for a merge: a gradient reaches each input without the layers of the other branches,
    undiminished through a sum, scaled through a product."""
    layout_agnostic: ClassVar[bool] = False
    """True where its instructions are right for images in NHWC and in CHWN."""
    saturates: ClassVar[bool] = False
    """True for an activation whose derivative vanishes on both sides."""
    dies: ClassVar[bool] = False
    """True for an activation that is 0, with the derivative 0, for all negative inputs."""
    zero_gradient: ClassVar[bool] = False
    """True where the derivative is 0 everywhere: no layer before it can learn."""
    smooth: ClassVar[str] = ""
    """Of an activation with `zero_gradient`: the smooth one with the same range."""
    commutes_with_max: ClassVar[bool] = False
    """True where f(max(a, b)) = max(f(a), f(b)) with the same gradient for a and b: f rises
    wherever its derivative is not 0."""
    probabilities: ClassVar[bool] = False
    """True for an activation that turns logits into probabilities."""
    sums_to_one: ClassVar[bool] = False
    """True where the channels of each position are a probability distribution."""
    closed_form: ClassVar[bool] = False
    """True where the normal equations give the weights that minimise a squared error."""
    usual_losses: ClassVar[tuple[str, ...]] = ("mse", "hinge")
    """The losses to suggest where this is the last layer, the usual one first."""

    name: LayerName | None = Field(
        default=None,
        description="the layer's name in tables, messages and weight files; by default its word "
        "and a number, such as `conv2`",
    )

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        """The shape of the output, or None after a report."""
        raise NotImplementedError(type(self).__name__)

    def output_despite(self, inputs: Sequence[Shape | None]) -> Shape | None:
        """The shape of the output if it is certain although an input shape is unknown (None) or
        `infer` reported a problem; otherwise None."""
        return None

    def parameters(self, inputs: Sequence[Shape]) -> tuple[Parameter, ...]:
        """Its parameters, given shapes that `infer` accepted."""
        return ()

    def multiply_adds(self, inputs: Sequence[Shape], output: Shape) -> int | None:
        """Multiply-adds per sample; None if a size is free."""
        return 0

    def window(self, inputs: Sequence[Shape]) -> Window | None:
        """The window of positions that an output sees; None if it sees the whole input."""
        return Window((1,), (1,))

    def full_kernel(self, axes: int) -> tuple[int, ...] | None:
        """The window of a linear map from all channels to all channels: a size per position axis,
        none of a vector. None where it is no such map."""
        return None

    def has_bias(self) -> bool:
        """Whether it adds a trained constant to each output channel."""
        return False

    def token_count(self) -> int | None:
        """How many different tokens it can read; None: what it reads are real numbers."""
        return None

    def takes_units(self) -> bool:
        """Whether its number of outputs is left to the targets."""
        return False

    def with_units(self, units: int) -> Layer:
        """The same with so many outputs, where these are left to the targets."""
        raise NotImplementedError(self.word)

    def without_noise(self) -> Layer:
        """The same without random numbers."""
        return self

    def uses_batch_statistics(self) -> bool:
        """Whether training normalises by mean and variance of the batch."""
        return False

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        """The calculations for `show --arithmetic`: the output size, the parameters."""
        return ()

    def forward(self, e: Emitter, inputs: Sequence[Value], parameters: Mapping[str, Value]) -> Flow:
        """Emits instructions that compute the output. Returns a new value, never an input itself.

        Shapes begin with the batch; `e.training`, `e.noise` and `e.backward` say what it is for. A
        layer without this method can be checked, but not run.
        """
        raise NotImplementedError(self.word)

    def backward(self, e: Emitter, trace: Trace, gradient: Value) -> Gradients:
        """Emits the gradients of the inputs and of the parameters.

        `gradient` is the gradient of the output. All gradients are emitted; unused ones are
        removed as dead code.
        """
        raise NotImplementedError(self.word)

    @classmethod
    def can_run(cls) -> bool:
        """Whether it emits instructions."""
        return cls.forward is not Layer.forward

    def heading(self) -> str:
        """The word with its positional values, as netc text: `conv 16 5x5`."""
        options = {option.name: option for option in options_of(type(self))}
        values = ((options[name], getattr(self, name)) for name in self.positional)
        written = [
            option.kind.write(value)
            for option, value in values
            if option.required or value is not None
        ]
        return " ".join([self.word, *written])


class Learning(Layer):
    """The options of a layer with trained parameters."""

    freeze: bool = Field(
        default=False,
        description="`true` keeps the parameters at their initial values, or at those that "
        '`init "file"` loads',
    )
    lr: NonNegative = Field(
        default=1.0,
        description="multiplies the learning rate for this layer; 0 keeps its parameters fixed",
    )
    share: LabelOption | None = Field(
        default=None,
        description="uses the parameters of the layer whose output has this label; both must have "
        "equal parameter shapes",
    )


class Trainable(Learning):
    """The options of a layer with weights."""

    init: Initial | None = Field(
        default=None,
        description="how weights are initialised; by default `he` before the ReLU family and "
        "`glorot` otherwise; biases start at 0",
    )
    l1: NonNegative | None = Field(
        default=None,
        description="replaces the strength of `reg l1` for this layer: adds l1 * sum |w| to the "
        "loss",
    )
    l2: NonNegative | None = Field(
        default=None,
        description="replaces the strength of `reg l2` for this layer: adds l2/2 * sum w^2 to "
        "the loss",
    )
