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

from ..array_types import Array

RANGES = ((0.0, 1.0), (128.0, 255.0), (32768.0, 65535.0))
"""Between which numbers the largest of a data set is that of white pixels, and what white is."""
FAR_ABOVE = 2.0
"""No noise makes a pixel so many times as bright as white."""


class PixelScale(NamedTuple):
    """How one input reads pixels."""

    white: float | None
    """The number of a white pixel; None where the numbers are not known to be pixels."""
    divides: bool = False
    """Whether the data were bytes that netc divided: then other bytes are divided, too."""


UNKNOWN = PixelScale(1.0)
"""Of weights from elsewhere: as most networks are trained."""


def scale_of(x: Array) -> PixelScale:
    """The scale of the samples that a network is trained on, as they were read."""
    if x.dtype in (np.uint8, np.uint16):
        return PixelScale(1.0, divides=True)
    low, high = float(x.min()), float(x.max())
    fitting = (white for least, white in RANGES if least <= high <= white)
    white = next(fitting, None) if low >= 0 else None
    # a column of a table may well go up to 200
    if white not in (None, 1.0) and x.ndim < 3 and not bool((x == np.round(x)).all()):
        white = None
    return PixelScale(white)


def scaled_levels(x: Array, scale: PixelScale) -> Array | str:
    """Samples that a program or a file gives, as the network reads them; or why that cannot be,
    in words that follow the name of the samples."""
    most = float(x.max()) if x.size and x.dtype.kind in "fiu" else 0.0
    if x.dtype in (np.uint8, np.uint16):
        if scale.divides:
            levels: Array = x / np.iinfo(x.dtype).max
            return levels
        if scale.white == 1 and most > 1:
            return f"holds whole numbers up to {most:g}, but the network was trained on 0 to 1"
    elif scale.divides and most > FAR_ABOVE:
        return f"goes up to {most:g}, but the network was trained on images from 0 to 1"
    return x


def rescaled(x: Array, own: PixelScale, scale: PixelScale) -> Array | str:
    """The samples of a data set with its own scale, as a network with another reads them; or why
    that cannot be."""
    if None in (own.white, scale.white) or own.white == scale.white or x.ndim < 3:
        return x
    if own.divides and scale.white is not None:
        top = np.iinfo(x.dtype).max if x.dtype.kind == "u" else 1
        levels: Array = x * (scale.white / top)
        return levels
    return f"goes up to {own.white:g}, but the network was trained on 0 to {scale.white:g}"
