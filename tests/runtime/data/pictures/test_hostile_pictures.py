"""Pictures that are damaged, misnamed or made to do harm: each is named with its reason, and little
memory is asked for. Others look odd and are read as viewers show them."""

from __future__ import annotations

import gzip
import io
import struct
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest
from netc.compiler.data.files import Images
from PIL import Image

PIXELS = np.random.Generator(np.random.PCG64(9)).integers(0, 256, (8, 8, 3), dtype=np.uint8)
PICTURE = Image.fromarray(PIXELS)


def saved(picture: Any, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


GOOD = {kind: saved(PICTURE, kind) for kind in ("png", "jpeg", "gif", "webp", "bmp", "tiff", "ppm")}


def png(size: tuple[int, int], data: bytes, *, kind: int = 2, more: bytes = b"") -> bytes:
    head = b"IHDR" + struct.pack(">IIBBBBB", *size, 8, kind, 0, 0, 0)
    chunks = [head, *([more] if more else []), b"IDAT" + zlib.compress(data, 9), b"IEND"]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    )


ROWS = b"".join(b"\0" + row.tobytes() for row in PIXELS)
BOMB = zlib.compress(bytes(10**8), 9)


def bmp(width: int, height: int) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, *(0,) * 6)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def gif(width: int, height: int) -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0)
    return screen + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02L\x01\0;"


