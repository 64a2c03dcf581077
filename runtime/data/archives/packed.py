"""Files that gzip, bzip2 or xz packed, read as streams.

The streams of the standard library read a name in the head of a gzip file byte by byte, restart
for each of the members that a file may consist of, and let a file of xz ask for any amount of
memory. Here the libraries read heads, members must not be tiny, and memory has a limit.
"""

from __future__ import annotations

import bz2
import io
import lzma
import os
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ..bounded_reading import FREE, RefusedError, says_how_inflated

CHUNK = 1 << 14
"""Packed bytes that are read together. What follows the end of a member in them is copied for the
next one."""
BLOCK = 1 << 20
"""Unpacked bytes that are taken together."""
XZ_MEMORY = 1 << 28
"""Bytes that a decoder of xz may use; its highest preset needs 2^26."""
MEMBERS, LEAST_MEMBER = 1000, 64
"""So many members may be of any size; of more, the mean must have so many bytes, packed."""

GZIP = b"\x1f\x8b"
START = 6
"""Bytes that tell how a file is packed."""


class _Inflating:
    """zlib's decoder with the interface that those of bz2 and lzma have."""

    def __init__(self) -> None:
        self._decoder = zlib.decompressobj(wbits=31)

    def decompress(self, data: bytes, most: int) -> bytes:
        return self._decoder.decompress(self._decoder.unconsumed_tail + data, most)

    @property
    def eof(self) -> bool:
        return self._decoder.eof

    @property
    def needs_input(self) -> bool:
        return not self._decoder.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._decoder.unused_data


DECODERS: dict[bytes, Callable[[], Any]] = {
    GZIP: _Inflating,
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\0": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, XZ_MEMORY),
}
"""What a packed file begins with, and what makes a decoder for one member."""


class UnpackedStream(io.RawIOBase):
    """The content of a packed file, member after member. Reading raises `RefusedError`, and what
    `DAMAGE` lists."""

    def __init__(self, file: IO[bytes], mark: bytes) -> None:
        super().__init__()
        self._file = file
        self._mark = mark
        self._decoder: Any = DECODERS[mark]()
        self._rest = b""
        """Read, and not yet given to the decoder."""
        self._members = 1
        self._read = 0

    @property
    def taken(self) -> int:
        """How many bytes of the packed file have been read."""
        return self._read

    def close(self) -> None:
        """Closes the packed file too."""
        self._file.close()
        super().close()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._next(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def _next(self, most: int) -> bytes:
        """The next bytes, at most so many; none at the end."""
        while True:
            if self._decoder.eof and not self._begin_member():
                return b""
            is_over = self._decoder.needs_input and not self._rest and not self._fill()
            # a decoder may hold back bytes that had no room
            data: bytes = self._decoder.decompress(self._rest, most)
            self._rest = self._decoder.unused_data
            if data:
                return data
            if is_over and not self._decoder.eof:
                raise EOFError("in the middle of a member")

    def _fill(self) -> bool:
        self._rest = self._file.read(CHUNK)
        self._read += len(self._rest)
        return bool(self._rest)

    def _begin_member(self) -> bool:
        """Makes a decoder for what follows a member, which zeros may separate; False at the end."""
        self._rest = self._rest.lstrip(b"\0")
        while not self._rest and self._fill():
            self._rest = self._rest.lstrip(b"\0")
        if len(self._rest) < len(self._mark):
            self._rest, start = b"", self._rest
            self._fill()
            self._rest = start + self._rest
        if not self._rest:
            return False
        if not self._rest.startswith(self._mark):
            raise RefusedError("other bytes follow what is packed in it")
        self._members += 1
        if self._members > MEMBERS and self._read < LEAST_MEMBER * self._members:
            raise RefusedError(f"it is packed in {self._members:,} parts of a few bytes each")
        self._decoder = DECODERS[self._mark]()
        return True


def packing_of(start: bytes) -> bytes:
    """Of the first bytes of a file, those that say how it is packed; empty where it is not."""
    return next((mark for mark in DECODERS if start.startswith(mark)), b"")


def bounded_blocks(stream: UnpackedStream, free: int = FREE, size: int = 0) -> Iterator[bytes]:
    """The other blocks of a stream, with an eye on how much of the file they are from: `free` bytes
    may come from however few. `size` is how much of it was read before. Raises `RefusedError`."""
    while block := stream.read(BLOCK):
        size += len(block)
        if says_how_inflated(size, stream.taken, free=free):
            raise RefusedError(
                f"it grows without end: {size:,} bytes from the first {stream.taken:,} of its own; "
                "unpack it if that is right"
            )
        yield block


@contextmanager
def unpacked(path: Path) -> Iterator[int]:
    """The descriptor of a file, or of a temporary file with what is packed in it, whose checksum is
    right. Raises `RefusedError`, and what `DAMAGE` lists."""
    with path.open("rb") as file:
        mark = packing_of(file.read(START))
        file.seek(0)
        if not mark:
            yield file.fileno()
            return
        with tempfile.TemporaryFile() as whole:
            for block in bounded_blocks(UnpackedStream(file, mark)):
                whole.write(block)
            whole.flush()
            os.lseek(whole.fileno(), 0, os.SEEK_SET)
            yield whole.fileno()
