"""Statements that are their own word: `train`, `augment` and `kfold`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ..language.kinds import Count, Natural, NonNegative, Several, Share, Sizes
from ..language.numbers import Percent
from ..language.options import Options


class Train(Options):
    """The length of training, the batch size, and other settings.

    `epochs` passes over the training part, in batches of `batch` samples: `batch=1` is stochastic,
    `batch=all` is batch gradient descent. `shuffle` draws a new order for every epoch. `seed` fixes
    everything random: the weights, the order, the parts, dropout. The last batch of an epoch may be
    smaller; `last=drop` leaves it out. `exact=true` forbids algorithms that round differently from
    the direct sum (Winograd's convolution). `memory=low` computes much of the forward pass a second
    time instead of keeping it for the gradients: the same numbers to the last bit, with less memory
    and more time. `adversarial=E` trains on samples that are changed so that their loss grows:
    x + E r sign(g), with r the width of the range of the data (of pixels from black to white, else
    of each feature) and g the gradient of the loss in evaluation mode with the present weights;
    they stay in that range (Goodfellow et al., Explaining and Harnessing Adversarial Examples,
    2015).
    `keep=best` ends with the weights of the best epoch by the quantity that a `stop` monitors, or
    by the accuracy or the loss of the validation part; `keep=last` with those of the last epoch.
    Defaults: 10 epochs, batches of 64, the last one kept, seed 0, shuffled, f32, not exact, normal
    memory, the last weights (with a `stop` that monitors a quantity the best ones), samples
    unchanged.
    """

    category = "directive"
    word = "train"
    summary = "number of epochs, batch size, seed and precision"

    epochs: Count = Field(default=10, description="passes over the training part")
    batch: Count | Literal["all"] = Field(
        default=64,
        description="samples per step: 1 is stochastic gradient descent, `all` is batch "
        "gradient descent; the last batch of an epoch may be smaller",
    )
    last: Literal["keep", "drop"] = Field(
        default="keep",
        description="what to do with a smaller last batch: `drop` leaves its samples out of the "
        "epoch (different ones in each order), so that all batches have the same size",
    )
    seed: Natural = Field(
        default=0,
        description="fixes all randomness: initial weights, sample order, data split, dropout "
        "and noise",
    )
    shuffle: bool = Field(
        default=True, description="whether each epoch visits the samples in a new random order"
    )
    precision: Literal["f32", "f64"] = Field(
        default="f32", description="the floating-point type of all computation: single or double"
    )
    exact: bool = Field(
        default=False,
        description="`true` excludes algorithms that round differently from the direct sum "
        "(Winograd's convolution)",
    )
    memory: Literal["normal", "low"] = Field(
        default="normal",
        description="`low` recomputes part of the forward pass instead of keeping it: same "
        "bits, less memory, more time",
    )
    keep: Literal["best", "last"] | None = Field(
        default=None,
        description="which weights a run ends with and tests: those of the best epoch, or of the "
        "last one; by default the best where a `stop` monitors a quantity, else the last",
    )
    adversarial: Share = Field(
        default=0.0,
        description="changes the samples of every training batch by this fraction of the range of "
        "the data so that their loss grows; 0 leaves them as they are",
    )


class Augment(Options):
    """Random changes to the samples of training batches, never to validation or test.

    Changes are drawn for each image anew in every epoch. They come before `prep` changes its values
    (`prep pad` comes first) and in this order: `shear`, `scale` and `rotate` about the centre,
    interpolated linearly; `pad` black pixels around it and `crop` a part of this size at a random
    place; `shift`; `flip`; `brightness`, `contrast`; `cutout`. What moves in from outside is 0.
    Masks move with their images; what moves into them has the label of `ignore=`, or 0. After
    `prep`, `noise` is added to any samples, and `mixup` mixes them. A value of 0 changes nothing.
    """

    category = "directive"
    word = "augment"
    summary = "random changes to the samples of training batches"

    shift: Natural | None = Field(
        default=None, description="moves up to this many pixels in each direction"
    )
    flip: Literal["h", "v", "hv"] | None = Field(
        default=None,
        description="mirrors left-right (`h`), upside down (`v`) or both (`hv`), each with "
        "probability 1/2",
    )
    rotate: Annotated[float, Field(ge=0, le=180)] | None = Field(
        default=None, description="rotates by up to this many degrees in either direction"
    )
    crop: Sizes | None = Field(
        default=None, description="takes a part of this size at a random place"
    )
    pad: Natural | None = Field(
        default=None, description="adds this many pixels of zeros on each side before `crop`"
    )
    scale: Annotated[float, Field(ge=0, lt=1), Percent] | None = Field(
        default=None, description="resizes by a factor from 1 - scale to 1 + scale"
    )
    shear: Annotated[float, Field(ge=0, lt=90)] | None = Field(
        default=None,
        description="slants left or right by up to this many degrees: row y moves by y tan(shear)",
    )
    cutout: Natural | None = Field(
        default=None,
        description="blanks a square of this many pixels per side (DeVries & Taylor 2017)",
    )
    noise: NonNegative | None = Field(
        default=None,
        description="the standard deviation of normal noise, in units of what the network reads",
    )
    brightness: Annotated[float, Field(ge=0, le=1), Percent] | None = Field(
        default=None,
        description="adds a random number of up to this much in either direction to all pixels, "
        "which are from 0 to 1",
    )
    contrast: Annotated[float, Field(ge=0, le=1), Percent] | None = Field(
        default=None,
        description="multiplies the distance from the image's mean by 1 - contrast to 1 + contrast",
    )
    mixup: NonNegative | None = Field(
        default=None,
        description="replaces samples and targets by l a + (1 - l) b of two of the batch, with l "
        "drawn from Beta(mixup, mixup) for each batch (Zhang et al. 2018)",
    )

    def changes_numbers(self) -> tuple[str, ...]:
        """The options that apply to all samples, and change them."""
        return self._active("noise", "mixup")

    def of_images(self) -> tuple[str, ...]:
        """The options that need images, where they change something."""
        anything = ("noise", "mixup")
        return self._active(*(name for name in type(self).model_fields if name not in anything))

    def _active(self, *names: str) -> tuple[str, ...]:
        return tuple(name for name in names if getattr(self, name))

    def moves(self) -> bool:
        """Whether pixels change their places."""
        colors = ("brightness", "contrast", "cutout")
        return any(name not in colors for name in self.of_images())


class KFold(Options):
    """Cross-validation: `kfold 5` trains five times, each time validating on another fifth.

    Reports every fold, and the mean and the standard deviation over the folds. The folds are
    stratified by class, as the parts of `data` are; `stratify=false`, `shuffle=false` and `groups=`
    change that. All samples are in the folds, except a published test part, which is measured in
    every fold. Takes the place of `val=`.
    """

    category = "directive"
    word = "kfold"
    summary = "cross-validation with this many folds"
    positional = ("folds",)

    folds: Several = Field(description="the number of folds; each is the validation part once")
