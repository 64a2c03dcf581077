"""Where samples come from: the base of all sources, and those that are published sets."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal, NamedTuple

from pydantic import Field

from ..language.kinds import Count, Share
from ..language.numbers import Percent
from ..language.options import Options
from ..shapes import Shape

if TYPE_CHECKING:
    from ..losses.loss import Loss

TEST_SHARE = 0.1
"""The test part of a set that brings none and has no `split=`."""

ShareOfSamples = Annotated[float, Field(ge=0, le=1), Percent]


class Facts(NamedTuple):
    """What is known of a source before it is loaded; None where nothing is."""

    sample: Shape | None
    compares: Literal["classes", "numbers"] | None
    classes: int | None
    """How many classes, or None when the targets are numbers or nobody knows yet."""
    train: int | None
    """Samples of the part that is divided into training and validation (and test)."""
    test: int | None
    """Samples of its own test part; None when it has none or nobody knows."""
    target: Shape | None = None
    """The shape of a target: none for a class per sample, or for a single number."""


NOTHING = Facts(None, None, None, None, None)
"""What is known where there is no data."""


class Data(Options):
    """Where samples come from, and how they are divided.

    A published test part (mnist, fashion_mnist, cifar10) is kept, and `val=` is the share of the
    remaining samples that is held out for validation. For any other data, `val=` is the share of
    all samples, and another tenth is the test part. `split=` gives the shares of training,
    validation and test of all samples, a published test part included, and replaces `val=`.
    `limit=` keeps that many samples before they are divided, selected by the seed with the class
    shares kept; a published test part stays whole.

    Samples are shuffled by the seed before they are divided, except those of published sets in
    random order without `split=`. Where the targets are classes, every part then has its share of
    every class, to within one sample (`stratify=false` leaves that to chance). `shuffle=false`
    divides in the order of the data: the test part is its end, as time series need.
    """

    category = "data"
    sample: ClassVar[Shape | None] = None
    compares: ClassVar[Literal["classes", "numbers"] | None] = None
    classes: ClassVar[int | None] = None
    train_samples: ClassVar[int | None] = None
    test_samples: ClassVar[int | None] = None
    tabular: ClassVar[bool] = False
    """True where every sample is a row of plain features, however many."""
    feature_names: ClassVar[tuple[str, ...]] = ()
    """What the features of a sample are called, where they have names."""
    bundled: ClassVar[bool] = False
    """True for a data set that comes with netc."""

    split: tuple[ShareOfSamples, ShareOfSamples, ShareOfSamples] | None = Field(
        default=None,
        description="the shares of training, validation and test, in this order, which add up "
        "to 1; replaces `val` and a published test part",
    )
    val: Share = Field(
        default=0.1,
        description="the share of the samples held out for validation, without a published test "
        "part; if there is none, and no `split`, another tenth becomes the test part",
    )
    limit: Count | None = Field(
        default=None,
        description="uses at most this many samples, selected by the seed with the class shares "
        "kept; a published test part stays whole",
    )

    stratify: bool = Field(
        default=True,
        description="whether every part has its share of every class, where the targets are "
        "classes",
    )
    shuffle: bool = Field(
        default=True,
        description="`false` divides in the order of the data, with validation and test at its "
        "end, as time series need",
    )

    def facts(self) -> Facts:
        """What is known before anything is loaded."""
        target = None if self.compares is None else ()
        return Facts(
            self.sample, self.compares, self.classes, self.train_samples, self.test_samples, target
        )

    def facts_for(self, loss: Loss, labels: Collection[str]) -> Facts:
        """The same for a loss, where `labels` are those that losses are on."""
        return self.facts()

    def shares(self) -> tuple[float, float, float]:
        """Training, validation and test as shares of the part that is divided."""
        if self.split is not None:
            return self.split
        test = 0.0 if self.test_samples else TEST_SHARE
        return (1 - self.val - test, self.val, test)


def part_sizes(samples: int, shares: tuple[float, float, float]) -> tuple[int, int, int]:
    """The samples of training, validation and test, rounded to the nearest whole number; training
    has the rest where the shares add up to 1."""
    validation, test = round(samples * shares[1]), round(samples * shares[2])
    rest = samples - validation - test
    train = rest if sum(shares) > 1 - 1e-9 else min(round(samples * shares[0]), rest)
    return train, validation, test


class Mnist(Data):
    """Handwritten digits, 28x28x1 from 0 to 1 (LeCun et al. 1998): 60,000 and 10,000."""

    word = "mnist"
    summary = "70,000 handwritten digits, 28x28x1"
    sample = (28, 28, 1)
    compares = "classes"
    classes = 10
    train_samples = 60_000
    test_samples = 10_000


class FashionMnist(Data):
    """Articles of clothing, 28x28x1 from 0 to 1 (Xiao et al. 2017): 60,000 and 10,000."""

    word = "fashion_mnist"
    summary = "70,000 articles of clothing, 28x28x1"
    sample = (28, 28, 1)
    compares = "classes"
    classes = 10
    train_samples = 60_000
    test_samples = 10_000


class Cifar10(Data):
    """Small photographs, 32x32x3 from 0 to 1 (Krizhevsky 2009): 50,000 and 10,000.

    The published binary archive, or images as `cifar10-jpg.tar.gz` in the folder `cifar10` of
    NETC_DATA_DIR.
    """

    word = "cifar10"
    summary = "60,000 small photographs, 32x32x3"
    sample = (32, 32, 3)
    compares = "classes"
    classes = 10
    train_samples = 50_000
    test_samples = 10_000


class Digits(Data):
    """Handwritten digits, 8x8x1 from 0 to 1 (Alpaydin & Kaynak 1998): 1,797, with netc."""

    word = "digits"
    summary = "1,797 small handwritten digits, 8x8x1"
    bundled = True
    sample = (8, 8, 1)
    compares = "classes"
    classes = 10
    train_samples = 1_797


class Iris(Data):
    """Four measurements of three species, in centimetres (Fisher 1936): 150, with netc."""

    word = "iris"
    summary = "150 flowers of three species, 4 measurements"
    bundled = True
    sample = (4,)
    feature_names = ("sepal length", "sepal width", "petal length", "petal width")
    compares = "classes"
    classes = 3
    train_samples = 150
