"""What a layer is: options, a shape rule, parameters, costs, and later its instructions.

A layer is one class in one file of this folder. `infer` gets the shapes that flow in and gives
the one that flows out, or reports why there is none. Everything else may rely on `infer` having
succeeded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, ClassVar, Protocol

from ...grammar.problem import Problem
from ...grammar.source import Span
from ..schema.initializers import Initial, Initializer
from ..schema.kinds import Flag, FreeWord, LabelName, Real
from ..schema.options import Options
from ..shapes import Shape


class Arity(Enum):
    """How many tensors flow in."""

    NONE = "none"
    ONE = "one"
    MANY = "many"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One tensor that is learnt (or, when not `trained`, kept: running moments)."""

    name: str
    shape: tuple[int | None, ...]
    initializer: Initializer | None
    """None: the default, which follows the activation that comes after."""
    fan_in: int | None
    fan_out: int | None
    decays: bool = True
    """Whether `reg` and `weight_decay` apply: weights yes, biases and scales no."""
    trained: bool = True


@dataclass(frozen=True, slots=True)
class Window:
    """How a layer looks at the positions of its input, one entry an axis, dilation included."""

    size: tuple[int, ...]
    stride: tuple[int, ...]


class Site(Protocol):
    """Where a layer stands in the text; the way in which `infer` reports."""

    @property
    def span(self) -> Span:
        """The layer's call, as small as it was written."""
        ...

    @property
    def calls(self) -> tuple[Span, ...]:
        """The calls of the blocks around it, innermost first."""
        ...

    def option(self, name: str) -> Span:
        """Where an option's value was written, or the call when it is a default."""
        ...

    def source(self, index: int) -> Span:
        """The call that made the input with this index."""
        ...

    def report(self, problem: Problem) -> None:
        """Puts a problem in the bag."""
        ...


class Layer(Options):
    """The base of every layer."""

    arity: ClassVar[Arity] = Arity.ONE
    activation: ClassVar[bool] = False
    """True for elementwise non-linearities and softmax."""
    rectifier: ClassVar[bool] = False
    """True for the relu family, whose weights start by He's rule."""

    name: Annotated[str | None, FreeWord("a name for the layer")] = None

    def infer(self, inputs: Sequence[Shape], site: Site) -> Shape | None:
        """The shape that flows out, or None after a report."""
        raise NotImplementedError(type(self).__name__)

    def parameters(self, inputs: Sequence[Shape]) -> tuple[Parameter, ...]:
        """What it learns, given shapes that `infer` accepted."""
        return ()

    def multiply_adds(self, inputs: Sequence[Shape], output: Shape) -> int | None:
        """Multiply-adds for one sample; None when a size is free."""
        return 0

    def window(self, inputs: Sequence[Shape]) -> Window | None:
        """How it looks at positions; None when every output sees the whole input."""
        return Window((1,), (1,))

    def arithmetic(self, inputs: Sequence[Shape], output: Shape) -> tuple[str, ...]:
        """The sums that a teacher writes on the board: the output's size, the parameters."""
        return ()


class Trainable(Layer):
    """The options of a layer with weights."""

    init: Annotated[Initializer | None, Initial()] = None
    l1: Annotated[float | None, Real(least=0)] = None
    l2: Annotated[float | None, Real(least=0)] = None
    freeze: Annotated[bool, Flag()] = False
    lr: Annotated[float, Real(least=0)] = 1.0
    share: Annotated[str | None, LabelName()] = None
