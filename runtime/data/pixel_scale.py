"""What the level of a pixel is as a number: decided by the training data, kept with the weights.

| training data | a white pixel |
|---|---|
| images, IDX files, published sets: bytes, which netc divides by 255 | 1 |
| numbers from 0 to 1 | 1 |
| numbers up to between 128 and 255, as bytes are | 255 |
| numbers up to between 32,768 and 65,535, as 16-bit levels are | 65535 |
| all others, such as numbers below 0 | not known: a picture is refused |

So a picture, or an array of bytes, is scaled as the training data were, whatever they came from.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...compiler.problems.samples import PixelScaleDiffers
from ...grammar.source import Span
from ..array_types import Array

RANGES = ((0.0, 1.0), (128.0, 255.0), (32768.0, 65535.0))
"""Between which numbers the largest of a data set is that of white pixels, and what white is."""
LEAST_PIXELS = 16
"""So many numbers in a row may be a flat image."""
FAR_ABOVE = 2.0
"""No noise makes a pixel so many times as bright as white."""


class PixelScale(NamedTuple):
    """How one input reads pixels."""

    white: float | None
    """The number of a white pixel; None where the numbers are not known to be pixels."""
    divides: bool = False
    """Whether the data were bytes that netc divided: then other bytes are divided, too."""


class OtherScale(NamedTuple):
    """Why samples do not have the scale of the training data."""

    reason: str
    """In words that follow the name of the samples."""
    way: str
    """What brings them to it."""

    def problem(self, at: Span, name: str) -> PixelScaleDiffers:
        """Samples of this name, which are refused."""
        return PixelScaleDiffers(at=at, name=name, reason=self.reason, way=self.way)


UNKNOWN = PixelScale(1.0)
"""Of weights from elsewhere: as most networks are trained."""


def scale_of(x: Array) -> PixelScale:
    """The scale of the samples that a network is trained on, as they were read."""
    if x.dtype in (np.uint8, np.uint16):
        return PixelScale(1.0, divides=True)
    return PixelScale(_white_of(x))


def _white_of(x: Array) -> float | None:
    low, high = float(x.min()), float(x.max())
    fitting = (white for least, white in RANGES if least <= high <= white)
    white = next(fitting, None) if low >= 0 else None
    # a column of a table may well go up to 200
    if white not in (None, 1.0) and x.ndim < 3 and not _are_whole(x):
        return None
    return white


def _are_whole(x: Array) -> bool:
    return x.dtype.kind in "iu" or bool((x == np.round(x)).all())


def _may_be_pixels(x: Array) -> bool:
    """Whether samples may be images, also flat ones."""
    return x.ndim >= 3 or (x.ndim == 2 and x.shape[1] >= LEAST_PIXELS)


def scaled_levels(x: Array, scale: PixelScale) -> Array | OtherScale:
    """Samples that a program or a file gives, as the network reads them; or why that cannot be."""
    white, levels = scale.white, x.dtype in (np.uint8, np.uint16)
    if levels and scale.divides:
        divided: Array = x / np.iinfo(x.dtype).max
        return divided
    if white is None or not x.size or x.dtype.kind not in "fiu":
        return x
    low, most = float(x.min()), float(x.max())
    trained = f"the network was trained on {'images from ' if scale.divides else ''}0 to {white:g}"
    if scale.divides and most > FAR_ABOVE:
        return OtherScale(f"goes up to {most:g}, but {trained}", _way(_own(x), most, white))
    if levels and white == 1 and most > 1:
        reason = f"holds whole numbers up to {most:g}, but {trained}"
        return OtherScale(reason, _way(_own(x), most, white))
    if low < 0 or not _may_be_pixels(x):
        return x
    if _differs(x, most, white):
        return OtherScale(f"goes up to {most:g}, but {trained}", _way(_own(x), most, white))
    return x


def _own(x: Array) -> float | None:
    """The white of samples of another scale."""
    return float(np.iinfo(x.dtype).max) if x.dtype in (np.uint8, np.uint16) else _white_of(x)


def _way(own: float | None, most: float, white: float) -> str:
    """What brings pixels to another white; `own` is theirs, where it is known."""
    if own is None and 255 < most <= 65535:
        own = 65535.0  # as of a folder of images, where the levels of 16 bits are dark
    if own is None:
        return f"scale them to 0 to {white:g}, as in training"
    factor = max(own, white) / min(own, white)
    return f"{'divide' if own > white else 'multiply'} by {factor:g}, as in training"


def _differs(x: Array, most: float, white: float) -> bool:
    """Whether samples that may be images have another white. Dark images of whole numbers, and
    tokens, are small in any scale."""
    own = 255.0 if x.dtype == np.uint8 and most > 1 else _white_of(x) or 0.0
    images, whole = x.ndim >= 3, _are_whole(x)
    if own > white or (images and whole and most > FAR_ABOVE * white):
        return True
    return 0 < own < white and (not whole if own == 1 else images)


def rescaled(x: Array, own: PixelScale, scale: PixelScale) -> Array | OtherScale:
    """The samples of a data set with its own scale, as a network with another reads them; or why
    that cannot be."""
    if own.white is None or scale.white is None or own.white == scale.white:
        return x
    if x.ndim < 3 and not (_may_be_pixels(x) and own.white > scale.white):
        return x
    if own.divides:
        top = np.iinfo(x.dtype).max if x.dtype.kind == "u" else 1
        levels: Array = x * (scale.white / top)
        return levels
    return OtherScale(
        f"goes up to {own.white:g}, but the network was trained on 0 to {scale.white:g}",
        _way(own.white, own.white, scale.white),
    )
