"""Text files of tables: their encoding and dialect, and their rows with line numbers.

What can be told from the beginning of a file is told from it, and what the author says takes its
place: the encoding, the separator (comma, semicolon, tab, pipe or blanks), the sign of decimals.
Lines before the first row that are empty or begin with `#` are passed over. No NumPy is needed, so
that `netc check` can look at a table.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import IO, Any, ClassVar, Literal

from ....compiler.data.tables import Csv, Excel, Parquet, Table
from ..archives.packed import BLOCK, GZIP, START, UnpackedStream, bounded_blocks, packing_of
from .kinds import why_no_text
from .names import is_number
from .text_rows import LONGEST, TableRow, UnreadRows, bounded_lines, csv_reader

HEAD = 1 << 18
"""Bytes of a file that its dialect is told from."""

SAMPLE = 200
"""Lines that its dialect is told from."""

FREE = 1 << 22
"""Bytes of text that may be packed in however few: reading text takes longer than unpacking it."""

LONGEST_HEADER = 1 << 22
"""Bytes of a first line, which may be longer than that."""

AGREE = 0.8
"""The share of lines after the first that must have equally many cells with a separator."""

SEPARATORS = {"\t": "tabs", ";": "semicolons", "|": "pipes", ",": "commas", " ": "blanks"}
"""From the least likely in a text to the most, with their names."""

ENCODINGS = {
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "latin-1": "Latin-1",
    "cp1252": "Windows-1252 (Latin-1)",
}

BROKEN = (OSError, EOFError, MemoryError, zlib.error, csv.Error, UnicodeError)
"""What reading a damaged file raises."""

COMMA_NUMBER = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
POINT_NUMBER = re.compile(r"[+-]?\d+\.\d+([eE][+-]?\d+)?")
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
GROUPED_BY_POINTS = re.compile(r"[+-]?[1-9]\d{0,2}\.\d{3}")


@dataclass(frozen=True, slots=True)
class TableOptions:
    """What a spec says of a file; None where it is told from the file."""

    sep: str | None = None
    header: bool | None = None
    decimal: str | None = None
    thousands: str | None = None
    encoding: str | None = None
    missing: tuple[str, ...] = ()
    sheet: str | None = None
    form: Literal["csv", "parquet", "excel"] | None = None
    """None where the first bytes of a file tell."""


def table_options(data: Table) -> TableOptions:
    """What a spec says of a file."""
    if isinstance(data, Parquet):
        return TableOptions(missing=data.missing, form="parquet")
    if isinstance(data, Excel):
        return TableOptions(
            header=data.header, missing=data.missing, sheet=data.sheet, form="excel"
        )
    assert isinstance(data, Csv)
    sep = data.sep
    return TableOptions(
        None if sep is None else {"tab": "\t", "space": " "}.get(sep, sep),
        data.header,
        data.decimal,
        data.thousands,
        data.encoding,
        data.missing,
        form="csv",
    )


@dataclass(frozen=True, slots=True)
class TableText:
    """A file whose dialect is known."""

    path: Path
    encoding: str
    sep: str
    skipped: int
    """Lines before the first row."""
    decimal: str
    sha256: str
    """Of its content, unpacked."""
    names: tuple[str, ...] = ()
    """Of its columns, where a comment above the first row has them."""
    unit: ClassVar[str] = "line"

    def notes(self) -> tuple[str, ...]:
        """What is unusual about it."""
        notes = [ENCODINGS[self.encoding]] if self.encoding in ENCODINGS else []
        notes += [f"separated by {SEPARATORS[self.sep]}"] if self.sep in "\t;| " else []
        notes += ["decimal commas"] if self.decimal == "," else []
        return (*notes, *([f"names from the comment in line {self.skipped}"] if self.names else []))

    @contextmanager
    def opened(self) -> Iterator[UnreadRows]:
        """Its rows, while the file is open."""
        with io.TextIOWrapper(open_unpacked(self.path), self.encoding, newline="") as text:
            yield self.rows_of(text)

    def rows_of(self, text: IO[str]) -> UnreadRows:
        """The rows of its text, or of the beginning of that."""
        for _ in range(self.skipped):
            text.readline(LONGEST)
        return UnreadRows(bounded_lines(text), self.sep, self.skipped, self.names)


def open_unpacked(path: Path) -> Any:
    """The content of a file, also of one that gzip packed."""
    file = path.open("rb")
    try:
        is_packed = packing_of(file.read(START)) == GZIP
        file.seek(0)
    except OSError:
        file.close()
        raise
    return io.BufferedReader(UnpackedStream(file, GZIP)) if is_packed else file


def _head(path: Path) -> bytes:
    """The beginning of a file, with its whole first line."""
    with open_unpacked(path) as file:
        head: bytes = file.read(HEAD)
        if len(head) == HEAD and b"\n" not in head and b"\r" not in head:
            head += file.readline(LONGEST_HEADER) + file.read(HEAD)
    return head


def examine(path: Path, options: TableOptions) -> TableText | str:
    """The file with its dialect, or why it is no table of text. Raises one of `BROKEN`."""
    head = _head(path)
    return why_no_text(head) or _told_from(head, path, options, *_scan(path))


def beginning(path: Path, options: TableOptions) -> tuple[list[TableRow], bool] | str:
    """The rows in the beginning of a file, and whether they are all; or why it is no table of text.
    Raises one of `BROKEN`."""
    head = _head(path)
    reason = why_no_text(head)
    if reason:
        return reason
    text = _told_from(head, path, options, "", _is_utf8(head))
    if isinstance(text, str):
        return text
    whole, found = len(head) < HEAD, list[TableRow]()
    lines = _lines_of(head, text.encoding, "strict")
    try:
        found.extend(text.rows_of(io.StringIO("".join(lines), newline="")))
    except csv.Error:
        # the head may end in quotes
        if whole:
            raise
    return found, whole


def _told_from(
    head: bytes, path: Path, options: TableOptions, sha256: str, is_utf8: bool
) -> TableText | str:
    """The dialect of a file that begins so. Raises LookupError for an encoding that is none."""
    if options.encoding is not None:
        _must_be_encoding(options.encoding)
    marked = _marked_encoding(head)
    if b"\0" in head and marked is None and options.encoding is None:
        return "it is not text: it contains zero bytes"
    encoding = options.encoding or marked or ("utf-8-sig" if is_utf8 else _eight_bits(head))
    if encoding is None:
        return 'its encoding cannot be detected: name it, such as `encoding="shift_jis"`'
    lines = _lines_of(head, encoding)
    if not lines:
        return "it is empty" if len(head) < HEAD else LONG_HEADER
    skipped, sep = _preface(lines)
    above = lines[skipped - 1] if skipped else ""
    lines = lines[skipped : skipped + SAMPLE]
    if not lines:
        return "it has comment lines only"
    sep = options.sep or sep or _separator(lines)
    decimal = options.decimal or _decimal(lines, sep, options)
    if decimal is None:
        return (
            'numbers such as `1,234` can be read in two ways: write `thousands=","` for 1234, or '
            '`decimal=","` for 1.234'
        )
    if sep != "," and options.decimal is None and options.thousands is None:
        grouped = _grouped_by_points(lines, sep)
        if grouped is not None:
            return (
                f"numbers such as `{grouped}` can be read in two ways: write "
                f'`thousands="." decimal=","` for {grouped.replace(".", "")}, or `decimal="."` for '
                f"{grouped}"
            )
    names = _commented_names(above, lines, sep) if options.header is None else ()
    return TableText(path, encoding, sep, skipped, decimal, sha256, names)


def _must_be_encoding(name: str) -> None:
    """Raises LookupError for a name of no encoding, or of one that is not of text, as `zlib`."""
    try:
        b"a".decode(name, "replace")
    except ValueError as error:
        raise LookupError(name) from error


LONG_HEADER = f"its first line has more than {LONGEST_HEADER:,} bytes"


def _lines_of(head: bytes, encoding: str, errors: str = "replace") -> list[str]:
    """The lines in the beginning of a file, without one that goes on after it."""
    whole = len(head) < HEAD
    text = codecs.getincrementaldecoder(encoding)(errors).decode(head, final=whole)
    lines = list(io.StringIO(text, newline=""))
    return lines if whole else lines[:-1]


def _is_utf8(head: bytes) -> bool:
    """Whether the beginning of a file is UTF-8, as far as it goes."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _marked_encoding(head: bytes) -> str | None:
    """The encoding that a byte-order mark names, or UTF-16 without one."""
    marks = {
        codecs.BOM_UTF8: "utf-8-sig",
        codecs.BOM_UTF32_LE: "utf-32",
        codecs.BOM_UTF32_BE: "utf-32",
        codecs.BOM_UTF16_LE: "utf-16",
        codecs.BOM_UTF16_BE: "utf-16",
    }
    for mark, name in marks.items():
        if head.startswith(mark):
            return name
    sample = head[:2000]
    zeros = sample[::2].count(0), sample[1::2].count(0)
    if (
        len(sample) > 3
        and max(zeros) > 0.6 * len(sample) / 2
        and min(zeros) < 0.1 * len(sample) / 2
    ):
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    return None


