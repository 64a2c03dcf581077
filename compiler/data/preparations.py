"""What is done to every sample before the network sees it, in the order that is written."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ..language.kinds import Count
from ..language.options import Options
from ..shapes import Shape


class Prep(Options):
    """Preprocessing of every sample, in the order in which it is written.

    What is fitted to data (means, extremes, directions) is fitted to the training part only and
    applied to all parts, in double precision: time stamps and coordinates keep their digits.
    Samples with three axes are images. Those with two axes are sequences (length x channels),
    unless the network reads them as height x width x 1 or as one vector: then they are grey images.


    `on=target` prepares numeric targets, each of their values on its own, in double precision. It
    is saved with the weights and undone in predictions and metrics, which are in the unit of the
    data. The loss is computed on the prepared targets.
    """

    category = "prep"
    keeps_values: ClassVar[bool] = False
    """Whether the numbers of a sample stay what they are, so that tokens stay tokens."""

    mixes_features: ClassVar[bool] = False
    """Whether a number of the result depends on several of a sample."""

    def output(self, sample: Shape) -> Shape | None:
        """The shape of a sample after it, or None when it does not take such samples."""
        return sample

    def keeps_positions(self) -> bool:
        """Whether a pixel stays a pixel, so that neighbours still mean something."""
        return True

    def of_targets(self) -> bool:
        """Whether it prepares targets, not samples."""
        return False


class Scale(Prep):
    """x <- (x - min) / (max - min), into 0..1.

    Images have one min and max for all pixels, sequences one per channel, vectors one per feature.
    A constant feature becomes 0.
    """

    word = "scale"
    summary = "scales to the range from 0 to 1"

    on: Literal["samples", "target"] = Field(
        default="samples",
        description="what it prepares: the samples, or numeric targets, which predictions and "
        "metrics then give in the unit of the data",
    )

    def of_targets(self) -> bool:
        return self.on == "target"


class Standardize(Prep):
    """x <- (x - mean) / deviation: mean 0 and deviation 1.

    Images and sequences have one mean and deviation per channel, vectors one per feature. A
    constant feature is only centred.
    """

    word = "standardize"
    summary = "scales each feature to mean 0 and standard deviation 1"

    on: Literal["samples", "target"] = Field(
        default="samples",
        description="what it prepares: the samples, or numeric targets, which predictions and "
        "metrics then give in the unit of the data",
    )

    def of_targets(self) -> bool:
        return self.on == "target"


class Log(Prep):
    """t <- log(t), of numeric targets that are all greater than 0: prices, counts, durations.

    Predictions and metrics are in the unit of the data; the loss is that of the logarithms.
    """

    word = "log"
    summary = "the logarithm of numeric targets"

    on: Literal["target"] = Field(default="target", description="always the targets")

    def of_targets(self) -> bool:
        return self.on == "target"


class Center(Prep):
    """x <- x - mean, one mean per feature (for images and sequences: per channel)."""

    word = "center"
    summary = "shifts each feature to mean 0"


class Whiten(Prep):
    """Centred, uncorrelated, of variance 1: x <- (x - mean) U / sqrt(s + 1e-5).

    U and s are the eigenvectors and eigenvalues of the covariance. `zca` rotates the result
    back by U^T, so that it still looks like the samples (Bell & Sejnowski 1997).
    """

    mixes_features = True
    word = "whiten"
    summary = "whitens: uncorrelated features of variance 1"
    positional = ("kind",)

    kind: Literal["pca", "zca"] = Field(
        description="`pca` rotates to the principal axes; `zca` rotates back, so that samples "
        "still look like samples"
    )

    def keeps_positions(self) -> bool:
        return self.kind == "zca"


class Impute(Prep):
    """Fills missing values of each feature with a statistic of the training part.

    It must be the first `prep`. Text columns are filled with their most frequent category, whatever
    the kind. Without it, missing values are refused.
    """

    word = "impute"
    summary = "fills missing values"
    positional = ("kind",)

    kind: Literal["mean", "median", "most_frequent", "constant"] = Field(
        description="what a missing value becomes: a statistic of its feature in the training part "
        "(for `most_frequent` with a tie, the smallest), or `value`"
    )
    value: float = Field(default=0.0, description="the number that `constant` fills in")


class OneHot(Prep):
    """Turns each text column into a column of 0 and 1 for each of its categories.

    The categories are those of the training part, in sorted order, and take the place of the
    column. Columns of numbers stay as they are; those of yes and no, or true and false, are
    numbers. Before `onehot`, `prep standardize` and others skip text columns; after it, they treat
    its columns like any others.
    """

    word = "onehot"
    summary = "turns categories into columns of 0 and 1"

    unknown: Literal["error", "zeros"] = Field(
        default="error",
        description="how to treat a category that the training part does not have: `zeros` in all "
        "columns, or an `error`",
    )

    def output(self, sample: Shape) -> Shape | None:
        return (None,) if len(sample) == 1 else None


class PadPictures(Prep):
    """Zeros around every image: `prep pad=2` turns 28x28x1 into 32x32x1."""

    word = "pad"
    summary = "pads every image with zeros"
    positional = ("pad",)
    keeps_values = True

    pad: Count = Field(description="zeros added on each side of an image, in pixels")

    def output(self, sample: Shape) -> Shape | None:
        if len(sample) < 2:
            return None
        *axes, channels = sample
        return (*(None if size is None else size + 2 * self.pad for size in axes), channels)
