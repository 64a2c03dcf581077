"""Damaged, misnamed and malicious tables. Long because it is one table of all of them.

Each is refused with its name and the reason, in bounded memory, or read right where it can be.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from netc.compiler.data.tables import Csv, Excel, Parquet, Table
from netc.runtime.data.bounded_reading import FREE
from netc.runtime.data.tables.categories import count_encoded
from netc.runtime.data.tables.width import read_width

PLAIN = b"a,b,y\n1,2,0\n3,4,1\n5,6,0\n"
ROWS: list[list[Any]] = [["a", "b", "y"], [1, 2, 0], [3, 4, 1], [5, 6, 0]]
MOST = 2 * FREE
"""Bytes that reading any of them may take: a line may have 16 MB, and is text and bytes at once."""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NETC_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path


def gzip_of(block: bytes, times: int) -> bytes:
    """A gzip file of many equal blocks, written without holding them."""
    deflate = zlib.compressobj(9, wbits=31)
    return b"".join(deflate.compress(block) for _ in range(times)) + deflate.flush()


def flipped(data: bytes, at: int) -> bytes:
    raw = bytearray(data)
    raw[at] ^= 0xFF
    return bytes(raw)


def archive_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def png() -> bytes:
    chunks = [b"IHDR" + struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)]
    chunks += [b"IDAT" + zlib.compress(b"\0\0"), b"IEND"]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        for chunk in chunks
    )


def npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros((3, 3)))
    return buffer.getvalue()


def excel(rows: list[list[Any]] = ROWS, change: Callable[[Any], None] | None = None) -> bytes:
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl is not installed")
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    if change is not None:
        change(book)
    book.save(buffer)
    return buffer.getvalue()


def member(data: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """A workbook, of which one member is changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {each: archive.read(each) for each in archive.namelist()}
    return archive_of(files | {name: change(files[name])})


SHEET = "xl/worksheets/sheet1.xml"


def parquet(columns: dict[str, Any] | None = None, **options: Any) -> bytes:
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    buffer = io.BytesIO()
    held = {"a": [1, 3, 5], "b": [2, 4, 6], "y": [0, 1, 0]} if columns is None else columns
    parquet.write_table(pa.table(held), buffer, **options)
    return buffer.getvalue()


def footer(change: Callable[[bytes], bytes]) -> bytes:
    """A Parquet file whose metadata are changed."""
    data = parquet()
    size = struct.unpack("<I", data[-8:-4])[0]
    meta = change(data[-8 - size : -8])
    return data[: -8 - size] + meta + struct.pack("<I", len(meta)) + b"PAR1"


Make = Callable[[], bytes]
CANNOT = "E0502 cannot read `it`: "
GROWS = f"{CANNOT}it grows without end: 5,242,880 bytes from the first "
NO_TEXT = f"{CANNOT}it is not text: it contains zero bytes"
NAMES = "names of the columns, `header=false` if it is a sample"
MANY = 30_000
CELLS = b"1," * MANY + b"1\n"

