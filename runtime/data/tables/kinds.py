"""What a file that is no table of text begins with."""

from __future__ import annotations

import codecs

BEGINNINGS = {
    b"PAR1": "it is a Parquet file: write `data parquet`, or save it as CSV",
    b"PK\x03\x04": "it is an Excel workbook or a zip archive: write `data excel`, save the sheet "
    "as CSV, or unzip it",
    b"\xd0\xcf\x11\xe0": "it is an old Excel file (.xls): save it as .xlsx or as CSV",
    b"%PDF": "it is a PDF, not a table",
    b"PK\x05\x06": "it is an empty zip archive",
    b"<": "it is a web page or XML, not a table: download the file itself",
    b'{"': "it is JSON, not a table",
    b"[{": "it is JSON, not a table",
    b"[[": "it is JSON, not a table",
    b"versionhttps://git-lfs": "it is a pointer of Git LFS: fetch the file with `git lfs pull`",
    b"\x1f\x8b": "it is packed twice with gzip: unpack it once",
    b"BZh91AY": "it is packed with bzip2: unpack it",
    b"\xfd7zXZ": "it is packed with xz: unpack it",
    b"\x28\xb5\x2f\xfd": "it is packed with zstd: unpack it",
    b"7z\xbc\xaf": "it is a 7z archive: unpack it",
    b"\x93NUMPY": "it is an array of NumPy: write `data npy`",
    b"\x89HDF": "it is an HDF5 file: save it as CSV",
    b"SQLiteformat3": "it is a database of SQLite: save the table as CSV",
    b"\x89PNG": "it is a picture, not a table",
    b"\xff\xd8\xff": "it is a picture, not a table",
    b"GIF8": "it is a picture, not a table",
}
"""Without blanks."""


def why_no_text(head: bytes) -> str:
    """Why a file that begins so is no table of text; empty where it may be one."""
    if not head.strip():
        return "it is empty"
    start = b"".join(head[:100].removeprefix(codecs.BOM_UTF8).split())
    return next((reason for mark, reason in BEGINNINGS.items() if start.startswith(mark)), "")
