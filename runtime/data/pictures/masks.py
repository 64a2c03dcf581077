"""Masks: pictures whose pixels are the classes of the pixels of other pictures.

The mask of `a/b.jpg` is `a/b.png` or `a/b_mask.png` in the folder of masks. A pixel is
a class: the level of a grey picture, the index of one with a palette. Masks that hold only 0 and
255 hold the classes 0 and 1.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...array_types import Array
from .decoding import (
    DEEP,
    PictureFormat,
    Undecodable,
    fitted_box,
    inner_place,
    opened,
    pillow_errors,
)
from .labelling import PART_NAMES, PARTS, Labelled, counted
from .stores import Store, natural

if TYPE_CHECKING:
    from PIL.Image import Image

WHITE = 255
"""The level of what a mask of two classes marks, and often of what it leaves undecided."""
MARK = "_mask"
"""What the name of a mask may have after that of its picture."""


def pair_masks(store: Store, masks: Store, within: str) -> Labelled | tuple[str, ...]:
    """Every picture with its mask; or the pictures that have none. `within` is the folder of the
    masks, where it lies in that of the pictures."""
    paths = [path for path in store.pictures if not (within and path.startswith(f"{within}/"))]
    outer = _outer_folders(paths)
    split = [path.split("/")[outer:] for path in paths]
    published = all(len(parts) > 1 and parts[0].lower() in PART_NAMES for parts in split)
    mask_outer = _outer_folders(masks.pictures)
    by_stem = {_stem(path.split("/")[mask_outer:]): path for path in masks.pictures}
    stems = [_stem(parts) for parts in split]
    found = [by_stem.get(stem) or by_stem.get(f"{stem}{MARK}") for stem in stems]
    missing = tuple(path for path, mask in zip(paths, found, strict=True) if mask is None)
    if missing or not paths:
        return missing
    key = [PARTS.index(PART_NAMES[parts[0].lower()]) if published else 0 for parts in split]
    order = sorted(range(len(paths)), key=lambda i: (key[i], natural("/".join(split[i]))))
    begins = np.searchsorted([key[i] for i in order], range(len(PARTS) + 1))
    unused = sorted(set(masks.pictures) - {mask for mask in found if mask})
    return Labelled(
        tuple(paths[i] for i in order),
        {
            part: slice(int(begins[index]), int(begins[index + 1]))
            for index, part in enumerate(PARTS)
            if begins[index] < begins[index + 1]
        },
        np.empty(0, np.int64),
        (),
        (f"{counted(unused, 'mask')} without an image",) if unused else (),
        tuple(found[i] or "" for i in order),
    )


def _outer_folders(paths: Sequence[str]) -> int:
    """How many folders hold everything and are no parts."""
    split = [path.split("/") for path in paths]
    outer = 0
    while split and all(len(parts) > outer + 1 for parts in split):
        first = {parts[outer] for parts in split}
        if len(first) > 1 or first.pop().lower() in PART_NAMES:
            break
        outer += 1
    return outer


def _stem(parts: Sequence[str]) -> str:
    """The path without its suffix."""
    return "/".join([*parts[:-1], parts[-1].rpartition(".")[0]])


def decode_mask(raw: bytes, target: PictureFormat, size: tuple[int, int]) -> NDArray[np.int64]:
    """The classes of the pixels, (height, width), of the mask of a picture of this size (width,
    height). Raises `Undecodable`."""
    import PIL.Image

    with pillow_errors():
        image = opened(io.BytesIO(raw))
        if image.format == "JPEG":
            raise Undecodable("a JPEG does not keep labels: save masks as PNG")
        if image.size != size:
            width, height = image.size
            raise Undecodable(f"it has {width}x{height} pixels, its image {size[0]}x{size[1]}")
        image.load()
        levels = PIL.Image.fromarray(_labels(np.array(image), image.mode))
        if target.resizes:
            levels = _resized(levels, target)
        return np.array(levels, np.int64)


def _labels(pixels: NDArray[np.generic], mode: str) -> NDArray[np.int32]:
    if mode in ("1", "L", "P", "I", *DEEP):
        return pixels.astype(np.int32)
    if mode in ("LA", "PA"):
        return pixels[..., 0].astype(np.int32)
    if mode in ("RGB", "RGBA") and (pixels[..., :3] == pixels[..., :1]).all():
        return pixels[..., 0].astype(np.int32)
    raise Undecodable("its labels are colours: use grey levels or a palette")


def _resized(image: Image, target: PictureFormat) -> Image:
    """Like its picture, but with the nearest pixel: classes have no means."""
    import PIL.Image

    size = (target.width, target.height)
    if target.fit != "pad":
        box = fitted_box(image.size, size, target.fit)
        return image.resize(size, PIL.Image.Resampling.NEAREST, box=box)
    left, top, right, bottom = inner_place(image.size, size)
    whole = PIL.Image.new(image.mode, size, target.outside)
    inner = image.resize((right - left, bottom - top), PIL.Image.Resampling.NEAREST)
    whole.paste(inner, (left, top))
    return whole


def are_white(levels: set[int]) -> bool:
    """Whether masks of these levels are of 0 and 255, which are the classes 0 and 1."""
    return WHITE in levels <= {0, WHITE}


def as_ones(masks: Array) -> Array:
    """Masks of 0 and 255 as 0 and 1."""
    return np.floor_divide(masks, WHITE, out=masks)
