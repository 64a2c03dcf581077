"""What the pixels of a picture become, by the kind of its file."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image
from PIL.Image import Image as Picture

Read = Callable[..., tuple[np.ndarray, str]]

GREY = np.array([[0, 60, 120], [180, 240, 255]], np.uint8)
RED = np.array([[[200, 0, 0]] * 3] * 2, np.uint8)
SIDEWAYS = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40


def saved(picture: Picture, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def with_orientation(number: int, kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = number
    return saved(Image.fromarray(SIDEWAYS), kind, exif=exif)


UPRIGHT = {
    1: SIDEWAYS,
    2: SIDEWAYS[:, ::-1],
    3: SIDEWAYS[::-1, ::-1],
    4: SIDEWAYS[::-1],
    5: SIDEWAYS.T,
    6: SIDEWAYS[::-1].T,
    7: SIDEWAYS[::-1, ::-1].T,
    8: SIDEWAYS.T[::-1],
}
"""What the eight values of EXIF tag 274 mean: where row 0 and column 0 of the file are shown."""


@pytest.mark.parametrize("number", UPRIGHT)
@pytest.mark.parametrize("kind", ["png", "tiff"])
def test_a_picture_is_turned_as_its_exif_orientation_says(
    number: int, kind: str, read_pair: Read
) -> None:
    pixels, _ = read_pair(with_orientation(number, kind), f"x.{kind}")
    np.testing.assert_allclose(pixels[..., 0], UPRIGHT[number], rtol=1e-6)


def test_jpegs_and_webps_are_turned_too(read_pair: Read) -> None:
    for kind in ("jpeg", "webp"):
        assert read_pair(with_orientation(6, kind), f"x.{kind}")[0].shape[:2] == (3, 2)


@pytest.mark.parametrize("exif", [b"Exif\0\0nonsense", b"Exif\0\0II*\0\xff\xff\xff\x7f", b"x" * 40])
def test_damaged_metadata_have_no_orientation(exif: bytes, read_pair: Read) -> None:
    content = saved(Image.fromarray(GREY), "jpeg", exif=exif, quality=95)
    assert read_pair(content, "x.jpg")[0].shape == (2, 3, 1)


def palette(colours: list[int], indices: Any, **info: Any) -> bytes:
    picture = Image.fromarray(np.array(indices, np.uint8)).convert("P")
    picture.putdata(np.array(indices, np.uint8).ravel().tolist())
    picture.putpalette(colours)
    return saved(picture, "png", **info)


def grey_alpha(mode: str) -> bytes:
    alpha = np.array([[255, 255, 255], [255, 0, 0]], np.uint8)
    layers = [GREY] * (len(mode) - 1) + [alpha]
    return saved(Image.merge(mode, [Image.fromarray(layer) for layer in layers]), "png")


ON_WHITE = np.array([[0, 60, 120], [180, 255, 255]])
ON_BLACK = np.array([[0, 60, 120], [180, 0, 0]])
ON_GREY = np.array([[0, 60, 120], [180, 128, 128]])
DEEP = np.array([[0, 257, 1000], [40000, 65535, 65534]], np.uint16)

ONE_CHANNEL: dict[str, tuple[bytes, np.ndarray]] = {
    "grey": (saved(Image.fromarray(GREY), "png"), GREY),
    "one bit": (saved(Image.fromarray(GREY > 100), "png"), (GREY > 100) * 255),
    "grey palette": (palette([9, 9, 9, 200, 200, 200], [[0, 1], [1, 0]]), [[9, 200], [200, 9]]),
    "grey palette with unused colours": (
        palette([9, 9, 9, 200, 200, 200, 255, 0, 0], [[0, 1], [1, 0]]),
        [[9, 200], [200, 9]],
    ),
    "grey with alpha": (grey_alpha("LA"), ON_WHITE),
    "grey palette with a transparent entry": (
        palette([9, 9, 9, 200, 200, 200], [[0, 1], [1, 0]], transparency=0),
        [[255, 200], [200, 255]],
    ),
    "16 bits": (saved(Image.fromarray(DEEP), "png"), DEEP / 257),
    "16 bits, TIFF": (saved(Image.fromarray(DEEP), "tiff"), DEEP / 257),
}


@pytest.mark.parametrize("kind", ONE_CHANNEL)
def test_grey_pictures_have_one_channel(kind: str, read_pair: Read) -> None:
    content, expected = ONE_CHANNEL[kind]
    pixels, note = read_pair(content, "x.tif" if "TIFF" in kind else "x.png")
    np.testing.assert_allclose(pixels, np.array(expected)[..., None], rtol=1e-6)
    assert note == ""


@pytest.mark.parametrize(
    ("background", "expected"), [("white", ON_WHITE), ("black", ON_BLACK), ("grey", ON_GREY)]
)
@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparent_pixels_become_the_background(
    mode: str, background: str, expected: np.ndarray, read_pair: Read
) -> None:
    pixels, _ = read_pair(grey_alpha(mode), background=background)
    channels = 1 if mode == "LA" else 3
    np.testing.assert_allclose(pixels, np.stack([expected] * channels, -1), rtol=1e-6)


def test_half_transparent_pixels_are_mixed_with_the_background(read_pair: Read) -> None:
    half = Image.merge("LA", [Image.new("L", (2, 2), 100), Image.new("L", (2, 2), 102)])
    pixels, _ = read_pair(saved(half, "png"))
    # 100 * 0.4 + 255 * 0.6
    np.testing.assert_allclose(pixels, 193, atol=0.5)


@pytest.mark.parametrize(
    ("content", "colour"),
    [
        (saved(Image.fromarray(RED), "png"), (200, 0, 0)),
        (palette([200, 0, 0], [[0, 0], [0, 0]]), (200, 0, 0)),
        (saved(Image.new("CMYK", (2, 2), (0, 255, 255, 55)), "tiff"), (200, 0, 0)),
        (saved(Image.fromarray(RED), "png", icc_profile=b"x" * 200), (200, 0, 0)),
    ],
    ids=["red", "palette", "CMYK", "ICC profile"],
)
def test_colours_have_three_channels(content: bytes, colour: Any, read_pair: Read) -> None:
    pixels, _ = read_pair(content, "x.tiff" if content[:2] == b"II" else "x.png")
    np.testing.assert_allclose(pixels[0, 0], colour, atol=1e-3)


def test_pictures_of_8_and_16_bits_have_one_scale(write: Any, loaded: Any) -> None:
    from netc.compiler.data.files import Images

    write({f"set/{label}/{n}.png": GREY for label in "ab" for n in range(3)})
    write({"set/a/9.png": GREY.astype(np.uint16) * 257})
    x = loaded(Images(path="set", split=(1, 0, 0)))[0].train.x
    np.testing.assert_array_equal(x, np.broadcast_to(x[0], x.shape))
    np.testing.assert_array_equal(x[0, ..., 0], (GREY / np.float32(255)).astype(np.float32))


@pytest.mark.parametrize(
    ("kind", "pixels", "reason"),
    [
        ("tiff", np.zeros((2, 3), np.float32), "floating-point numbers"),
        ("tiff", np.zeros((2, 3), np.int32), "32-bit whole numbers"),
    ],
)
def test_numbers_without_a_range_are_refused(
    kind: str, pixels: np.ndarray, reason: str, write: Any, loaded: Any
) -> None:
    from netc.compiler.data.files import Images

    write({f"set/{label}/x.{kind}": pixels for label in "ab"})
    (wrong,) = loaded(Images(path="set"))[1]
    assert wrong == (
        f"E0530 2 of 2 images in `set` cannot be read: `a/x.tiff` (its pixels are {reason}, of "
        f"unknown range: use `data npz`), `b/x.tiff` (its pixels are {reason}, of unknown range: "
        "use `data npz`)"
    )


# Channels


def test_the_input_chooses_the_channels(read_pair: Read) -> None:
    grey, note = read_pair(saved(Image.fromarray(GREY), "png"), wanted=(2, 3, 3))
    np.testing.assert_allclose(grey, np.stack([GREY] * 3, -1), rtol=1e-6)
    assert note == ""
    assert read_pair(saved(Image.fromarray(GREY), "png"), wanted=(18,))[0].shape == (2, 3, 3)
    red, note = read_pair(RED, wanted=(2, 3, 1))
    # ITU-R 601-2: 0.299 red
    np.testing.assert_allclose(red, 60, atol=0.5)
    assert note == "2 of 2 images in colour (`a/x.png`) read as grey"


def test_one_picture_in_colour_among_grey_ones_is_named(write: Any, loaded: Any) -> None:
    from netc.compiler.data.files import Images
    from netc.runtime.data.dataset import DataRequest

    write({f"set/{label}/{n}.png": GREY for label in "ab" for n in range(3)})
    write({"set/b/1.png": RED})
    dataset, _ = loaded(Images(path="set"))
    assert dataset.sample_shape == (2, 3, 3)
    assert dataset.note == "1 of 6 images in colour (`b/1.png`), all read with 3 channels"
    again, _ = loaded(Images(path="set"))
    assert again.note == dataset.note
    wanted, _ = loaded(Images(path="set"), request=DataRequest(shapes=((2, 3, 3),)))
    assert wanted.note == dataset.note


def test_the_first_frame_of_an_animation_is_read_and_said(read_pair: Read) -> None:
    first, second = Image.fromarray(GREY), Image.fromarray(GREY[::-1])
    for kind in ("gif", "webp", "tiff"):
        lossless = {"lossless": True} if kind == "webp" else {}
        content = saved(first, kind, save_all=True, append_images=[second], **lossless)
        pixels, note = read_pair(content, f"{kind}.{kind}", background="black")
        np.testing.assert_allclose(pixels[..., 0], GREY, rtol=1e-6)
        assert "first frame of" in note
