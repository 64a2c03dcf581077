"""Packed streams: what went in comes out, in pieces of any size, and hostile ones are refused."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import random
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from netc.runtime.data.archives.packed import (
    START,
    UnpackedStream,
    bounded_blocks,
    packing_of,
    unpacked,
)
from netc.runtime.data.bounded_reading import DAMAGE, RefusedError

CONTENT = random.Random(0).randbytes(70_000) + bytes(200_000)
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
}


def stream_of(data: bytes) -> UnpackedStream:
    return UnpackedStream(io.BytesIO(data), packing_of(data[:START]))


def content(data: bytes) -> bytes:
    return b"".join(bounded_blocks(stream_of(data)))


@pytest.mark.parametrize("kind", PACKERS)
@pytest.mark.parametrize("size", [1, 7, 1000, 16384, 10**6])
def test_pieces_of_any_size_make_the_whole(kind: str, size: int) -> None:
    whole = CONTENT[:3000] if size < 1000 else CONTENT
    stream, pieces = stream_of(PACKERS[kind](whole)), []
    while piece := stream.read(size):
        pieces.append(piece)
    assert b"".join(pieces) == whole


@pytest.mark.parametrize("kind", PACKERS)
def test_members_follow_each_other_with_zeros_between(kind: str) -> None:
    pack = PACKERS[kind]
    members = pack(CONTENT) + bytes(20_000) + pack(b"") + pack(b"end") + bytes(3)
    assert content(members) == CONTENT + b"end"


@pytest.mark.parametrize("kind", PACKERS)
def test_a_file_is_unpacked_beside_itself(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "it"
    path.write_bytes(PACKERS[kind](CONTENT))
    with unpacked(path) as file:
        assert os.read(file, 10**6) == CONTENT
    path.write_bytes(CONTENT)
    with unpacked(path) as file:
        assert os.pread(file, 10**6, 0) == CONTENT


@pytest.mark.parametrize("kind", PACKERS)
def test_a_cut_or_changed_file_never_passes_for_a_whole_one(kind: str) -> None:
    whole = CONTENT[:500]
    packed = PACKERS[kind](whole)
    for size in range(START, len(packed)):
        with pytest.raises(EOFError):
            content(packed[:size])
    for at in range(START, len(packed)):
        changed = bytearray(packed)
        changed[at] ^= 0x55
        with suppress(*DAMAGE):
            # AssertionError is what a damaged file may raise, too
            found = content(bytes(changed))
            if found != whole:  # a time stamp or the name of a system
                pytest.fail(f"byte {at}")


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "more": (lambda: gzip.compress(b"a") + b"more", "other bytes follow"),
    "tiny members": (lambda: gzip.compress(b"") * 2000, "in 1,001 parts of a few bytes each"),
    "without end": (lambda: gzip.compress(bytes(1 << 27)), "it grows without end: "),
}


@pytest.mark.parametrize("what", REFUSED)
def test_hostile_files_are_refused(what: str) -> None:
    make, reason = REFUSED[what]
    with pytest.raises(RefusedError, match=reason):
        for _ in bounded_blocks(stream_of(make())):
            pass


def test_a_name_of_any_length_is_passed_over() -> None:
    deflate = zlib.compressobj(wbits=-15)
    body = deflate.compress(b"content") + deflate.flush()
    head = b"\x1f\x8b\x08\x08\0\0\0\0\0\3" + b"n" * 3_000_000 + b"\0"
    end = zlib.crc32(b"content").to_bytes(4, "little") + (7).to_bytes(4, "little")
    assert content(head + body + end) == b"content"


def test_xz_may_not_ask_for_any_memory() -> None:
    filters = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29}]
    packed = lzma.compress(b"content", filters=filters)
    with pytest.raises(DAMAGE, match=r"[Mm]emory"):
        content(packed)
