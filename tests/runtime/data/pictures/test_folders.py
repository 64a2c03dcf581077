"""What the folders and the files of a set say, and what is passed over or named."""

from __future__ import annotations

import io
import os
import socket
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from netc.compiler.data.files import Images
from PIL import Image

DOT = np.zeros((2, 2), np.uint8)


def dots(*paths: str) -> dict[str, Any]:
    return {f"set/{path}": DOT for path in paths}


@pytest.mark.parametrize(
    ("folders", "classes"),
    [
        (("class10", "class2", "class1"), ("class1", "class2", "class10")),
        (("10", "9", "1"), ("1", "9", "10")),
        (("b", "A", "c"), ("A", "b", "c")),
        (("v1.10", "v1.9"), ("v1.9", "v1.10")),
        (("01", "1"), ("01", "1")),
    ],
)
def test_classes_are_sorted_as_people_sort_names(
    folders: tuple[str, ...], classes: tuple[str, ...], write: Any, loaded: Any
) -> None:
    write(dots(*(f"{folder}/{n}.png" for folder in folders for n in range(2))))
    dataset, wrong = loaded(Images(path="set"))
    assert (wrong, dataset.class_names) == ([], classes)


@pytest.mark.parametrize("name", ["val", "valid", "validation", "Val"])
def test_folders_of_parts_are_the_parts(name: str, write: Any, loaded: Any) -> None:
    write(dots(*(f"train/{label}/{n}.png" for label in "ab" for n in range(5))))
    write(dots(*(f"{name}/{label}/{n}.png" for label in "ab" for n in range(2))))
    dataset, wrong = loaded(Images(path="set"))
    assert wrong == []
    assert (len(dataset.train), len(dataset.validation), dataset.test) == (10, 4, None)
    write(dots("test/a/1.png"))
    dataset, _ = loaded(Images(path="set"))
    assert [len(part) for part in dataset.parts()] == [10, 4, 1]
    dataset, _ = loaded(Images(path="set", split=(0.6, 0.2, 0.2)))
    assert [len(part) for part in dataset.parts()] == [9, 3, 3]
    dataset, _ = loaded(Images(path="set"), undivided=True)
    assert [len(part) for part in dataset.parts()] == [15]


@pytest.mark.parametrize(
    "names", [("Train", "Valid", "TEST"), ("training", "dev", "testing"), ("TRAIN", "val", "Test")]
)
def test_parts_have_other_names(names: tuple[str, ...], write: Any, loaded: Any) -> None:
    for count, name in zip((4, 3, 2), names, strict=True):
        write(dots(*(f"{name}/{label}/{n}.png" for label in "ab" for n in range(count))))
    dataset, wrong = loaded(Images(path="set"))
    assert wrong == []
    assert [len(part) for part in dataset.parts()] == [8, 6, 4]


@pytest.mark.parametrize("load", ["memory", "batches"])
def test_zip_files_of_windows(load: str, loaded: Any, tmp_path: Path) -> None:
    """Some have backslashes between folders; those of a Mac have `__MACOSX`."""
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for name in ("set/a/1.png", "set/b/1.png"):
            Image.fromarray(DOT).save(content := io.BytesIO(), "png")
            archive.writestr(name.replace("/", "\\"), content.getvalue())
            archive.writestr(f"__MACOSX/{name}", b"x")
    dataset, wrong = loaded(Images(path="set.zip", split=(1, 0, 0), load=load))
    assert (wrong, dataset.class_names) == ([], ("a", "b"))
    assert np.asarray(dataset.train.x).shape == (2, 2, 2, 1)


def test_a_validation_folder_and_a_share_contradict_each_other(write: Any, tmp_path: Path) -> None:
    import netc

    write(dots(*(f"{part}/{label}/1.png" for part in ("train", "val") for label in "ab")))
    spec = tmp_path / "spec.net"
    spec.write_text(
        'data images "set" val=20%; input 2x2x1 -> flatten -> dense 2 softmax; loss ce; opt adam'
    )
    with pytest.raises(netc.DataError, match="has a validation part of its own: omit `val=`"):
        netc.compile(spec).fit()


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (("train/1.png", "test/2.png"),
         "its folders `test`, `train` are parts, and have no class folders"),
        (("val/a/1.png", "val/b/1.png"), "`val` has images, but `train` has none"),
        (("train/a/1.png", "train/b/1.png", "val/c/1.png"),
         "`val` has the class `c`, but `train` does not"),
        (("train/Cat/1.png", "train/b/1.png", "test/cat/1.png"),
         "`test` has the class `cat`, but `train` does not: it has `Cat`"),
        (("a/1.heic", "b/1.heic"),
         "it contains no images, but 2 other files (`a/1.heic`, `b/1.heic`): convert HEIC to "
         "JPEG or PNG"),
        (("a/1.png", "b/x/1.png"), "`b/x/1.png` is not in a class folder"),
    ],
)  # fmt: skip
def test_folders_that_tell_no_classes(
    files: tuple[str, ...], reason: str, write: Any, loaded: Any
) -> None:
    write(dots(*(path for path in files if path.endswith("png"))))
    write({f"set/{path}": b"x" for path in files if not path.endswith("png")})
    assert loaded(Images(path="set"))[1] == [f"E0522 `set` is not an image data set: {reason}"]


