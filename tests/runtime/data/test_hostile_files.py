"""Damaged, misnamed and malicious files. Long because it is one table of all readers.

Each is refused with its name and the reason, without reading more than a bounded part of it.
"""

from __future__ import annotations

import bz2
import gzip
import io
import os
import struct
import tarfile
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable
from copy import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from netc.compiler.data.files import Idx, Images, Npy, Npz
from netc.runtime.data.bounded_reading import FREE

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")

X = np.arange(40.0).reshape(10, 4)
Y = np.arange(10) % 2


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NETC_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def npy(array: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def header(text: str, body: bytes = b"") -> bytes:
    """An `.npy` file with any text for its header."""
    line = text.encode("latin1") + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(line)) + line + body


def npz(compression: int = zipfile.ZIP_STORED, **members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return buffer.getvalue()


def png(size: tuple[int, int] = (2, 2)) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", size).save(buffer, "png")
    return buffer.getvalue()


def huge_png() -> bytes:
    """A PNG whose header says 60,000x60,000."""
    chunks = [b"IHDR" + struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0), b"IDAT" + bytes(99)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    )


def idx(sizes: tuple[int, ...], body: bytes, code: int = 8) -> bytes:
    return bytes((0, 0, code, len(sizes))) + struct.pack(f">{len(sizes)}I", *sizes) + body


def zeros(size: int) -> bytes:
    """A gzip file of zeros, written without holding them."""
    deflate, block = zlib.compressobj(9, wbits=31), bytes(1 << 20)
    return b"".join(deflate.compress(block) for _ in range(size >> 20)) + deflate.flush()


def tar(files: dict[str, bytes], mode: str = "w") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def archive_of(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def encrypted() -> bytes:
    """A zip file that says that its members are encrypted."""
    raw = bytearray(archive_of(PICTURES, zipfile.ZIP_STORED))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = raw.find(mark)
        while at >= 0:
            raw[at + offset] |= 1
            at = raw.find(mark, at + 4)
    return bytes(raw)


def flipped(data: bytes, at: int) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 0x55
    return bytes(changed)


def shortened(data: bytes) -> bytes:
    """A zip file whose first name in the directory goes on into the second entry."""
    changed = bytearray(data)
    at = changed.find(b"PK\x01\x02")
    step = changed.find(b"PK\x01\x02", at + 4) - at
    changed[at + 30 : at + 32] = step.to_bytes(2, "little")  # the length of its extra field
    changed[at + 46 + 7 : at + 46 + 11] = b"\xff\xff" + (step - 4).to_bytes(2, "little")
    return bytes(changed)


PICTURES = {f"{label}/{n}.png": png() for label in "ab" for n in range(5)}
LABELS = {"train-labels-idx1-ubyte": idx((2,), b"\0\1")}
NPY = "it is truncated, corrupt, or not a NumPy file"
ARCHIVE = "the archive is corrupt, or neither a folder, a .zip nor a .tar.gz"
SHAPE = "{'descr': '<f8', 'fortran_order': False, 'shape': %s}"

# what is wrong -> the files, and the reason
Case = tuple[dict[str, bytes], str]

ARRAYS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", NPY),
    "text": (b"a,b\n1,2\n", NPY),
    "a picture": (png(), NPY),
    "magic only": (b"\x93NUMPY", NPY),
    "an unknown version": (b"\x93NUMPY\x09\x00" + bytes(100), NPY),
    "cut in the header": (npy(X)[:40], "its header should have 118 bytes, the file has 40"),
    "cut in the numbers": (npy(X)[:-8], "its header promises 320 bytes of numbers, 312 are there"),
    "a huge shape": (
        header(SHAPE % "(1000000000000,)"),
        "its header promises 8,000,000,000,000 bytes of numbers, 0 are there",
    ),
    "a header of 4 billion bytes": (
        b"\x93NUMPY\x02\x00" + struct.pack("<I", 0xFFFFFFF0) + b"{",
        "its header should have 4,294,967,280 bytes, the file has 13",
    ),
    "a negative shape": (header(SHAPE % "(-5,)", bytes(80)), NPY),
    "a shape of text": (header(SHAPE % "('a',)"), NPY),
    "a shape of floats": (header(SHAPE % "(1.5,)"), NPY),
    "a shape without end": (header(SHAPE % "(1,"), NPY),
    "a header that is no dict": (header("[1, 2]"), NPY),
    "a header of brackets": (header("(" * 5000), NPY),
    "a header of another type": (header("{'descr': 7, 'fortran_order': 0, 'shape': ()}"), NPY),
    "a header with a null": (header("{'descr': '<f8\0', 'shape': (1,)}"), NPY),
    "elements of no bytes": (
        header((SHAPE % "(1000000000,)").replace("<f8", "|S0")),
        "its header promises 1,000,000,000 elements of no bytes",
    ),
    "an unknown type": (header((SHAPE % "(1,)").replace("<f8", "<q99")), NPY),
}


