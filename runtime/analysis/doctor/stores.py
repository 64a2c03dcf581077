"""Where files are: the cache of downloads and decoded images, and the data sets at hand."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ....compiler.data.source import Digits, Iris
from ...data.cifar import ARCHIVE, PICTURES
from ...data.cifar import NAME as CIFAR10
from ...data.downloads import DATA_VARIABLE, own_file
from ...data.mnist import PUBLISHED
from ...storage.files import CACHE_VARIABLE, cache_folder

BUNDLED = (Digits.word, Iris.word)


@dataclass(frozen=True, slots=True)
class CacheState:
    """The folder of downloads and decoded images."""

    path: str
    by_variable: bool
    """Whether `NETC_CACHE_DIR` says so."""
    files: int
    size: int
    """Bytes of all files."""
    problem: str
    """Why nothing can be written there; empty where it can."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """A set that specs name."""

    name: str
    state: Literal["bundled", "folder", "cache", "absent"]
    """Whether it comes with netc, is in `NETC_DATA_DIR` or in the cache, or would be downloaded."""
    path: str
    """The folder of its files; empty where there is none."""


def look_at_cache() -> CacheState:
    """The cache as it is now; nothing stays in it."""
    folder = cache_folder()
    found = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    return CacheState(
        str(folder),
        bool(os.environ.get(CACHE_VARIABLE)),
        len(found),
        sum(_size(path) for path in found),
        _why_unwritable(folder),
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # gone in the meantime
        return 0


def _why_unwritable(folder: Path) -> str:
    """Why no file can be made in a folder, or below the one that it would be made in."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        return f"`{there}` is a file"
    try:
        with tempfile.TemporaryFile(dir=there):
            return ""
    except OSError as error:
        return f"`{there}`: {(error.strerror or type(error).__name__).lower()}"


def find_data_sets() -> tuple[DataSet, ...]:
    """The sets that specs name, without opening a file."""
    sets = {name: tuple(file.name for file in item.files) for name, item in PUBLISHED.items()}
    sets[CIFAR10] = (ARCHIVE.name,)
    return (
        *(DataSet(name, "bundled", "") for name in BUNDLED),
        *(_find(name, files) for name, files in sets.items()),
    )


def _find(name: str, files: tuple[str, ...]) -> DataSet:
    own = [own_file(name, file) for file in files]
    if name == CIFAR10 and own == [None]:
        own = [own_file(name, PICTURES)]
    if all(own):
        return DataSet(name, "folder", str(own[0].parent if own[0] else ""))
    folder = cache_folder() / name
    if all((folder / file).is_file() for file in files):
        return DataSet(name, "cache", str(folder))
    return DataSet(name, "absent", "")


def why_no_data_folder() -> str:
    """What is wrong with `NETC_DATA_DIR`; empty where nothing is."""
    folder = os.environ.get(DATA_VARIABLE)
    if not folder or os.path.isdir(folder):  # also where the system refuses the name
        return ""
    return f"{DATA_VARIABLE}={folder} is no folder"
