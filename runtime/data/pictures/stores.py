"""Where the files of a set lie: in a folder, a `.zip`, or a `.tar`, compressed or not.

A store lists its files and reads one of them at a time, from several threads. Links are followed.
Hidden files and what systems create (`Thumbs.db`, `__MACOSX`) are passed over. What cannot be
opened is listed with the reason, so that no file is dropped silently.
"""

from __future__ import annotations

import io
import os
import posixpath
import re
import stat
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from ..archives.packed import unpacked
from ..archives.tar_index import tar_members
from ..archives.zip_directory import check_count, misnamed
from ..bounded_reading import RefusedError, says_how_inflated

SUFFIXES = (
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".avif", ".bmp", ".dib", ".gif"),
    *(".ppm", ".pgm", ".pbm", ".pnm", ".tif", ".tiff"),
)
"""Of pictures, in lower case."""
LEFT_BEHIND = ("thumbs.db", "desktop.ini", "__macosx", "@eadir")
LARGEST_FILE = 2**28
"""Bytes of one encoded picture, at the most."""
DEEPEST = 40
"""Folders within folders, at the most."""
SHOWN = 40
"""Characters of a longer path that a message has."""
LONGEST_NAME = 4096
"""Characters of a path, at the most, as in most file systems."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Store:
    """The files of a set, with `/` between folders."""

    pictures: list[str]
    """In the order in which reading them is fast."""
    sizes: list[int]
    """Bytes of each, encoded."""
    read: Callable[[str], bytes]
    """The bytes of a picture. Raises what `DAMAGE` lists."""
    open: Callable[[str], IO[bytes]]
    """The same as a file, of which only the head may be read."""
    folders: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    """Files that are no pictures."""
    damaged: dict[str, str] = field(default_factory=dict)
    """What cannot be opened, and why."""


def is_picture(path: str) -> bool:
    """Whether a file's name says that it is one."""
    return path.lower().endswith(SUFFIXES)


def natural(text: str) -> list[tuple[int, int, str]]:
    """A key that sorts names as people do: `class2` before `class10`, whatever the case."""
    parts = re.split(r"([0-9]+)", text)
    key = [
        (0, int(part), part) if index % 2 else (1, 0, part.casefold())
        for index, part in enumerate(parts)
    ]
    return [*key, (2, 0, text)]


@contextmanager
def open_store(path: Path) -> Iterator[Store]:
    """The files of a folder or an archive. Raises what `DAMAGE` lists, with the reason."""
    if path.is_dir():
        yield _folder(path)
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield _zip(archive, path)
    else:
        with unpacked(path) as file:
            yield _tar(file)


def _is_passed_over(name: str) -> bool:
    return name.startswith(".") or name.lower() in LEFT_BEHIND


class _Listing:
    """A store being listed."""

    def __init__(self) -> None:
        self.pictures: dict[str, int] = {}
        self.folders: list[str] = []
        self.others: list[str] = []
        self.damaged: dict[str, str] = {}

    def add(self, path: str, size: int) -> None:
        if len(path) > LONGEST_NAME or path.count("/") > DEEPEST:
            self.damaged[f"{path[:SHOWN]}..."] = (
                f"its path has {len(path):,} characters in {path.count('/'):,} folders, at most "
                f"{LONGEST_NAME:,} in {DEEPEST} are read"
            )
        elif not is_picture(path):
            self.others.append(path)
        elif path in self.pictures:
            self.damaged[path] = "the archive has two files of this name"
        elif size > LARGEST_FILE:
            self.damaged[path] = f"it has {size:,} bytes, a picture at most {LARGEST_FILE:,}"
        else:
            self.pictures[path] = size

    def store(
        self, read: Callable[[str], bytes], open_: Callable[[str], IO[bytes]] | None = None
    ) -> Store:
        return Store(
            list(self.pictures),
            list(self.pictures.values()),
            read,
            open_ or (lambda path: io.BytesIO(read(path))),
            self.folders,
            self.others,
            self.damaged,
        )