TEXTS: dict[str, tuple[Make, str]] = {
    "empty": (lambda: b"", f"{CANNOT}it is empty"),
    "blanks": (lambda: b"  \t \n" * 1000, f"{CANNOT}it is empty"),
    "carriage returns": (lambda: b"\r" * 10_000_000, f"{CANNOT}it is empty"),
    "the mark of UTF-8 alone": (lambda: b"\xef\xbb\xbf", f"{CANNOT}it is empty"),
    "the mark of UTF-16 alone": (lambda: b"\xff\xfe", f"{CANNOT}it is empty"),
    "commas": (lambda: b",,,\n" * 1000, f"{CANNOT}it has no rows"),
    "comments": (lambda: b"# only\n" * 100_000, f"{CANNOT}it has comment lines only"),
    "a header": (lambda: b"a,b,y\n", f"{CANNOT}it has a header of 3 columns and no rows"),
    "a word": (lambda: b"a\n", f"{CANNOT}it has a header of 1 column and no rows"),
    "a number": (lambda: b"1", f"{CANNOT}it has one column: features and a target need at least"),
    "one zero byte": (lambda: b"\0", NO_TEXT),
    "zero bytes": (lambda: bytes(1 << 20), NO_TEXT),
    "noise": (lambda: np.random.Generator(np.random.PCG64(1)).bytes(5000), NO_TEXT),
    "a zero byte in a cell": (lambda: b"a,b,y\n1,2\0,0\n3,4,1\n", NO_TEXT),
    "a zero byte far below": (
        lambda: b"a,b,y\n" + b"1,2,0\n" * 50_000 + b"1,\0,0\n",
        "E0509 `it`, line 50002: `b` is `\x00`, not a finite number",
    ),
    # packed
    "gzip cut short": (lambda: gzip.compress(PLAIN * 99)[:-30], f"{CANNOT}it ends too early"),
    "the first bytes of gzip": (lambda: b"\x1f\x8b", f"{CANNOT}it ends too early"),
    "gzip with a flipped byte": (
        lambda: flipped(gzip.compress(PLAIN), 12),
        f"{CANNOT}it is packed with gzip, and damaged",
    ),
    "gzip with a wrong checksum": (
        lambda: flipped(gzip.compress(PLAIN), -6),
        f"{CANNOT}it is packed with gzip, and damaged",
    ),
    "gzip and more": (
        lambda: gzip.compress(PLAIN) + b"hello",
        f"{CANNOT}other bytes follow what is packed in it",
    ),
    "gzip of nothing": (lambda: gzip.compress(b""), f"{CANNOT}it is empty"),
    "gzip of gzip": (
        lambda: gzip.compress(gzip.compress(PLAIN)),
        f"{CANNOT}it is packed twice with gzip: unpack it once",
    ),
    "gzip of a zip": (
        lambda: gzip.compress(archive_of({"a.csv": PLAIN})),
        f"{CANNOT}it is an Excel workbook or a zip archive",
    ),
    "gzip of endless rows": (lambda: gzip_of(b"a,b,y\n" + b"1,2,0\n" * 99_999, 200), GROWS),
    "gzip of endless zeros": (lambda: gzip_of(bytes(1 << 20), 99), GROWS),
    "gzip of an endless line": (lambda: gzip_of(b"1" * (1 << 20), 99), GROWS),
    "gzip of endless comments": (lambda: gzip_of(b"# a comment here\n" * (1 << 16), 99), GROWS),
    "gzip of an endless quote": (lambda: gzip_of(b'a,b,y\n1,"' + b"1,2,0\n" * 99_999, 200), GROWS),
    "bzip2": (lambda: bz2.compress(PLAIN), f"{CANNOT}it is packed with bzip2: unpack it"),
    "xz": (lambda: lzma.compress(PLAIN), f"{CANNOT}it is packed with xz: unpack it"),
    "a zip": (lambda: archive_of({"a": PLAIN}), f"{CANNOT}it is an Excel workbook or a zip"),
    "a zip of nothing": (lambda: archive_of({}), f"{CANNOT}it is an empty zip archive"),
    # of another kind
    "a workbook": (
        lambda: excel(),
        f"{CANNOT}it is an Excel workbook or a zip archive: write `data",
    ),
    "an old workbook": (
        lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(3000),
        f"{CANNOT}it is an old Excel file (.xls): save it as .xlsx or as CSV",
    ),
    "Parquet": (lambda: parquet(), f"{CANNOT}it is a Parquet file: write `data parquet`"),
    "a picture": (png, f"{CANNOT}it is a picture, not a table"),
    "an array": (npy, f"{CANNOT}it is an array of NumPy: write `data npy`"),
    "a database": (lambda: b"SQLite format 3\0" + bytes(9), f"{CANNOT}it is a database of SQLite"),
    "HDF5": (lambda: b"\x89HDF\r\n\x1a\n" + bytes(400), f"{CANNOT}it is an HDF5 file"),
    "a PDF": (lambda: b"%PDF-1.7\n" + bytes(range(256)), f"{CANNOT}it is a PDF, not a table"),
    "a web page": (
        lambda: b"\n <html>\n</html>\n",
        f"{CANNOT}it is a web page or XML, not a table",
    ),
    "JSON": (lambda: b'{\n  "a": [1, 2],\n  "y": [0, 1]\n}', f"{CANNOT}it is JSON, not a table"),
    "JSON in lines": (lambda: b'{"a": 1, "y": 0}\n' * 9, f"{CANNOT}it is JSON, not a table"),
    "JSON of records": (
        lambda: b'[\n  {"a": 1},\n  {"a": 2}\n]',
        f"{CANNOT}it is JSON, not a table",
    ),
    "a pointer of Git LFS": (
        lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        f"{CANNOT}it is a pointer of Git LFS: fetch the file with `git lfs pull`",
    ),
    "a program": (lambda: b"import netc\n\nprint(netc)\n", f"{CANNOT}it has one column"),
    "a merge conflict": (
        lambda: b"a,y\n<<<<<<< HEAD\n1,0\n=======\n2,0\n>>>>>>> other\n",
        "E0509 `it` has 3 rows that do not have 2 values, as the first line has: line 2",
    ),
    # encodings
    "UTF-16 cut in a unit": (
        lambda: PLAIN.decode().encode("utf-16")[:-1],
        f"{CANNOT}it ends in the middle of a character: it is truncated",
    ),
    "UTF-32 cut in a unit": (
        lambda: PLAIN.decode().encode("utf-32")[:-2],
        f"{CANNOT}it ends in the middle of a character: it is truncated",
    ),
    "UTF-8 cut in a character": (
        lambda: "a,y\n1,né\n2,é".encode()[:-1],
        f"{CANNOT}it ends in the middle of a character: it is truncated",
    ),
    "half a pair of UTF-16": (
        lambda: "a,y\n1,0\n".encode("utf-16") + b"\x00\xd8\x31\x00",
        f"{CANNOT}its text is damaged, or of another encoding: name it",
    ),
    "the mark of UTF-8 before Latin-1": (
        lambda: b"\xef\xbb\xbfa,y\n1,caf\xe9\n3,tea\n",
        f"{CANNOT}its text is damaged, or of another encoding: name it",
    ),
    "Shift JIS": (
        lambda: "数,色\n1,赤\n3,青\n".encode("shift-jis"),
        f'{CANNOT}its encoding cannot be detected: name it, such as `encoding="shift_jis"`',
    ),
    # sizes
    "a name of 10 MB": (
        lambda: b"a" * 10_000_000 + b",y\n1,0\n2,1\n",
        f"{CANNOT}its first line has more than 4,194,304 bytes",
    ),
    "a million columns": (
        lambda: b",".join(b"c%d" % i for i in range(1_000_000)) + b"\n" + b"1," * 999_999 + b"1\n",
        f"{CANNOT}its first line has more than 4,194,304 bytes",
    ),
    "many columns and one too many": (
        lambda: (b"1," * 131_072 + b"1\n") * 2,
        f"{CANNOT}it has 131,073 columns; at most 131,072 can be read",
    ),
    "many columns of one name": (
        lambda: b"a," * MANY + b"y\n" + CELLS,
        f"{CANNOT}columns 1, 2, 3, 4, 5 ... (30,000) are all named `a`: rename them",
    ),
    "many columns without a name": (
        lambda: b"," * MANY + b"y\n" + CELLS,
        f"{CANNOT}column 2 has no name in the first line: give it one",
    ),
    "a line of 100 MB": (
        lambda: b"a,y\n1,0\n" + b"1" * 100_000_000,
        f"{CANNOT}line 3: a line has more than 16,777,216 characters",
    ),
    "a cell of 1 MB": (
        lambda: b"a,y\n1,0\n" + b"1" * 1_000_000 + b",0\n",
        f"{CANNOT}line 3: a quote is never closed, or a cell has more than 131,072 characters",
    ),
    "quotes": (lambda: b'"' * 10_000_000, f"{CANNOT}its first line has more than 4,194,304 bytes"),
    # cells
    "an open quote": (
        lambda: b'a,b,y\n1,"2,0\n3,4,1\n',
        f"{CANNOT}line 2: a quote is opened and never closed",
    ),
    "an open quote far below": (
        lambda: b"a,b,y\n" + b"1,2,0\n" * 60_000 + b'1,"2,0\n' + b"3,4,1\n" * 60_000,
        f"{CANNOT}line 60002: a quote is never closed, or a cell has more than 131,072 characters",
    ),
    "a quote within a cell": (
        lambda: b'a,b,y\n1,2"3,0\n3,4,1\n',
        'E0509 `it`, line 2: `b` is `2"3`, not a finite number',
    ),
    "text after quotes": (
        lambda: b'a,b,y\n1,"2"3,0\n3,4,1\n',
        f"{CANNOT}line 2: text follows a closing quote: write a quote within quotes twice",
    ),
    "rows of different length": (
        lambda: b"a,b,y\n1,2,0\n3,4\n5,6,0,7\n8,9,1\n",
        "E0509 `it` has 2 rows that do not have 3 values, as the first line has: "
        "line 3 has 2 values, line 4 has 4 values",
    ),
    "1e400": (lambda: b"a,y\n1,0\n1e400,1\n", "E0509 `it`, line 3: `a` is `1e400`, not a finite"),
    "1e300": (lambda: b"a,y\n1,0\n1e300,1\n", "E0524 `it`, line 3: `a`, 1e+300, is too large for"),
    "infinity": (lambda: b"a,y\n1,0\n-inf,1\n", "E0509 `it`, line 3: `a` is `-inf`, not a finite"),
    "5,000 digits": (
        lambda: b"a,y\n1,0\n" + b"9" * 5000 + b",1\n",
        "E0509 `it`, line 3: `a` is `99",
    ),
    "hexadecimal digits": (lambda: b"a,y\n1,0\n0x1F,1\n", "E0509 `it`, line 3: `a` is `0x1F`, not"),
    "a command to the terminal": (
        lambda: b"a,y\n1,0\n\x1b[2J,1\n",
        "E0509 `it`, line 3: `a` is `\x1b[2J`, not a finite number",
    ),
    "two names alike": (
        lambda: b"a,a,y\n1,2,0\n3,4,1\n",
        f"{CANNOT}columns 1 and 2 are both named `a`: rename one",
    ),
    "a column without a name": (
        lambda: b"a,,y\n1,2,0\n3,4,1\n",
        f"{CANNOT}column 2 has no name in the first line: give it one",
    ),
    "a header again": (lambda: b"a,y\n1,0\na,y\n3,1\n", f"{CANNOT}its first line looks like all"),
    "no target": (lambda: b"a,y\n1,\n3,\n", "E0561 `it` has 2 missing values: 2 in `y`"),
}

