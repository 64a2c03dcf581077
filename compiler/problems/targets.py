"""E042: a target that the output cannot be compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...grammar.problem import Label, Problem
from ...grammar.source import Span
from ..shapes import Shape, shape_text


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetShapeDiffers(Problem):
    """The target of a loss has another shape than the output.

    With `target=@x` the output is compared with a tensor of the network, number by number, so
    both have the same shape. `reshape` gives one the shape of the other.

    ```netc
    input 28x28x1 -> @x -> flatten -> dense 32 relu -> dense 784 sigmoid
    loss bce target=@x
    ```

    Instead:

    ```netc
    input 28x28x1 -> @x -> flatten -> dense 32 relu -> dense 784 sigmoid -> reshape 28x28x1
      -> @out
    loss mse target=@x
    ```
    """

    code: ClassVar[str] = "E0425"
    title: ClassVar[str] = "target of another shape"

    loss: str
    target: str
    output_shape: Shape
    target_shape: Shape
    output: Span

    def message(self) -> str:
        return (
            f"`@{self.target}` is {shape_text(self.target_shape)}, but the output is "
            f"{shape_text(self.output_shape)}"
        )

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.output, f"gives {shape_text(self.output_shape)}"),)

    def help(self) -> tuple[str, ...]:
        flat = len(self.output_shape) == 1
        way = "flatten" if flat else f"reshape {shape_text(self.output_shape)}"
        return (f"give the target the output's shape: label it after `-> {way}`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossNeedsOneOutput(Problem):
    """A loss for a single output stands behind several.

    `logistic` compares one number with -1 or +1: log(1 + exp(-t y)). For several classes use
    `ce` behind a softmax, or `hinge`, which has a form for K outputs.

    ```netc
    input 4 -> dense 3
    loss logistic
    ```

    Instead:

    ```netc
    input 4 -> dense 1
    loss logistic
    ```
    """

    code: ClassVar[str] = "E0427"
    title: ClassVar[str] = "loss needs one output"

    loss: str
    shape: Shape
    output: Span

    def message(self) -> str:
        return f"`loss {self.loss}` is for one output, but there are {shape_text(self.shape)}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.output, f"gives {shape_text(self.shape)}"),)

    def help(self) -> tuple[str, ...]:
        return (
            "for two classes, make the last layer `dense 1`",
            "for more, write `loss hinge`, or `softmax` with `loss ce`",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassForEachPlace(Problem):
    """The network gives a class for each place, but the data has one for each sample.

    A softmax over 6x6x10 decides 36 times, once for each place. Data such as `cifar10` has one
    class for a whole picture, so the places are first made one.

    ```netc
    data cifar10
    input 32x32x3 -> conv 10 3x3 stride=2 pad=1 softmax
    loss ce
    ```

    Instead:

    ```netc
    data cifar10
    input 32x32x3 -> conv 10 3x3 stride=2 pad=1 -> gap -> softmax
    loss ce
    ```
    """

    code: ClassVar[str] = "E0428"
    title: ClassVar[str] = "class for each place"

    data: str
    shape: Shape
    output: Span

    def message(self) -> str:
        return (
            f"the output {shape_text(self.shape)} decides for each place, but `{self.data}` has "
            "one target for each sample"
        )

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.output, f"gives {shape_text(self.shape)}"),)

    def help(self) -> tuple[str, ...]:
        channels = shape_text(self.shape[-1:])
        return (f"average the places: `-> gap` gives {channels}",)


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetIsNoClass(Problem):
    """A loss that learns class indices is given a tensor as its target.

    `nll` reads the index of the right class from the data. A tensor of the network holds
    numbers: take `kl` or `ce` for probabilities, `mse` for numbers.

    ```netc
    input 8 -> softmax -> @x -> dense 8 softmax
    loss nll target=@x
    ```

    Instead:

    ```netc
    input 8 -> softmax -> @x -> dense 8 softmax
    loss kl target=@x
    ```
    """

    code: ClassVar[str] = "E0429"
    title: ClassVar[str] = "target is no class"

    loss: str
    target: str

    def message(self) -> str:
        return f"`loss {self.loss}` learns class indices, and `@{self.target}` holds none"

    def help(self) -> tuple[str, ...]:
        return (f"for probabilities, write `loss kl target=@{self.target}`",)


PROBLEMS: tuple[type[Problem], ...] = (
    TargetShapeDiffers,
    LossNeedsOneOutput,
    ClassForEachPlace,
    TargetIsNoClass,
)
