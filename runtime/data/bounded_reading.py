"""Reading files that may be damaged, or made to do harm: what libraries raise, and how much one
may ask for.

Every reader has a budget: a stream that grows without end is left, a pipe or a device is never
opened.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import stat
import struct
import tarfile
import tempfile
import tokenize
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

DAMAGE: tuple[type[Exception], ...] = (
    *(OSError, EOFError, MemoryError, OverflowError, struct.error, zlib.error, lzma.LZMAError),
    *(tarfile.TarError, zipfile.BadZipFile, tokenize.TokenError, SyntaxError, RuntimeError),
    *(ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError),
)
"""What the standard library, NumPy and Pillow raise for the bytes of a damaged file. They
promise no fewer: an encrypted archive is a RuntimeError, a header of NumPy's a TypeError."""

FREE = 2**28
"""Bytes that may be decompressed from however few."""
INFLATED = 200
"""How many times its size a file may grow beyond that."""
BLOCK = 1 << 20

Compressed = gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile


class EndlessError(OSError):
    """A stream grows beyond all measure."""


KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def kind_of_path(path: Path) -> str:
    """What stands at a path that is no plain file: "a folder", "a pipe"; empty for a file, or for
    nothing at all."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return ""
    return KINDS.get(stat.S_IFMT(mode), "")


def is_inflated(size: int, compressed: int) -> bool:
    """Whether so many bytes of so few are no honest content."""
    return size > FREE and size > INFLATED * max(compressed, 1)


def says_how_inflated(size: int, compressed: int) -> str:
    """The reason in words that follow the file's name and a colon."""
    return f"it grows to {size:,} bytes from {compressed:,}, more than {INFLATED} times as many"


def reason_of(error: Exception, what: str) -> str:
    """Why a file cannot be read, in words that follow its name and a colon."""
    if isinstance(error, EndlessError | tarfile.ReadError) and str(error).startswith(
        ("it ", "the arch")
    ):
        return str(error)
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    if isinstance(error, RuntimeError) and "encrypted" in str(error):
        return "it is encrypted"
    if isinstance(error, NotImplementedError):
        return "it is compressed in a way that Python cannot read"
    if isinstance(error, EOFError):
        return f"{what} ends too early"
    if isinstance(error, OSError) and error.errno is not None and error.strerror:
        return error.strerror.lower()
    return ""


@contextmanager
def decompressed(path: Path) -> Iterator[int]:
    """The descriptor of a file, or of a temporary file with what it is compressed from, whose
    checksum is right. Raises `EndlessError`, and what `DAMAGE` lists."""
    with path.open("rb") as file:
        start = file.read(6)
        file.seek(0)
        stream: Compressed
        if start.startswith(b"\x1f\x8b"):
            stream = gzip.GzipFile(fileobj=file)
        elif start.startswith(b"BZh"):
            stream = bz2.BZ2File(file)
        elif start.startswith(b"\xfd7zXZ"):
            stream = lzma.LZMAFile(file)  # noqa: SIM115 - closed below
        else:
            yield file.fileno()
            return
        with tempfile.TemporaryFile() as whole:
            with stream:
                for block in bounded_blocks(stream, file):
                    whole.write(block)
            whole.flush()
            yield whole.fileno()


def bounded_blocks(stream: Compressed, file: IO[bytes]) -> Iterator[bytes]:
    """The blocks of a decompressed stream, with an eye on how much of the file they are from.
    Raises `EndlessError`."""
    size = 0
    while block := stream.read(BLOCK):
        size += len(block)
        if size > FREE:
            at = os.lseek(file.fileno(), 0, os.SEEK_CUR)
            if is_inflated(size, at):
                raise EndlessError(
                    f"it grows without end: {size:,} bytes from the first {at:,} of its own"
                )
        yield block
