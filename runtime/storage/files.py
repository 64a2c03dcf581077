"""Paths: where netc keeps files, whether one can be written, and writing it whole or not at all."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ...compiler.problems.weights import CannotWrite, FileExists
from ...compiler.spans import Place
from ...grammar.problem import Problem
from ...grammar.source import Source, Span

CACHE_VARIABLE = "NETC_CACHE_DIR"

IS_READ = "the command reads it, and its contents would be lost"
"""Why a file is not replaced."""


def write_atomically(path: Path, data: bytes, mode: int | None = None) -> None:
    """Puts a file in place once all of it is on the disk: who reads the path finds the old file
    or the new one, never a part. A device or a pipe is written to as it is, a link stays a link,
    and a file keeps its permissions, unless `mode` sets others. Raises OSError."""
    write_parts_atomically(path, (data,), mode)


def write_parts_atomically(path: Path, parts: Iterable[bytes], mode: int | None = None) -> None:
    """The same for a file that is made a part at a time."""
    if path.exists() and not path.is_file():
        with path.open("wb") as file:
            file.writelines(parts)
        return
    path = Path(os.path.realpath(path))
    beside = path.with_name(f".netc-{secrets.token_hex(8)}.part")  # the name may be a long one
    kept = path.stat().st_mode & 0o7777 if mode is None and path.exists() else None
    # not readable for more people than later, not even for a moment
    first = next((bits for bits in (mode, kept) if bits is not None), 0o666)
    try:
        with open(beside, "xb", opener=lambda name, flags: os.open(name, flags, first)) as file:
            if mode is not None:
                beside.chmod(mode)
            elif kept is not None:
                with suppress(OSError):  # a file system without them
                    beside.chmod(kept)
            file.writelines(parts)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def cache_folder() -> Path:
    """Where downloaded files are kept."""
    own = os.environ.get(CACHE_VARIABLE)
    if own:
        return Path(own)
    import pooch  # type: ignore[import-untyped]

    return Path(pooch.os_cache("netc"))


def unwritable(path: Path, read: Iterable[Path] = (), *, replaces: bool = True) -> Problem | None:
    """Why nothing can be written at a path, as far as that shows before the work is done. What is
    written must not take the place of what is `read`, and of another file only if it `replaces`."""
    folder = Path(os.path.realpath(path)).parent
    reason = ""
    if path.exists() and any(other.exists() and path.samefile(other) for other in read):
        reason = IS_READ
    elif path.is_dir():
        reason = "it is a folder"
    elif not folder.is_dir():
        reason = f"there is no folder `{folder}`"
    elif not os.access(folder, os.W_OK):
        reason = f"files cannot be made in `{folder}`"
    if not reason and path.is_file() and not replaces:
        return FileExists(at=place_of(path), path=str(path))
    if not reason:
        return None
    return CannotWrite(at=place_of(path), path=str(path), reason=reason)


def place_of(path: Path) -> Place:
    """The place of problems with a file that no spec names."""
    return Place(Span(Source(str(path), ""), 0, 0))