# Folders


def _folder(root: Path) -> Store:
    listing = _Listing()
    _walk(str(root), "", (), listing)
    return listing.store(
        lambda path: (root / path).read_bytes(), lambda path: (root / path).open("rb")
    )


def _walk(folder: str, prefix: str, above: tuple[tuple[int, int], ...], listing: _Listing) -> None:
    """Lists a folder and those below it. `above` are the folders on the way, by device and node:
    a link back to one of them is not followed a second time."""
    try:
        status = os.stat(folder)
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        listing.damaged[prefix or "."] = (error.strerror or "it cannot be opened").lower()
        return
    here = (status.st_dev, status.st_ino)
    if here in above or len(above) >= DEEPEST:
        listing.damaged[prefix] = "it is a link to a folder around it"
        return
    for entry in found:
        if _is_passed_over(entry.name):
            continue
        path = f"{prefix}/{entry.name}" if prefix else entry.name
        try:
            mode = entry.stat()
        except OSError as error:
            if entry.is_symlink() or is_picture(path):
                link = entry.is_symlink() and isinstance(error, FileNotFoundError)
                reason = "it is a link to nothing" if link else str(error.strerror).lower()
                listing.damaged[path] = reason
            continue
        if stat.S_ISDIR(mode.st_mode):
            listing.folders.append(path)
            _walk(entry.path, path, (*above, here), listing)
        elif stat.S_ISREG(mode.st_mode):
            listing.add(path, mode.st_size)
        elif is_picture(path):
            listing.damaged[path] = "it is a pipe or a device, not a file"


# Archives


def _zip(archive: zipfile.ZipFile, path: Path) -> Store:
    listing = _Listing()
    written: dict[str, str] = {}
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        check_count(archive, file, size)
        unread = [entry for entry in archive.infolist() if not is_picture(entry.filename)]
        reason = "the archive has another name for it"
        listing.damaged |= dict.fromkeys(misnamed(unread, file), reason)
    for info in archive.infolist():
        name = info.filename
        if "/" not in name:  # as some programs of Windows write
            name = name.replace("\\", "/")
        written[name] = info.filename
        if any(map(_is_passed_over, name.rstrip("/").removeprefix("./").split("/"))):
            continue
        if name.endswith("/"):
            listing.folders.append(name.rstrip("/"))
            continue
        reason = says_how_inflated(info.file_size, info.compress_size)
        if is_picture(name) and reason:
            listing.damaged[name] = reason
        else:
            listing.add(name, info.file_size)
    # entries may share their bytes, and be many
    reason = says_how_inflated(sum(listing.pictures.values()), size)
    if reason:
        raise RefusedError(reason)
    return listing.store(lambda path: archive.read(written[path]))


def _tar(file: int) -> Store:
    """A tar file that is not packed, of which each picture is read from its place."""
    listing = _Listing()
    places: dict[str, tuple[int, int]] = {}

    def read(size: int, at: int) -> bytes:
        return os.pread(file, size, at)

    for member in tar_members(read, os.fstat(file).st_size):
        name = member.name.removeprefix("./")
        if any(map(_is_passed_over, name.split("/"))):
            continue
        if member.kind == "folder":
            listing.folders.append(name)
        elif member.kind in ("link", "hard link"):
            folder = posixpath.dirname(name) if member.kind == "link" else ""
            target = posixpath.normpath(posixpath.join(folder, member.link))
            if target in places:
                places[name] = places[target]
                listing.add(name, places[name][1])
            elif is_picture(name):
                listing.damaged[name] = "it is a link to nothing before it in the archive"
        elif member.kind == "file":
            places[name] = (member.at, member.size)
            listing.add(name, member.size)
        elif is_picture(name):
            listing.damaged[name] = "it is not a plain file"
    return listing.store(lambda path: read(places[path][1], places[path][0]))
