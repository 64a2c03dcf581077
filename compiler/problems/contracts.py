"""E042: a loss, the last activation and the target that do not fit together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...grammar.problem import Edit, Fix, Label, Problem
from ...grammar.source import Span
from ..shapes import Shape, shape_text
from .expectations import PROBLEMS as EXPECTATIONS
from .options import listed
from .targets import PROBLEMS as TARGETS


@dataclass(frozen=True, slots=True, kw_only=True)
class LossNeedsActivation(Problem):
    """A loss needs another last activation than the network has.

    `ce`, `nll` and `kl` compare probabilities that add up to 1, which `softmax` gives. `bce`
    compares probabilities that are independent of each other, which `sigmoid` gives. `hinge`,
    `perceptron` and `logistic` need the sums as they are: an activation would bend the margin
    that they measure. Activation and loss are computed together, so that no logarithm of 0 occurs.

    ```netc
    input 784 -> dense 10 sigmoid
    loss ce
    ```

    Instead:

    ```netc
    input 784 -> dense 10 softmax
    loss ce
    ```
    """

    code: ClassVar[str] = "E0420"
    title: ClassVar[str] = "loss needs another last activation"

    loss: str
    needs: str
    """`softmax`, `sigmoid` or `linear`."""
    last: str
    """The word of the layer that the output comes from."""
    is_activation: bool
    output: Span
    instead: tuple[str, ...]
    """Losses that this last activation fits."""

    def message(self) -> str:
        has = f"`{self.last}`" if self.is_activation else "no activation"
        if self.needs == "linear":
            return f"`loss {self.loss}` needs a linear output, but the last layer is {has}"
        return f"`loss {self.loss}` needs `{self.needs}` at the end, but there is {has}"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.output, "the output comes from here"),)

    def help(self) -> tuple[str, ...]:
        if self.needs == "linear":
            first = f"take `{self.last}` away"
        elif self.is_activation:
            first = f"write `{self.needs}` instead of `{self.last}`"
        elif self.output.text.isprintable() and "[" not in self.output.text:
            first = f"add `{self.needs}`: `{self.output.text} {self.needs}`"
        else:
            first = f"add `-> {self.needs}` at the end"
        if not self.instead:
            return (first,)
        losses = listed(tuple(f"loss {word}" for word in self.instead), "or")
        fits = f"`{self.last}`" if self.is_activation else "a linear output"
        return (first, f"or keep {fits} with {losses}")

    def fixes(self) -> tuple[Fix, ...]:
        if self.needs == "linear" or self.is_activation:
            return ()
        end = Span(self.output.source, self.output.end, self.output.end)
        edit = Edit(end, f" -> {self.needs}")
        return (Fix(f"add `-> {self.needs}`", (edit,), safe=False),)


@dataclass(frozen=True, slots=True, kw_only=True)
class LossRefusesActivation(Problem):
    """A loss of distances stands behind a softmax.

    `mse`, `mae` and `huber` measure how far numbers are from their targets. Behind a softmax
    their gradient nearly vanishes where the network is most wrong, so that it hardly learns;
    cross-entropy has no such flat places.

    ```netc
    input 784 -> dense 10 softmax
    loss mse
    ```

    Instead:

    ```netc
    input 784 -> dense 10 softmax
    loss ce
    ```
    """

    code: ClassVar[str] = "E0421"
    title: ClassVar[str] = "loss does not fit the last activation"

    loss: str
    last: str
    output: Span

    def message(self) -> str:
        return f"`loss {self.loss}` does not fit a `{self.last}` at the end"

    def label(self) -> str:
        return "its gradient vanishes where the softmax is sure and wrong"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.output, "the output comes from here"),)

    def help(self) -> tuple[str, ...]:
        return (
            "for classes, write `loss ce`",
            f"for measured numbers, take `{self.last}` away",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricAsLoss(Problem):
    """A metric is used as a loss.

    Training follows the gradient of the loss. Metrics such as `error` and `acc` count: a small
    change of the weights nearly never changes the count, so that their gradient is zero and
    nothing would be learnt. Train with a loss that falls smoothly, and report the metric.

    ```netc
    input 784 -> dense 10 softmax
    loss error
    ```

    Instead:

    ```netc
    input 784 -> dense 10 softmax
    loss ce
    metric error
    ```
    """

    code: ClassVar[str] = "E0422"
    title: ClassVar[str] = "metric used as a loss"

    metric: str

    def message(self) -> str:
        if self.metric in ("rmse", "r2"):
            return f"`{self.metric}` is a metric, not a loss"
        return f"`{self.metric}` cannot be a loss: its gradient is zero almost everywhere"

    def help(self) -> tuple[str, ...]:
        if self.metric in ("rmse", "r2"):
            return (f"`loss mse` has its best point where `{self.metric}` has; add `metric r2`",)
        return (f"train with `loss ce` or `loss hinge`, and add `metric {self.metric}`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftmaxOfOne(Problem):
    """A softmax over a single output is always 1.

    Softmax shares 1 among its outputs. With one output there is nothing to share: it says 1
    whatever the input is. Two classes take either two outputs with `softmax` and `ce`, or one
    output with `sigmoid` and `bce`.

    ```netc
    input 4 -> dense 1 softmax
    loss ce
    ```

    Instead:

    ```netc
    input 4 -> dense 1 sigmoid
    loss bce
    ```
    """

    code: ClassVar[str] = "E0423"
    title: ClassVar[str] = "softmax of one output"

    shape: Shape

    def message(self) -> str:
        return f"`softmax` over one output is always 1: its input is {shape_text(self.shape)}"

    def help(self) -> tuple[str, ...]:
        return (
            "for two classes, write `dense 1 sigmoid` with `loss bce`",
            "for K classes, write `dense K softmax` with `loss ce`",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WhichOutput(Problem):
    """A network has several outputs and a loss does not say which one it is for.

    Label the output with `-> @name` and name it: `loss ce on=@name`.

    ```netc
    input 4 -> dense 8 relu -> @trunk
    @trunk -> dense 3 softmax
    @trunk -> dense 2 softmax
    loss ce
    ```

    Instead:

    ```netc
    input 4 -> dense 8 relu -> @trunk
    @trunk -> dense 3 softmax -> @kind
    @trunk -> dense 2 softmax -> @side
    loss ce on=@kind
    loss ce on=@side
    ```
    """

    code: ClassVar[str] = "E0424"
    title: ClassVar[str] = "loss without its output"

    loss: str
    outputs: tuple[Span, ...]
    known: tuple[str, ...]
    """The labels of the outputs that have one."""

    def message(self) -> str:
        count = len(self.outputs)
        return f"`loss {self.loss}` does not say which of {count} outputs it is for"

    def labels(self) -> tuple[Label, ...]:
        return tuple(Label(span, "an output") for span in self.outputs)

    def help(self) -> tuple[str, ...]:
        if self.known:
            ways = listed(tuple(f"loss {self.loss} on=@{name}" for name in self.known), "or")
            return (f"write {ways}",)
        return (f"end its pipe with `-> @out` and write `loss {self.loss} on=@out`",)


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingLearns(Problem):
    """Weights stand before a step, through which no gradient passes.

    The derivative of `sign` and of `step` is 0 wherever it exists. Everything before them gets
    the gradient 0 and stays as it started. Train with a smooth activation, or with a loss that
    needs none: `perceptron` and `hinge` decide by the sign themselves.

    ```netc
    input 4 -> dense 8 step -> dense 3 softmax
    loss ce
    ```

    Instead:

    ```netc
    input 4 -> dense 8 sigmoid -> dense 3 softmax
    loss ce
    ```
    """

    code: ClassVar[str] = "E0426"
    title: ClassVar[str] = "no gradient"

    word: str
    learner: Span
    """A layer before it whose weights would never change."""

    def message(self) -> str:
        return f"no gradient passes `{self.word}`: what stands before it cannot learn"

    def label(self) -> str:
        return "its derivative is 0"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.learner, "these weights would stay as they start"),)

    def help(self) -> tuple[str, ...]:
        smooth = "tanh" if self.word == "sign" else "sigmoid"
        return (
            f"write `{smooth}`, which is smooth",
            "at the end of the network, leave it out: `loss perceptron` and `loss hinge` decide "
            "by the sign themselves",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedReadsNumbers(Problem):
    """an `embed` reads what a layer or a `prep` has computed

    `embed V D` looks up whole numbers from 0 to V-1. A layer computes other numbers, so an `embed`
    reads an input: straight, or through `flatten`, `reshape`, `id` and `expect`. A `prep` changes
    the samples before the network reads them, so there is none beside an `embed`, except `pad`.

    ```netc
    input 20 -> dropout 0.1 -> embed 5000 16 -> gap -> dense 2 softmax
    loss ce; opt adam
    ```

    Instead:

    ```netc
    input 20 -> embed 5000 16 -> dropout 0.1 -> gap -> dense 2 softmax
    loss ce; opt adam
    ```
    """

    code: ClassVar[str] = "E0435"
    title: ClassVar[str] = "embed reads numbers, not tokens"

    word: str
    """The layer or the `prep` that computes them."""
    maker: Span

    def message(self) -> str:
        return f"`embed` looks up whole numbers, and `{self.word}` computes others"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.maker, "what it reads comes from here"),)

    def help(self) -> tuple[str, ...]:
        if self.word.startswith("prep "):
            return (f"remove `{self.word}`: tokens are indices, not amounts",)
        return (f"put `{self.word}` after `embed`, which reads the tokens of an input",)


PROBLEMS: tuple[type[Problem], ...] = (
    LossNeedsActivation,
    LossRefusesActivation,
    MetricAsLoss,
    SoftmaxOfOne,
    WhichOutput,
    NothingLearns,
    *TARGETS,
    *EXPECTATIONS,
    EmbedReadsNumbers,
)
