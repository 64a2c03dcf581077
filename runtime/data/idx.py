"""The IDX format of the MNIST files, plain or gzipped.

Layout, big-endian: two zero bytes, one byte for the element type, one for the number of axes,
one 32-bit size for each axis, then the elements, last axis fastest (LeCun, "The MNIST database").
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


@dataclass(frozen=True, slots=True)
class Damage:
    """Why a file cannot be used, in words that follow the file's name and a colon."""

    reason: str


@dataclass(frozen=True, slots=True)
class Content:
    """The decompressed bytes of a file with the SHA-256 of them and of the file as it lies."""

    data: bytes
    sha256: str
    archive_sha256: str


def read_content(path: Path) -> Content | Damage:
    """The bytes of a file, decompressed when it starts as gzip does."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        return Damage(error.strerror or type(error).__name__)
    archive = hashlib.sha256(raw).hexdigest()
    if raw[:2] != b"\x1f\x8b":
        return Content(raw, archive, archive)
    try:
        data = gzip.decompress(raw)
    except EOFError:
        return Damage("the compressed file ends too early")
    except (gzip.BadGzipFile, zlib.error):
        return Damage("the compressed file is corrupt")
    return Content(data, hashlib.sha256(data).hexdigest(), archive)


def parse_idx(data: bytes) -> NDArray[Any] | Damage:
    """The array of an IDX text, read-only."""
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _TYPES:
        found = data[:4].hex(" ") or "nothing"
        return Damage(f"it is not an IDX file: it starts with {found}, not 00 00 08 ..")
    dtype = np.dtype(_TYPES[data[2]])
    axes = data[3]
    start = 4 + 4 * axes
    if len(data) < start:
        return Damage(f"it ends inside its header of {start} bytes")
    shape = tuple(int(size) for size in np.frombuffer(data, ">u4", axes, 4))
    wanted = prod(shape) * dtype.itemsize
    held = len(data) - start
    if held != wanted:
        sizes = "x".join(str(size) for size in shape)
        state = "is cut short" if held < wanted else "is too long"
        return Damage(f"it {state}: {sizes} elements need {wanted:,} bytes, got {held:,}")
    return np.frombuffer(data, dtype, prod(shape), start).reshape(shape)
