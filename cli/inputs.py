"""Where specs come from: files, folders, standard input, the command line itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..grammar.problem import Problem, Problems
from ..grammar.source import Source, Span

LARGEST = 16 * 2**20
"""The most bytes a spec may have."""
STDIN = "<stdin>"
TEXT = "<text>"
MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Document:
    """A text with what is needed to write it back as it was."""

    source: Source
    marked: bool = False
    """Whether the file begins with the byte order mark of UTF-8."""

    @property
    def newline(self) -> str:
        """How its lines end: as the first of them does."""
        text = self.source.text
        end = text.find("\n")
        return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"

    def with_text(self, text: str) -> Document:
        return Document(Source(self.source.name, text, self.source.path), self.marked)


def read_all(
    paths: Iterable[str], texts: Iterable[str], problems: Problems
) -> tuple[Document, ...]:
    """Every document that the arguments of a command name, in their order, each once. What
    cannot be read becomes a problem."""
    documents = [Document(Source(_text_name(n), text)) for n, text in enumerate(texts)]
    seen: set[str] = set()
    for path in paths:
        if path == "-":
            if STDIN not in seen:
                documents.extend(
                    _decoded(STDIN, None, sys.stdin.buffer.read(LARGEST + 1), problems)
                )
            seen.add(STDIN)
            continue
        for file in _files(path, problems):
            real = os.path.realpath(file)
            if real not in seen:
                seen.add(real)
                documents.extend(read_file(file, problems))
    return tuple(documents)


def read_file(path: str, problems: Problems) -> Iterator[Document]:
    """The document of one file, or nothing after a report."""
    from ..compiler.problems.files import FileUnreadable

    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        problems.add(FileUnreadable(at=whole(path), path=path, reason=reason))
        return
    yield from _decoded(path, path, data, problems)


def whole(name: str) -> Span:
    """The place of a problem with a file of which there is no text."""
    return Span(Source(name, ""), 0, 0)


def _text_name(number: int) -> str:
    return TEXT if number == 0 else f"<text {number + 1}>"


def _decoded(name: str, path: str | None, data: bytes, problems: Problems) -> Iterator[Document]:
    problem = _not_text(name, data)
    if problem is not None:
        problems.add(problem)
        return
    marked = data.startswith(MARK)
    text = (data[len(MARK) :] if marked else data).decode()
    yield Document(Source(name, text, path), marked)


def _not_text(name: str, data: bytes) -> Problem | None:
    from ..compiler.problems.files import FileTooLarge, NotText, NotUtf8

    if len(data) > LARGEST:
        size = os.path.getsize(name) if os.path.isfile(name) else len(data)
        return FileTooLarge(at=whole(name), path=name, size=size, limit=LARGEST)
    if b"\0" in data:
        return NotText(at=whole(name), path=name, offset=data.index(b"\0"))
    try:
        data.decode()
    except UnicodeDecodeError as error:
        byte = data[error.start]
        return NotUtf8(at=whole(name), path=name, offset=error.start, byte=byte)
    return None


def _files(path: str, problems: Problems) -> list[str]:
    """The file itself, or every `.net` file below a folder, in order. Hidden folders are left
    out, and so are links to folders, which might lead in circles."""
    from ..compiler.problems.files import FileMissing, FolderWithoutSpecs

    if not os.path.isdir(path):
        if os.path.exists(path):
            return [path]
        problems.add(FileMissing(at=whole(path), path=path, nearest=_nearest(path)))
        return []
    found: list[str] = []
    for folder, below, names in os.walk(path):
        below[:] = sorted(name for name in below if not name.startswith("."))
        found += [os.path.join(folder, name) for name in names if name.endswith(".net")]
    if not found:
        problems.add(FolderWithoutSpecs(at=whole(path), path=path))
    return sorted(found)


def _nearest(path: str) -> str | None:
    from ..compiler.problems.suggest import closest

    folder, name = os.path.split(path)
    try:
        names = sorted(entry.name for entry in os.scandir(folder or ".") if entry.is_file())
    except OSError:
        return None
    near = closest(name, (name for name in names if name.endswith(".net")))
    return None if near is None else os.path.join(folder, near)
