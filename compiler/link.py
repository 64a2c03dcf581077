"""Finds the files that a spec uses, and the files that those use.

A path is relative to the file in which it is written. It may not lead outside the folder of the
spec, links followed, unless the caller permits it. Reading is the caller's: this stage only
compares paths.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass

from ..grammar import ast
from ..grammar.parser import parse
from ..grammar.problem import Problems
from ..grammar.source import Source, Span
from .reading import Read, ReadFailure, explain_failure


def link(
    file: ast.File, read: Read, problems: Problems, *, allow_outside: bool = False
) -> tuple[ast.File, ...]:
    """The file and every file that it uses, itself first, each once."""
    if not any(isinstance(statement, ast.Use) for statement in file.statements):
        return (file,)
    found = [file]
    known = {file.source.path}
    path = [_Open(file, _uses(file))]
    while path:
        use = next(path[-1].uses, None)
        if use is None:
            path.pop()
            continue
        source = _read(use, path[0].file.source, read, problems, allow_outside=allow_outside)
        if source is None:
            continue
        circle = [item for item in path if item.file.source.path == source.path]
        if circle:
            _report_circle(path[path.index(circle[0]) :], use, problems)
        elif source.path not in known:
            known.add(source.path)
            used = parse(source, problems)
            found.append(used)
            path[-1].at = use.span
            path.append(_Open(used, _uses(used)))
    return tuple(found)


@dataclass(slots=True)
class _Open:
    """A file on the way from the spec to the file that is read now."""

    file: ast.File
    uses: Iterator[ast.Use]
    at: Span | None = None
    """The `use` that leads on."""


def _uses(file: ast.File) -> Iterator[ast.Use]:
    return (statement for statement in file.statements if isinstance(statement, ast.Use))


def _read(
    use: ast.Use, main: Source, read: Read, problems: Problems, *, allow_outside: bool
) -> Source | None:
    """The text that a `use` names, or None after a report."""
    written = use.path.text
    beside = os.path.dirname(use.span.source.path or "")
    path = os.path.normpath(os.path.join(beside, written))
    folder = os.path.dirname(main.path) if main.path else None
    if not (allow_outside or _inside(path, folder)):
        _report_outside(use, main, problems)
        return None
    result = read(path)
    if isinstance(result, ReadFailure):
        if not use.path.span.text.startswith('"'):
            return None  # The quotes are missing, which is said already.
        problems.add(explain_failure(result._replace(path=written), use.path.span))
        return None
    # A link may lead out of the folder although the path that is written does not.
    real = result.path or path
    followed = real != path if folder is not None else not real.endswith(os.sep + path)
    if followed and not allow_outside and not (folder and _inside(real, folder)):
        _report_outside(use, main, problems)
        return None
    return Source(_shown(real, folder, main, written), result.text, real)


def _inside(path: str, folder: str | None) -> bool:
    """Whether a path lies in a folder; without one, whether it does not lead out of where it is."""
    if folder is None:
        return not os.path.isabs(path) and path.split(os.sep)[0] != os.pardir
    return os.path.commonpath([folder, path]) == folder if _alike(path, folder) else False


def _alike(path: str, folder: str) -> bool:
    """Whether two paths can be compared: on one drive, both absolute or both not."""
    return (
        os.path.isabs(path) == os.path.isabs(folder)
        and os.path.splitdrive(path)[0] == os.path.splitdrive(folder)[0]
    )


def _shown(real: str, folder: str | None, main: Source, written: str) -> str:
    """What a person calls the file: its path from the folder of the spec, as that was given."""
    if folder is None or not _inside(real, folder):
        return written
    return os.path.join(os.path.dirname(main.name), real[len(folder) :].lstrip(os.sep))


def _report_outside(use: ast.Use, main: Source, problems: Problems) -> None:
    from .problems.files import OutsideFolder

    folder = os.path.dirname(main.name) or "."
    problems.add(OutsideFolder(at=use.path.span, path=use.path.text, folder=folder))


def _report_circle(path: list[_Open], use: ast.Use, problems: Problems) -> None:
    from .problems.files import FilesInACircle

    names = [item.file.source.name for item in path]
    uses = tuple(item.at for item in path[:-1] if item.at is not None)
    problems.add(FilesInACircle(at=use.path.span, cycle=(*names, names[0]), places=uses))
