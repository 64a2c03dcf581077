"""One picture: from the bytes of its file to the bytes of its pixels, as viewers show it.

- An EXIF orientation is applied.
- Grey are pictures of one channel, and of a palette whose used colours are grey. All others are in
  colours: CMYK, YCbCr, Lab and HSV become red, green and blue by Pillow's formulas, and an ICC
  profile is not applied.
- A transparent picture is laid on the background.
- Grey levels of 16 bits are kept; Pillow reads colours of 16 bits as 8. Numbers without a range
  (32 bits, floating point) are refused.
- Of an animation, or of a file with several pages, the first picture is read.
"""

from __future__ import annotations

import io
import os
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..bounded_reading import DAMAGE, says_how_inflated

if TYPE_CHECKING:
    from PIL.Image import Image

Pixels = NDArray[np.uint8] | NDArray[np.uint16]
ResizeFit = Literal["crop", "pad", "stretch"]

COMMON = ("PNG", "JPEG", "BMP", "DIB", "GIF", "PPM")
RARE = ("WEBP", "AVIF", "TIFF")
"""What is read, whatever a file is called. Pillow knows others that start programs, such as EPS."""
MOST_PIXELS = 110_000_000
"""Of one picture: more than a telephone's camera takes, and half a gigabyte at the most."""
LONGEST_HEAD = 1 << 16
"""Bytes of comments in the head of a PPM."""
BOMB = "DecompressionBombError"
"""What Pillow calls a picture of twice as many pixels."""
ORIENTATION = 0x0112
TURNED = (5, 6, 7, 8)
"""EXIF orientations of pictures that lie on their side."""
DEEP = ("I;16", "I;16L", "I;16B", "I;16N")
GREY = ("1", "L", "LA", "La", *DEEP)
LEVELS = {"black": 0, "grey": 128, "white": 255}
"""Backgrounds as bytes."""


class PictureFacts(NamedTuple):
    """What the head of a file says of its picture."""

    width: int
    height: int
    grey: bool
    deep: bool
    several: bool
    """Whether more pictures follow, which are not read."""


@dataclass(frozen=True, slots=True)
class PictureFormat:
    """What every picture of a set becomes: (height, width, channels), of bytes or, where `deep`,
    of 16-bit numbers."""

    height: int
    width: int
    channels: int
    deep: bool
    resizes: bool
    fit: ResizeFit
    background: str
    outside: int = 0
    """The label of the border of a mask."""

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.height, self.width, self.channels

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(np.uint16 if self.deep else np.uint8)


class Undecodable(Exception):  # noqa: N818 - says what the picture is
    """A picture cannot be read; the reason follows its name and a colon."""


def read_facts(file: IO[bytes]) -> PictureFacts:
    """What the head says. Raises `Undecodable`."""
    with pillow_errors():
        image = opened(file)
        width, height = _upright_size(image)
        return PictureFacts(width, height, _is_grey(image), _is_deep(image), _has_several(image))


def decode(raw: bytes, target: PictureFormat) -> Pixels:
    """The pixels of a picture. Raises `Undecodable`."""
    with pillow_errors():
        image = opened(io.BytesIO(raw))
        if not target.resizes and _upright_size(image) != (target.width, target.height):
            raise Undecodable(f"it has {image.width}x{image.height} pixels")
        if image.format == "PNG" and not _has_right_checksums(raw):
            raise Undecodable("its pixels are damaged: the checksum differs")
        deep, grey = _is_deep(image), _is_grey(image)
        if image.mode in ("I", "F") and not deep:
            kind = "32-bit whole numbers" if image.mode == "I" else "floating-point numbers"
            raise Undecodable(f"its pixels are {kind}, of unknown range: use `data npz`")
        level = LEVELS[target.background]
        flat = _opaque(_upright(image), level, grey=grey, deep=deep)
        if target.resizes:
            flat = resize(flat, target, level * 257 if deep else level)
        if flat.size != (target.width, target.height):
            raise Undecodable(f"it has {flat.width}x{flat.height} pixels")
        return _pixels(flat, target)


# Opening


