"""The IDX format of the MNIST files, plain or gzipped.

Layout, big-endian: two zero bytes, one byte for the element type, one for the number of axes,
one 32-bit size for each axis, then the elements, last axis fastest (LeCun, "The MNIST database").
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .archives.packed import BLOCK, GZIP, START, UnpackedStream, bounded_blocks, packing_of
from .bounded_reading import (
    DAMAGE,
    reason_of,
    says_what_is_free,
    why_no_file,
)

MOST_AXES = 8
LONGEST_HEADER = 4 + 4 * MOST_AXES
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


def read_content(path: Path, *, is_idx: bool = False) -> Content | Damage:
    """The bytes of a file, unpacked when it starts as gzip does. Of a file that is or should be
    IDX (`is_idx`) hardly more is read than its header says."""
    refusal = why_no_file(path)
    try:
        refusal = refusal or says_what_is_free(path.stat().st_size)
        if refusal:
            return Damage(refusal)
        with path.open("rb") as file:
            is_packed = packing_of(file.read(START)) == GZIP
            file.seek(0)
            if is_packed:
                stream = UnpackedStream(file, GZIP)
                data = _content(stream.read, is_idx, partial(bounded_blocks, stream))
            else:
                data = _content(
                    file.read, is_idx, lambda size: iter(partial(file.read, BLOCK), b"")
                )
            if isinstance(data, Damage):
                return data
            file.seek(0)
            archive = hashlib.file_digest(file, "sha256").hexdigest()
    except DAMAGE as error:
        return Damage(reason_of(error, "the compressed file") or "the compressed file is corrupt")
    return Content(data, hashlib.sha256(data).hexdigest(), archive)


def _content(
    read: Callable[[int], bytes], is_idx: bool, blocks: Callable[..., Iterator[bytes]]
) -> bytes | Damage:
    """The head of a file, and the blocks that follow it. Raises what `DAMAGE` lists."""
    head = b""
    while len(head) < LONGEST_HEADER and (more := read(LONGEST_HEADER - len(head))):
        head += more
    header = _header(head)
    if isinstance(header, Damage) and is_idx:
        return header
    most = header.start + header.wanted if isinstance(header, Header) else None
    data = bytearray(head)
    for block in blocks(size=len(head)):
        data += block
        if most is not None and len(data) > most:
            break
    return bytes(data)


@dataclass(frozen=True, slots=True)
class Header:
    """What an IDX file says of itself."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def start(self) -> int:
        """Where the elements begin."""
        return 4 + 4 * len(self.shape)

    @property
    def wanted(self) -> int:
        """The bytes of all elements."""
        return prod(self.shape) * self.dtype.itemsize

    def misses(self, held: int) -> Damage:
        """Why so many bytes of elements are not those that it says."""
        sizes = "x".join(str(size) for size in self.shape)
        needs = f"{sizes} elements need {self.wanted:,} bytes"
        if held > self.wanted:
            return Damage(f"it is too long: {needs}, and more follow")
        return Damage(f"it is cut short: {needs}, got {held:,}")


def _header(data: bytes) -> Header | Damage:
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in _TYPES:
        found = data[:4].hex(" ") or "nothing"
        return Damage(f"it is not an IDX file: it starts with {found}, not 00 00 08 ..")
    axes = data[3]
    if not 0 < axes <= MOST_AXES:
        return Damage(f"it has {axes} axes, an IDX file 1 to {MOST_AXES}")
    if len(data) < 4 + 4 * axes:
        return Damage(f"it ends inside its header of {4 + 4 * axes} bytes")
    shape = tuple(int(size) for size in np.frombuffer(data, ">u4", axes, 4))
    return Header(np.dtype(_TYPES[data[2]]), shape)


def parse_idx(data: bytes) -> NDArray[Any] | Damage:
    """The array of an IDX text, read-only."""
    header = _header(data[:LONGEST_HEADER])
    if isinstance(header, Damage):
        return header
    held = len(data) - header.start
    if held != header.wanted:
        return header.misses(held)
    return np.frombuffer(data, header.dtype, prod(header.shape), header.start).reshape(header.shape)
