"""E060: what the statements about training ask of each other and of the data."""

from __future__ import annotations

from typing import Literal

from ...grammar.problem import Problem
from ...grammar.source import Span
from ...grammar.text import listed
from ..shapes import Shape, shape_text


class PartNotHeldOut(Problem):
    """A quantity of the validation or test part is used, but no samples are held out for it.

    `val=0%` leaves no samples for validation. `val_loss` is then never measured, and a `stop` or
    `plateau` that depends on it would never act. A bare name such as `acc` is that of the test
    part, which `split=(90%, 10%, 0%)` leaves without samples.

    ```netc
    data digits val=0%
    input 64 -> dense 10 softmax
    loss ce
    stop patience=5ep on=val_loss
    ```

    Instead:

    ```netc
    data digits val=10%
    input 64 -> dense 10 softmax
    loss ce
    stop patience=5ep on=val_loss
    ```
    """

    code = "E0601"
    title = "part not held out"
    message_text = "`{quantity}` is never measured: there is no {part} part"
    place_texts = {"data": "no {part} samples"}
    quantity: str
    part: Literal["validation", "test"]
    data: Span
    in_folds: bool = False
    """Whether all samples are in the folds of a `kfold`."""

    def help(self) -> tuple[str, ...]:
        if self.in_folds:
            return (f"all samples are in the folds: use `val_{self.quantity}`",)
        train = f"train_{self.quantity.removeprefix('val_')}"
        way = "val=10%" if self.part == "validation" else "split=(80%, 10%, 10%)"
        return (f"hold out samples: `{way}`", f"or use the training part: `{train}`")


class PartsSaidTwice(Problem):
    """The data is divided into parts in two ways.

    `split=(80%, 10%, 10%)` gives the shares for training, validation and test, `val=10%` the share
    for validation alone, `test="test.csv"` a file for the test part, and `kfold` uses each sample
    for validation once. Only one of them can apply.

    ```netc
    data digits split=(80%, 10%, 10%) val=20%
    input 64 -> dense 10 softmax
    loss ce
    ```

    Instead:

    ```netc
    data digits split=(70%, 20%, 10%)
    input 64 -> dense 10 softmax
    loss ce
    ```
    """

    code = "E0602"
    title = "data divided twice"
    message_text = "`{one}` and `{other}` both divide the data"
    place_texts = {"first": "the data is already divided here"}
    help_texts = ("keep one of them",)
    one: str
    other: str
    first: Span


class FoldsDoNotFit(Problem):
    """The samples, or their groups, are too few for the folds of a cross-validation.

    Every fold is the validation part once, so it needs at least one sample; where the samples
    belong to groups, at least one group.

    ```netc
    data digits limit=4
    kfold 5
    input 64 -> dense 10 softmax
    loss ce; opt adam
    ```

    Instead:

    ```netc
    data digits limit=4
    kfold 4
    input 64 -> dense 10 softmax
    loss ce; opt adam
    ```
    """

    code = "E0608"
    title = "folds do not fit"
    help_texts = ("use fewer folds",)
    reason: str

    def message(self) -> str:
        return self.reason


class AugmentDoesNotFit(Problem):
    """An image augmentation is used on data without images.

    Shifts, flips, rotations, crops, cutout, brightness and contrast apply to images; `noise`
    applies to all data.

    ```netc
    data iris
    augment flip=h
    input 4 -> dense 3 softmax
    loss ce
    ```

    Instead:

    ```netc
    data iris
    augment noise=0.1
    input 4 -> dense 3 softmax
    loss ce
    ```
    """

    code = "E0603"
    title = "augmentation without images"
    label_text = "`{data}` has no images"
    help_texts = ("`augment noise=0.1` works for all data",)
    options: tuple[str, ...]
    sample: Shape | None
    """The shape of a sample after the preps, where it is known."""
    data: str

    def message(self) -> str:
        what = "samples" if self.sample is None else f"samples of {shape_text(self.sample)}"
        if self.sample is not None and len(self.sample) == 1:
            what += " numbers"
        verb = "needs" if len(self.options) == 1 else "need"
        return f"{listed(self.options, 'and')} of `augment` {verb} images, got {what}"


class MixupDoesNotFit(Problem):
    """`mixup` makes soft targets, which the loss does not accept.

    A mixture of 70 % of a cat and 30 % of a dog has the target 0.7 and 0.3. Cross-entropy and the
    regression losses compare the output with that; a hinge needs one class or the other.

    ```netc
    data mnist
    augment mixup=0.2
    input 784 -> dense 10
    loss hinge
    ```

    Instead:

    ```netc
    data mnist
    augment mixup=0.2
    input 784 -> dense 10 softmax
    loss ce
    ```
    """

    code = "E0609"
    title = "mixup needs soft targets"
    message_text = "`mixup` mixes the targets, but `loss {loss}` needs one class per sample"
    help_texts = ("use `loss ce` after a softmax",)
    loss: str


