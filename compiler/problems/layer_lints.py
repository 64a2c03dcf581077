"""W03: layers that stand next to each other and hardly mean to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...grammar.problem import Edit, Fix, Label, Problem
from ...grammar.source import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class DeepSaturation(Problem):
    """More than four sigmoids or tanhs follow each other without a rest.

    Each one multiplies the gradient by its derivative, at most 1/4 for `sigmoid` and 1 for
    `tanh`, and much less where it is saturated. After five of them hardly anything reaches the
    first layers: they stop learning. A rectifier, a normalisation between the layers or a skip
    around them keeps the gradient alive. An activation at the very end is not counted: its loss
    undoes it.

    ```netc
    input 8 -> repeat 5 [dense 8 tanh] -> dense 3 softmax
    loss ce
    ```

    Instead:

    ```netc
    input 8 -> repeat 5 [dense 8 relu] -> dense 3 softmax
    loss ce
    ```
    """

    code: ClassVar[str] = "W0306"
    title: ClassVar[str] = "deep stack of saturating activations"

    word: str
    depth: int
    first: Span

    def message(self) -> str:
        return f"this `{self.word}` is the {_ordinal(self.depth)} saturating activation in a row"

    def label(self) -> str:
        return "the gradient nearly vanishes on its way back"

    def labels(self) -> tuple[Label, ...]:
        if self.first == self.at:
            return ()
        return (Label(self.first, "the first one"),)

    def help(self) -> tuple[str, ...]:
        return (
            "write `relu`, whose derivative is 1 where it is active",
            "or put `bn` before the activations",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RectifierWithXavier(Problem):
    """Weights before a rectifier start by a rule for symmetric activations.

    `xavier` and `glorot` keep the variance of what flows through a layer whose activation is
    nearly linear around 0. A rectifier sets half of it to 0, so that the variance halves at every
    layer. `he` makes up for that (He et al. 2015), and is the default before the relu family.

    ```netc
    input 784 -> dense 64 init=xavier relu -> dense 10
    ```

    Instead:

    ```netc
    input 784 -> dense 64 init=he relu -> dense 10
    ```
    """

    code: ClassVar[str] = "W0307"
    title: ClassVar[str] = "rectifier with xavier"

    rule: str
    activation: str

    def message(self) -> str:
        return f"`init={self.rule}` is not made for `{self.activation}`, which follows"

    def label(self) -> str:
        return "the variance halves at every layer"

    def help(self) -> tuple[str, ...]:
        return ("write `init=he`, or leave it out: it is the default here",)

    def fixes(self) -> tuple[Fix, ...]:
        if self.at.text != self.rule:
            return ()
        return (Fix("write `he`", (Edit(self.at, "he"),), safe=False),)


@dataclass(frozen=True, slots=True, kw_only=True)
class RectifierBeforeSoftmax(Problem):
    """A rectifier stands between the last layer and its softmax.

    Softmax takes sums of any sign. A rectifier sets the negative ones to 0: all classes that are
    unlikely become equally likely, and no gradient tells them apart.

    ```netc
    input 784 -> dense 10 relu -> softmax
    loss ce
    ```

    Instead:

    ```netc
    input 784 -> dense 10 -> softmax
    loss ce
    ```
    """

    code: ClassVar[str] = "W0308"
    title: ClassVar[str] = "rectifier before softmax"

    word: str
    softmax: Span

    def message(self) -> str:
        return f"`{self.word}` before a softmax makes all unlikely classes the same"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.softmax, "takes sums of any sign"),)

    def help(self) -> tuple[str, ...]:
        return (f"take `{self.word}` away",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftmaxTwice(Problem):
    """A softmax reads what a softmax has made.

    The first makes probabilities, which lie between 0 and 1. A second one takes them for sums: no
    class can come out much likelier than another, and the network hardly learns.

    ```netc
    input 784 -> dense 10 softmax -> softmax
    loss ce
    ```

    Instead:

    ```netc
    input 784 -> dense 10 softmax
    loss ce
    ```
    """

    code: ClassVar[str] = "W0313"
    title: ClassVar[str] = "softmax of a softmax"

    first: Span

    def message(self) -> str:
        return "a softmax of a softmax makes all classes nearly equally likely"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "these are probabilities already"),)

    def help(self) -> tuple[str, ...]:
        return ("take one of the two away",)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhitenedPictures(Problem):
    """A convolution reads what `whiten pca` has made of pictures.

    `pca` turns the pixels into principal components: the number at a place no longer belongs to
    that place, and its neighbours are not its neighbours. `zca` turns them back into a picture.

    ```netc
    data mnist
    prep whiten pca
    input 28x28x1 -> conv 8 5x5 relu -> flatten -> dense 10 softmax
    loss ce
    ```

    Instead:

    ```netc
    data mnist
    prep whiten zca
    input 28x28x1 -> conv 8 5x5 relu -> flatten -> dense 10 softmax
    loss ce
    ```
    """

    code: ClassVar[str] = "W0310"
    title: ClassVar[str] = "convolution over principal components"

    word: str
    layer: Span

    def message(self) -> str:
        return f"`{self.word}` looks at neighbours, but `whiten pca` leaves no neighbours"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.layer, "reads its result as a picture"),)

    def help(self) -> tuple[str, ...]:
        return ("`whiten zca` gives pictures again",)


@dataclass(frozen=True, slots=True, kw_only=True)
class BiasBeforeBn(Problem):
    """A layer with a bias stands right before batch normalisation.

    `bn` subtracts the mean of each channel, and the bias with it: it is learnt and has no effect.
    The shift of `bn` takes its place.

    ```netc
    input 28x28x1 -> conv 8 3x3 bn relu
    ```

    Instead:

    ```netc
    input 28x28x1 -> conv 8 3x3 bias=false bn relu
    ```
    """

    code: ClassVar[str] = "W0311"
    title: ClassVar[str] = "bias before bn"

    layer: str
    """The call as it could be written: `conv 8 3x3`."""
    biases: int
    bn: Span
    end: Span | None
    """The empty span behind its call; None where `bias=` is already written."""

    def message(self) -> str:
        return f"the bias of `{self.layer}` has no effect before `bn`"

    def label(self) -> str:
        one = "parameter does" if self.biases == 1 else "parameters do"
        return f"{self.biases:,} {one} nothing"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.bn, "subtracts it again"),)

    def help(self) -> tuple[str, ...]:
        return (f"write `{self.layer} bias=false`",)

    def fixes(self) -> tuple[Fix, ...]:
        if self.end is None:
            return ()
        edit = Edit(self.end, " bias=false")
        return (Fix("write `bias=false`", (edit,), safe=False),)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropoutBeforeBn(Problem):
    """Dropout stands before batch normalisation.

    Dropout changes the variance of what it lets through while training, and not while
    evaluating. `bn` measures that variance while training and uses it while evaluating, where it
    is another one (Li et al. 2019). Dropout belongs after the last `bn`.

    ```netc
    input 784 -> dense 64 bias=false -> dropout 0.5 -> bn relu -> dense 10
    ```

    Instead:

    ```netc
    input 784 -> dense 64 bias=false -> bn relu -> dropout 0.5 -> dense 10
    ```
    """

    code: ClassVar[str] = "W0312"
    title: ClassVar[str] = "dropout before bn"

    dropout: str
    bn: Span

    def message(self) -> str:
        return f"`{self.dropout}` before `bn` shifts the variance that `bn` remembers"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.bn, "measures it while training, uses it while evaluating"),)

    def help(self) -> tuple[str, ...]:
        return (f"put `{self.dropout}` after `bn` and the activation",)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOfOne(Problem):
    """Batch normalisation of batches of one sample.

    While training, `bn` subtracts the mean of the batch. The mean of one sample is the sample:
    nothing but zeros is left, whatever the network reads, and it learns nothing before this
    layer. Of pictures and sequences the mean is over their positions, too.

    ```netc
    input 64 -> dense 32 bias=false bn relu -> dense 10 softmax
    loss ce; opt adam
    train batch=1
    ```

    Instead:

    ```netc
    input 64 -> dense 32 bias=false bn relu -> dense 10 softmax
    loss ce; opt adam
    train batch=32
    ```
    """

    code: ClassVar[str] = "W0314"
    title: ClassVar[str] = "batch of one"

    batch: Span

    def message(self) -> str:
        return "in a batch of one sample `bn` leaves nothing but zeros"

    def labels(self) -> tuple[Label, ...]:
        return (Label(self.batch, "one sample is its own mean"),)

    def help(self) -> tuple[str, ...]:
        return ("`train batch=32` has samples that differ; `ln` normalises each sample alone",)


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if 10 <= number % 100 <= 20 else endings.get(number % 10, "th")
    return f"{number}{ending}"


PROBLEMS: tuple[type[Problem], ...] = (
    DeepSaturation,
    RectifierWithXavier,
    RectifierBeforeSoftmax,
    SoftmaxTwice,
    WhitenedPictures,
    BiasBeforeBn,
    DropoutBeforeBn,
    BatchOfOne,
)
