"""Options that several commands share."""

from __future__ import annotations

import click

color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    help="When to colour: `auto` is on a terminal, unless NO_COLOR is set.",
)

text_option = click.option(
    "-e",
    "texts",
    metavar="TEXT",
    multiple=True,
    help="A spec as text, in place of a file.",
)

set_option = click.option(
    "--set",
    "settings",
    metavar="NAME=VALUE",
    multiple=True,
    help="Give a `let` of the spec another value.",
)

workers_option = click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Share each batch among N processes. Any number gives the same figures.",
)

outside_option = click.option(
    "--allow-outside",
    is_flag=True,
    help="Let `use` read files outside the folder of the spec.",
)
