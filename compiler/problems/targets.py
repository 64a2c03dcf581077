"""E042: a target that the output cannot be compared with."""

from __future__ import annotations

from ...grammar.problem import Problem
from ...grammar.source import Span
from ..shapes import Shape, shape_text


class TargetShapeDiffers(Problem):
    """The target of a loss and the output have different shapes.

    With `target=@x` the output is compared elementwise with a tensor of the network. `reshape` or
    `flatten` can give one the shape of the other.

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

    code = "E0425"
    title = "target of another shape"
    message_text = "`@{target}` is {target_shape}, but the output is {output_shape}"
    place_texts = {"output": "gives {output_shape}"}
    loss: str
    target: str
    output_shape: Shape
    target_shape: Shape
    output: Span

    def help(self) -> tuple[str, ...]:
        flat = len(self.output_shape) == 1
        way = "flatten" if flat else f"reshape {shape_text(self.output_shape)}"
        return (f"put `-> {way}` before the label to give the target the output's shape",)


class LossNeedsOneOutput(Problem):
    """A loss for a single output is used on several.

    `logistic` compares one number with a target of -1 or +1: log(1 + exp(-t y)). For several
    classes use `ce` after a softmax, or `hinge`, which has a multi-class form.

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

    code = "E0427"
    title = "loss needs one output"
    message_text = "`loss {loss}` needs 1 output, got {shape}"
    place_texts = {"output": "gives {shape}"}
    help_texts = (
        "for two classes, make the last layer `dense 1`",
        "for more classes, use `loss hinge`, or `softmax` with `loss ce`",
    )
    loss: str
    shape: Shape
    output: Span


class ClassForEachPlace(Problem):
    """The network predicts a class per position, but the data has one class per sample.

    A softmax over 6x6x10 makes 36 predictions, one per position. Data such as `cifar10` has one
    class per image, so the positions must be pooled first.

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

    code = "E0428"
    title = "class per position"
    place_texts = {"output": "gives {shape}"}
    data: str
    shape: Shape
    output: Span

    def message(self) -> str:
        here, there = ("position", "sample") if len(self.shape) > 1 else ("sample", "position")
        output = f"the output {shape_text(self.shape)} has one prediction per {here}"
        return f"{output}, but `{self.data}` has one target per {there}"

    def help(self) -> tuple[str, ...]:
        if len(self.shape) == 1:
            return ("end in a layer that keeps the positions, such as `conv 3 1x1`",)
        channels = shape_text(self.shape[-1:])
        return (f"add `-> gap` to average the positions: gives {channels}",)


class TargetNotPrepared(Problem):
    """A `prep` with `on=target` has no numeric targets to prepare.

    Only losses of numbers (`mse`, `mae`, `huber`) have such targets; classes are never scaled.

    ```netc
    data iris
    prep standardize on=target
    input 4 -> dense 3 softmax
    loss ce
    ```

    Instead:

    ```netc
    data iris
    prep standardize
    input 4 -> dense 3 softmax
    loss ce
    ```
    """

    code = "E0436"
    title = "targets cannot be prepared"
    message_text = "`prep {prep} on=target` does not apply: {reason}"
    help_texts = ("`prep {prep}` without `on=target` prepares the inputs",)
    prep: str
    reason: str


class TargetIsNoClass(Problem):
    """A loss that needs class indices has a tensor of the network as its target.

    `nll` needs the index of the true class. For a target of probabilities use `kl` or `ce`, for
    numbers `mse`.

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

    code = "E0429"
    title = "target is not a class"
    message_text = "`loss {loss}` needs class indices, and `@{target}` holds numbers"
    help_texts = ("for probabilities, write `loss kl target=@{target}`",)
    loss: str
    target: str


class UnitsUndecided(Problem):
    """A layer takes its number of outputs from the targets, but no loss compares it with them.

    `dense ?` has as many outputs as the targets need: one per class after a softmax, one per value
    in a regression. So a loss must read it, with only activations, normalisation and noise in
    between.

    ```netc
    input ? -> dense ? relu -> dense 3 softmax
    loss ce
    ```

    Instead:

    ```netc
    input ? -> dense 16 relu -> dense ? softmax
    loss ce
    ```
    """

    code = "E0440"
    title = "number of outputs left open"
    word: str
    has_loss: bool

    def message(self) -> str:
        if self.has_loss:
            return f"nothing decides how many outputs `{self.word} ?` has: no loss reads it"
        return f"nothing decides how many outputs `{self.word} ?` has without a loss"

    def help(self) -> tuple[str, ...]:
        if self.has_loss:
            return (f"write a number: `{self.word} 16`; `?` is for the last layer",)
        return ("add a loss, such as `loss ce` after a softmax", "or write the number of outputs")