DAMAGED_BOOK = f"{CANNOT}it is not an Excel workbook (.xlsx), or damaged"
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaaaaaaaaaaaaaaaaa">'
    + b"".join(
        b'<!ENTITY a%d "%s">' % (i, (b"&a%d;" % (i - 1) if i else b"&a;") * 50) for i in range(9)
    )
    + b']><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    b'<row r="1"><c r="A1" t="inlineStr"><is><t>&a8;</t></is></c></row></sheetData></worksheet>'
)
"""A text of 50 to the power of nine, in 1 kB."""


def in_sheet(old: bytes, new: bytes) -> Make:
    return lambda: member(excel(), SHEET, lambda sheet: sheet.replace(old, new))


WORKBOOKS: dict[str, tuple[Make, str]] = {
    "empty": (lambda: b"", DAMAGED_BOOK),
    "text": (lambda: PLAIN, DAMAGED_BOOK),
    "a picture": (png, DAMAGED_BOOK),
    "another zip": (lambda: archive_of({"a.csv": PLAIN}), DAMAGED_BOOK),
    "cut short": (lambda: excel()[:-100], DAMAGED_BOOK),
    "XML cut short": (lambda: member(excel(), SHEET, lambda sheet: sheet[:-60]), DAMAGED_BOOK),
    "XML with an open tag": (in_sheet(b"</row>", b"<row>"), DAMAGED_BOOK),
    "no XML": (lambda: member(excel(), SHEET, lambda sheet: b""), DAMAGED_BOOK),
    "a billion laughs": (lambda: member(excel(), SHEET, lambda sheet: LAUGHS), DAMAGED_BOOK),
    "a zip bomb": (
        in_sheet(b"</sheetData>", b" " * 90_000_000 + b"</sheetData>"),
        f"{CANNOT}it grows to 90,0",
    ),
    "no workbook": (
        lambda: member(excel(), "xl/workbook.xml", lambda old: b"<a/>"),
        f"{CANNOT}it has no sheet of cells",
    ),
    "an empty sheet": (lambda: excel([]), f"{CANNOT}it has no rows"),
    "a header": (lambda: excel(ROWS[:1]), f"{CANNOT}it has a header of 3 columns and no rows"),
    "a row number beyond all": (
        in_sheet(b'<row r="2"', b'<row r="99999999"'),
        f"{CANNOT}it has more than 1,048,576 rows, the limit of Excel",
    ),
    "a cell in the last column": (
        lambda: excel(change=lambda book: book.active.cell(2, 16384, 7)),
        "E0509 `it`, row 2 has 16,384 values, the first line has 3",
    ),
    "merged cells": (
        lambda: excel(change=lambda book: book.active.merge_cells("A2:B2")),
        "E0561 `it` has 1 missing value: 1 in `b`",
    ),
    "a formula that was never computed": (
        lambda: excel([*ROWS, ["=A2+1", 2, 1]]),
        f"{CANNOT}its cell A5 has a formula without a saved value: open it in Excel and save it",
    ),
    "an error of Excel": (
        lambda: excel([*ROWS, ["#DIV/0!", 2, 1]]),
        "E0509 `it`, row 5: `a` is `#DIV/0!`, not a finite number",
    ),
    "two names alike": (
        lambda: excel([["a", "a", "y"], [1, 2, 0]]),
        f"{CANNOT}columns 1 and 2 are both named `a`: rename one",
    ),
}

