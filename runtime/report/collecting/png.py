"""Small pictures as PNG files, which need no library."""

from __future__ import annotations

import struct
import zlib

import numpy as np

from ...array_types import Array

LARGEST = 96
"""Pixels of a side: larger pictures are made smaller."""
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png_of(pixels: Array) -> bytes:
    """A picture from 0 to 1, (rows, columns) of grey or (rows, columns, 3) of colours."""
    small = np.nan_to_num(smaller(pixels), nan=0.0).clip(0.0, 1.0)
    levels = np.ascontiguousarray(np.round(255 * small), np.uint8)
    rows, columns = levels.shape[:2]
    kind = 2 if levels.ndim == 3 else 0
    lines = levels.reshape(rows, -1)
    # every line begins with the number of its filter: none
    raw = np.concatenate([np.zeros((rows, 1), np.uint8), lines], axis=1).tobytes()
    head = struct.pack(">IIBBBBB", columns, rows, 8, kind, 0, 0, 0)
    body = zlib.compress(raw, 9)
    return SIGNATURE + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def smaller(pixels: Array) -> Array:
    """The means of blocks of pixels, where a side is longer than `LARGEST`; what is very long and
    thin keeps every so many of its rows or columns."""
    for axis in (0, 1):
        step = -(-pixels.shape[axis] // LARGEST)
        if step > 1:
            starts = np.arange(0, pixels.shape[axis], step)
            sums = np.add.reduceat(np.asarray(pixels, np.float64), starts, axis=axis)
            counts = np.diff([*starts, pixels.shape[axis]])
            shape = [1] * pixels.ndim
            shape[axis] = len(counts)
            pixels = sums / counts.reshape(shape)
    return pixels


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)