@pytest.mark.parametrize("what", ARRAYS)
def test_arrays(what: str, loaded: Any) -> None:
    data, reason = ARRAYS[what]
    Path("y.npy").write_bytes(npy(Y))
    Path("x.npy").write_bytes(data)
    assert loaded(Npy(path="x.npy", target="y.npy"))[1] == [f"E0502 cannot read `x.npy`: {reason}"]
    Path("set.npz").write_bytes(npz(x=data, y=npy(Y)))
    named = reason.replace("it is", "`x` is")
    named = f"`x`: {reason}" if reason.startswith("its header") else named
    (wrong,) = loaded(Npz(path="set.npz"))[1]
    assert wrong == f"E0502 cannot read `set.npz`: {named}"


OBJECTS = np.array([{"a": 1}, None], object)


@pytest.mark.parametrize(
    ("data", "where"),
    [
        ({"x.npy": npy(OBJECTS, allow_pickle=True)}, "`x.npy`"),
        ({"x.npy": b"\x80\x04\x95" + bytes(40)}, "`x.npy`"),
        ({"x.npz": npz(x=npy(OBJECTS, allow_pickle=True), y=npy(Y))}, "`x` of `x.npz`"),
    ],
)
def test_pickles_are_never_run(data: dict[str, bytes], where: str, loaded: Any) -> None:
    ((name, content),) = data.items()
    Path(name).write_bytes(content)
    Path("y.npy").write_bytes(npy(Y))
    source = Npz(path=name) if name.endswith("z") else Npy(path=name, target="y.npy")
    assert loaded(source)[1] == [
        f"E0515 {where} contains pickled Python objects, which could run any code"
    ]


@pytest.mark.parametrize(
    "x",
    [np.asfortranarray(X), X.astype(">f8"), X.astype(">i2"), X.astype(np.float16), X > 5],
    ids=["Fortran order", "big-endian", "big-endian whole numbers", "half precision", "booleans"],
)
def test_layouts_of_numbers_are_all_the_same(x: np.ndarray, loaded: Any) -> None:
    Path("x.npy").write_bytes(npy(x))
    Path("y.npy").write_bytes(npy(Y))
    dataset, wrong = loaded(Npy(path="x.npy", target="y.npy", split=(1, 0, 0)))
    assert wrong == []
    np.testing.assert_array_equal(dataset.train.x[np.argsort(dataset.train.rows)], x)


@pytest.mark.parametrize(
    ("x", "found"),
    [
        (np.zeros((10, 0)), "no values"),
        (np.float64(3), "a single value"),
        (X.astype(str), "text"),
        (X + 1j, "complex numbers"),
        (X.astype("M8[s]"), "dates"),
        (np.zeros(10, [("a", "f4"), ("b", "i4")]), "values of type [('a', '<f4'), ('b', '<i4')]"),
    ],
    ids=["no columns", "one number", "text", "complex", "dates", "records"],
)
def test_what_is_no_number_is_called_so(x: np.ndarray, found: str, loaded: Any) -> None:
    Path("x.npy").write_bytes(npy(x))
    Path("y.npy").write_bytes(npy(Y))
    assert loaded(Npy(path="x.npy", target="y.npy"))[1] == [
        f"E0512 `x.npy` contains {found}, but a feature must be a number"
    ]


