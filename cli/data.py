"""`netc data`: what a run would see of its data."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict

import click

from ..compiler.check.lints.allow import allowed
from ..compiler.pipeline import Checked
from ..compiler.problems.flow import EmptySpec
from ..grammar.problem import Problems, in_order
from .checking import Request, examine, request_options
from .inputs import Document
from .one_spec import fail, read_document, root_of, with_data
from .options import data_option, number_option, text_option
from .output import print_text
from .progress import RunPrinter
from .screen import ColorChoice, screen_for


@click.command()
@click.argument("path", metavar="[SPEC]", required=False)
@text_option
@data_option
@number_option("--seed", "Divide by another seed.", least=0)
@click.option("--all", "shows_all", is_flag=True, help="List all columns, not only the first 20.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="`json` is for programs.",
)
@request_options
def data(
    path: str | None,
    texts: tuple[str, ...],
    data: str | None,
    seed: int | None,
    shows_all: bool,
    form: str,
    request: Request,
    color: ColorChoice,
) -> int:
    """Show the data of a spec as a run would see it: parts, classes, columns, and what is odd.

    SPEC is a file or `-` for standard input; it needs no network. Nothing is trained.
    """
    if seed is not None:
        request.train["seed"] = seed
    document = read_document(path, texts, color)
    if document is None:
        return 1
    checked = examine(document, request)
    # a `data` alone is enough here
    checked = checked._replace(
        problems=tuple(one for one in checked.problems if not isinstance(one, EmptySpec))
    )
    if data is not None:
        checked, wrong = with_data(checked, data)
        if wrong:
            return fail(wrong, color)
    return _show(document, checked, color, form, shows_all=shows_all)


def _show(
    document: Document, checked: Checked, color: ColorChoice, form: str, *, shows_all: bool
) -> int:
    from ..runtime.analysis.data_run import inspect_data
    from ..runtime.training.spec import Spec
    from .data_text import data_text

    screen = screen_for(sys.stdout, color)
    problems = Problems()
    for problem in checked.problems:
        if problem.is_error:
            problems.add(problem)
    if checked.model.data is None and problems.has_errors():
        return fail(in_order(problems), color)
    view = inspect_data(
        Spec.of(checked),
        complete=checked.complete and not problems.has_errors(),
        root=root_of(document.source),
        problems=problems,
        # the output for programs has no lines of progress
        reporter=RunPrinter(screen) if form == "text" else lambda event: None,
        is_allowed=lambda one: any(allowed(file, one) for file in checked.files),
    )
    if view is not None and form == "json":
        print_text(json.dumps(asdict(view.report), indent=2) + "\n")
    elif view is not None:
        print_text(data_text(view.report, screen, shows_all=shows_all))
    return fail(in_order(problems), color) if problems.has_errors() else 0
