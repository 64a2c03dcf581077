"""The index of tar archives: what Python finds in whole ones, and a reason for others."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable

import pytest
from netc.runtime.data.archives.tar_index import TarMember, tar_members
from netc.runtime.data.bounded_reading import RefusedError

LONG = "folder/" * 40
FORMATS = {"ustar": tarfile.USTAR_FORMAT, "gnu": tarfile.GNU_FORMAT, "pax": tarfile.PAX_FORMAT}


def index(data: bytes) -> list[TarMember]:
    return list(tar_members(lambda size, at: data[at : at + size], len(data)))


def entry(
    name: str, kind: bytes = tarfile.REGTYPE, link: str = "", size: int = 0
) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, size
    return info


def archive(form: int, entries: list[tarfile.TarInfo]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for info in entries:
            tar.addfile(info, io.BytesIO(b"x" * info.size))
    return buffer.getvalue()


ENTRIES = [
    entry("a"),
    entry("a/b.png", size=5),
    entry("a/c.png", size=512),
    entry("a/d.png", size=513),
    entry("d" * 99, size=1),
    entry("p" * 120 + "/" + "n" * 90, size=3),
    entry("a/folder", tarfile.DIRTYPE),
    entry("a/hard.png", tarfile.LNKTYPE, "a/b.png"),
    entry("a/soft.png", tarfile.SYMTYPE, "b.png"),
    entry("a/pipe", tarfile.FIFOTYPE),
    entry("a/device", tarfile.CHRTYPE),
]
LONGER = [
    entry(f"{LONG}é.png", size=7),
    entry("a/ü.png", size=7),
    entry("a/link", tarfile.SYMTYPE, f"{LONG}é.png"),
]
KINDS = {"file": "isreg", "folder": "isdir", "hard link": "islnk", "link": "issym"}


@pytest.mark.parametrize("form", FORMATS)
def test_members_are_those_that_python_finds(form: str) -> None:
    data = archive(FORMATS[form], ENTRIES + (LONGER if form != "ustar" else []))
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        theirs = tar.getmembers()
    ours = index(data)
    assert [item.name for item in ours] == [item.name for item in theirs]
    for our, their in zip(ours, theirs, strict=True):
        assert our.kind == next(
            (kind for kind, check in KINDS.items() if getattr(their, check)()), "other"
        )
        assert our.link == their.linkname
        assert (our.size, our.at) == (their.size, their.offset_data) or not their.isreg()


def test_sizes_of_pax_headers_count() -> None:
    info = entry("big", size=600)
    info.pax_headers = {"size": "600", "comment": "a\nb"}
    data = archive(tarfile.PAX_FORMAT, [info, entry("next", size=1)])
    assert [(item.name, item.size) for item in index(data)] == [("big", 600), ("next", 1)]


def test_binary_sizes_and_signed_checksums_are_read() -> None:
    data = bytearray(archive(tarfile.GNU_FORMAT, [entry("\xe9\xe9", size=5)]))
    data[124:136] = b"\x80" + (5).to_bytes(11)
    data[148:156] = b" " * 8
    signed = sum(byte - 256 * (byte > 127) for byte in data[:512])
    data[148:156] = b"%06o\0 " % signed
    assert [item.size for item in index(bytes(data))] == [5]


WHOLE = archive(tarfile.PAX_FORMAT, [entry(f"{i}", size=600) for i in range(3)])


def sized(data: bytes, field: bytes) -> bytes:
    """With another size in the second header, and its checksum."""
    changed = bytearray(data)
    at = 1536
    changed[at + 124 : at + 136] = field
    changed[at + 148 : at + 156] = b" " * 8
    changed[at + 148 : at + 156] = b"%06o\0 " % sum(changed[at : at + 512])
    return bytes(changed)


def pax(records: bytes) -> bytes:
    """An archive with this text for a pax header."""
    return (
        archive(tarfile.GNU_FORMAT, [entry("x", tarfile.XHDTYPE, size=len(records))]).replace(
            b"x" * len(records) + bytes(-len(records) % 512), records + bytes(-len(records) % 512)
        )[: 512 + len(records) + -len(records) % 512]
        + WHOLE
    )


DAMAGED: dict[str, tuple[Callable[[], bytes], str]] = {
    "cut in a header": (lambda: WHOLE[:1700], "the archive ends too early"),
    "cut in a file": (lambda: WHOLE[:2100], "the archive ends too early"),
    "cut between files": (lambda: WHOLE[:1536], "the archive ends too early"),
    "without an end": (lambda: WHOLE[: 3 * 1536], "the archive ends too early"),
    "a flipped bit": (
        lambda: WHOLE[:1540] + bytes([WHOLE[1540] ^ 1]) + WHOLE[1541:],
        "the archive is corrupt at byte 1,536",
    ),
    "a header of zeros": (
        lambda: WHOLE[:1536] + bytes(512) + WHOLE[2048:],
        "the archive goes on at byte 2,048, after its end",
    ),
    "two archives": (lambda: WHOLE + WHOLE, "the archive goes on at byte 10,240, after its end"),
    "a negative size": (
        lambda: sized(WHOLE, b"\xff" * 4 + (2**64 - 512).to_bytes(8)),
        "the archive is corrupt at byte 1,536",
    ),
    "a size of letters": (
        lambda: sized(WHOLE, b"00000000abc\0"),
        "the archive is corrupt at byte 1,536",
    ),
    "a huge size": (
        lambda: sized(WHOLE, b"\x80" + (2**80).to_bytes(11)),
        "the archive ends too early",
    ),
    "a pax header of digits": (lambda: pax(b"9" * 60_000), "the archive is corrupt at byte 512"),
    "a pax length of nothing": (lambda: pax(b"0 a=b\n" * 9), "the archive is corrupt at byte 512"),
    "a pax length too far": (lambda: pax(b"99 a=b\n"), "the archive is corrupt at byte 512"),
    "a negative pax size": (lambda: pax(b"11 size=-1\n"), "the archive is corrupt at byte 1,024"),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_damage_is_named_with_its_place(what: str) -> None:
    make, reason = DAMAGED[what]
    with pytest.raises(RefusedError, match=reason):
        index(make())


@pytest.mark.parametrize("data", [b"", b"short", b"text " * 500], ids=["empty", "short", "text"])
def test_other_files_are_no_archives(data: bytes) -> None:
    with pytest.raises(ValueError, match="no header"):
        index(data)


def test_an_empty_archive_has_no_members() -> None:
    assert index(bytes(10240)) == []


def test_global_headers_folders_of_old_programs_and_sparse_files_are_read() -> None:
    buffer = io.BytesIO()
    form = tarfile.PAX_FORMAT
    with tarfile.open(
        fileobj=buffer, mode="w", format=form, pax_headers={"comment": "global"}
    ) as tar:
        tar.addfile(entry("a.png", size=1), io.BytesIO(b"x"))
    assert [(item.name, item.kind) for item in index(buffer.getvalue())] == [("a.png", "file")]

    # before there were folders of their own kind, they were empty files with `/` at the end
    old = bytearray(archive(tarfile.USTAR_FORMAT, [entry("folder", tarfile.DIRTYPE)]))
    old[156:157] = tarfile.AREGTYPE
    old[148:156] = b" " * 8
    old[148:156] = b"%06o\0 " % sum(old[:512])
    assert [item.kind for item in index(bytes(old))] == ["folder"]

    # GNU's: one more block of the map, then the content
    sparse = bytearray(archive(tarfile.GNU_FORMAT, [entry("s.png", size=5)]))
    sparse[156:157], sparse[482] = tarfile.GNUTYPE_SPARSE, 1
    sparse[148:156] = b" " * 8
    sparse[148:156] = b"%06o\0 " % sum(sparse[:512])
    sparse[512:512] = bytes(512)
    (member,) = index(bytes(sparse))
    assert (member.name, member.at) == ("s.png", 1024)
    assert member.kind not in ("file", "folder")
