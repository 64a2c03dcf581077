"""The IDX reader: what it reads, and what it says of files that are none."""

from __future__ import annotations

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np
import pytest
from netc.grammar.problem import Problems
from netc.grammar.source import Source, Span
from netc.runtime.data.data_file import DataFile
from netc.runtime.data.idx import Content, Damage, parse_idx, read_content
from netc.runtime.data.idx_set import load_idx


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


PICTURES, CLASSES = np.zeros((3, 2, 2), np.uint8), np.arange(3, dtype=np.uint8)
SETS: list[tuple[np.ndarray, np.ndarray, int, str]] = [
    (PICTURES[:, 0, 0], CLASSES, 0x08, "it does not contain images: expected samples x height"),
    (PICTURES, PICTURES, 0x08, "it does not contain labels: expected one whole number per image"),
    (PICTURES, CLASSES[:2], 0x08, "it has 2 labels for 3 images"),
    (PICTURES[:0], CLASSES[:0], 0x08, "it contains no images"),
    (PICTURES, np.array([0, 70_000, 1], ">i4"), 0x0C, "label 2 is 70,000; a label is a class"),
    (PICTURES, np.array([0, -1, 1], "i1"), 0x09, "it has the label -1; labels start at 0"),
]


def load(path: Path) -> list[str]:
    """What is said of a set."""
    problems = Problems()
    place = Span(Source("spec.net", "data idx"), 0, 4)
    assert load_idx(DataFile(path, path.name, place, problems)) is None
    return [problem.message() for problem in problems]


@pytest.mark.parametrize(("images", "labels", "code", "reason"), SETS)
def test_images_and_labels_that_do_not_fit_are_described(
    images: np.ndarray, labels: np.ndarray, code: int, reason: str, tmp_path: Path
) -> None:
    (tmp_path / "a-images-idx3-ubyte").write_bytes(idx(images))
    (tmp_path / "a-labels-idx1-ubyte").write_bytes(idx(labels, code))
    (said,) = load(tmp_path / "a-images-idx3-ubyte")
    assert reason in said


def test_parts_of_a_set_have_pictures_of_one_size(tmp_path: Path) -> None:
    for part, size in (("train", 2), ("t10k", 3)):
        images = np.zeros((3, size, 2), np.uint8)
        (tmp_path / f"{part}-images-idx3-ubyte").write_bytes(idx(images))
        (tmp_path / f"{part}-labels-idx1-ubyte").write_bytes(idx(CLASSES))
    (said,) = load(tmp_path)
    assert "the training images are 2x2x1, the test images are 3x2x1" in said


def test_the_labels_of_a_file_with_another_name_are_not_guessed(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_bytes(idx(PICTURES))
    (said,) = load(tmp_path / "pictures")
    assert "its name does not contain `images-idx3`" in said
