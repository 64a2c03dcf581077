"""`netc run`: train, evaluate, judge."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import click

from ..compiler.builtin import BUILTIN
from ..compiler.pipeline import Checked
from ..compiler.schema.record import change
from ..grammar.problem import Problem, Problems, in_order
from ..grammar.source import Source
from .checking import examine, request_of
from .inputs import Document, read_all
from .options import color_option, outside_option, set_option, text_option
from .output import print_text
from .progress import RunPrinter
from .render import render_all
from .screen import ColorChoice, screen_for
from .summary import summary

DIVERGED = 3
INTERRUPTED = 130


@click.command()
@click.argument("path", metavar="[SPEC]", required=False)
@text_option
@click.option("--data", metavar="NAME_OR_PATH", help="Another data set, or a table (.csv).")
@click.option("--epochs", type=click.IntRange(min=1), metavar="N", help="Train for N epochs.")
@click.option("--batch", type=click.IntRange(min=1), metavar="N", help="In batches of N samples.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Another seed.")
@click.option("--fast", is_flag=True, help="A few batches of everything, to see that it works.")
@set_option
@outside_option
@color_option
def run(
    path: str | None,
    texts: tuple[str, ...],
    data: str | None,
    epochs: int | None,
    batch: int | None,
    seed: int | None,
    fast: bool,
    settings: tuple[str, ...],
    allow_outside: bool,
    color: ColorChoice,
) -> int:
    """Train what a spec describes, evaluate it on the test part, and judge its expectations.

    SPEC is a file or `-` for standard input. The options take the place of what the spec says.
    """
    if (path is None) == (not texts) or len(texts) > 1:
        raise click.UsageError("name one file or `-`, or give one text with -e")
    bag = Problems()
    documents = read_all(() if path is None else (path,), texts, bag)
    if len(documents) != 1 or bag.has_errors():
        if not len(bag):
            raise click.UsageError(f"`{path}` holds several specs, a run is of one")
        return _fail(in_order(bag), color)
    request = request_of(settings, allow_outside=allow_outside)
    checked = examine(documents[0], request)
    if checked.has_errors:
        return _fail(checked.problems, color)
    if data is not None:
        checked, wrong = _with_data(checked, data)
        if wrong:
            return _fail(wrong, color)
    checked = _with_train(checked, epochs=epochs, batch=batch, seed=seed)
    _warn(checked.problems, color)
    return _run(documents[0], checked, color, fast=fast)


def _run(document: Document, checked: Checked, color: ColorChoice, *, fast: bool) -> int:
    from ..runtime.run import run as run_model

    printer = RunPrinter(screen_for(sys.stdout, color), live=_is_live(color), now=time.monotonic)
    problems = Problems()
    try:
        report = run_model(
            checked, root=_root(document.source), problems=problems, reporter=printer, fast=fast
        )
        printer.finish()
    except KeyboardInterrupt:
        printer.interrupted()
        return INTERRUPTED
    if problems.has_errors():
        _fail(in_order(problems), color)
        return DIVERGED if report is not None else 1
    if fast:
        print_text("a few batches of everything: nothing is expected of these figures\n")
    if report is None:
        raise AssertionError("a run without a report has a problem")
    return 0 if all(item.holds for item in report.expectations) else 1


def _with_data(checked: Checked, data: str) -> tuple[Checked, tuple[Problem, ...]]:
    """The spec with another `data`, held to its contracts again."""
    from ..compiler.contracts import check_contracts
    from ..compiler.problems.flow import EmptySpec
    from ..compiler.resolve import resolve
    from ..grammar.parser import parse

    problems = Problems()
    source = Source("--data", f"data {_source_of(data)}")
    file = parse(source, problems)
    other = resolve((file,), BUILTIN, (), problems)
    # a `data` alone is a spec without a network, which is no mistake here
    wrong = tuple(item for item in in_order(problems) if not isinstance(item, EmptySpec))
    place = other.spans.get("data")
    if wrong or other.model.data is None or place is None:
        return checked, wrong
    for key in [key for key in checked.spans.places if key.startswith("data.")]:
        del checked.spans.places[key]
    for key, item in other.spans.places.items():
        if key == "data" or key.startswith("data."):
            checked.spans.put(key, item)
    model = change(checked.model, data=other.model.data)
    problems = Problems()
    check_contracts(model, checked.graph, checked.spans, problems)
    return replace(checked, model=model), in_order(problems) if problems.has_errors() else ()


def _source_of(data: str) -> str:
    """What follows `data`: a word of the language, or the table at a path."""
    if data.endswith(".csv") and '"' not in data:
        return f'csv "{os.path.abspath(data)}"'
    return data


def _with_train(
    checked: Checked, *, epochs: int | None, batch: int | None, seed: int | None
) -> Checked:
    from ..compiler.words.directives import Train

    given = {"epochs": epochs, "batch": batch, "seed": seed}
    changes = {name: value for name, value in given.items() if value is not None}
    train = checked.model.train or Train()
    model = change(checked.model, train=change(train, **changes))
    return replace(checked, model=model)


def _root(source: Source) -> Path:
    """The folder that the paths of a spec are relative to."""
    return Path(source.path).parent if source.path is not None else Path()


def _is_live(color: ColorChoice) -> bool:
    """Whether bars may be drawn: on a terminal that can move its cursor."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and color != "never"


def _fail(problems: tuple[Problem, ...], color: ColorChoice) -> int:
    screen = screen_for(sys.stderr, color)
    text = render_all(problems, screen) + summary(problems, 1, screen) + "\n"
    print_text(text, sys.stderr)
    return 1


def _warn(problems: tuple[Problem, ...], color: ColorChoice) -> None:
    if problems:
        print_text(render_all(problems, screen_for(sys.stderr, color)), sys.stderr)
