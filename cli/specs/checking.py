"""Checking documents: the compiler's `check`, with what a command line says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, NamedTuple

import click

from ...compiler.language.builtin import INSTALLED
from ...compiler.overrides import Override
from ...compiler.pipeline import Checked, check
from ...compiler.reading import ReadFailure, file_name, read_source
from ...grammar.problem import Problem, in_order
from ...grammar.source import Source
from ..options import color_option
from .inputs import Document, root_of


@dataclass(frozen=True, slots=True)
class Request:
    """What a command line says about every spec."""

    overrides: dict[str, str | Override] = field(default_factory=dict)
    """The values of `--set` and `--compare`, or of a search."""
    allow_outside: bool = False
    train: dict[str, int | str] = field(default_factory=dict)
    """`--batch` and the like: options in place of those of `train`."""


def request_options(command: Callable[..., int]) -> Callable[..., int]:
    """The options of a command that checks specs: it gets them as `request`, and its `color`."""

    @wraps(command)
    def called(*, settings: tuple[str, ...], allow_outside: bool, **others: Any) -> int:
        return command(request=_request(settings, allow_outside=allow_outside), **others)

    setting = click.option(
        "--set",
        "settings",
        metavar="NAME=VALUE",
        multiple=True,
        help="Set a `let` constant of the spec.",
    )
    outside = click.option(
        "--allow-outside",
        is_flag=True,
        help="Let `use` and `init` of the spec read files outside its folder.",
    )
    return setting(outside(color_option(called)))


def _request(settings: Sequence[str], *, allow_outside: bool) -> Request:
    """From `width=32` and the like."""
    overrides: dict[str, str | Override] = {}
    for text in settings:
        name, equals, value = text.partition("=")
        if not (name.strip() and equals and value.strip()):
            raise click.UsageError(f"--set takes NAME=VALUE, not `{text}`")
        typed = f"--set {text}"
        at = len(typed) - len(value.lstrip())
        overrides[name.strip()] = Override(value.strip(), typed, at)
    return Request(overrides, allow_outside)


def examine(
    document: Document, request: Request, texts: dict[str, Source] | None = None
) -> Checked:
    """Everything that can be known about a document. `texts` take the place of files, by path."""

    def read(path: str) -> Source | ReadFailure:
        from os.path import realpath

        changed = None if texts is None else texts.get(realpath(file_name(path)))
        return read_source(path) if changed is None else changed

    return check(
        document.source,
        INSTALLED,
        read,
        overrides=request.overrides,
        train=request.train,
        allow_outside=request.allow_outside,
    )


class Examined(NamedTuple):
    """What was found out about several documents."""

    problems: tuple[Problem, ...]
    """Of all, in their order. What several of them use is reported once."""
    notes: tuple[str, ...]
    """How wide the tables of free inputs are."""


def examine_all(documents: Sequence[Document], request: Request) -> Examined:
    """The problems of all documents, and of the tables that are at hand."""
    texts = {document.source.path: document.source for document in documents if document.is_file}
    found: dict[tuple[str, str, int, int], Problem] = {}
    notes: list[str] = []
    for document in documents:
        known = {path: source for path, source in texts.items() if path is not None}
        checked = examine(document, request, known)
        problems = checked.problems
        # a column whose name is not quoted would be missed in the table, too
        misspelt = any(problem.code == "E0107" for problem in problems)
        if checked.model.data is not None and checked.model.data.tabular and not misspelt:
            from .table_width import compare_width

            wrong, note = compare_width(checked, root_of(document.source))
            problems = in_order((*problems, *wrong))
            notes += [note] if note else []
        for problem in problems:
            at = problem.at
            found.setdefault((problem.code, at.source.name, at.start, at.end), problem)
    return Examined(tuple(found.values()), tuple(notes))