def test_suffixes_in_any_case(write: Any, loaded: Any) -> None:
    write(dots("a/1.PNG", "a/2.Jpg", "a/3.jfif", "b/4.webp", "b/5.TIF", "b/6.bmp"))
    dataset, wrong = loaded(Images(path="set", split=(1, 0, 0)))
    assert (wrong, len(dataset.train)) == ([], 6)


def test_what_systems_leave_behind_is_passed_over(write: Any, loaded: Any) -> None:
    write(dots("a/1.png", "b/1.png", ".hidden/1.png"))
    left = ("a/Thumbs.db", "b/.DS_Store", "a/._1.png", "__MACOSX/a/1.png", "b/desktop.ini")
    write({f"set/{name}": b"x" for name in left})
    dataset, wrong = loaded(Images(path="set", split=(1, 0, 0)))
    assert (wrong, dataset.note, len(dataset.train)) == ([], "", 2)


def test_empty_class_folders_and_other_files_are_noted(
    write: Any, loaded: Any, tmp_path: Path
) -> None:
    write(dots("cat/1.png", "dog/1.png"))
    write({"set/bird/readme.txt": b"x", "set/cat/2.heic": b"x", "set/about.txt": b"x"})
    (tmp_path / "set" / "fox").mkdir()
    for _ in range(2):  # decoded, and from the cache
        assert loaded(Images(path="set"))[0].note == (
            "no images in `bird`, `fox`; 2 other files (`bird/readme.txt`, `cat/2.heic`) passed "
            "over: convert HEIC to JPEG or PNG"
        )


def test_a_wrong_number_of_outputs_lists_the_classes_and_the_empty_folder(
    write: Any, tmp_path: Path
) -> None:
    import netc

    write(dots("cat/1.png", "dog/1.png"))
    (tmp_path / "set" / "bird").mkdir()
    spec = tmp_path / "spec.net"
    spec.write_text('data images "set"; input 4 -> dense 3 softmax; loss ce; opt adam')
    with pytest.raises(netc.DataError) as error:
        netc.compile(spec).fit()
    (diagnostic,) = error.value.diagnostics
    assert diagnostic.message == "the network has 3 outputs, but `set` has 2 classes"
    assert diagnostic.help == (
        "make the last layer `dense 2`",
        "the classes are `cat`, `dog`",
        "no images in `bird`",
    )


def test_links_are_followed(write: Any, loaded: Any, tmp_path: Path) -> None:
    write(dots("a/1.png"))
    write({"elsewhere/2.png": DOT, "elsewhere/3.png": DOT})
    (tmp_path / "set" / "b").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "set" / "a" / "4.png").symlink_to(tmp_path / "elsewhere" / "2.png")
    dataset, wrong = loaded(Images(path="set", split=(1, 0, 0)))
    assert (wrong, dataset.class_names, len(dataset.train)) == ([], ("a", "b"), 4)


def test_what_cannot_be_opened_is_named(write: Any, loaded: Any, tmp_path: Path) -> None:
    write(dots("a/1.png", "b/1.png"))
    folder = tmp_path / "set"
    (folder / "a" / "2.png").symlink_to("nothing.png")
    (folder / "b" / "around").symlink_to(folder)
    os.mkfifo(folder / "a" / "3.png")
    (wrong,) = loaded(Images(path="set"))[1]
    assert wrong == (
        "E0530 3 of 5 images in `set` cannot be read: `a/2.png` (it is a link to nothing), "
        "`a/3.png` (it is a pipe or a device, not a file), `b/around` (it is a link to a folder "
        "around it)"
    )


def test_all_damaged_files_are_counted_and_five_named(write: Any, loaded: Any) -> None:
    write(dots(*(f"{label}/{n}.png" for label in "ab" for n in range(4))))
    write({f"set/b/bad{n}.png": b"x" * n for n in range(7)})
    (wrong,) = loaded(Images(path="set"))[1]
    assert wrong.startswith(
        "E0530 7 of 15 images in `set` cannot be read: `b/bad0.png` (it is empty), "
        "`b/bad1.png` (it cannot be read as an image), "
    )
    assert wrong.endswith("`b/bad4.png` (it cannot be read as an image), ...")


@pytest.mark.parametrize("kind", ["pipe", "device", "socket"])
def test_a_path_that_is_no_file_is_called_what_it_is(
    kind: str, loaded: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = "/dev/zero" if kind == "device" else "it"
    if kind == "pipe":
        os.mkfifo("it")
    with socket.socket(socket.AF_UNIX) as own:
        if kind == "socket":
            own.bind("it")
        assert loaded(Images(path=path))[1] == [
            f"E0502 cannot read `{path}`: it is a {kind}, not a file"
        ]