HUGE = b"\x16\xfe" + b"\xff" * 5 + b"\x3f\x19"
LIE = b"\x16\x08\x19"

DAMAGED_PARQUET = f"{CANNOT}it is not a Parquet file, or damaged"

COLUMNS: dict[str, tuple[Make, str]] = {
    "empty": (lambda: b"", DAMAGED_PARQUET),
    "text": (lambda: PLAIN, DAMAGED_PARQUET),
    "its first bytes": (lambda: b"PAR1", DAMAGED_PARQUET),
    "cut short": (lambda: parquet()[:-20], DAMAGED_PARQUET),
    "without its beginning": (lambda: parquet()[20:], DAMAGED_PARQUET),
    "a huge footer": (
        lambda: parquet()[:-8] + struct.pack("<I", 2**31 - 1) + b"PAR1",
        DAMAGED_PARQUET,
    ),
    "a footer of zeros": (lambda: footer(lambda meta: bytes(len(meta))), DAMAGED_PARQUET),
    "a flipped byte": (lambda: flipped(parquet(compression="gzip"), 40), DAMAGED_PARQUET),
    "encrypted": (lambda: parquet()[:-4] + b"PARE", DAMAGED_PARQUET),
    "a huge number of rows": (
        lambda: footer(lambda meta: meta.replace(b"\x16\x06\x19", HUGE, 1)),
        f"{CANNOT}it grows to 3,",
    ),
    "another number of rows": (
        lambda: footer(lambda meta: meta.replace(b"\x16\x06\x19", LIE, 1)),
        DAMAGED_PARQUET,
    ),
    "rows without end": (
        lambda: parquet({"a": np.zeros(9_000_000, np.int8), "y": np.zeros(9_000_000, np.int8)}),
        f"{CANNOT}it grows to 144,000,000 bytes from ",
    ),
    "a list in a cell": (
        lambda: parquet({"a": [[1], [2, 3], []], "y": [0, 1, 0]}),
        f"{CANNOT}its column `a` has values of type list<element: int64>",
    ),
    "columns within a column": (
        lambda: parquet({"a": [{"x": 1}, {"x": 2}], "y": [0, 1]}),
        f"{CANNOT}its column `a` has values of type struct<x: int64>",
    ),
    "no rows": (lambda: parquet({"a": [], "y": []}), f"{CANNOT}it has 2 columns and 0 rows"),
    "no columns": (lambda: parquet({}), f"{CANNOT}it has 0 columns and 0 rows"),
    "nothing in a column": (
        lambda: parquet({"a": [None, None], "y": [0, 1]}),
        "E0561 `it` has 2 missing values: 2 in `a`",
    ),
    "infinity": (
        lambda: parquet({"a": [1.0, float("inf")], "y": [0, 1]}),
        "E0509 `it`, row 2: `a` is `inf`, not a finite number",
    ),
    "a long text in many rows": (
        lambda: parquet({"a": ["x" * 100_000] * 300, "y": [0] * 300}),
        "E0562 in `it`, `a` (1 value: xxxxxxxxxx",
    ),
}