class CropChangesSize(Problem):
    """A crop makes training images smaller than those for validation and testing.

    `augment` changes only training batches, so the sizes would no longer match. Use `pad=` first:
    padded by 2, a 28x28 image is 32x32, and a random 28x28 crop of it is a shifted image.

    ```netc
    data mnist
    augment crop=24x24
    input 28x28x1 -> flatten -> dense 10 softmax
    loss ce
    ```

    Instead:

    ```netc
    data mnist
    augment pad=2 crop=28x28
    input 28x28x1 -> flatten -> dense 10 softmax
    loss ce
    ```
    """

    code = "E0604"
    title = "crop changes the size"
    message_text = (
        "`augment` makes training images {result}, but validation and test images stay {sample}"
    )
    sample: Shape
    result: Shape

    def help(self) -> tuple[str, ...]:
        size = shape_text(self.sample[:-1])
        return (
            f"`pad=2 crop={size}` keeps the size",
            "`prep` changes all images, `augment` only those of training batches",
        )


class CropTooLarge(Problem):
    """A crop is larger than the image.

    ```netc
    data mnist
    augment crop=32x32
    input 28x28x1 -> flatten -> dense 10 softmax
    loss ce
    ```

    Instead:

    ```netc
    data mnist
    augment pad=2 crop=28x28
    input 28x28x1 -> flatten -> dense 10 softmax
    loss ce
    ```
    """

    code = "E0605"
    title = "crop larger than the image"
    help_texts = ("`pad=` adds zeros around the image before it is cropped",)
    crop: tuple[int, ...]
    padded: Shape

    def message(self) -> str:
        image = shape_text(self.padded[:-1])
        return f"a crop of {shape_text(self.crop)} is larger than the image, {image}"


class PrepOrAugment(Problem):
    """An option of `prep` is used in `augment`, or the other way round.

    `prep` changes every sample once, in the same way: `prep scale pad=2`. `augment` changes the
    samples of training batches at random, differently each time: `augment flip=h shift=2`.

    ```netc
    data mnist
    augment scale
    input 784 -> dense 10 softmax
    loss ce
    ```

    Instead:

    ```netc
    data mnist
    prep scale
    input 784 -> dense 10 softmax
    loss ce
    ```
    """

    code = "E0606"
    title = "prep and augment mixed up"
    help_texts = (
        "write `{instead}`",
        "`prep` changes every sample the same way, `augment` training batches at random",
    )
    directive: str
    """Where it is written: `prep` or `augment`."""
    word: str
    instead: str
    """How it is written: `prep scale`, `augment flip=h`."""

    def message(self) -> str:
        right = "augment" if self.directive == "prep" else "prep"
        return f"`{self.word}` belongs to `{right}`, not to `{self.directive}`"


class AdversarialDoesNotFit(Problem):
    """Adversarial training does not apply to this network.

    `train adversarial=E` moves every number of a sample by a fraction E of its range in the data.
    After `prep whiten` no feature has a range of its own. A loss with `target=` would compare the
    output with the changed samples.

    ```netc
    data digits
    prep whiten zca
    input 8x8x1 -> conv 8 3x3 relu -> flatten -> dense 10 softmax
    loss ce
    opt adam
    train adversarial=0.1
    ```

    Instead:

    ```netc
    data digits
    prep standardize
    input 8x8x1 -> conv 8 3x3 relu -> flatten -> dense 10 softmax
    loss ce
    opt adam
    train adversarial=0.1
    ```
    """

    code = "E0615"
    title = "adversarial training does not fit"
    message_text = "`adversarial` does not apply here: {reason}"
    help_texts = ("{advice}",)
    reason: str
    advice: str


class GridOverRange(Problem):
    """`tune grid` cannot try all values of a continuous range.

    It tries every combination of listed values. For a range such as `log(1e-4, 1e-1)` use `random`,
    `tpe` or `coarse_to_fine`.

    ```netc
    let lr=0.1
    input 64 -> dense 10 softmax
    loss ce
    opt sgd lr=$lr
    tune grid lr=log(1e-4, 1e-1)
    ```

    Instead:

    ```netc
    let lr=0.1
    input 64 -> dense 10 softmax
    loss ce
    opt sgd lr=$lr
    tune grid lr=(0.001, 0.01, 0.1)
    ```
    """

    code = "E0607"
    title = "grid over a range"
    message_text = "`tune grid` needs a list of values for `{name}`, not a range"
    help_texts = (
        "list them: `{name}=(0.001, 0.01, 0.1)`",
        "or sample the range: `tune random trials=20`",
    )
    name: str
