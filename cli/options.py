"""Options that several commands share."""

from __future__ import annotations

from typing import Any

import click


class BatchSize(click.ParamType):  # type: ignore[type-arg]
    """A number of samples, or `all`."""

    name = "batch"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        if value == "all":
            return "all"
        size: int = click.IntRange(min=1).convert(value, param, ctx)
        return size


color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="When to use colours; `auto`: on a terminal, unless NO_COLOR is set.",
)

text_option = click.option(
    "-e",
    "texts",
    metavar="TEXT",
    multiple=True,
    help="The text of a spec, instead of a file.",
)

set_option = click.option(
    "--set",
    "settings",
    metavar="NAME=VALUE",
    multiple=True,
    help="Set a `let` constant of the spec.",
)

workers_option = click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Divide each batch among N processes; the results do not depend on N.",
)

outside_option = click.option(
    "--allow-outside",
    is_flag=True,
    help="Let the spec read files outside its folder.",
)