TABLES: dict[type[Table], dict[str, tuple[Make, str]]] = {
    Csv: TEXTS,
    Excel: WORKBOOKS,
    Parquet: COLUMNS,
}
ALL = [
    pytest.param(word, what, id=f"{word.word}, {what}") for word in TABLES for what in TABLES[word]
]


@pytest.mark.parametrize(("word", "what"), ALL)
def test_what_is_wrong_is_told_in_bounded_memory(word: Any, what: str, loaded: Any) -> None:
    make, message = TABLES[word][what]
    if word is not Csv:
        excel() if word is Excel else parquet()
    Path("it").write_bytes(make())
    most = 0
    if word is Csv:  # the memory of pyarrow is not traced, and openpyxl reads row by row
        tracemalloc.start()
    dataset, wrong = loaded(word(path="it"))
    if word is Csv:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert dataset is None
    assert wrong[0].startswith(message)
    assert most < MOST


@pytest.mark.parametrize("what", TEXTS)
def test_a_check_passes_over_what_it_cannot_read(what: str) -> None:
    Path("it").write_bytes(TEXTS[what][0]())
    tracemalloc.start()
    read_width(Path("it"), Csv(path="it"), has_target=True, encoded=count_encoded)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < MOST


ODD = {
    "mixed line ends": b"a,b,y\r\n1,2,0\n3,4,1\r5,6,0\r\n",
    "line ends of old Macs": PLAIN.replace(b"\n", b"\r"),
    "line ends that were changed twice": PLAIN.replace(b"\n", b"\r\r\n"),
    "form feeds": b"a,b,y\n1,2,0\n3,4\x0c,1\x0b\n5,6,0\n",
    "digits of full width": "a,b,y\n１,２,0\n3,4,1\n5,6,0\n".encode(),
    "UTF-32": PLAIN.decode().encode("utf-32"),
    "gzip in pieces": gzip.compress(PLAIN[:9]) + gzip.compress(PLAIN[9:]),
}