@pytest.mark.parametrize("code", [0x7FFFFFFF, 0x110000, 0xD800])
@pytest.mark.parametrize("order", "<>")
def test_texts_of_no_characters_are_refused(code: int, order: str, loaded: Any) -> None:
    kind = (SHAPE % "(10,)").replace("<f8", f"{order}U1")
    Path("y.npy").write_bytes(header(kind, np.full(10, code, f"{order}u4").tobytes()))
    Path("x.npy").write_bytes(npy(X))
    reason = "has text that is not Unicode"
    assert loaded(Npy(path="x.npy", target="y.npy"))[1] == [
        f"E0502 cannot read `y.npy`: it {reason}"
    ]
    Path("set.npz").write_bytes(npz(x=npy(X), y=Path("y.npy").read_bytes()))
    assert loaded(Npz(path="set.npz"))[1] == [f"E0502 cannot read `set.npz`: `y` {reason}"]


def twice(name: str) -> bytes:
    """An archive of arrays with one of them twice."""
    buffer = io.BytesIO(npz(x=npy(X), y=npy(Y)))
    with zipfile.ZipFile(buffer, "a") as archive, warnings.catch_warnings(action="ignore"):
        archive.writestr(name, npy(X * 0))
    return buffer.getvalue()


ARCHIVES: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", NPY),
    "cut short": (lambda: npz(x=npy(X), y=npy(Y))[:-30], NPY),
    "a flipped byte": (lambda: flipped(npz(x=npy(X), y=npy(Y)), 200), "`x` is truncated"),
    "an array twice": (lambda: twice("x.npy"), "`x`: the archive has it more than once"),
    "a bomb": (
        lambda: npz(
            zipfile.ZIP_DEFLATED, x=header(SHAPE % "(10000000,)", bytes(80_000_000)), y=npy(Y)
        ),
        "`x`: it grows to 80,000,0",
    ),
}


@pytest.mark.parametrize("what", ARCHIVES)
def test_archives_of_arrays(what: str, loaded: Any) -> None:
    make, reason = ARCHIVES[what]
    Path("set.npz").write_bytes(make())
    (wrong,) = loaded(Npz(path="set.npz"))[1]
    assert wrong.startswith("E0502 cannot read `set.npz`: ")
    assert reason in wrong


INDEXED: dict[str, tuple[dict[str, bytes], str]] = {
    "empty": ({"train-images-idx3-ubyte": b""}, "it is not an IDX file: it starts with nothing"),
    "a picture": ({"train-images-idx3-ubyte": png()}, "it is not an IDX file: it starts with 89"),
    "a huge count": (
        {"train-images-idx3-ubyte": idx((2**31, 28, 28), bytes(10))},
        "it is cut short: 2147483648x28x28 elements need 1,683,627,180,032 bytes, got 10",
    ),
    "a huge count, compressed": (
        {"train-images-idx3-ubyte.gz": gzip.compress(idx((2**31, 28, 28), bytes(10)))},
        "it is cut short: 2147483648x28x28 elements need 1,683,627,180,032 bytes, got 10",
    ),
    "100 axes": (
        {"train-images-idx3-ubyte": idx((1,) * 100, b"\0")},
        "it has 100 axes, an IDX file 1 to 8",
    ),
    "more than it says": (
        {"train-images-idx3-ubyte.gz": zeros(1 << 20)},
        "it is not an IDX file",
    ),
    "a label of 50 million": (
        {
            "train-images-idx3-ubyte": idx((2, 1, 1), b"\0\1"),
            "train-labels-idx1-ubyte": idx((2,), struct.pack(">ii", 1, 50_000_000), 0x0C),
        },
        "label 2 is 50,000,000; a label is a class, counted from 0",
    ),
    "damaged gzip": (
        {"train-images-idx3-ubyte.gz": flipped(gzip.compress(idx((2, 1, 1), b"\0\1")), 12)},
        "the compressed file",
    ),
    "gzip cut short": (
        {"train-images-idx3-ubyte.gz": gzip.compress(idx((2, 1, 1), b"\0\1"))[:-3]},
        "the compressed file ends too early",
    ),
}


@pytest.mark.parametrize("what", INDEXED)
def test_idx_files(what: str, loaded: Any) -> None:
    files, reason = INDEXED[what]
    os.mkdir("set")
    for name, data in (LABELS | files).items():
        Path("set", name).write_bytes(data)
    (wrong,) = loaded(Idx(path="set"))[1]
    assert wrong.startswith("E0502 cannot read `set/train-")
    assert f": {reason}" in wrong


