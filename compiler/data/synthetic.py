"""Data made by a formula and a seed: pictures of what a network can and cannot do.

`n` samples, the classes equally often; `noise` is the standard deviation of normal noise added
to every coordinate (to the target in `linear` and `sine`). The same seed gives the same samples.
"""

from __future__ import annotations

from pydantic import Field

from ..language.kinds import Natural, NonNegative, Several
from .source import Data, Facts


class Synthetic(Data):
    """The base of every formula."""

    n: Several = Field(default=1000, description="the number of samples")
    noise: NonNegative = Field(
        default=0.1,
        description="the standard deviation of the normal noise on each coordinate, or on the "
        "target of `linear` and `sine`",
    )
    seed: Natural = Field(default=0, description="the seed of the samples")

    def facts(self) -> Facts:
        return Facts(self.sample, self.compares, self.classes, self.n, None, ())


class Xor(Synthetic):
    """The corners (+-1, +-1): class 1 where the signs differ, class 0 where they agree.

    No straight line separates them.
    """

    word = "xor"
    summary = "the four corners of exclusive or"
    sample = (2,)
    compares = "classes"
    classes = 2


class Spirals(Synthetic):
    """Two arms that wind around each other (after Lang & Witbrock 1988)."""

    word = "spirals"
    summary = "two interleaved spirals"
    sample = (2,)
    compares = "classes"
    classes = 2


class Moons(Synthetic):
    """Two interlocking half circles."""

    word = "moons"
    summary = "two interleaved half circles"
    sample = (2,)
    compares = "classes"
    classes = 2


class Circles(Synthetic):
    """A circle of radius 1, class 0, and one of radius 1/2 within it, class 1."""

    word = "circles"
    summary = "two concentric circles"
    sample = (2,)
    compares = "classes"
    classes = 2


class Blobs(Synthetic):
    """Three clouds around centres on the unit circle; `noise` is their width."""

    word = "blobs"
    summary = "three clouds of points"
    sample = (2,)
    compares = "classes"
    classes = 3


class Linear(Synthetic):
    """t = 2 x + 1, x uniform in [-1, 1]."""

    word = "linear"
    summary = "points around a straight line"
    sample = (1,)
    compares = "numbers"


class Sine(Synthetic):
    """t = sin(pi x), x uniform in [-1, 1]."""

    word = "sine"
    summary = "points around one wave of a sine"
    sample = (1,)
    compares = "numbers"