@pytest.mark.parametrize("what", ODD)
def test_what_is_odd_but_clear_is_read(what: str, loaded: Any) -> None:
    Path("it").write_bytes(ODD[what])
    dataset, wrong = loaded(Csv(path="it", split=(1.0, 0.0, 0.0)), shuffle=False)
    assert wrong == []
    assert dataset.train.x.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_a_table_of_many_columns_is_read(loaded: Any) -> None:
    names = b",".join(b"ENSG%011d.15" % i for i in range(20_000))
    Path("it").write_bytes(names + b",y\n" + (b"1," * 20_000 + b"0\n") * 2)
    dataset, wrong = loaded(Csv(path="it", split=(1.0, 0.0, 0.0)))
    assert wrong == []
    assert dataset.train.x.shape == (2, 20_000)


@pytest.mark.parametrize("word", TABLES)
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("folder", "it is a folder, not a file"),
        ("pipe", "it is a pipe, not a file"),
        ("/dev/zero", "it is a device, not a file"),
        ("loop", "too many levels of symbolic links"),
        ("a" * 300, "file name too long"),
    ],
)
def test_what_is_no_file_is_not_opened(word: Any, path: str, reason: str, loaded: Any) -> None:
    os.mkdir("folder")
    os.mkfifo("pipe")
    os.symlink("loop", "loop")
    assert loaded(word(path=path))[1] == [f"E0502 cannot read `{path}`: {reason}"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("word", TABLES)
def test_files_without_permission(word: Any, loaded: Any) -> None:
    Path("it").write_bytes(PLAIN)
    os.chmod("it", 0)
    assert loaded(word(path="it"))[1] == ["E0502 cannot read `it`: permission denied"]


@pytest.mark.parametrize("name", ["zlib", "rot13", "hex", "undefined", "", "no_such"])
def test_what_is_no_encoding_of_text_is_called_so(name: str, loaded: Any) -> None:
    Path("it").write_bytes(PLAIN)
    _, (wrong,) = loaded(Csv(path="it", encoding=name))
    assert wrong == f"{CANNOT}there is no encoding `{name}`"


@pytest.mark.parametrize("option", ["sep", "decimal", "thousands"])
@pytest.mark.parametrize("value", ["", "ab", '"', "\n", "\0"])
def test_one_character_separates_cells(option: str, value: str) -> None:
    with pytest.raises(ValueError, match=option):
        Csv.model_validate({"path": "it", option: value})
