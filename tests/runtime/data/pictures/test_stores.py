"""What is taken for a picture in a tar archive and in a folder, and why the rest is none."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest
from netc.runtime.data.pictures.stores import open_store

Entry = tuple[str, bytes, str]
"""A name, a kind, and what a link leads to."""

FILE, HARD, SOFT = tarfile.REGTYPE, tarfile.LNKTYPE, tarfile.SYMTYPE
CONTENT = b"pixels"


def archive(path: Path, entries: list[Entry]) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, kind, link in entries:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            info.size = len(CONTENT) if kind == FILE else 0
            tar.addfile(info, io.BytesIO(CONTENT))
    return path


TARS: dict[str, tuple[list[Entry], list[str], dict[str, str]]] = {
    "a hard link is named from the top": (
        [("a/x.png", FILE, ""), ("b/y.png", HARD, "a/x.png")],
        ["a/x.png", "b/y.png"],
        {},
    ),
    "a link is named from its folder": (
        [("a/x.png", FILE, ""), ("b/y.png", SOFT, "../a/x.png")],
        ["a/x.png", "b/y.png"],
        {},
    ),
    "a link leads to nothing": (
        [("a/x.png", FILE, ""), ("b/y.png", SOFT, "x.png")],
        ["a/x.png"],
        {"b/y.png": "it is a link to nothing before it in the archive"},
    ),
    "a pipe": (
        [("a/x.png", FILE, ""), ("a/y.png", tarfile.FIFOTYPE, ""), ("a/z", tarfile.FIFOTYPE, "")],
        ["a/x.png"],
        {"a/y.png": "it is not a plain file"},
    ),
    "two of a name": (
        [("a/x.png", FILE, ""), ("./a/x.png", FILE, "")],
        ["a/x.png"],
        {"a/x.png": "the archive has two files of this name"},
    ),
    "a path too deep": (
        [("a/x.png", FILE, ""), (f"{'d/' * 300}x.png", FILE, "")],
        ["a/x.png"],
        {f"{'d/' * 20}...": "its path has 605 characters in 300 folders"},
    ),
}


@pytest.mark.parametrize("what", TARS)
def test_what_a_tar_archive_holds(what: str, tmp_path: Path) -> None:
    entries, pictures, damaged = TARS[what]
    with open_store(archive(tmp_path / "a.tar", entries)) as store:
        assert store.pictures == pictures
        assert {store.read(path) for path in store.pictures} == {CONTENT}
        assert store.damaged.keys() == damaged.keys()
        assert all(damaged[name] in reason for name, reason in store.damaged.items())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_what_a_folder_holds(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(CONTENT)
    os.mkfifo(tmp_path / "y.png")
    os.mkfifo(tmp_path / "z")
    (tmp_path / "lost.png").symlink_to("nothing.png")
    with open_store(tmp_path) as store:
        assert store.pictures == ["x.png"]
        assert store.damaged["y.png"] == "it is a pipe or a device, not a file"
        assert store.damaged.keys() == {"y.png", "lost.png"}
