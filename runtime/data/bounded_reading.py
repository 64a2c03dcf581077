"""Reading files that may be damaged, or made to do harm: what libraries raise, and how much one
may ask for.

Every reader has a budget: a stream that grows without end is left, a pipe or a device is never
opened.
"""

from __future__ import annotations

import lzma
import os
import stat
import struct
import tokenize
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

DAMAGE: tuple[type[Exception], ...] = (
    *(OSError, EOFError, MemoryError, OverflowError, struct.error, zlib.error, lzma.LZMAError),
    *(zipfile.BadZipFile, tokenize.TokenError, SyntaxError, RuntimeError),
    *(ValueError, TypeError, LookupError, ArithmeticError, AttributeError, AssertionError),
)
"""What the standard library, NumPy and Pillow raise for the bytes of a damaged file. They
promise no fewer: an encrypted archive is a RuntimeError, a header of NumPy's a TypeError."""

FREE = 2**26
"""Bytes that may be decompressed from however few."""
INFLATED = 200
"""How many times its size a picture, or an archive of pictures, may grow beyond that."""
INFLATED_ARRAY = 900
"""The same for an array, which may well be nearly constant. Deflate reaches 1,032."""


class RefusedError(OSError):
    """A file is not read, for a reason that follows its name and a colon."""


KINDS = {
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


MISSING = "there is no such file"


def why_no_file(path: Path) -> str:
    """Why a path is no plain file that could be opened: `MISSING`, "it is a pipe, not a file";
    empty where it is one."""
    try:
        kind = KINDS.get(stat.S_IFMT(path.stat().st_mode), "")
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return MISSING
    except OSError as error:
        return (error.strerror or "it cannot be opened").lower()
    return f"it is {kind}, not a file" if kind else ""


def available_memory() -> int:
    """Bytes that this process may still use: those that the machine has free, or fewer where a
    control group sets a limit."""
    free = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    with suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text().splitlines()
        line = next((line for line in lines if line.startswith("MemAvailable")), "")
        free.append(1024 * int(line.split()[1]))
    for limit, used in CONTROL_GROUPS:
        with suppress(OSError, ValueError):
            free.append(int(Path(limit).read_text()) - int(Path(used).read_text()))
    return max(min(free), 0)


CONTROL_GROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)
"""Files with the limit and the use of memory, of both versions of control groups."""


def says_what_is_free(wanted: int) -> str:
    """Why so many bytes cannot be held; empty where they can."""
    free = available_memory()
    return f"it needs {wanted:,} bytes of memory, {free:,} are free" if wanted > free else ""


def says_how_inflated(size: int, compressed: int, times: int = INFLATED, free: int = FREE) -> str:
    """Why so many bytes of so few are no honest content; empty where they may be."""
    if size <= free or size <= times * max(compressed, 1):
        return ""
    return f"it grows to {size:,} bytes from {compressed:,}, more than {times} times as many"


def reason_of(error: Exception, what: str) -> str:
    """Why a file cannot be read, in words that follow its name and a colon."""
    if isinstance(error, RefusedError):
        return str(error)
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    if isinstance(error, RuntimeError) and "encrypted" in str(error):
        return "it is encrypted"
    if isinstance(error, NotImplementedError):
        return "it is compressed in a way that Python cannot read"
    if isinstance(error, EOFError) or "unexpected end of data" in str(error):
        return f"{what} ends too early"
    if isinstance(error, OSError) and error.errno is not None and error.strerror:
        return error.strerror.lower()
    return ""