def _scan(path: Path) -> tuple[str, bool]:
    """The SHA-256 of the content, and whether it is UTF-8, perhaps cut in the middle of a
    character. Raises `RefusedError` where too little is
    packed in too much."""
    digest, decoder = hashlib.sha256(), codecs.getincrementaldecoder("utf-8")()
    good = plain = True
    with path.open("rb") as file:
        is_packed = packing_of(file.read(START)) == GZIP
        file.seek(0)
        for block in (
            bounded_blocks(UnpackedStream(file, GZIP), FREE)
            if is_packed
            else iter(lambda: file.read(BLOCK), b"")
        ):
            digest.update(block)
            if good:
                try:
                    plain = decoder.decode(block).isascii() and plain
                except UnicodeDecodeError:
                    good = False
    return digest.hexdigest(), good and not (plain and decoder.getstate()[0])


def _eight_bits(head: bytes) -> str | None:
    """Latin-1, or what Windows made of it; None where it has what is a letter in neither."""
    if not any(0x80 <= byte < 0xA0 for byte in head):
        return "latin-1"
    try:
        head.decode("cp1252")
    except UnicodeDecodeError:
        return None
    return "cp1252"


def _preface(lines: list[str]) -> tuple[int, str | None]:
    """How many lines are before the first row, and the separator that Excel's `sep=;` names."""
    for index, line in enumerate(lines):
        text = line.strip()
        if text.lower().startswith("sep=") and len(text) == 5:
            return index + 1, text[4]
        if text and not text.startswith("#"):
            return index, None
    return len(lines), None


