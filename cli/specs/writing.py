"""Writing a document back: whole or not at all, with the line ends and the mark it had."""

from __future__ import annotations

from pathlib import Path

from ...runtime.storage.files import write_atomically
from ..terminal.output import cannot_write
from .inputs import Document

MARK = b"\xef\xbb\xbf"
"""The byte order mark of UTF-8, with which some editors begin a file."""


def write_document(document: Document, text: str) -> None:
    """Replaces the file of a document by another text."""
    path = Path(document.source.path or "")
    try:
        with open(path, "rb") as file:
            mark = MARK if file.read(len(MARK)) == MARK else b""
        write_atomically(path, mark + text.encode())
    except OSError as error:
        raise cannot_write(document.source.name, error) from error


def with_newlines(text: str, newline: str) -> str:
    """The text with every line ending in `newline`."""
    return text.replace("\r\n", "\n").replace("\n", newline)


def unified_diff(name: str, before: str, after: str) -> str:
    """How one text becomes another, as `patch` reads it."""
    from difflib import unified_diff as lines_of

    rows = lines_of(_lines(before), _lines(after), f"a/{name}", f"b/{name}")
    return "".join(
        row if row.endswith("\n") else f"{row}\n\\ No newline at end of file\n" for row in rows
    )


def _lines(text: str) -> list[str]:
    """Lines with their ends: only `\\n` ends one, as everywhere in netc."""
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