SETS: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "an empty file": ("set.zip", lambda: b"", "it is empty"),
    "text": ("set.zip", lambda: b"hello\n" * 200, ARCHIVE),
    "a picture": ("set.tar", png, ARCHIVE),
    "a zip cut short": ("set.zip", lambda: archive_of(PICTURES)[:-40], ARCHIVE),
    "a zip that lists fewer files than it has": (
        "set.zip",
        lambda: shortened(archive_of(PICTURES)),
        "the archive is corrupt: it declares 10 files, but lists 9",
    ),
    "a tar cut short": ("set.tar", lambda: tar(PICTURES)[:5000], "the archive ends too early"),
    "a tar cut at a header": ("set.tar", lambda: tar(PICTURES)[:2048], "the archive ends too"),
    "a tar with a damaged header": (
        "set.tar",
        lambda: flipped(tar(PICTURES), 1024 * 5 + 20),
        "the archive is corrupt at byte 5,120",
    ),
    "a gzip cut short": ("set.tgz", lambda: tar(PICTURES, "w:gz")[:-60], "the archive ends too"),
    "a gzip with a flipped byte": (
        "set.tgz",
        lambda: flipped(tar(PICTURES, "w:gz"), -20),
        "the archive",
    ),
    "a bzip2 cut short": (
        "set.tar.bz2",
        lambda: bz2.compress(tar(PICTURES))[:-9],
        "the archive ends too early",
    ),
    "an xz of nonsense": ("set.tar.xz", lambda: b"\xfd7zXZ\0" + bytes(500), ARCHIVE),
    "a gzip without end": ("set.tgz", lambda: zeros(2 * FREE), "it grows without end"),
}


@pytest.mark.parametrize("what", SETS)
def test_archives_of_pictures(what: str, loaded: Any) -> None:
    name, make, reason = SETS[what]
    Path(name).write_bytes(make())
    (wrong,) = loaded(Images(path=name))[1]
    assert wrong.startswith(f"E0502 cannot read `{name}`: {reason}")


MEMBERS: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "it is empty"),
    "text": (b"hello", "it cannot be read as an image"),
    "html": (b"<!doctype html><html></html>", "it cannot be read as an image"),
    "cut short": (png()[:-24], "it ends too early"),
    "a flipped byte": (flipped(png((9, 9)), 40), "it"),
    "a huge header": (huge_png(), "it has more than 110,000,000 pixels"),
    "an array": (npy(X), "it cannot be read as an image"),
    "a zip": (archive_of({"a": b"x"}), "it cannot be read as an image"),
}


@pytest.mark.parametrize("kind", ["folder", "zip", "tar.gz"])
@pytest.mark.parametrize("what", MEMBERS)
def test_pictures_of_a_set(what: str, kind: str, loaded: Any) -> None:
    data, reason = MEMBERS[what]
    files = PICTURES | {"b/9.png": data}
    if kind == "folder":
        for name, content in files.items():
            Path("set", name).parent.mkdir(parents=True, exist_ok=True)
            Path("set", name).write_bytes(content)
    else:
        packed = archive_of(files) if kind == "zip" else tar(files, "w:gz")
        Path(f"set.{kind}").write_bytes(packed)
    path = "set" if kind == "folder" else f"set.{kind}"
    (wrong,) = loaded(Images(path=path))[1]
    assert wrong.startswith(f"E0530 1 of 11 images in `{path}` cannot be read: `b/9.png` ({reason}")


def test_a_bomb_among_pictures_is_not_unpacked(loaded: Any) -> None:
    Path("set.zip").write_bytes(archive_of(PICTURES | {"b/9.png": bytes(FREE + 5)}))
    tracemalloc.start()
    (wrong,) = loaded(Images(path="set.zip"))[1]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "`b/9.png` (it grows to 67,108,869 bytes from " in wrong
    assert most < 2**24


def test_entries_of_a_zip_may_not_share_their_bytes_without_bound(loaded: Any) -> None:
    Path("set.zip").write_bytes(sharing(400, png() + bytes(10_000_000)))
    (wrong,) = loaded(Images(path="set.zip"))[1]
    assert wrong.startswith("E0502 cannot read `set.zip`: it grows to 4,000,0")


