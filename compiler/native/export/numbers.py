"""Arrays of constants as C text, exact and compact, and as bytes beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import pack, unpack
from textwrap import wrap
from zlib import adler32

from .contents import StoredArray
from .names import comment_text

CHUNK = 8192
"""Numbers that are written at a time."""
LINE = 100

MAGIC = b"netc"


def exact_number(value: float) -> str:
    """A number as a constant of exactly its value: `3.0`, or 0.1 as `0x1.999999999999ap-4`."""
    if abs(value) < 1e6 and value == round(value):
        return f"{value:.1f}"
    return _hexadecimal(value)


def _hexadecimal(value: float) -> str:
    digits, _, exponent = value.hex().partition("p")
    if not exponent:
        return {"inf": "INFINITY", "-inf": "-INFINITY"}.get(digits, "NAN")
    return f"{digits.rstrip('0')}p{exponent}"


def number_list(values: Iterable[float]) -> str:
    """A short list of numbers for the braces of an array, in lines."""
    return "\n".join(wrap(", ".join(map(exact_number, values)), LINE))


def array_text(array: StoredArray) -> Iterator[str]:
    """The definition of an array with its numbers, a part at a time."""
    yield f"/* {comment_text(array.title)} */\n"
    yield f"static const {array.type} {array.name}[{array.count}] = {{\n"
    per_line = 6 if array.type == "float" else 4
    for begin in range(0, array.count, CHUNK):
        numbers = [_hexadecimal(value) for value in values_of(array, begin, begin + CHUNK)]
        lines = (numbers[i : i + per_line] for i in range(0, len(numbers), per_line))
        yield "".join(f"{','.join(line)},\n" for line in lines)
    yield "};\n"


def values_of(array: StoredArray, begin: int, end: int) -> tuple[float, ...]:
    """Some numbers of an array."""
    data = array.read(begin, min(end, array.count))
    return unpack(f"<{len(data) // (array.bytes // array.count)}{array.type[0]}", data)


def array_bytes(arrays: Iterable[StoredArray]) -> Iterator[bytes]:
    """The numbers of arrays one after another, a part at a time."""
    for array in arrays:
        for begin in range(0, array.count, CHUNK * 16):
            yield array.read(begin, min(begin + CHUNK * 16, array.count))


def file_head(arrays: tuple[StoredArray, ...]) -> bytes:
    """What a file of weights begins with: it tells them from those of another network, and complete
    ones from damaged ones."""
    checksum = 1
    for part in array_bytes(arrays):
        checksum = adler32(part, checksum)
    return MAGIC + pack("<QI", sum(array.bytes for array in arrays), checksum)
