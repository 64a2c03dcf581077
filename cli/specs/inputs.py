"""Where specs come from: files, folders, standard input, the command line itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click

from ...compiler.reading import LARGEST, ReadFailure, decode, read_source, source_of
from ...grammar.problem import Problem, Problems
from ...grammar.source import Source, Span
from ..terminal.output import standard_input

STDIN = "<stdin>"
TEXT = "<text>"


class Document(NamedTuple):
    """A text that a command works on."""

    source: Source
    is_file: bool
    """False for standard input and for texts of the command line."""

    @property
    def newline(self) -> str:
        """How its lines end: as the first of them does."""
        text = self.source.text
        end = text.find("\n")
        return "\r\n" if end > 0 and text[end - 1] == "\r" else "\n"

    def with_text(self, text: str) -> Document:
        return Document(Source(self.source.name, text, self.source.path), self.is_file)


def read_all(
    paths: Sequence[str], texts: Sequence[str], problems: Problems
) -> tuple[Document, ...]:
    """Every document that the arguments of a command name, in their order, each once. What
    cannot be read becomes a problem. Raises UsageError where they name none."""
    if not paths and not texts:
        raise click.UsageError("expected a file, a folder or `-`, or a spec with -e")
    documents = [
        Document(source_of(text, _text_name(n)), is_file=False) for n, text in enumerate(texts)
    ]
    seen: set[str] = set()
    for path in paths:
        for file in [path] if path == "-" else _files(path, problems):
            real = file if file == "-" else os.path.realpath(file)
            if real in seen:
                continue
            seen.add(real)
            source = _standard_input() if file == "-" else read_source(file)
            if isinstance(source, ReadFailure):
                problems.add(unread(source))
            else:
                documents.append(Document(source, is_file=file != "-"))
    return tuple(documents)


def unread(failure: ReadFailure) -> Problem:
    """The problem of a file that a command names and that cannot be read."""
    from ...compiler.problems.files import FileMissing
    from ...compiler.reading import explain_failure

    if failure.reason == "missing":
        near = _nearest(failure.path)
        return FileMissing(at=whole(failure.path), path=failure.path, nearest=near)
    return explain_failure(failure)


def whole(name: str) -> Span:
    """The place of a problem with a file of which there is no text."""
    return Span(Source(name, ""), 0, 0)


def _standard_input() -> Source | ReadFailure:
    data = bytearray()
    for block in standard_input():
        data += block
        if len(data) > LARGEST:
            return ReadFailure(STDIN, "size", size=len(data))
    source = decode(bytes(data), STDIN, None)
    return source if isinstance(source, ReadFailure) else source_of(source.text, STDIN)


def _text_name(number: int) -> str:
    return TEXT if number == 0 else f"<text {number + 1}>"


def _files(path: str, problems: Problems) -> list[str]:
    """The file itself, or every `.net` file below a folder, in order. Hidden folders are left
    out, and so are links to folders, which might lead in circles."""
    if not os.path.isdir(path):
        return [path]
    found: list[str] = []
    refused: list[OSError] = []
    for folder, below, names in os.walk(path, onerror=refused.append):
        below[:] = [name for name in below if not name.startswith(".")]
        shown = folder.removeprefix(".").removeprefix(os.sep) if path == "." else folder
        found += [os.path.join(shown, name) for name in names if name.endswith(".net")]
    for error in refused:
        name, reason = str(error.filename), error.strerror or type(error).__name__
        problems.add(unread(ReadFailure(name, "system", reason)))
    if not found and not refused:
        from ...compiler.problems.files import FolderWithoutSpecs

        problems.add(FolderWithoutSpecs(at=whole(path), path=path))
    return sorted(found)


def _nearest(path: str) -> str | None:
    from ...compiler.suggest.spelling import closest

    folder, name = os.path.split(path)
    try:
        names = sorted(entry.name for entry in os.scandir(folder or ".") if entry.is_file())
    except OSError:
        return None
    near = closest(name, (name for name in names if name.endswith(".net")))
    return None if near is None else os.path.join(folder, near)


def root_of(source: Source) -> Path:
    """The folder that the paths of a spec are relative to."""
    return Path(source.path).parent if source.path is not None else Path()
