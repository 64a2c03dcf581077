"""E042: a loss, the last activation and the target that do not fit together."""

from __future__ import annotations

from ...grammar.problem import Edit, Fix, Label, Problem
from ...grammar.source import Span
from ...grammar.text import listed
from ..shapes import Shape


def for_classes(loss: str) -> tuple[str, str]:
    """The ways out of one output where a loss needs a softmax over several."""
    return (
        "for two classes, keep the one output, with `sigmoid` and `loss bce`",
        f"for K classes, give the last layer K outputs, with `softmax` and `loss {loss}`",
    )


class LossNeedsActivation(Problem):
    """The last activation of the network does not suit the loss.

    `ce`, `nll` and `kl` need probabilities that sum to 1: `softmax`. `bce` needs independent
    probabilities: `sigmoid`. `hinge`, `perceptron` and `logistic` need linear outputs. netc
    computes activation and loss together, so the network contains the activation (PyTorch's
    `CrossEntropyLoss`, in contrast, takes logits), and log(0) cannot occur.

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

    code = "E0420"
    title = "wrong last activation for the loss"
    loss: str
    needs: str
    """`softmax`, `sigmoid` or `linear`."""
    last: str
    """The word of the layer that the output comes from."""
    is_activation: bool
    before: Span | None
    """The activation that the loss needs, if it is before the last layer."""
    output: Span
    instead: tuple[str, ...]
    """Losses that this last activation fits."""
    outputs: int | None = None

    def message(self) -> str:
        if self.before is not None:
            needs = f"`loss {self.loss}` needs `{self.needs}` as the last layer"
            return f"{needs}, but `{self.last}` follows it"
        has = f"`{self.last}`" if self.is_activation else "no activation"
        if self.needs == "linear":
            return f"`loss {self.loss}` needs a linear output, got {has}"
        return f"`loss {self.loss}` needs `{self.needs}` as the last layer, got {has}"

    def labels(self) -> tuple[Label, ...]:
        if self.before is not None:
            follows = Label(self.output, "changes the probabilities")
            return (Label(self.before, "the activation"), follows)
        return (Label(self.output, "the output comes from here"),)

    def help(self) -> tuple[str, ...]:
        if self.before is not None:
            return (f"move `{self.output.text}` before `{self.needs}`, or remove it",)
        if self.needs == "linear":
            first = f"remove `{self.last}`"
        elif self._is_too_narrow():
            return for_classes(self.loss)
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
        return (first, f"or keep {fits} and use {losses}")

    def _is_too_narrow(self) -> bool:
        """Whether the softmax that the loss needs would be over one output."""
        return self.needs == "softmax" and self.outputs == 1

    def fixes(self) -> tuple[Fix, ...]:
        if self.needs == "linear" or self.is_activation or self.before is not None:
            return ()
        if self._is_too_narrow():
            return ()
        edit = Edit(self.output.after, f" -> {self.needs}")
        return (Fix(f"add `-> {self.needs}`", (edit,), safe=False),)


class LossRefusesActivation(Problem):
    """A regression loss is used after a softmax.

    After a softmax, the gradient of `mse`, `mae` and `huber` nearly vanishes where the network is
    most wrong, so it hardly learns. Cross-entropy does not have this problem.

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

    code = "E0421"
    title = "regression loss after softmax"
    message_text = "`loss {loss}` cannot be used after `{last}`"
    label_text = "the gradient vanishes where the softmax is confident but wrong"
    place_texts = {"output": "the output comes from here"}
    help_texts = ("for classes, write `loss ce`", "for numeric targets, remove `{last}`")
    loss: str
    last: str
    output: Span


class MetricAsLoss(Problem):
    """A metric is used as a loss, but it has no useful gradient.

    Metrics such as `error` and `acc` count: a small change of the weights almost never changes the
    count, so the gradient is zero. Train with a differentiable loss and report the metric.

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

    code = "E0422"
    title = "metric used as a loss"
    metric: str

    def message(self) -> str:
        if self.metric in ("rmse", "r2"):
            return f"`{self.metric}` is a metric, not a loss"
        return f"`{self.metric}` cannot be a loss: its gradient is zero almost everywhere"

    def help(self) -> tuple[str, ...]:
        if self.metric in ("rmse", "r2"):
            return (f"use `loss mse`, which has the same optimum, and add `metric {self.metric}`",)
        return (f"use `loss ce` or `loss hinge`, and add `metric {self.metric}`",)


class SoftmaxOfOne(Problem):
    """A softmax over a single output is always 1, whatever the input.

    For two classes use either two outputs with `softmax` and `ce`, or one output with `sigmoid` and
    `bce`.

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

    code = "E0423"
    title = "softmax of one output"
    message_text = "`softmax` over one output is always 1: its input is {shape}"
    help_texts = for_classes("ce")
    shape: Shape


class WhichOutput(Problem):
    """The network has several outputs, and a loss does not say which one it applies to.

    Label the output with `-> @name` and refer to it: `loss ce on=@name`.

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

    code = "E0424"
    title = "loss without an output"
    place_texts = {"outputs": "an output"}
    loss: str
    outputs: tuple[Span, ...]
    known: tuple[str, ...]
    """The labels of the outputs that have one."""

    def message(self) -> str:
        count = len(self.outputs)
        return f"`loss {self.loss}` needs `on=`: the network has {count} outputs"

    def help(self) -> tuple[str, ...]:
        if self.known:
            ways = listed(tuple(f"loss {self.loss} on=@{name}" for name in self.known), "or")
            return (f"write {ways}",)
        return (f"end its pipe with `-> @out` and write `loss {self.loss} on=@out`",)


class NothingLearns(Problem):
    """Weights before `sign` or `step` cannot be trained, because no gradient passes through.

    The derivative of `sign` and `step` is 0, so everything before them keeps its initial weights.
    Use a smooth activation, or a loss that needs no activation: `perceptron` and `hinge`.

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

    code = "E0426"
    title = "no gradient"
    message_text = "no gradient passes through `{word}`: the layers before it cannot be trained"
    label_text = "its derivative is 0"
    place_texts = {"learner": "these weights would never change"}
    help_texts = (
        "use `{smooth}`, which is smooth",
        "at the end of the network, omit it: `loss perceptron` and `loss hinge` use the sign",
    )
    word: str
    smooth: str
    learner: Span
    """A layer before it whose weights would never change."""


class EmbedReadsNumbers(Problem):
    """An `embed` reads computed values, but needs the tokens of an input.

    `embed V D` looks up whole numbers from 0 to V-1. It reads an input, directly or through
    `flatten`, `reshape`, `id` and `expect`.

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

    code = "E0435"
    title = "embed without tokens"
    message_text = "`embed` needs whole numbers, but `{word}` computes other values"
    place_texts = {"maker": "its input comes from here"}
    word: str
    """The layer, the `prep` or the option of `augment` that computes them."""
    maker: Span

    def help(self) -> tuple[str, ...]:
        if self.word.startswith(("prep ", "augment ")):
            return (f"remove `{self.word}`: tokens are indices, not amounts",)
        return (f"put `{self.word}` after `embed`, which reads the tokens of an input",)
