"""The one place where the compiler's callers read specs from disk.

Stages get this function as an argument and do no reading themselves.
"""

from __future__ import annotations

import codecs
import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple

from ..grammar.problem import Problem
from ..grammar.source import Source, Span

LARGEST = 16 * 2**20
"""The most bytes that a spec may have."""

FailureReason = Literal["missing", "kind", "weights", "binary", "encoding", "size", "system"]


class ReadFailure(NamedTuple):
    """Why a file could not be read as a spec."""

    path: str
    reason: FailureReason
    detail: str = ""
    """What it is instead of a file, or the system's own words."""
    offset: int = 0
    byte: int = 0
    size: int = 0


Read = Callable[[str], "Source | ReadFailure"]
"""Reads the file at a path. The text's own path has every link on the way followed."""


def read_source(path: str) -> Source | ReadFailure:
    """The text of a file in UTF-8, with or without a byte order mark."""
    try:
        real = os.path.realpath(file_name(path))
        # Opened before it is looked at, so that what is read is what was looked at; and without
        # waiting, so that a named pipe does not hang.
        handle = os.open(real, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except OSError as error:
        return _failure(path, error)
    except ValueError:
        return ReadFailure(path, "missing")
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or a pipe"
            return ReadFailure(path, "kind", what)
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        return _failure(path, error)
    finally:
        os.close(handle)
    if _is_weights(data):
        return ReadFailure(path, "weights")
    if len(data) > LARGEST:
        return ReadFailure(path, "size", size=max(status.st_size, len(data)))
    return decode(data, path, real)


def file_name(text: str) -> str:
    """A name that a spec writes, for the system: the text is UTF-8, and so is the name, also where
    the locale has no such letters."""
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return os.fsdecode(text.encode("utf-8", "surrogatepass"))
    return text


def file_in(folder: Path, path: str) -> Path:
    """The file that a spec in a folder names."""
    return folder / file_name(path)


def source_of(text: str, name: str = "<text>") -> Source:
    """A text that comes from no file. What it uses is relative to the working folder."""
    return Source(name, text, os.path.join(os.path.realpath(os.curdir), name))


def decode(data: bytes, name: str, path: str | None) -> Source | ReadFailure:
    """Bytes as a text: those of a file, or of standard input."""
    zero = data.find(0)
    if zero >= 0:
        return ReadFailure(name, "binary", offset=zero)
    skipped = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    try:
        return Source(name, data[skipped:].decode("utf-8"), path)
    except UnicodeDecodeError as error:
        at = error.start + skipped
        return ReadFailure(name, "encoding", offset=at, byte=data[at])


def _is_weights(data: bytes) -> bool:
    """Whether a file begins as safetensors do: the length of a JSON object, 64 bits, and that."""
    return data[8:9] == b"{" and data[5:8] == bytes(3)


def _failure(path: str, error: OSError) -> ReadFailure:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return ReadFailure(path, "missing")
    if error.errno == errno.EISDIR or os.path.isdir(path):
        return ReadFailure(path, "kind", "a folder")
    return ReadFailure(path, "system", error.strerror or type(error).__name__)


def explain_failure(failure: ReadFailure, at: Span | None = None) -> Problem:
    """The problem of a file that could not be read, at the `use` that names it.

    Without one, it is at the beginning of a text that is empty and has the file's name.
    """
    from .problems import files

    place = at or Span(Source(failure.path, ""), 0, 0)
    path = failure.path
    match failure.reason:
        case "missing":
            return files.FileMissing(at=place, path=path)
        case "kind":
            return files.NotAFile(at=place, path=path, what=failure.detail)
        case "weights":
            return files.NotText(at=place, path=path, offset=0, is_weights=True)
        case "binary":
            return files.NotText(at=place, path=path, offset=failure.offset)
        case "encoding":
            return files.NotUtf8(at=place, path=path, offset=failure.offset, byte=failure.byte)
        case "size":
            return files.FileTooLarge(at=place, path=path, size=failure.size, limit=LARGEST)
        case "system":
            return files.FileUnreadable(at=place, path=path, reason=failure.detail)
