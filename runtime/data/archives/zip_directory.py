"""What a zip archive says twice of its files: in its directory, and before each of them.

The reader of the standard library takes a directory that was damaged for a shorter one, or for one
of other names.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from typing import IO

from ..bounded_reading import RefusedError

END = 22
"""Bytes of the record at the end, before the comment of the archive."""
HEADER = 30
"""Bytes of a file's header, before its name."""
IS_UTF8 = 0x800


def check_count(archive: zipfile.ZipFile, file: IO[bytes], size: int) -> None:
    """Raises `RefusedError` where the directory of an archive of `size` bytes has not as many
    entries as its end says."""
    file.seek(size - END - len(archive.comment))
    told = int.from_bytes(file.read(END)[10:12], "little")
    found = len(archive.infolist())
    # from 65,535 on, another record says it, or programs leave out what does not fit
    if told != 0xFFFF and (found - told) % (1 << 16):
        raise RefusedError(
            f"the archive is corrupt: it declares {told:,} files, but lists {found:,}"
        )


def misnamed(entries: Iterable[zipfile.ZipInfo], file: IO[bytes]) -> Iterable[str]:
    """The entries whose names are not those before their content."""
    for entry in entries:
        file.seek(entry.header_offset)
        header = file.read(HEADER)
        name = file.read(int.from_bytes(header[26:28], "little"))
        coding = "utf-8" if entry.flag_bits & IS_UTF8 else "cp437"
        if name.decode(coding, "replace") != entry.orig_filename:
            yield entry.filename
