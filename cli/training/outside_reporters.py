"""`netc run --reporter`: reporters of installed packages that are told the events of a run."""

from __future__ import annotations

from collections.abc import Sequence

import click

from ...runtime.training.outside_reporters import REPORTER_OPTION, GuardedReporter, open_reporter
from ..specs.one_spec import fail
from ..terminal.screen import ColorChoice

reporters_option = click.option(
    REPORTER_OPTION,
    "reporters",
    metavar="NAME[=TEXT]",
    multiple=True,
    help="Send the events of the run to a reporter from an installed package, started with TEXT; "
    "may be repeated.",
)


def open_reporters(asked: Sequence[str], color: ColorChoice) -> tuple[GuardedReporter, ...] | None:
    """The reporters; None after it was said which one cannot be used."""
    opened: list[GuardedReporter] = []
    for text in asked:
        try:
            found = open_reporter(text)
        except KeyError as error:
            raise click.UsageError(_unknown(text.partition("=")[0])) from error
        if not isinstance(found, GuardedReporter):
            fail((found,), color)
            return None
        opened.append(found)
    return tuple(opened)


def _unknown(name: str) -> str:
    from ...compiler.language.outside import find_reporters

    known = ", ".join(f"`{other}`" for other in find_reporters())
    brought = f"they bring {known}" if known else "they bring none"
    return f"no installed package provides the reporter `{name}`; {brought}"