def _commented_names(above: str, lines: list[str], sep: str) -> tuple[str, ...]:
    """The names of columns in the comment above a row of numbers, as `numpy.savetxt` writes them:
    as many as the row has cells. Empty where there are none."""
    comment, first = above.strip(), _split(lines[:1], sep)
    named = _split([comment.lstrip("#").strip()], sep) if comment.startswith("#") else []
    if not named or not first or not any(map(is_number, first[0])):
        return ()
    names = [name.strip() for name in named[0]]
    fits = len(names) == len(first[0]) > 1 and all(names)
    return tuple(names) if fits and not any(map(is_number, names)) else ()


def _split(lines: list[str], sep: str) -> list[list[str]]:
    try:
        return [row for row in csv_reader(iter(lines), sep, strict=False) if "".join(row).strip()]
    except csv.Error:
        return []


def _separator(lines: list[str]) -> str:
    """The separator with which most lines have the same number of cells, as the first one has or
    not. Of several, it is one that leaves none of the others within a cell, except a decimal comma;
    else the one with most cells. Blanks, which texts hold, come last."""
    found: dict[str, list[list[str]]] = {}
    agreeing: set[str] = set()
    for sep in SEPARATORS:
        rows = _split(lines, sep)
        counts = Counter(len(row) for row in rows[1:] or rows)
        wide, share = max(counts.items(), key=lambda item: item[1], default=(0, 0))
        if wide > 1 and share >= AGREE * counts.total() and (sep != " " or len(rows[0]) > 1):
            found[sep] = rows
            agreeing |= {sep} if len(rows[0]) == wide else set()
    candidates = [sep for sep in found if sep in agreeing or not agreeing]
    for sep in candidates:
        others = [other for other in candidates if other != sep]
        if not any(_holds(cell.strip(), others) for row in found[sep] for cell in row):
            return sep
    candidates = [sep for sep in candidates if sep != " "] or candidates
    return max(candidates, key=lambda sep: len(found[sep][-1]), default=",")


def _holds(cell: str, seps: list[str]) -> bool:
    """Whether another separator is within a cell, and not as a decimal comma."""
    return any(sep in cell and not (sep == "," and COMMA_NUMBER.fullmatch(cell)) for sep in seps)


def _decimal(lines: list[str], sep: str, options: TableOptions) -> str | None:
    """The sign of decimals; None where it cannot be told."""
    if sep == "," or options.thousands == ",":
        return "."
    cells = [cell.strip() for row in _split(lines, sep) for cell in row]
    commas = [cell for cell in cells if COMMA_NUMBER.fullmatch(cell)]
    if any(POINT_NUMBER.fullmatch(cell) for cell in cells) and options.thousands != ".":
        return "."
    if not commas:
        return "."
    return None if all(GROUPED.fullmatch(cell) for cell in commas) else ","


def _grouped_by_points(lines: list[str], sep: str) -> str | None:
    """A number of a column whose points seem to be between groups of digits: each has three digits
    behind it, also where the last is a 0, and whole numbers below 1,000 have none. Who writes
    decimals gives all rows a point, or leaves out zeros at the end. None where there is none."""
    for column in zip_longest(*_split(lines, sep), fillvalue=""):
        cells = [cell.strip() for cell in column]
        points = [cell for cell in cells if POINT_NUMBER.fullmatch(cell)]
        whole = any(re.fullmatch(r"[+-]?\d{1,3}", cell) for cell in cells)
        zero = next((cell for cell in points if cell.endswith("0")), None)
        if whole and zero and all(GROUPED_BY_POINTS.fullmatch(cell) for cell in points):
            return zero
    return None