def sharing(count: int, content: bytes) -> bytes:
    """A zip file of many names for the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a/0.png", content)
        (first,) = archive.infolist()
        for number in range(1, count):
            other = copy(first)
            other.filename = f"{'ab'[number % 2]}/{number}.png"
            archive.filelist.append(other)
    return buffer.getvalue()


def test_a_name_that_a_zip_spells_in_two_ways_is_no_other_file(loaded: Any) -> None:
    data = archive_of(PICTURES)
    at = data.rfind(b"b/4.png")
    Path("set.zip").write_bytes(data[: at + 4] + b"q" + data[at + 5 :])
    (wrong,) = loaded(Images(path="set.zip"))[1]
    assert wrong.endswith("`b/4.qng` (the archive has another name for it)")


def test_no_programs_are_started_for_a_picture(loaded: Any) -> None:
    for name, content in (PICTURES | {"b/9.png": b"%!PS-Adobe-3.0 EPSF-3.0\n" * 9}).items():
        Path("set", name).parent.mkdir(parents=True, exist_ok=True)
        Path("set", name).write_bytes(content)
    (wrong,) = loaded(Images(path="set"))[1]
    assert wrong.endswith("`b/9.png` (it cannot be read as an image)")


def test_encrypted_archives_are_called_so(loaded: Any) -> None:
    Path("set.zip").write_bytes(encrypted())
    (wrong,) = loaded(Images(path="set.zip"))[1]
    assert "cannot be read: `a/0.png` (it is encrypted), " in wrong


def test_a_gzip_without_end_holds_a_bounded_memory(loaded: Any) -> None:
    os.mkdir("set")
    Path("set/train-images-idx3-ubyte.gz").write_bytes(gzip_idx_without_end())
    Path("set/train-labels-idx1-ubyte").write_bytes(LABELS["train-labels-idx1-ubyte"])
    tracemalloc.start()
    (wrong,) = loaded(Idx(path="set"))[1]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert "it is too long: 2x1x1 elements need 2 bytes, and more follow" in wrong
    assert most < 2**24


def gzip_idx_without_end() -> bytes:
    deflate, block = zlib.compressobj(9, wbits=31), bytes(1 << 20)
    begin = deflate.compress(idx((2, 1, 1), b"\0\1"))
    return begin + b"".join(deflate.compress(block) for _ in range(100)) + deflate.flush()


SOURCES: dict[str, Callable[[str], Any]] = {
    "npy": lambda path: Npy(path=path, target="y.npy"),
    "npz": lambda path: Npz(path=path),
    "idx": lambda path: Idx(path=path),
    "images": lambda path: Images(path=path),
}


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("what", ["a pipe", "a device"])
def test_pipes_and_devices_are_not_opened(kind: str, what: str, loaded: Any) -> None:
    Path("y.npy").write_bytes(npy(Y))
    path = "/dev/zero"
    if what == "a pipe":
        path = "it"
        os.mkfifo(path)
    assert loaded(SOURCES[kind](path))[1] == [
        f"E0502 cannot read `{path}`: it is {what}, not a file"
    ]


@pytest.mark.parametrize("kind", ["npy", "npz"])
def test_folders_are_no_arrays(kind: str, loaded: Any) -> None:
    Path("y.npy").write_bytes(npy(Y))
    os.mkdir("it")
    assert loaded(SOURCES[kind]("it"))[1] == ["E0502 cannot read `it`: it is a folder, not a file"]


@pytest.mark.parametrize("kind", SOURCES)
def test_names_that_no_file_can_have(kind: str, loaded: Any) -> None:
    Path("y.npy").write_bytes(npy(Y))
    for path, reason in (("a" * 300, "file name too long"), ("a\0b", "")):
        (wrong, *_) = loaded(SOURCES[kind](path))[1]
        assert wrong.startswith(("E0501 there is no file", f"E0502 cannot read `{path}`: {reason}"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("kind", SOURCES)
def test_files_without_permission(kind: str, loaded: Any) -> None:
    Path("y.npy").write_bytes(npy(Y))
    Path("it").write_bytes(npy(X))
    os.chmod("it", 0)
    assert loaded(SOURCES[kind]("it"))[1] == ["E0502 cannot read `it`: permission denied"]
