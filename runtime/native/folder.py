"""The folder of compiled libraries in the user's cache. What is in it is executed, so it is used
only where nobody else can have written to it."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ..storage.files import cache_folder

MOST_BYTES = 256 << 20
"""Of all libraries; the oldest are removed."""
BUILD_PREFIX = ".build-"
"""Of folders in which libraries are being built."""
STALE = 3600.0
"""Seconds after which such a folder was left behind by a process that was killed."""


def native_folder() -> Path:
    """Where compiled libraries are kept."""
    return cache_folder() / "native"


def open_folder(folder: Path) -> str | None:
    """Makes the folder where it is missing. Gives the reason why it cannot be used."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
        return why_unsafe_folder(folder)
    except OSError as error:
        return f"`{folder}`: {(error.strerror or type(error).__name__).lower()}"


def why_unsafe_folder(folder: Path) -> str | None:
    """Why what the folder holds may be another user's; None where it is not. Raises OSError."""
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode):
        return f"`{folder}` is no folder"
    reason = _why_foreign(folder, found)
    if reason is None and os.name == "posix":
        for above in folder.absolute().parents:
            mode = above.stat().st_mode
            # with the sticky bit, as in /tmp, nobody can put another folder in its place
            if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
                return f"everybody may write to `{above}`"
    return reason


def why_unsafe_file(path: Path) -> str | None:
    """Why a file may be another user's; None where it is not. Raises OSError."""
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        return f"`{path}` is no regular file"
    return _why_foreign(path, found)


def _why_foreign(path: Path, found: os.stat_result) -> str | None:
    if os.name != "posix":
        # The mode bits of Windows say nothing of other users; the cache is in the user's profile,
        # whose access list keeps them out.
        return None
    if found.st_uid != os.geteuid():
        return f"`{path}` belongs to another user"
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return f"other users may write to `{path}` (mode {stat.S_IMODE(found.st_mode):03o})"
    return None


def remove_oldest(folder: Path, suffix: str, kept: Path, most: int = MOST_BYTES) -> None:
    """Removes the libraries that were used longest ago until the others have at most `most` bytes,
    and what killed processes have left. `kept` stays."""
    with suppress(OSError):
        for path in folder.glob(f"{BUILD_PREFIX}*"):
            if path.lstat().st_mtime < time.time() - STALE:
                shutil.rmtree(path, ignore_errors=True)
        libraries = sorted(_libraries(folder, suffix), reverse=True)
        total = 0
        for _, size, path in libraries:
            total += size
            if total > most and path != kept:
                path.unlink(missing_ok=True)


def _libraries(folder: Path, suffix: str) -> Iterator[tuple[int, int, Path]]:
    """When each was last used, and how large it is."""
    for path in folder.glob(f"*{suffix}"):
        with suppress(OSError):  # removed by another process in the meantime
            found = path.lstat()
            yield found.st_mtime_ns, found.st_size, path
