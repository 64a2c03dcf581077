"""Folders and archives of pictures, and CIFAR-10 in its two forms."""

from __future__ import annotations

import io
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from netc.compiler.data.files import Images
from netc.compiler.data.source import Cifar10
from netc.runtime.data.cifar import CLASSES, read_records
from netc.runtime.data.dataset import Split
from netc.runtime.data.idx import Damage
from netc.runtime.data.pictures import loading
from netc.runtime.events import Decoding

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
RANDOM = np.random.Generator(np.random.PCG64(3))
PIXELS = {
    f"{part}/{label}/{number}.png": RANDOM.integers(0, 256, (3, 5, 3), dtype=np.uint8)
    for part, count in (("train", 10), ("test", 3))
    for label in ("cat", "ant")
    for number in range(count)
}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NETC_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.delenv("NETC_DATA_DIR", raising=False)
    return tmp_path / "cache"


def png(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def files() -> dict[str, bytes]:
    return {name: png(pixels) for name, pixels in PIXELS.items()}


def pack(kind: str, folder: Path, content: dict[str, bytes]) -> str:
    """A folder, or an archive with another folder around everything; gives its name."""
    if kind == "folder":
        write(folder / "set", content)
        return "set"
    name = f"set.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(folder / name, "w") as archive:
            for path, data in reversed(content.items()):
                archive.writestr(f"outer/{path}", data)
            archive.writestr("__MACOSX/outer/cat/._1.png", b"no picture")
            archive.writestr("outer/readme.txt", "hello")
        return name
    with tarfile.open(folder / name, "w:gz") as tar:
        for path, data in content.items():
            info = tarfile.TarInfo(f"./outer/{path}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return name


@pytest.mark.parametrize("kind", ["folder", "zip", "tar.gz"])
def test_pictures_come_from_folders_and_archives(kind: str, loaded: Any, tmp_path: Path) -> None:
    name = pack(kind, tmp_path, files())
    dataset, wrong = loaded(Images(path=name, val=0.0))
    assert wrong == []
    assert dataset.class_names == ("ant", "cat")
    assert dataset.sample_shape == (3, 5, 3)
    assert (len(dataset.train), len(dataset.test)) == (20, 6)
    expected = [PIXELS[f"test/{label}/{n}.png"] for label in ("ant", "cat") for n in range(3)]
    np.testing.assert_allclose(dataset.test.x, np.stack(expected) / 255, rtol=1e-6)
    np.testing.assert_array_equal(dataset.test.y, [0, 0, 0, 1, 1, 1])


def test_what_was_decoded_once_is_kept(
    loaded: Any, tmp_path: Path, own_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = pack("tar.gz", tmp_path, files())
    events: list[Any] = []
    first, _ = loaded(Images(path=name), reporter=events.append)
    assert [event.done for event in events if isinstance(event, Decoding)] == [0, 20, 26]
    (kept,) = (own_cache / "pictures").iterdir()
    monkeypatch.setattr(loading, "survey", None)  # would fail if it were called
    again, _ = loaded(Images(path=name), reporter=events.append)
    np.testing.assert_array_equal(first.train.x, again.train.x)
    assert len(events) == 3
    monkeypatch.undo()
    monkeypatch.setenv("NETC_CACHE_DIR", str(own_cache))
    kept.write_bytes(kept.read_bytes()[:500])
    third, wrong = loaded(Images(path=name))
    assert wrong == []
    np.testing.assert_array_equal(first.train.x, third.train.x)
    changed = files() | {"train/cat/0.png": png(PIXELS["train/cat/1.png"])}
    pack("tar.gz", tmp_path, changed)
    other, _ = loaded(Images(path=name))
    assert not np.array_equal(first.train.x, other.train.x)
    assert len(list((own_cache / "pictures").iterdir())) == 2


def test_a_cache_that_cannot_be_written_is_said(
    loaded: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NETC_CACHE_DIR", str(tmp_path / "file"))
    dataset, wrong = loaded(Images(path=pack("folder", tmp_path, files())))
    assert wrong == []
    assert dataset.note.startswith("decoded images cannot be cached in ")


def test_grey_pictures_have_one_channel_and_palettes_three(loaded: Any, tmp_path: Path) -> None:
    grey = {
        f"{label}/{n}.png": png(np.full((2, 2), 10 * n, np.uint8))
        for label in "ab"
        for n in range(10)
    }
    write(tmp_path / "grey", grey)
    assert loaded(Images(path="grey"))[0].sample_shape == (2, 2, 1)
    buffer = io.BytesIO()
    palette = Image.new("P", (2, 2), 1)
    palette.putpalette([0, 0, 0, 200, 0, 0])
    palette.save(buffer, "gif")
    write(tmp_path / "grey", {"a/colour.gif": buffer.getvalue()})
    assert loaded(Images(path="grey"))[0].sample_shape == (2, 2, 3)


def without(prefix: str) -> dict[str, bytes]:
    return {name: data for name, data in files().items() if not name.startswith(prefix)}


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        ({"readme.txt": b"x"}, "E0522 `set` is not an image data set: it contains no images, "
         "but 1 other file (`readme.txt`)"),
        (without("train/ant"),
         "E0522 `set` is not an image data set: it has only one class folder, `cat`"),
        (without("train"),
         "E0522 `set` is not an image data set: `test` has images, but `train` has none"),
        (files() | {"test/bee/1.png": png(PIXELS["test/cat/0.png"])},
         "E0522 `set` is not an image data set: `test` has the class `bee`, but `train` "
         "does not"),
        (files() | {"title.png": b""},
         "E0522 `set` is not an image data set: `title.png` is not in a class folder "
         "below `train`, `val` or `test`"),
        (files() | {"train/title.png": b""},
         "E0522 `set` is not an image data set: `train/title.png` is not in a class folder "
         "below `train`, `val` or `test`"),
        (files() | {"train/cat/zz.png": png(np.zeros((4, 4), np.uint8))},
         "E0521 the images in `set` have 2 sizes: 26 of 27 have 5x3 pixels (`train/ant/0.png`), "
         "`train/cat/zz.png` has 4x4"),
        (files() | {"train/cat/zz.png": files()["train/cat/0.png"][:60]},
         "E0530 1 of 27 images in `set` cannot be read: `train/cat/zz.png` (it ends too early)"),
        (files() | {"train/cat/zz.png": b"GIF, not really"},
         "E0530 1 of 27 images in `set` cannot be read: `train/cat/zz.png` (it cannot be read as "
         "an image)"),
    ],
)  # fmt: skip
def test_wrong_sets_of_pictures(
    content: dict[str, bytes], wrong: str, loaded: Any, tmp_path: Path
) -> None:
    write(tmp_path / "set", content)
    assert loaded(Images(path="set")) == (None, [wrong])


def test_wrong_archives(loaded: Any, tmp_path: Path) -> None:
    assert loaded(Images(path="none"))[1] == ["E0501 there is no file `none`"]
    whole = tmp_path / pack("tar.gz", tmp_path, files())
    whole.write_bytes(whole.read_bytes()[:-400])
    assert loaded(Images(path="set.tar.gz"))[1] == [
        "E0502 cannot read `set.tar.gz`: the archive ends too early"
    ]
    whole.write_bytes(b"nonsense")
    assert loaded(Images(path="set.tar.gz"))[1] == [
        "E0502 cannot read `set.tar.gz`: the archive is corrupt, or neither a folder, a .zip nor "
        "a .tar.gz"
    ]


def test_without_pillow_it_is_said_how_to_get_it(
    loaded: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = pack("folder", tmp_path, files())
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert loaded(Images(path=name))[1] == [
        "E0520 cannot read the images in `set`: Pillow is not installed"
    ]


# CIFAR-10


def record(label: int, pixels: np.ndarray) -> bytes:
    return bytes([label]) + pixels.transpose(2, 0, 1).tobytes()


def cifar_tar(batches: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, data in batches.items():
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def test_the_binary_archive(loaded: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = RANDOM.integers(0, 256, (12, 32, 32, 3), dtype=np.uint8)
    batches = {
        f"data_batch_{i}.bin": record(i, images[2 * i]) + record(9, images[2 * i + 1])
        for i in range(1, 6)
    } | {"test_batch.bin": record(3, images[0])}
    monkeypatch.setenv("NETC_DATA_DIR", str(tmp_path))
    write(tmp_path, {"cifar10/cifar-10-binary.tar.gz": cifar_tar(batches)})
    dataset, wrong = loaded(Cifar10(val=0.0))
    assert wrong == []
    assert dataset.class_names == CLASSES
    assert dataset.note == "not the published files"
    np.testing.assert_array_equal(dataset.train.y, [1, 9, 2, 9, 3, 9, 4, 9, 5, 9])
    np.testing.assert_allclose(dataset.train.x, images[2:] / 255, rtol=1e-6)
    np.testing.assert_allclose(dataset.test.x, images[:1] / 255, rtol=1e-6)
    short = batches | {"data_batch_3.bin": b"123"}
    write(tmp_path, {"cifar10/cifar-10-binary.tar.gz": cifar_tar(short)})
    assert loaded(Cifar10())[1][0].endswith(
        "`data_batch_3.bin` holds 3 bytes, not a number of records of 3,073"
    )


def test_wrong_records() -> None:
    assert isinstance(read_records(b"no tar", ("a",)), Damage)
    pixels = np.zeros((32, 32, 3), np.uint8)
    import gzip

    tar = gzip.decompress(cifar_tar({"a.bin": record(10, pixels), "b.bin": record(9, pixels)}))
    assert read_records(tar, ("a.bin",)) == Damage("it has the label 10; the largest is 9")
    assert read_records(tar, ("c.bin",)) == Damage("it has no `c.bin`")
    assert isinstance(read_records(tar, ("b.bin",)), Split)


def test_cifar_as_pictures(loaded: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {
        f"{part}/{label}/{n}.png": png(np.full((32, 32, 3), index, np.uint8))
        for part in ("train", "test")
        for index, label in enumerate(CLASSES)
        for n in range(2)
    }
    monkeypatch.setenv("NETC_DATA_DIR", str(tmp_path))
    (tmp_path / "cifar10").mkdir()
    packed = pack("tar.gz", tmp_path, content)
    (tmp_path / packed).rename(tmp_path / "cifar10" / "cifar10-jpg.tar.gz")
    dataset, wrong = loaded(Cifar10())
    assert wrong == []
    assert dataset.note == "image files, not the published archive"
    np.testing.assert_allclose(dataset.test.x[:, 0, 0, 0] * 255, dataset.test.y, atol=1e-4)
    few = {name: data for name, data in content.items() if "truck" not in name}
    (tmp_path / pack("tar.gz", tmp_path, few)).replace(tmp_path / "cifar10" / "cifar10-jpg.tar.gz")
    assert loaded(Cifar10())[1][0].endswith("its class folders are not the ten classes of CIFAR-10")


def test_published_cifar_without_a_network_says_how_to_provide_it(
    loaded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netc.runtime.data import cifar

    monkeypatch.setattr(cifar, "MIRRORS", ("http://127.0.0.1:9/",))
    dataset, wrong = loaded(Cifar10())
    assert dataset is None
    assert wrong == [
        "E0503 data set `cifar10` is not on this machine, and `cifar-10-binary.tar.gz` cannot be "
        "downloaded"
    ]
