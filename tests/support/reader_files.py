"""A small whole file of every format that a reader reads, and the ways in which files break."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from random import Random
from typing import Any

import numpy as np

SAMPLES = 20
NUMBERS = "input 4 -> dense 2 softmax; loss ce; opt adam; train epochs=1"
PIXELS = "prep scale; input 6x6x1 -> flatten -> dense 2 softmax; loss ce; opt adam; train epochs=1"


@dataclass(frozen=True, eq=False)
class ReaderFile:
    """A file of a data set, and a spec that reads it."""

    path: str
    content: bytes
    spec: str
    others: dict[str, bytes] = field(default_factory=dict)
    """What else the set consists of."""
    counts: bool = True
    """Whether other bytes cannot make another number of samples."""
    sample: bool = False
    """Whether `netc predict` takes it."""

    def files(self, content: bytes | None = None) -> dict[str, bytes]:
        """The whole set, with another content of the file."""
        return self.others | {self.path: self.content if content is None else content}


X = np.random.default_rng(0).normal(size=(SAMPLES, 4))
Y = np.arange(SAMPLES) % 2


def npy(array: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def idx(array: Any) -> bytes:
    head = bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(np.uint8).tobytes()


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, compression)
    return buffer.getvalue()


def tarred(files: dict[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def picture(seed: int, kind: str = "PNG") -> bytes:
    from PIL import Image

    buffer = io.BytesIO()
    pixels = np.random.default_rng(seed).integers(0, 256, (6, 6), np.uint8)
    Image.fromarray(pixels).save(buffer, kind)
    return buffer.getvalue()


def table(sep: str = ",") -> bytes:
    rows = [[*(f"{number:.3f}" for number in row), "uv"[y]] for row, y in zip(X, Y, strict=True)]
    return "".join(f"{sep.join(row)}\n" for row in [[*"abcd", "class"], *rows]).encode()


def parquet() -> bytes:
    import pyarrow
    import pyarrow.parquet

    columns = {name: X[:, index] for index, name in enumerate("abcd")}
    buffer = io.BytesIO()
    pyarrow.parquet.write_table(
        pyarrow.table({**columns, "class": ["uv"[y] for y in Y]}), buffer, use_dictionary=False
    )
    return buffer.getvalue()


def workbook() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    for line in table().decode().splitlines():
        cells = line.split(",")
        book.active.append([*(float(c) if c[-1].isdigit() else c for c in cells[:-1]), cells[-1]])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@cache
def reader_files() -> dict[str, ReaderFile]:
    """By what they are; those whose library is not installed are left out."""
    arrays = {"x.npy": npy(X), "y.npy": npy(Y)}
    images, labels = (idx(np.arange(SAMPLES * 36).reshape(-1, 6, 6) % 251), idx(Y))
    names = [f"set/train-{kind}-ubyte" for kind in ("images-idx3", "labels-idx1")]
    of_arrays = f'data npy "x.npy" target="y.npy"; {NUMBERS}'
    of_idx, of_csv = f'data idx "set"; {PIXELS}', f'data csv "t.csv" target=class; {NUMBERS}'
    found = {
        "npy": ReaderFile("x.npy", arrays["x.npy"], of_arrays, arrays, sample=True),
        "npy of targets": ReaderFile("y.npy", arrays["y.npy"], of_arrays, arrays),
        "npz": ReaderFile(
            "s.npz", zipped(arrays, zipfile.ZIP_STORED), f'data npz "s.npz"; {NUMBERS}', sample=True
        ),
        "npz, deflated": ReaderFile("s.npz", zipped(arrays), f'data npz "s.npz"; {NUMBERS}'),
        "npz, LZMA": ReaderFile(
            "s.npz", zipped(arrays, zipfile.ZIP_LZMA), f'data npz "s.npz"; {NUMBERS}'
        ),
        "idx": ReaderFile(names[0], images, of_idx, {names[1]: labels}),
        "idx of labels": ReaderFile(names[1], labels, of_idx, {names[0]: images}),
        "idx, gzip": ReaderFile(
            f"{names[0]}.gz", gzip.compress(images, mtime=0), of_idx, {names[1]: labels}
        ),
        "csv": ReaderFile("t.csv", table(), of_csv, counts=False, sample=True),
        "csv, gzip": ReaderFile(
            "t.csv.gz", gzip.compress(table(), mtime=0), of_csv.replace("t.csv", "t.csv.gz")
        ),
        "csv, UTF-16": ReaderFile(
            "t.csv", table().decode().encode("utf-16"), of_csv, counts=False, sample=True
        ),
        "tsv": ReaderFile("t.csv", table("\t"), of_csv, counts=False),
    }
    if find_spec("pyarrow"):
        spec = f'data parquet "t.parquet" target=class; {NUMBERS}'
        found["parquet"] = ReaderFile("t.parquet", parquet(), spec, counts=False, sample=True)
    if find_spec("openpyxl"):
        spec = f'data excel "t.xlsx" target=class; {NUMBERS}'
        found["xlsx"] = ReaderFile("t.xlsx", workbook(), spec, counts=False, sample=True)
    return found | (_of_pictures() if find_spec("PIL") else {})


def _of_pictures() -> dict[str, ReaderFile]:
    pictures = {f"{label}/{n}.png": picture(n) for label in "ab" for n in range(SAMPLES // 2)}
    found: dict[str, ReaderFile] = {}
    for kind, suffix in (
        ("PNG", "png"),
        ("JPEG", "jpg"),
        ("GIF", "gif"),
        ("BMP", "bmp"),
        ("TIFF", "tif"),
        ("PPM", "pgm"),
    ):
        rest = {f"p/{name}": content for name, content in pictures.items() if name != "b/3.png"}
        one = picture(99, kind)
        found[suffix] = ReaderFile(
            f"p/b/3.{suffix}", one, f'data images "p"; {PIXELS}', rest, sample=True
        )
    spec = f'data images "s.NAME"; {PIXELS}'
    packed: dict[str, Callable[[], bytes]] = {
        "zip": lambda: zipped(pictures),
        "tar": lambda: tarred(pictures),
        "gnu.tar": lambda: tarred(pictures, tarfile.GNU_FORMAT),
        "tgz": lambda: gzip.compress(tarred(pictures), mtime=0),
        "tar.bz2": lambda: bz2.compress(tarred(pictures)),
        "tar.xz": lambda: lzma.compress(tarred(pictures)),
    }
    for name, make in packed.items():
        found[name] = ReaderFile(f"s.{name}", make(), spec.replace("NAME", name))
    return found


def damaged(data: bytes, random: Random) -> bytes:
    """Bytes with one change."""
    if not data:
        return random.randbytes(9)
    at = random.choice(
        (
            random.randrange(len(data)),
            random.randrange(min(len(data), 200)),
            max(0, len(data) - 1 - random.randrange(200)),
        )
    )
    size = random.choice((1, 1, 2, 4, 8, 100))
    new = random.choice(
        (
            bytes([data[at] ^ 1 << random.randrange(8)]),
            b"\xff" * size,
            bytes(size),
            random.randbytes(size),
            b"9" * size,
            data[at : at + size] * 2,
            b"",
        )
    )
    return data[:at] + new + data[at + random.choice((len(new), size)) :]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",
    "its first byte": lambda data: data[:1],
    "its first half": lambda data: data[: len(data) // 2],
    "without its last byte": lambda data: data[:-1],
    "zeros": lambda data: bytes(len(data)),
    "text": lambda data: b"this is\nno data\n" * 20,
    "twice": lambda data: data * 2,
    "junk behind it": lambda data: data + b"junk" * 9,
    "a flipped byte": lambda data: _flipped(data, len(data) // 2),
    "a flipped byte of its head": lambda data: _flipped(data, 9),
    "large numbers in its head": lambda data: data[:4] + b"\xff" * 12 + data[16:],
    "a hole": lambda data: data[: len(data) // 3] + data[len(data) // 3 + 99 :],
}
"""What may have happened to a file."""


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :]


def damaged_inside(data: bytes, random: Random) -> bytes:
    """The same for what is packed in a file, whose checksums are right afterwards; for the file
    itself where nothing is packed in it that can be read."""
    with suppress(Exception):
        if data[:2] == b"\x1f\x8b":
            return gzip.compress(damaged(gzip.decompress(data), random), mtime=0)
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
            kind = archive.infolist()[0].compress_type
        name = random.choice(sorted(files))
        return zipped(files | {name: damaged(files[name], random)}, kind)
    return damaged(data, random)
