"""Random changes to pictures: `augment`.

Every sample draws its own numbers in every epoch, from the seed of the run and the epoch alone, and
every option has its own column of them: neither other options, nor the size of the batches, nor
worker processes change what an option does to a sample.

A picture (H, W, C) is moved by one map from the pixels of the result to places in the original, so
that it is interpolated once at most; what lies outside is black. Masks move by the same map.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....compiler.training.directives import Augment
from ...array_types import Array, Floats, Labels

COLUMNS = (
    "crop_y", "crop_x", "shift_y", "shift_x", "rotate", "scale", "shear", "flip_h", "flip_v",
    "brightness", "contrast", "cutout_y", "cutout_x",
)  # fmt: skip
"""What is drawn for each sample, uniform from 0 to 1."""

Draws = NDArray[np.float32]
"""(samples, COLUMNS)."""


def draw_epoch(count: int, seed: int, epoch: int) -> Draws:
    """The draws of all samples in an epoch."""
    random = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, epoch, 1))))
    return random.random((count, len(COLUMNS)), np.float32)


def _column(draws: Draws, name: str) -> Draws:
    return draws[:, COLUMNS.index(name)]


def _both_ways(draws: Draws, name: str, most: float) -> Draws:
    """Uniform from -most to most."""
    return (2 * _column(draws, name) - 1) * np.float32(most)


def _whole(draws: Draws, name: str, choices: int) -> Labels:
    """Uniform among the whole numbers from 0 to choices - 1."""
    return np.minimum((_column(draws, name) * choices).astype(np.int64), choices - 1)


@dataclass(frozen=True, slots=True, eq=False)
class Movement:
    """From which place of its original each pixel of a batch of pictures comes.

    `y` and `x` are rows and columns, whole numbers or fractions, that broadcast to (n, H, W).
    """

    y: Array
    x: Array
    height: int
    width: int

    def move(self, pictures: Floats) -> Floats:
        """Pictures (n, H, W, C), interpolated linearly between pixels; outside is 0."""
        n, height, width, channels = pictures.shape
        wide = width + 3
        bordered = np.zeros((n, height + 3, wide, channels), pictures.dtype)
        bordered[:, 1:-2, 1:-2] = pictures
        pixels = bordered.reshape(-1, *(channels,) * (channels > 1))
        y, x = self._bordered()
        top, left = np.floor(y), np.floor(x)
        # floats are multiplied and added more quickly than integers, and these are whole
        exact: Any = np.float32 if len(pixels) < 2**24 else np.float64
        first = np.arange(n, dtype=exact)[:, None, None] * exact((height + 3) * wide)
        flat = top * exact(wide) + left + first
        index = flat.astype(np.int32 if exact is np.float32 else np.intp).astype(np.intp)

        def neighbour(down: int, right: int) -> Floats:
            taken: Floats = pixels[down * wide + right :].take(index, axis=0, mode="clip")
            return taken

        moved = neighbour(0, 0)
        if y.dtype.kind == "f":
            shape = (-1, height, width, *(1,) * (channels > 1))
            right, down = (x - left).reshape(shape), (y - top).reshape(shape)
            moved += right * (neighbour(0, 1) - moved)
            below = neighbour(1, 0)
            below += right * (neighbour(1, 1) - below)
            moved += down * (below - moved)
        return moved.reshape(n, height, width, channels)

    def move_labels(self, labels: Labels, outside: int) -> Labels:
        """Masks (n, H, W), with the label of the nearest pixel."""
        bordered = np.pad(labels, ((0, 0), (1, 1), (1, 1)), constant_values=outside)
        y, x = (np.rint(place).astype(np.intp) for place in self._bordered())
        moved: Labels = bordered[np.arange(len(labels))[:, None, None], y, x]
        return moved

    def _bordered(self) -> tuple[Array, Array]:
        """The places in pictures with a border of one pixel, and none farther outside."""
        y, x = np.clip(self.y, -1, self.height), np.clip(self.x, -1, self.width)
        y += 1
        x += 1
        return y, x


def movement(augment: Augment, draws: Draws, height: int, width: int) -> Movement | None:
    """How the pictures of a batch move; None where nothing does."""
    y = np.arange(height)[None, :, None]
    x = np.arange(width)[None, None, :]
    moves = False
    if augment.flip:
        moves = True
        if "v" in augment.flip:
            y = np.where(_half(draws, "flip_v"), height - 1 - y, y)
        if "h" in augment.flip:
            x = np.where(_half(draws, "flip_h"), width - 1 - x, x)
    for name, most in (("shift", augment.shift), ("crop", augment.pad)):
        if not most:
            continue
        moves = True
        y = y + (_whole(draws, f"{name}_y", 2 * most + 1) - most)[:, None, None]
        x = x + (_whole(draws, f"{name}_x", 2 * most + 1) - most)[:, None, None]
    if augment.rotate or augment.scale or augment.shear:
        return Movement(*_turned(augment, draws, y, x, height, width), height, width)
    return Movement(y, x, height, width) if moves else None


def _half(draws: Draws, name: str) -> Any:
    """True with probability 1/2, (n, 1, 1)."""
    return (_column(draws, name) < 0.5)[:, None, None]


def _turned(
    augment: Augment, draws: Draws, y: Array, x: Array, height: int, width: int
) -> tuple[Array, Array]:
    """The places after the inverse of shear, then scale, then rotation about the centre."""
    angle = np.deg2rad(_both_ways(draws, "rotate", augment.rotate or 0))[:, None, None]
    slope = np.tan(np.deg2rad(_both_ways(draws, "shear", augment.shear or 0)))[:, None, None]
    zoom = (1 + _both_ways(draws, "scale", augment.scale or 0))[:, None, None]
    cos, sin = np.cos(angle) / zoom, np.sin(angle) / zoom
    middle_y, middle_x = np.float32((height - 1) / 2), np.float32((width - 1) / 2)
    # (n, H, 1) and (n, 1, W): only the two sums are as large as the pictures
    down, right = y.astype(np.float32) - middle_y, x.astype(np.float32) - middle_x
    turned_y = sin * right + (cos * down + middle_y)
    turned_x = (cos - slope * sin) * right - ((sin + slope * cos) * down - middle_x)
    return turned_y, turned_x


def recolor(augment: Augment, draws: Draws, pictures: Floats, black: float, white: float) -> Floats:
    """Brightness and contrast of pictures (n, H, W, C) whose values go from `black` to `white`,
    and the square that `cutout` blanks."""
    if augment.brightness:
        added = _both_ways(draws, "brightness", augment.brightness * (white - black))
        pictures = pictures + added[:, None, None, None]
    if augment.contrast:
        factor = (1 + _both_ways(draws, "contrast", augment.contrast))[:, None, None, None]
        mean = pictures.mean(axis=(1, 2, 3), keepdims=True)
        pictures = mean + (pictures - mean) * factor
    if augment.brightness or augment.contrast:
        pictures = np.clip(pictures, black, white)
    if augment.cutout:
        pictures = np.where(_cut(augment.cutout, draws, pictures), 0, pictures)
    return pictures


def _cut(size: int, draws: Draws, pictures: Floats) -> Any:
    """Where the squares are, (n, H, W, 1): each around a random pixel, cut off at the border."""
    _, height, width, _ = pictures.shape
    inside = []
    for name, count in (("cutout_y", height), ("cutout_x", width)):
        first = _whole(draws, name, count) - size // 2
        at = np.arange(count)[None]
        inside.append((at >= first[:, None]) & (at < first[:, None] + size))
    return (inside[0][:, :, None] & inside[1][:, None, :])[..., None]
