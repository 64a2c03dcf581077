"""The IDX reader: what it reads, and what it says of files that are none."""

from __future__ import annotations

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest
from netc.runtime.data.idx import Content, Damage, parse_idx, read_content


def idx(array: np.ndarray, code: int = 0x08) -> bytes:
    header = struct.pack(">BBBB", 0, 0, code, array.ndim) + struct.pack(
        f">{array.ndim}I", *array.shape
    )
    return header + array.tobytes()


@pytest.mark.parametrize(
    ("code", "dtype"),
    [(0x08, "u1"), (0x09, "i1"), (0x0B, ">i2"), (0x0C, ">i4"), (0x0D, ">f4"), (0x0E, ">f8")],
)
def test_every_element_type_is_read_back(code: int, dtype: str) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    found = parse_idx(idx(array, code))
    assert isinstance(found, np.ndarray)
    np.testing.assert_array_equal(found, array)


def test_an_empty_array_is_read() -> None:
    found = parse_idx(idx(np.empty((0, 28, 28), np.uint8)))
    assert isinstance(found, np.ndarray)
    assert found.shape == (0, 28, 28)


GOOD = idx(np.arange(6, dtype=np.uint8).reshape(2, 3))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is not an IDX file: it starts with nothing, not 00 00 08 .."),
        (b"\x89PNG....", "it is not an IDX file: it starts with 89 50 4e 47, not 00 00 08 .."),
        (
            b"\0\0\x07\x01\0\0\0\0",
            "it is not an IDX file: it starts with 00 00 07 01, not 00 00 08 ..",
        ),
        (b"\0\0\x08\0", "it has 0 axes, an IDX file 1 to 8"),
        (b"\0\0\x08\x64" + bytes(400), "it has 100 axes, an IDX file 1 to 8"),
        (b"\0\0\x08\x03\0\0", "it ends inside its header of 16 bytes"),
        (GOOD[:-1], "it is cut short: 2x3 elements need 6 bytes, got 5"),
        (GOOD + b"\0", "it is too long: 2x3 elements need 6 bytes, and more follow"),
        (
            b"\0\0\x08\x02\xff\xff\xff\xff\xff\xff\xff\xff",
            "it is cut short: 4294967295x4294967295 elements need 18,446,744,065,119,617,025 "
            "bytes, got 0",
        ),
    ],
)
def test_a_wrong_file_is_described(data: bytes, reason: str) -> None:
    assert parse_idx(data) == Damage(reason)


def test_content_is_decompressed_and_hashed(tmp_path: Path) -> None:
    packed = gzip.compress(GOOD)
    (tmp_path / "a.gz").write_bytes(packed)
    content = read_content(tmp_path / "a.gz")
    assert isinstance(content, Content)
    assert content.data == GOOD
    assert content.sha256 == hashlib.sha256(GOOD).hexdigest()
    assert content.archive_sha256 == hashlib.sha256(packed).hexdigest()


def test_damaged_archives_are_described(tmp_path: Path) -> None:
    packed = gzip.compress(idx(np.arange(240, dtype=np.uint8).reshape(80, 3)))
    path = tmp_path / "a.gz"
    path.write_bytes(packed[: len(packed) // 2])
    assert read_content(path) == Damage("the compressed file ends too early")
    flipped = bytearray(packed)
    flipped[-6] ^= 0xFF
    path.write_bytes(bytes(flipped))
    assert read_content(path) == Damage("the compressed file is corrupt")
    assert read_content(tmp_path) == Damage("it is a folder, not a file")
