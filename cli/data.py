"""`netc data`: what a run would see of its data."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict

import click

from ..compiler.check.lints.allow import allowed
from ..compiler.pipeline import Checked
from ..compiler.problems.flow import EmptySpec
from ..grammar.problem import Problems, in_order
from .checking import examine, request_of
from .inputs import Document
from .one_spec import fail, read_document, root_of, with_data
from .options import color_option, outside_option, set_option, text_option
from .output import print_text
from .progress import RunPrinter
from .screen import ColorChoice, screen_for

INTERRUPTED = 130


@click.command()
@click.argument("path", metavar="[SPEC]", required=False)
@text_option
@click.option("--data", metavar="NAME_OR_PATH", help="Look at another data set or file.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Divide by another seed.")
@click.option("--all", "shows_all", is_flag=True, help="List all columns, not only the first 20.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="`json` is for programs.",
)
@set_option
@outside_option
@color_option
def data(
    path: str | None,
    texts: tuple[str, ...],
    data: str | None,
    seed: int | None,
    shows_all: bool,
    form: str,
    settings: tuple[str, ...],
    allow_outside: bool,
    color: ColorChoice,
) -> int:
    """Show the data of a spec as a run would see it: parts, classes, columns, and what is odd.

    SPEC is a file or `-` for standard input; it needs no network. Nothing is trained.
    """
    request = request_of(settings, allow_outside=allow_outside)
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
    printer = RunPrinter(screen, live=False, now=time.monotonic)
    problems = Problems()
    for problem in checked.problems:
        if problem.is_error:
            problems.add(problem)
    if checked.model.data is None and problems.has_errors():
        return fail(in_order(problems), color)
    try:
        view = inspect_data(
            Spec.of(checked),
            complete=checked.complete and not problems.has_errors(),
            root=root_of(document.source),
            problems=problems,
            # what is for a program has no lines of progress in it
            reporter=printer if form == "text" else lambda event: None,
            is_allowed=lambda one: any(allowed(file, one) for file in checked.files),
        )
    except KeyboardInterrupt:
        return INTERRUPTED
    if view is not None and form == "json":
        print_text(json.dumps(asdict(view.report), indent=2) + "\n")
    elif view is not None:
        print_text(data_text(view.report, screen, shows_all=shows_all))
    return fail(in_order(problems), color) if problems.has_errors() else 0
