"""Commands that work on one spec: reading it, giving it other data, reporting its problems."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

from ...compiler.graph import Graph
from ...compiler.ir import Model
from ...compiler.language.builtin import INSTALLED
from ...compiler.language.frozen import change
from ...compiler.pipeline import Checked
from ...compiler.reading import file_in
from ...compiler.shapes import shape_text
from ...compiler.spans import Spans
from ...grammar.problem import Problem, Problems, in_order
from ...grammar.source import Source, Span
from ..problems.render import complaint, render_first
from ..terminal.output import print_text
from ..terminal.screen import ColorChoice, screen_for
from .checking import Request, examine
from .inputs import Document, read_all, root_of

DIVERGED = 3
"""The exit status of work that began well and could not be finished."""


class Opened(NamedTuple):
    """A spec without errors."""

    document: Document
    checked: Checked

    @property
    def root(self) -> Path:
        """The folder that its paths are relative to."""
        return root_of(self.document.source)

    @property
    def title(self) -> str:
        """What pictures are headed by: the name of the file, or of the data."""
        data = self.checked.model.data
        if self.document.is_file or data is None:
            return Path(self.document.source.name).name
        return str(data.word)


def files_read(opened: Opened) -> Iterator[Path]:
    """The files of the spec, and that of its data."""
    from ...compiler.data.files import Files, FilesOfParts

    for file in opened.checked.files:
        if file.source.path is not None:
            yield Path(file.source.path)
    data = opened.checked.model.data
    if isinstance(data, Files):
        yield file_in(opened.root, data.path)
    if isinstance(data, FilesOfParts):
        yield from (file_in(opened.root, path) for path in data.part_files().values())


def open_spec(
    path: str | None,
    texts: tuple[str, ...],
    request: Request,
    color: ColorChoice,
    data: str | None = None,
) -> Opened | None:
    """The one spec that a command line names, its warnings shown, with another `data` if one is
    given; None after errors were shown."""
    document = read_document(path, texts, color)
    if document is None:
        return None
    checked = examine(document, request)
    wrong = checked.problems if checked.has_errors else ()
    if data is not None and not wrong:
        checked, wrong = with_data(checked, data)
    if wrong:
        fail(wrong, color)
        return None
    warn(checked.problems, color)
    return Opened(document, checked)


def read_document(path: str | None, texts: tuple[str, ...], color: ColorChoice) -> Document | None:
    """The one text that a command line names; None after it was said why it cannot be read."""
    if (path is None) == (not texts) or len(texts) > 1:
        raise click.UsageError("expected one file or `-`, or one spec with -e")
    problems = Problems()
    documents = read_all(() if path is None else (path,), texts, problems)
    if len(documents) != 1 or problems.has_errors():
        if not len(problems):
            raise click.UsageError(f"`{path}` contains several specs; this command takes one")
        fail(in_order(problems), color)
        return None
    return documents[0]


def with_data(checked: Checked, data: str) -> tuple[Checked, tuple[Problem, ...]]:
    """The spec with another `data`, checked against its contracts again."""
    model, wrong = other_data(checked.model, checked.graph, checked.spans, data)
    return checked._replace(model=model), wrong


KEPT_OF_TRAINED = ("target", "weights", "missing")
"""What `data` says of the columns of a table that a trained network does not know by itself."""
KEPT = (*KEPT_OF_TRAINED, "features", "ignore", "groups")


def other_data(
    model: Model, graph: Graph, spans: Spans, data: str, *, trained: bool = False
) -> tuple[Model, tuple[Problem, ...]]:
    """The model with another `data`, whose places are put among its spans; and what is wrong
    with it. Where the network is `trained`, it knows its columns."""
    from ...compiler.check.contracts import check_contracts
    from ...compiler.data.files import Files, Images
    from ...compiler.data.tables import Table
    from ...compiler.problems.flow import EmptySpec
    from ...compiler.resolve import resolve
    from ...grammar.parser import parse

    problems = Problems()
    source = Source("--data", f"data {_source_of(data)}")
    file = parse(source, problems)
    other = resolve((file,), INSTALLED, (), problems)
    # a `data` alone is a spec without a network, which is correct here
    wrong = tuple(item for item in in_order(problems) if not isinstance(item, EmptySpec))
    place = other.spans.get("data")
    if wrong or other.model.data is None or place is None:
        return model, wrong
    for key in [key for key in spans.places if key.startswith("data.")]:
        del spans.places[key]
    for key, item in other.spans.places.items():
        if key == "data" or key.startswith("data."):
            spans.put(key, item)
    fresh = other.model.data
    if '"' not in data and isinstance(fresh, Files):
        # as the shell means it, also where the spec lies in another folder
        fresh = change(fresh, path=os.path.abspath(fresh.path))
        if isinstance(fresh, Table) and isinstance(model.data, Table):
            # another table of the same columns, as a path alone says nothing else
            columns = KEPT_OF_TRAINED if trained else KEPT
            fresh = change(fresh, **{name: getattr(model.data, name) for name in columns})
        if isinstance(fresh, Images) and isinstance(model.data, Images):
            # other images become what the network was trained on
            kept = ("resize", "fit", "background", "load")
            fresh = change(fresh, **{name: getattr(model.data, name) for name in kept})
    changed = change(model, data=fresh)
    problems = Problems()
    check_contracts(changed, graph, spans, problems)
    return changed, in_order(problems) if problems.has_errors() else ()


FILES = {
    "csv": (".csv",),
    "parquet": (".parquet",),
    "excel": (".xlsx",),
    "npz": (".npz",),
    "images": (".zip", ".tar", ".tar.gz", ".tgz"),
    "idx": ("-idx3-ubyte", "-idx3-ubyte.gz"),
}
"""The data source for a path on the command line, by its suffix; a folder contains images."""


def _source_of(data: str) -> str:
    """What follows `data`: a word of the language, or the word for a file at a path."""
    if '"' in data:
        return data
    if data == "-":
        raise click.UsageError("--data takes a file or a name; `netc predict` reads standard input")
    for word, ends in FILES.items():
        if data.endswith(ends):
            return f'{word} "{data}"'
    # `iris` is the set, `./iris` the folder
    if os.sep in data and os.path.isdir(data):
        return f'images "{data}"'
    return data


def lost_worker(source: Source, error: Exception, color: ColorChoice) -> int:
    """A worker process has died: its work failed, and nothing hangs."""
    from ...compiler.problems.running import WorkerLost
    from ...compiler.problems.torch import ProcessLost
    from ...runtime.engine.together import ProcessLostError

    place = Span(source, 0, 0)
    if isinstance(error, ProcessLostError):
        fail((ProcessLost(at=place, said=str(error)),), color)
        return DIVERGED
    fail((WorkerLost(at=place, said=str(error)),), color)
    return DIVERGED


def fail(problems: tuple[Problem, ...], color: ColorChoice) -> int:
    screen = screen_for(sys.stderr, color)
    print_text(complaint(problems, 1, screen), sys.stderr)
    return 1


def warn(problems: tuple[Problem, ...], color: ColorChoice) -> None:
    if problems:
        print_text(render_first(problems, screen_for(sys.stderr, color)), sys.stderr)


def require_sizes(graph: Graph) -> None:
    """Raises UsageError for a network with a free size."""
    for node in graph.nodes:
        if None in node.shape:
            size = shape_text(node.shape)
            raise click.UsageError(
                f"all sizes must be known, but `{node.name}` is {size}; replace the `?` by a number"
            )
