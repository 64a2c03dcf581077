"""What the header of an array promises, against what its file holds.

NumPy reserves the memory that a header asks for before it reads a single number, so a header of
a few damaged bytes can ask for more than a machine has.
"""

from __future__ import annotations

import os
import sys
import zipfile
from math import prod
from typing import IO

import numpy as np

from ..array_types import Array
from .bounded_reading import INFLATED_ARRAY, says_how_inflated, says_what_is_free

DENSEST = 1040
"""Bytes that one byte of a deflated stream can stand for, at the most (RFC 1951 allows 1032)."""


def shortfall(file: IO[bytes], size: int) -> str:
    """Why the array that starts here, in a file of `size` bytes, cannot be whole; nothing when
    it can be, or when the file is none of NumPy's. The file is left anywhere.

    Raises ValueError and EOFError for a damaged header.
    """
    if file.read(6) != b"\x93NUMPY":
        return ""
    file.seek(0)
    major, _ = np.lib.format.read_magic(file)
    width = 2 if major == 1 else 4
    length = int.from_bytes(file.read(width), "little")
    if length > size:
        return f"its header should have {length:,} bytes, the file has {size:,}"
    file.seek(-width, os.SEEK_CUR)
    if major == 1:
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    else:
        shape, _, dtype = np.lib.format.read_array_header_2_0(file)
    declared, held = prod(shape) * dtype.itemsize, size - file.tell()
    if dtype.hasobject:
        return ""
    if not dtype.itemsize and prod(shape) > size:
        return f"its header promises {prod(shape):,} elements of no bytes"
    if declared <= held:
        return says_what_is_free(declared)
    return f"its header promises {declared:,} bytes of numbers, {held:,} are there"


def is_unicode(array: Array) -> bool:
    """Whether texts, which NumPy reads as 32-bit numbers, are characters."""
    codes = np.ascontiguousarray(array).view(np.uint8)
    numbers = codes.view(array.dtype.byteorder.replace("|", "=") + "u4") if codes.size else codes
    is_surrogate = (numbers >= 0xD800) & (numbers <= 0xDFFF)
    return not ((numbers > sys.maxunicode) | is_surrogate).any()


def member_shortfall(archive: zipfile.ZipFile, name: str) -> str:
    """The same for a member of an archive.

    Raises ValueError, EOFError, OSError, BadZipFile for a damaged one.
    """
    info = archive.getinfo(name)
    most = info.compress_size * (DENSEST if info.compress_type == zipfile.ZIP_DEFLATED else 1)
    if info.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) and info.file_size > most:
        return f"it declares {info.file_size:,} bytes, but at most {most:,} are possible"
    reason = says_how_inflated(info.file_size, info.compress_size, INFLATED_ARRAY)
    if reason:
        return reason
    with archive.open(info) as file:
        return shortfall(file, info.file_size)
