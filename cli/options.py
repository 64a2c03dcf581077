"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from re import fullmatch
from typing import Any, NamedTuple, TypeVar

import click

from ..compiler.language.numbers import TOO_LONG, is_too_long
from .completing import any_file, data_sets

Command = TypeVar("Command", bound=Callable[..., Any])


class WholeOption(click.IntRange):
    """A whole number that a spec could have, too."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, str) and fullmatch(r"\s*[+-]?[0-9]+\s*", value) is None:
            self.fail(f"`{value}` is not a whole number", param, ctx)
        number: int = super().convert(value, param, ctx)
        if is_too_long(number):
            self.fail(TOO_LONG, param, ctx)
        return number


class BatchSize(click.ParamType):  # type: ignore[type-arg]
    """A number of samples, or `all`."""

    name = "batch"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        if value == "all":
            return "all"
        size: int = WholeOption(1).convert(value, param, ctx)
        return size


class NewFolder(click.Path):
    """A folder that files can be made in, or that can be made."""

    def __init__(self) -> None:
        super().__init__(file_okay=False, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        folder = Path(os.fsdecode(super().convert(value, param, ctx)))
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        if not there.is_dir():
            self.fail(f"cannot make `{folder}`: `{there}` is a file", param, ctx)
        if not os.access(there, os.W_OK | os.X_OK):
            self.fail(f"files cannot be made in `{there}`", param, ctx)
        return folder


def force_option(command: Command) -> Command:
    """`--force`, of commands whose files `new_files.py` guards."""
    return click.option("--force", is_flag=True, help="Replace files that exist.")(command)


def number_option(
    name: str, text: str, *, least: int = 1, most: int | None = None, default: int | None = None
) -> Callable[[Command], Command]:
    """An option that takes a whole number."""
    return click.option(
        name,
        type=WholeOption(least, most),
        metavar="N",
        default=default,
        show_default=default is not None,
        help=text,
    )


spec_argument = click.argument("path", metavar="[SPEC]", required=False, shell_complete=any_file)

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

workers_option = number_option(
    "--workers", "Divide each batch among N processes; the results do not depend on N."
)

engine_option = click.option(
    "--engine",
    type=click.Choice(["numpy", "native", "auto", "torch"]),
    default="numpy",
    show_default=True,
    envvar="NETC_ENGINE",
    show_envvar=True,
    help="What computes: NumPy; `native`, C code compiled for the network; `auto`, which is "
    "`native` if there is a compiler; or `torch`, PyTorch.",
)

data_option = click.option(
    "--data",
    metavar="NAME_OR_PATH",
    shell_complete=data_sets,
    help="Use another data set, or a file or folder of samples.",
)

format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="`json` is for programs.",
)

part_option = click.option(
    "--part",
    type=click.Choice(["train", "val", "test", "all"]),
    help="The part of the data. [default: test, or all for --data without a test part]",
)

plots_option = click.option(
    "--plots",
    metavar="FOLDER",
    type=NewFolder(),
    help="Write plots (SVG, PNG) and their data (CSV) to this folder.",
)


class GradientsOptions(NamedTuple):
    """Of which sample `show --gradients` is, and with which weights."""

    sample: int | None
    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    weights: Path | None


NO_OPTIONS = GradientsOptions(None, (), (), None)


class PlanOptions(NamedTuple):
    """Which plan `show --plan` shows."""

    batch: int | None = None
    """None: what the spec trains with."""
    engine: str | None = None
    """None: `numpy`."""
    verifies: bool = False
    """Looks for mistakes of the compiler after each pass and in the plan."""

    @property
    def is_native(self) -> bool:
        return self.engine == "native"

    def check(self, view: str | None) -> None:
        """Raises UsageError where no plan is shown."""
        if view != "plan" and self != PlanOptions():
            given = ("--verify",) * self.verifies + ("--batch",) * (self.batch is not None)
            raise click.UsageError(f"{(*given, '--engine')[0]} needs --plan")
