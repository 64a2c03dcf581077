"""Which files a tar archive holds, and where: the formats of POSIX (ustar, pax), GNU and V7.

Each member is a header of 512 bytes, then its content in whole blocks of 512; a block of zeros
ends the archive. Headers of GNU and pax that hold a long name or a large size come before the
member that they describe (IEEE Std 1003.1, "pax Interchange Format"; GNU tar manual, "Basic Tar
Format").

The reader of the standard library takes a damaged header for the end of the archive, follows
negative sizes for ever, and needs quadratic time for some pax headers. Here every header must be
right, and nothing but zeros may follow the end, so that no file is dropped silently.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from ..bounded_reading import RefusedError

BLOCK = 512
LONGEST_HEADER = 1 << 20
"""Bytes of a name or of a pax header."""
LONGEST_LENGTH = 12
"""Digits of the length of a pax record."""
AHEAD = 1 << 20

TarKind = Literal["file", "folder", "hard link", "link", "sparse", "other"]

KINDS: dict[bytes, TarKind] = {
    **dict.fromkeys((b"0", b"\0", b"7"), "file"),
    b"1": "hard link",
    b"2": "link",
    b"5": "folder",
    b"S": "sparse",
}
NO_CONTENT = b"123456"
"""Types of members whose size says nothing of what follows."""

ReadAt = Callable[[int, int], bytes]
"""So many bytes of the archive, from a place on; fewer at its end."""


@dataclass(frozen=True, slots=True)
class TarMember:
    """A file, a folder or a link."""

    name: str
    kind: TarKind
    link: str
    """Where a link leads."""
    at: int
    """Where the content begins."""
    size: int


def tar_members(read: ReadAt, total: int) -> Iterator[TarMember]:
    """The members of an archive of `total` bytes. Raises ValueError where it is none, and
    `RefusedError` where it is damaged."""
    at = 0
    common: dict[str, bytes] = {}
    special: dict[str, bytes] = {}
    while True:
        header = read(BLOCK, at)
        if len(header) < BLOCK:
            if not at:
                raise ValueError("no header")
            raise RefusedError("the archive ends too early")
        if header[0] == 0 and not header.strip(b"\0"):
            break
        size = _checked_size(header, at)
        kind, content = header[156:157], at + BLOCK
        if kind in b"xgXLK":
            extra = _extra(read, content, size)
            if kind == b"g":
                common |= _pax_records(extra, at)
            elif kind in b"xX":
                special |= _pax_records(extra, at)
            else:
                special["path" if kind == b"L" else "linkpath"] = extra.rstrip(b"\0")
        else:
            if kind == b"S":
                content = _after_map(read, header, content)
            member = _member(header, content, size, common | special, at)
            special = {}
            size = 0 if kind in NO_CONTENT else member.size
            yield member
        at = content + (size + BLOCK - 1) // BLOCK * BLOCK
        # the last block of a file need not be whole
        if content + size > total:
            raise RefusedError("the archive ends too early")
    if special:
        raise RefusedError(f"the archive is corrupt at byte {at:,}")
    _must_be_over(read, at, total)


def _checked_size(header: bytes, at: int) -> int:
    """The size that a header says. Raises what `tar_members` does."""
    field, others = header[148:156], header[:148] + header[156:]
    total = sum(others) + 8 * ord(" ")
    with suppress(ValueError):
        # old programs added bytes as signed numbers
        told = _number(field)
        right = told == total or told == total - 256 * sum(byte > 127 for byte in others)
        size = _number(header[124:136])
        if right and size >= 0:
            return size
    if not at:
        raise ValueError("no header")
    raise RefusedError(f"the archive is corrupt at byte {at:,}")


def _number(field: bytes) -> int:
    """An octal number, or a binary one with its first bit set. Raises ValueError."""
    if field[0] in (0o200, 0o377):
        number = int.from_bytes(field[1:])
        return number - (1 << 8 * len(field) - 8) if field[0] == 0o377 else number
    return int(field.partition(b"\0")[0].strip() or b"0", 8)


def _extra(read: ReadAt, at: int, size: int) -> bytes:
    """The content of a header that belongs to the next member."""
    if size > LONGEST_HEADER:
        raise RefusedError(f"the archive is corrupt at byte {at - BLOCK:,}")
    return read(size, at)


def _after_map(read: ReadAt, header: bytes, at: int) -> int:
    """Where the content of a sparse file of GNU begins, after the blocks of its map."""
    more = header[482]
    while more:
        block = read(BLOCK, at)
        if len(block) < BLOCK:
            raise RefusedError("the archive ends too early")
        more = block[504]
        at += BLOCK
    return at


def _pax_records(data: bytes, at: int) -> dict[str, bytes]:
    """The records of a pax header, `LENGTH KEY=VALUE` and a line end each."""
    found: dict[str, bytes] = {}
    start = 0
    while start < len(data) and data[start]:
        space = data.find(b" ", start, start + LONGEST_LENGTH)
        digits = data[start:space]
        length = int(digits) if space > 0 and digits.isdigit() else 0
        key, sign, value = data[space + 1 : start + length - 1].partition(b"=")
        end = start + length
        if not sign or end > len(data) or data[end - 1 : end] != b"\n":
            raise RefusedError(f"the archive is corrupt at byte {at + BLOCK + start:,}")
        found[key.decode("utf-8", "replace")] = value
        start = end
    return found


def _member(header: bytes, content: int, size: int, extra: dict[str, bytes], at: int) -> TarMember:
    name = header[:100].partition(b"\0")[0]
    prefix = header[345:500].partition(b"\0")[0]
    if prefix and header[257:263] == b"ustar\0":
        name = prefix + b"/" + name
    name = extra.get("path", name)
    link = extra.get("linkpath", header[157:257].partition(b"\0")[0])
    kind = KINDS.get(header[156:157], "other")
    if kind == "file" and name.endswith(b"/"):
        kind = "folder"
    if any(key.startswith("GNU.sparse.") for key in extra):
        kind, name = "sparse", extra.get("GNU.sparse.name", name)
    if "size" in extra:
        if not extra["size"].isdigit() or len(extra["size"]) > LONGEST_LENGTH + 8:
            raise RefusedError(f"the archive is corrupt at byte {at:,}")
        size = int(extra["size"])
    return TarMember(_text(name).rstrip("/"), kind, _text(link), content, size)


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _must_be_over(read: ReadAt, at: int, total: int) -> None:
    """Nothing but zeros may follow the end."""
    while at < total:
        block = read(AHEAD, at)
        if not block:
            return
        if block.strip(b"\0"):
            at += len(block) - len(block.lstrip(b"\0"))
            raise RefusedError(f"the archive goes on at byte {at:,}, after its end")
        at += len(block)