@contextmanager
def pillow_errors() -> Iterator[None]:
    """Turns what Pillow raises into `Undecodable`."""
    try:
        yield
    except Exception as error:
        if isinstance(error, DAMAGE) or type(error).__name__ == BOMB:
            raise Undecodable(_reason(error)) from error
        raise


def _reason(error: Exception) -> str:
    text = str(error)
    if type(error).__name__ == BOMB:
        return f"it has more than {MOST_PIXELS:,} pixels"
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    # Pillow has no class of its own for a picture that was cut short
    if isinstance(error, EOFError) or "truncated" in text:
        return "it ends too early"
    return "it cannot be read as an image"


def opened(file: IO[bytes]) -> Image:
    """A picture whose pixels are not read yet. To be used within `pillow_errors`."""

    if not file.read(1):
        raise Undecodable("it is empty")
    file.seek(0)
    if _has_long_comments(file):
        raise Undecodable("its header is too long")
    image = _identified(file)
    if image.width * image.height > MOST_PIXELS:
        raise Undecodable(
            f"it has {image.width:,}x{image.height:,} pixels, more than {MOST_PIXELS:,}"
        )
    pixels = image.width * image.height * len(image.getbands())
    at = file.tell()
    reason = says_how_inflated(pixels, file.seek(0, os.SEEK_END))
    file.seek(at)
    if reason:
        raise Undecodable(reason)
    return image


def _identified(file: IO[bytes]) -> Image:
    """A picture of one of the formats. Raises what Pillow raises."""
    import PIL.Image

    PIL.Image.preinit()
    with suppress(PIL.UnidentifiedImageError):
        return PIL.Image.open(file, formats=COMMON)
    PIL.Image.init()
    # Pillow may have been built without some
    return PIL.Image.open(file, formats=[name for name in RARE if name in PIL.Image.OPEN])


def _has_right_checksums(png: bytes) -> bool:
    """Whether the pixels of a PNG are those that were saved, which Pillow does not look at. What
    follows a chunk that is cut short is left to it."""
    at = 8
    while at + 12 <= len(png):
        end = at + 8 + int.from_bytes(png[at : at + 4])
        if end + 4 <= len(png) and png[at + 4 : at + 8] == b"IDAT":
            told = int.from_bytes(png[end : end + 4])
            if told != zlib.crc32(memoryview(png)[at + 4 : end]):
                return False
        at = end + 4
    return True


def _has_long_comments(file: IO[bytes]) -> bool:
    """Whether the head of a PPM or its relatives has more comments than Pillow, which reads them
    byte by byte, comes through in an instant."""
    head = file.read(LONGEST_HEAD)
    file.seek(0)
    if head[:1] != b"P" or len(head) < LONGEST_HEAD:
        return False
    words = re.sub(rb"#[^\r\n]*", b"", head).split(maxsplit=3)
    return len(words) < 3


