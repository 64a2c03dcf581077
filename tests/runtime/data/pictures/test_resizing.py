"""`resize=` with each `fit=`, beside a direct calculation of the same formula."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from netc.compiler.data.files import Images

Read = Callable[..., tuple[np.ndarray, str]]
RANDOM = np.random.Generator(np.random.PCG64(5))


def triangle(old: int, new: int, start: float, length: float) -> np.ndarray:
    """(new, old): the weights of old pixels in each new one, where `new` pixels show the part of
    this length that begins at `start`."""
    scale = length / new
    half = max(1.0, scale)
    centres = start + (np.arange(new) + 0.5) * scale
    distance = np.abs(np.arange(old) + 0.5 - centres[:, None]) / half
    weights = np.maximum(1 - distance, 0)
    return weights / weights.sum(axis=1, keepdims=True)


def resized(x: np.ndarray, new: tuple[int, int], box: tuple[float, float, float, float]) -> Any:
    """The box of a picture as (top, left, height, width)."""
    rows = triangle(x.shape[0], new[0], box[0], box[2])
    columns = triangle(x.shape[1], new[1], box[1], box[3])
    return np.einsum("ai,ijc,bj->abc", rows, x.astype(float), columns)


@pytest.mark.parametrize("new", [(4, 4), (3, 8), (16, 16), (5, 2)])
@pytest.mark.parametrize("shape", [(9, 12, 3), (20, 7, 3)])
def test_stretch_is_the_mean_under_a_triangle(
    shape: tuple[int, ...], new: tuple[int, int], read_pair: Read
) -> None:
    x = RANDOM.integers(0, 256, shape, dtype=np.uint8)
    pixels, _ = read_pair(x, resize=new, fit="stretch")
    # Pillow rounds to whole levels after each axis
    np.testing.assert_allclose(pixels, resized(x, new, (0, 0, *shape[:2])), atol=1.1)


@pytest.mark.parametrize("new", [(4, 4), (3, 8), (16, 16)])
@pytest.mark.parametrize("shape", [(9, 12, 3), (20, 7, 3)])
def test_crop_is_the_largest_part_in_the_middle(
    shape: tuple[int, ...], new: tuple[int, int], read_pair: Read
) -> None:
    x = RANDOM.integers(0, 256, shape, dtype=np.uint8)
    pixels, _ = read_pair(x, resize=new)
    scale = min(shape[0] / new[0], shape[1] / new[1])
    high, wide = new[0] * scale, new[1] * scale
    box = ((shape[0] - high) / 2, (shape[1] - wide) / 2, high, wide)
    # weights at the border of the part reach beyond it, which Pillow cuts off
    inner = np.s_[1:-1, 1:-1]
    expected = resized(x, new, box)
    np.testing.assert_allclose(pixels[inner], expected[inner], atol=1.1)


def test_pad_shows_all_of_it_on_the_background(read_pair: Read) -> None:
    x = np.full((4, 8, 3), 100, np.uint8)
    pixels, _ = read_pair(x, resize=(8, 8), fit="pad")
    np.testing.assert_allclose(pixels[[0, 1, 6, 7]], 255)
    np.testing.assert_allclose(pixels[2:6], 100, rtol=1e-6)
    pixels, _ = read_pair(x, resize=(8, 8), fit="pad", background="black")
    np.testing.assert_allclose(pixels[[0, 1, 6, 7]], 0)


def test_16_bit_pictures_keep_their_levels(read_pair: Read) -> None:
    x = np.full((4, 8), 1000, np.uint16)
    pixels, _ = read_pair(x, resize=(8, 8), fit="pad")
    np.testing.assert_allclose(pixels[2:6] * 257, 1000, rtol=1e-5)
    np.testing.assert_allclose(pixels[0], 255)


def test_pictures_of_the_size_are_not_changed(read_pair: Read) -> None:
    x = RANDOM.integers(0, 256, (6, 6, 3), dtype=np.uint8)
    for fit in ("crop", "pad", "stretch"):
        np.testing.assert_allclose(read_pair(x, resize=(6, 6), fit=fit)[0], x, rtol=1e-6)


def test_different_sizes_are_resized_or_the_size_is_advised(write: Any, loaded: Any) -> None:
    write({f"set/{label}/{n}.png": np.zeros((6, 4), np.uint8) for label in "ab" for n in range(3)})
    write({"set/b/9.png": np.zeros((4, 6), np.uint8)})
    assert loaded(Images(path="set"))[1] == [
        "E0521 the images in `set` have 2 sizes: 6 of 7 have 4x6 pixels (`a/0.png`), `b/9.png` "
        "has 6x4"
    ]
    dataset, wrong = loaded(Images(path="set", resize=(5, 5)))
    assert (wrong, dataset.sample_shape) == ([], (5, 5, 1))
