"""W03: adjacent layers that are probably a mistake."""

from __future__ import annotations

from ...grammar.problem import Edit, Fix, Problem
from ...grammar.source import Span
from ...grammar.text import counted


class DeepSaturation(Problem):
    """More than four sigmoids or tanhs follow each other, which makes the gradient vanish.

    Each multiplies the gradient by its derivative: at most 1/4 for `sigmoid` and 1 for `tanh`, and
    much less where it saturates. After five of them, the first layers hardly learn. ReLU, a
    normalisation between the layers or a skip connection avoids this. An activation at the very end
    does not count, because the loss cancels its derivative.

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

    code = "W0306"
    title = "vanishing gradient"
    label_text = "the gradient nearly vanishes here"
    place_texts = {"first": "the first of them"}
    help_texts = (
        "use `relu`, whose derivative is 1 where it is active",
        "or add `bn` before the activations",
    )
    word: str
    depth: int
    first: Span

    def message(self) -> str:
        return f"this `{self.word}` is the {_ordinal(self.depth)} saturating activation in a row"


class RectifierWithXavier(Problem):
    """Weights before a ReLU are initialised with a rule for symmetric activations.

    `xavier` and `glorot` keep the variance for activations that are nearly linear around 0. ReLU
    sets half of its inputs to 0, which halves the variance in each layer. `he` compensates for that
    (He et al. 2015) and is the default before the ReLU family.

    ```netc
    input 784 -> dense 64 init=xavier relu -> dense 10
    ```

    Instead:

    ```netc
    input 784 -> dense 64 init=he relu -> dense 10
    ```
    """

    code = "W0307"
    title = "relu with xavier"
    message_text = "`init={rule}` does not suit the `{activation}` that follows"
    label_text = "halves the variance in each layer"
    help_texts = ("write `init=he`, or omit it: it is the default here",)
    rule: str
    activation: str

    def fixes(self) -> tuple[Fix, ...]:
        if self.at.text != self.rule:
            return ()
        return (Fix("write `he`", (Edit(self.at, "he"),), safe=False),)


class RectifierBeforeSoftmax(Problem):
    """A ReLU between the last layer and its softmax makes all unlikely classes equal.

    Softmax takes logits of any sign. A ReLU sets the negative ones to 0, and no gradient
    distinguishes these classes.

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

    code = "W0308"
    title = "relu before softmax"
    message_text = "`{word}` before a softmax makes all unlikely classes equal"
    place_texts = {"softmax": "takes logits of any sign"}
    help_texts = ("remove `{word}`",)
    word: str
    softmax: Span


class SoftmaxTwice(Problem):
    """A softmax is applied to the result of a softmax.

    The first gives probabilities between 0 and 1. Used as logits, they are so close that no class
    can be much more likely than another, and the network hardly learns.

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

    code = "W0313"
    title = "softmax of a softmax"
    message_text = "a second softmax makes all classes nearly equally likely"
    place_texts = {"first": "these are already probabilities"}
    help_texts = ("remove one of them",)
    first: Span


class WhitenedPictures(Problem):
    """A convolution reads principal components, which have no neighbourhood.

    `whiten pca` replaces the pixels by principal components, so adjacent values are no longer
    adjacent pixels. `whiten zca` gives images again.

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

    code = "W0310"
    title = "convolution over principal components"
    message_text = "`{word}` needs adjacent pixels, but `whiten pca` gives principal components"
    place_texts = {"layer": "reads them as an image"}
    help_texts = ("use `whiten zca`, which gives images",)
    word: str
    layer: Span


