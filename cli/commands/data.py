"""`netc data`: what a run would see of its data."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...compiler.pipeline import Checked
from ...grammar.problem import Problems, in_order
from ..completing import any_file
from ..options import data_option, format_option, number_option, spec_argument, text_option
from ..pictures import PICTURES_NEED
from ..specs.checking import Request, examine, request_options
from ..specs.inputs import Document, root_of
from ..specs.one_spec import fail, read_document, with_data
from ..terminal.output import print_text
from ..terminal.screen import ColorChoice, screen_for
from ..training.progress import RunPrinter

if TYPE_CHECKING:
    from ...runtime.analysis.data_run import DataView


@click.command()
@spec_argument
@text_option
@data_option
@number_option("--seed", "Split the data with another seed.", least=0)
@click.option("--all", "shows_all", is_flag=True, help="List all columns, not only the first 20.")
@click.option(
    "--picture",
    metavar="FILE",
    shell_complete=any_file,
    help="Also draw the first batch, or the columns of a table, as .png or .svg.",
)
@format_option
@request_options
def data(
    path: str | None,
    texts: tuple[str, ...],
    data: str | None,
    seed: int | None,
    shows_all: bool,
    picture: str | None,
    form: str,
    request: Request,
    color: ColorChoice,
) -> int:
    """Show the data of a spec as a run would see it: parts, classes, columns, and anything unusual.

    SPEC is a file or `-` for standard input; it needs no network. Nothing is trained.
    """
    if picture is not None and not picture.lower().endswith((".png", ".svg")):
        raise click.UsageError(f"the name of a picture ends with .png or .svg, not `{picture}`")
    if seed is not None:
        request.train["seed"] = seed
    document = read_document(path, texts, color)
    if document is None:
        return 1
    checked = examine(document, request)
    if data is not None:
        checked, wrong = with_data(checked, data)
        if wrong:
            return fail(wrong, color)
    problems = Problems()
    view = _inspect(document, checked, problems, color, form)
    if view is not None and form == "json":
        print_text(json.dumps(asdict(view.report), indent=2) + "\n")
    elif view is not None:
        from ..results.data_text import data_text

        print_text(data_text(view.report, screen_for(sys.stdout, color), shows_all=shows_all))
    if problems.has_errors():
        return fail(in_order(problems), color)
    assert view is not None  # what keeps it from being made is a problem
    return 0 if picture is None or _draw(view, Path(picture), color) else 1


def _inspect(
    document: Document, checked: Checked, problems: Problems, color: ColorChoice, form: str
) -> DataView | None:
    """What is to be seen; None after a problem."""
    from ...runtime.analysis.data_run import inspect_data

    printer = RunPrinter(screen_for(sys.stdout, color))
    return inspect_data(
        checked,
        root=root_of(document.source),
        problems=problems,
        # what is for a program has no lines of progress in it
        reporter=printer if form == "text" else lambda event: None,
    )


def _draw(view: DataView, path: Path, color: ColorChoice) -> bool:
    """Writes the picture; False after it was said why there is none."""
    from ...runtime.analysis.data_picture import draw_data
    from ...runtime.packages import package_trouble
    from ...runtime.storage.files import unwritable, write_atomically

    problem = unwritable(path)
    if problem is not None:
        fail((problem,), color)
        return False
    trouble = package_trouble("matplotlib")
    if trouble is not None:
        print_text(f"{trouble.text(PICTURES_NEED)}\n", sys.stderr)
        return False
    write_atomically(path, draw_data(view, path.suffix.lower()))
    return True