def jpeg(width: int, height: int) -> bytes:
    changed = bytearray(GOOD["jpeg"])
    at = changed.find(b"\xff\xc0") + 5
    changed[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(changed)


def tiff(width: int, height: int) -> bytes:
    tags = ((256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1),
            (278, height), (279, 0))  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


def webp(size: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<II", 10, 0) + size


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]


STRANGE = "it cannot be read as an image"
SHORT = "it ends too early"
LARGE = "pixels, more than 110,000,000"
MANY = "it has more than 110,000,000 pixels"

HOSTILE: dict[str, tuple[str, bytes, str]] = {
    "empty": ("png", b"", "it is empty"),
    "one byte": ("jpg", b"\xff", STRANGE),
    **{f"the first half of a {kind}": (kind, data[: len(data) // 2], SHORT)
       for kind, data in GOOD.items() if kind in ("png", "bmp", "tiff", "ppm")},
    **{f"the first half of a {kind}": (kind, data[: len(data) // 2], STRANGE)
       for kind, data in GOOD.items() if kind in ("jpeg", "gif", "webp")},
    **{f"the first bytes of a {kind}": (kind, data[:12], "it ") for kind, data in GOOD.items()},
    "a PNG whose pixels became zeros": (
        "png", GOOD["png"][:150] + bytes(len(GOOD["png"]) - 150),
        "its pixels are damaged: the checksum differs",
    ),
    "a PNG with a flipped bit in its pixels": (
        "png", flipped(GOOD["png"], 150), "its pixels are damaged: the checksum differs",
    ),
    "a PNG with a flipped bit in its head": ("png", flipped(GOOD["png"], 20), STRANGE),
    "a PNG of 0x0": ("png", png((0, 0), b""), STRANGE),
    "a PNG of 0x5": ("png", png((0, 5), b""), STRANGE),
    "a PNG of 60,000x60,000": ("png", png((60_000, 60_000), bytes(10**6)), MANY),
    "a PNG of 12,000x12,000": ("png", png((12_000, 12_000), bytes(100)), LARGE),
    "a PNG of too few rows": ("png", png((8, 8), bytes(60)), SHORT),
    "a PNG of an unknown colour": ("png", png((8, 8), ROWS, kind=9), STRANGE),
    "a PNG without its palette": ("png", png((8, 8), bytes(72), kind=3), STRANGE),
    "a PNG with a bomb as comment": ("png", png((8, 8), ROWS, more=b"zTXtc\0\0" + BOMB), STRANGE),
    "a PNG with a bomb as profile": ("png", png((8, 8), ROWS, more=b"iCCPc\0\0" + BOMB), STRANGE),
    "a BMP of 60,000x60,000": ("bmp", bmp(60_000, 60_000), MANY),
    "a BMP of a negative width": ("bmp", bmp(-5, 5), "it "),
    "a GIF of 65,535x65,535": ("gif", gif(65_535, 65_535), MANY),
    "a GIF of 0x0": ("gif", gif(0, 0), STRANGE),
    "a JPEG of 65,500x65,500": ("jpg", jpeg(65_500, 65_500), MANY),
    "a JPEG of 0x0": ("jpg", jpeg(0, 0), STRANGE),
    "a TIFF of 60,000x60,000": ("tiff", tiff(60_000, 60_000), MANY),
    "a TIFF of 65,535 tags": ("tiff", b"II*\0" + struct.pack("<IH", 8, 65_535), STRANGE),
    "a TIFF that begins elsewhere": ("tif", b"II*\0" + struct.pack("<I", 2**31), STRANGE),
    "a TIFF of floats": (
        "tiff", saved(Image.fromarray(PIXELS[..., 0].astype(np.float32)), "tiff"),
        "its pixels are floating-point numbers, of unknown range",
    ),
    "a WebP of 16 million pixels squared": ("webp", webp(b"\xff" * 6), MANY),
    "a PPM of 60,000x60,000": ("ppm", b"P6 60000 60000 255\n", MANY),
    "a PPM of a negative width": ("ppm", b"P6 -2 2 255\n" + bytes(24), STRANGE),
    "a PPM of a comment without end": ("ppm", b"P6 #" + b"a" * 3_000_000, "its header is too long"),
    "text": ("png", b"hello", STRANGE),
    "a web page": ("jpg", b"<!doctype html><html></html>", STRANGE),
    "a drawing": ("png", b"<svg xmlns='http://www.w3.org/2000/svg'/>", STRANGE),
    "a PDF": ("jpg", b"%PDF-1.4\n", STRANGE),
    "PostScript": ("png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n", STRANGE),
    "a HEIC of a telephone": ("jpg", b"\0\0\0\x18ftypheic" + bytes(100), STRANGE),
    "a pointer of Git LFS": ("png", b"version https://git-lfs.github.com/spec/v1\n", STRANGE),
    "a compressed PNG": ("png", gzip.compress(GOOD["png"]), STRANGE),
    "an array": ("png", b"\x93NUMPY\1\0v\0", STRANGE),
}  # fmt: skip


@pytest.mark.parametrize("load", ["memory", "batches"])
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_picture_is_named_with_the_reason(
    what: str, load: str, write: Any, loaded: Any
) -> None:
    kind, data, reason = HOSTILE[what]
    write({f"set/{label}/{n}.png": GOOD["png"] for label in "ab" for n in range(3)})
    write({f"set/b/odd.{kind}": data})
    tracemalloc.start()
    # one size for all, so that each is decoded
    (wrong,) = loaded(Images(path="set", load=load, resize=(8, 8)))[1]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    start = f"E0530 1 of 7 images in `set` cannot be read: `b/odd.{kind}` ("
    assert wrong.startswith(start)
    assert reason in wrong.removeprefix(start)
    assert most < 2**26


EXIF = Image.Exif()
EXIF[0x0112] = 99
SEVERAL: dict[str, Any] = {"save_all": True, "append_images": [PICTURE.rotate(90)]}

ODD: dict[str, tuple[str, bytes, str]] = {
    "a PNG called .jpg": ("jpg", GOOD["png"], ""),
    "a JPEG called .png": ("png", GOOD["jpeg"], ""),
    "CMYK": ("jpg", saved(PICTURE.convert("CMYK"), "jpeg"), ""),
    "a progressive JPEG": ("jpg", saved(PICTURE, "jpeg", progressive=True), ""),
    "a JPEG and more": ("jpg", GOOD["jpeg"] + b"x" * 1000, ""),
    "a palette with a transparent colour": (
        "png", saved(PICTURE.quantize(8), "png", transparency=0), "",
    ),
    "1 bit": ("png", saved(PICTURE.convert("1"), "png"), "1 of 7 images grey (`b/odd.png`), all "
              "read with 3 channels"),
    "an animation": ("gif", saved(PICTURE, "gif", **SEVERAL),
                     "first frame of 1 animated image (`b/odd.gif`)"),
    "EXIF cut short": ("jpg", saved(PICTURE, "jpeg", exif=b"Exif\0\0II*\0\xff\xff\xff\xff"), ""),
    "EXIF of nonsense": ("jpg", saved(PICTURE, "jpeg", exif=b"Exif\0\0nonsense"), ""),
    "an unknown orientation": ("jpg", saved(PICTURE, "jpeg", exif=EXIF), ""),
}  # fmt: skip


@pytest.mark.parametrize("what", ODD)
def test_an_odd_picture_is_read(what: str, write: Any, loaded: Any) -> None:
    kind, data, note = ODD[what]
    write({f"set/{label}/{n}.png": GOOD["png"] for label in "ab" for n in range(3)})
    write({f"set/b/odd.{kind}": data})
    dataset, wrong = loaded(Images(path="set", split=(1, 0, 0)))
    assert (wrong, dataset.note, dataset.train.x.shape) == ([], note, (7, 8, 8, 3))