class BiasBeforeBn(Problem):
    """A bias right before batch normalisation has no effect.

    `bn` subtracts the mean of each channel, and the bias with it. The shift of `bn` takes its
    place.

    ```netc
    input 28x28x1 -> conv 8 3x3 bn relu
    ```

    Instead:

    ```netc
    input 28x28x1 -> conv 8 3x3 bias=false bn relu
    ```
    """

    code = "W0311"
    title = "bias before bn"
    message_text = "the bias of `{layer}` has no effect before `bn`"
    place_texts = {"bn": "subtracts it"}
    help_texts = ("write `bias=false` there: the shift of `bn` takes the place of the bias",)
    layer: str
    """The call as it could be written: `conv 8 3x3`."""
    biases: int
    bn: Span
    end: Span | None
    """The empty span after its call; None where `bias=` is already written."""

    def label(self) -> str:
        if not self.biases:  # Nothing is known of its shapes.
            return ""
        return f"{counted(self.biases, 'parameter')} {'does' if self.biases == 1 else 'do'} nothing"

    def fixes(self) -> tuple[Fix, ...]:
        if self.end is None:
            return ()
        edit = Edit(self.end, " bias=false")
        return (Fix("write `bias=false`", (edit,), safe=False),)


class DropoutBeforeBn(Problem):
    """Dropout before batch normalisation shifts the variance between training and evaluation.

    Dropout increases the variance during training only, and `bn` uses the variance measured then
    for evaluation, where it is different (Li et al. 2019). Put dropout after the last `bn`.

    ```netc
    input 784 -> dense 64 bias=false -> dropout 0.5 -> bn relu -> dense 10
    ```

    Instead:

    ```netc
    input 784 -> dense 64 bias=false -> bn relu -> dropout 0.5 -> dense 10
    ```
    """

    code = "W0312"
    title = "dropout before bn"
    message_text = "`{dropout}` before `bn` distorts its running variance"
    place_texts = {"bn": "measured in training, used in evaluation"}
    help_texts = ("put `{dropout}` after `bn` and the activation",)
    dropout: str
    bn: Span


class BatchOfOne(Problem):
    """Batch normalisation with a batch of one sample outputs only zeros.

    In training, `bn` subtracts the mean of the batch, and a single sample is its own mean, so the
    layers before it learn nothing. (For images and sequences the mean is also over positions.)

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

    code = "W0314"
    title = "batch of one"
    message_text = "`bn` outputs only zeros for a batch of one sample"
    place_texts = {"batch": "one sample is its own mean"}
    help_texts = (
        "use a larger batch, `train batch=32`, or `ln`, which normalises each sample alone",
    )
    batch: Span


class LastBatchOfOne(Problem):
    """The last batch of an epoch is a single sample, and batch normalisation needs several.

    A single sample is its own mean: `bn` outputs zeros for it, and a variance of 0 enters the
    running statistics, once an epoch, so that evaluation divides by too small a deviation. How many
    samples are left for the last batch depends on the data; where they are in a file, `netc run`
    says so before it trains. PyTorch refuses such a batch; `last=drop` is its `drop_last=True`.

    ```netc
    data iris                # 120 samples for training
    input 4 -> dense 8 bias=false bn relu -> dense 3 softmax
    loss ce; opt adam
    train batch=17           # 120 = 7 * 17 + 1
    ```

    Instead:

    ```netc
    data iris
    input 4 -> dense 8 bias=false bn relu -> dense 3 softmax
    loss ce; opt adam
    train batch=17 last=drop
    ```
    """

    code = "W0318"
    title = "last batch of one"
    place_texts = {"bn": "one sample is its own mean"}
    samples: int
    batch: int
    bn: Span | None
    """The place of the layer, if the problem is at the batch."""

    def message(self) -> str:
        return (
            f"the last batch of every epoch is a single sample ({self.samples:,} = "
            f"{self.samples // self.batch:,} * {self.batch:,} + 1), which distorts the running "
            "statistics of `bn`"
        )

    def help(self) -> tuple[str, ...]:
        drop = "`train last=drop` leaves it out of the epoch"
        other = next((n for n in range(self.batch - 1, 1, -1) if self.samples % n != 1), None)
        if other is None:
            return (drop,)
        rest = self.samples % other or other
        return (f"{drop}; with `batch={other}` the last batch has {rest} samples",)


def _ordinal(number: int) -> str:
    endings = {1: "st", 2: "nd", 3: "rd"}
    ending = "th" if 10 <= number % 100 <= 20 else endings.get(number % 10, "th")
    return f"{number}{ending}"