def _orientation(image: Image) -> int:
    """The EXIF orientation. Metadata that cannot be read have none, as in viewers."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except DAMAGE:
        return 1


def _upright_size(image: Image) -> tuple[int, int]:
    """The width and height as viewers show it."""
    width, height = image.size
    # Pillow turns a TIFF by itself
    if image.format != "TIFF" and _orientation(image) in TURNED:
        return height, width
    return width, height


def _upright(image: Image) -> Image:
    import PIL.Image

    turn = {
        2: PIL.Image.Transpose.FLIP_LEFT_RIGHT,
        3: PIL.Image.Transpose.ROTATE_180,
        4: PIL.Image.Transpose.FLIP_TOP_BOTTOM,
        5: PIL.Image.Transpose.TRANSPOSE,
        6: PIL.Image.Transpose.ROTATE_270,
        7: PIL.Image.Transpose.TRANSVERSE,
        8: PIL.Image.Transpose.ROTATE_90,
    }
    found = 1 if image.format == "TIFF" else _orientation(image)
    image.load()
    return image.transpose(turn[found]) if found in turn else image


def _has_several(image: Image) -> bool:
    # the second picture in a telephone's file (MPO) is a part of the first
    return image.format != "MPO" and bool(getattr(image, "is_animated", False))


# What the pixels are


def _is_deep(image: Image) -> bool:
    # older versions of Pillow read a grey PNG of 16 bits as 32
    return image.mode in DEEP or (image.mode == "I" and image.format == "PNG")


def _is_grey(image: Image) -> bool:
    if image.mode not in ("P", "PA"):
        return image.mode in GREY or _is_deep(image)
    used: Any = image.convert("RGB").getcolors(256) or ()
    return all(red == green == blue for _, (red, green, blue) in used)


def _opaque(image: Image, level: int, *, grey: bool, deep: bool) -> Image:
    """Without transparency: grey levels (8 or 16 bits), or red, green and blue."""
    import PIL.Image

    if deep:
        levels = np.array(image).astype(np.int64)
        see_through = image.info.get("transparency")
        if isinstance(see_through, int):
            levels[levels == see_through] = level * 257
        return PIL.Image.fromarray(levels.clip(0, 65535).astype(np.float32))
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        background = PIL.Image.new("RGBA", layer.size, (level, level, level, 255))
        image = PIL.Image.alpha_composite(background, layer)
    if grey:
        return (
            _in_mode(image, "L") if image.mode in ("1", "L") else image.convert("RGB").getchannel(0)
        )
    return _in_mode(image, "RGB")


def _in_mode(image: Image, mode: str) -> Image:
    """Pillow would copy a picture that has the mode already."""
    return image if image.mode == mode else image.convert(mode)


def _pixels(image: Image, target: PictureFormat) -> Pixels:
    """The numbers of an opaque picture in the channels and the depth of the set."""
    if image.mode == "F":
        levels = np.asarray(image).round().clip(0, 65535).astype(np.uint16)
        if target.deep:
            return np.repeat(levels[..., None], target.channels, axis=2)
        image = _bytes_of(levels)
    found = np.asarray(_in_mode(image, "L" if target.channels == 1 else "RGB"))
    pixels = found.reshape(target.shape)
    # 255 * 257 is 65535
    return pixels.astype(np.uint16) * np.uint16(257) if target.deep else pixels


def _bytes_of(levels: NDArray[np.uint16]) -> Image:
    import PIL.Image

    return PIL.Image.fromarray(((levels.astype(np.uint32) + 128) // 257).astype(np.uint8))


# Resizing


def resize(image: Image, target: PictureFormat, level: int) -> Image:
    """A picture in the size of the set.

    Each new pixel is the mean of the old ones under a triangle of half-width max(1, s), in pixels
    of the old picture, where s is how many old pixels a new one stands for, on each axis: linear
    interpolation, and without aliasing where it shrinks. `crop` keeps the largest part in the
    middle that has the new proportions, `pad` the whole picture in the middle of the background,
    `stretch` the whole picture in the new proportions.
    """
    import PIL.Image

    size = (target.width, target.height)
    box = fitted_box(image.size, size, target.fit)
    if target.fit != "pad":
        return image.resize(size, PIL.Image.Resampling.BILINEAR, box=box)
    left, top, right, bottom = inner_place(image.size, size)
    inner = image.resize((right - left, bottom - top), PIL.Image.Resampling.BILINEAR)
    colour = (level, level, level) if image.mode == "RGB" else level
    whole = PIL.Image.new(image.mode, size, colour)
    whole.paste(inner, (left, top))
    return whole


def fitted_box(
    old: tuple[int, int], new: tuple[int, int], fit: ResizeFit
) -> tuple[float, float, float, float]:
    """The part of a picture, (left, top, right, bottom), that becomes the new one."""
    width, height = old
    if fit != "crop":
        return 0, 0, width, height
    scale = min(width / new[0], height / new[1])
    wide, high = new[0] * scale, new[1] * scale
    left, top = (width - wide) / 2, (height - high) / 2
    return max(left, 0), max(top, 0), min(left + wide, width), min(top + high, height)


def inner_place(old: tuple[int, int], new: tuple[int, int]) -> tuple[int, int, int, int]:
    """The position of a picture on its background, (left, top, right, bottom)."""
    scale = min(new[0] / old[0], new[1] / old[1])
    wide, high = (max(1, round(size * scale)) for size in old)
    left, top = (new[0] - wide) // 2, (new[1] - high) // 2
    return left, top, left + wide, top + high
