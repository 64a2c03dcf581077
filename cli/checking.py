"""Checking documents: the compiler's `check`, with what a command line says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

import click

from ..compiler.language.builtin import BUILTIN
from ..compiler.pipeline import Checked, check
from ..compiler.reading import ReadFailure, read_source
from ..grammar.problem import Problem
from ..grammar.source import Source
from .inputs import Document
from .options import color_option


@dataclass(frozen=True, slots=True)
class Request:
    """What a command line says about every spec."""

    overrides: dict[str, str] = field(default_factory=dict)
    """The values of `--set`, as netc text."""
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
        "--allow-outside", is_flag=True, help="Let the spec read files outside its folder."
    )
    return setting(outside(color_option(called)))


def _request(settings: Sequence[str], *, allow_outside: bool) -> Request:
    """From `width=32` and the like."""
    overrides: dict[str, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        if not (name.strip() and equals and value.strip()):
            raise click.UsageError(f"--set takes NAME=VALUE, not `{setting}`")
        overrides[name.strip()] = value.strip()
    return Request(overrides, allow_outside)


def examine(
    document: Document, request: Request, texts: dict[str, Source] | None = None
) -> Checked:
    """Everything that can be known about a document. `texts` take the place of files, by path."""

    def read(path: str) -> Source | ReadFailure:
        from os.path import realpath

        changed = None if texts is None else texts.get(realpath(path))
        return read_source(path) if changed is None else changed

    return check(
        document.source,
        BUILTIN,
        read,
        overrides=request.overrides,
        train=request.train,
        allow_outside=request.allow_outside,
    )


def examine_all(documents: Sequence[Document], request: Request) -> tuple[Problem, ...]:
    """The problems of all documents, in their order. What several of them use is reported
    once."""
    texts = {document.source.path: document.source for document in documents if document.is_file}
    found: dict[tuple[str, str, int, int], Problem] = {}
    for document in documents:
        known = {path: source for path, source in texts.items() if path is not None}
        for problem in examine(document, request, known).problems:
            at = problem.at
            found.setdefault((problem.code, at.source.name, at.start, at.end), problem)
    return tuple(found.values())
