"""`netc new`: a spec to start from."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from ...grammar.problem import Problem, Problems, in_order
from ...grammar.text import counted
from ..completing import any_file
from ..new_files import no_room_for
from ..options import color_option, force_option
from ..specs.one_spec import fail
from ..terminal.fit import fit_lines
from ..terminal.labelled import labelled
from ..terminal.output import cannot_write, print_document, print_text
from ..terminal.screen import ColorChoice, screen_for

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from ..specs.tabular import TableSpec

KINDS = {
    "mlp": ("digits_mlp.net", "dense layers: digits as rows of numbers"),
    "cnn": ("digits_cnn.net", "convolutions: digits as images"),
    "resnet": ("digits_resnet.net", "residual blocks: a deep network on the same images"),
    "autoencoder": ("digits_autoencoder.net", "images through a narrow code and back"),
    "regression": ("sine_regression.net", "a curve through noisy points"),
}
"""The kinds of networks: the file that is written, and what it is."""
TABULAR = "tabular"
STDOUT = "-"

TABLE_OPTION = re.compile(
    r"\b(sep|header|decimal|thousands|encoding|missing|sheet|ignore)"
    r"=(\"[^\"]*\"|\([^)]*\)|\w+)"
)
"""An option of `data csv` in a message, which `netc new` takes after the file."""


def _kinds(
    ctx: click.Context, param: click.Parameter, incomplete: str
) -> list[CompletionItem[str]]:
    from click.shell_completion import CompletionItem

    kinds = {name: what for name, (_, what) in KINDS.items()}
    kinds[TABULAR] = "a network for your own table"
    return [
        CompletionItem(name, help=what)
        for name, what in kinds.items()
        if name.startswith(incomplete)
    ]


@click.command()
@click.argument("kind", required=False, shell_complete=_kinds)
@click.argument("table", metavar="[FILE.csv", required=False, shell_complete=any_file)
@click.argument("options", metavar="[OPTION=VALUE]...]", nargs=-1)
@click.option(
    "-o",
    "out",
    metavar="FILE",
    shell_complete=any_file,
    help="Write to this file; `-` prints the spec.",
)
@force_option
@click.option(
    "--target",
    "targets",
    metavar="COLUMN",
    multiple=True,
    help="The column of the table to predict; repeat it for several columns. [default: a guess]",
)
@click.option(
    "--task",
    type=click.Choice(["classes", "numbers"]),
    help="Whether the target is a class or a number. [default: inferred from its values]",
)
@color_option
def new(
    kind: str | None,
    table: str | None,
    options: tuple[str, ...],
    out: str | None,
    force: bool,
    targets: tuple[str, ...],
    task: Literal["classes", "numbers"] | None,
    color: ColorChoice,
) -> int:
    """Write a commented spec to start from, for a kind of network or for a table.

    \b
    netc new                     the kinds of networks
    netc new cnn                 one of them, with its data
    netc new tabular FILE.csv    a network for a table

    A table is text, Excel or Parquet. netc examines its columns: which one is the target, which are
    numbers or categories, have missing values, or are of no use. Options of `data csv` may follow
    the file, such as `header=false`. An existing file is replaced only with --force.
    """
    if kind is None:
        print_text(_kinds_text())
        return 0
    _require_kind(kind, table, of_table=bool(options or targets or task))
    path = Path(out or (_file_for(table) if table else KINDS[kind][0]))
    read = () if table is None else (Path(table),)
    refused = () if out == STDOUT else no_room_for((path,), read, force=force)
    if refused:
        return fail(refused, color)
    if table is None:
        _write(path, _template(kind, path))
        print_text(_report(path, [("what", KINDS[kind][1])]))
        return 0
    return _new_tabular(path, table, (*options, *_target_option(targets)), task, color)


def _new_tabular(
    path: Path,
    table: str,
    options: tuple[str, ...],
    task: Literal["classes", "numbers"] | None,
    color: ColorChoice,
) -> int:
    from ..results.data_text import warning_text
    from ..specs.tabular import spec_for_table

    problems = Problems()
    spec = spec_for_table(Path(table), options, path.absolute().parent, task, problems)
    if spec is None:
        status = fail(in_order(problems), color)
        print_text(_passing_on(in_order(problems), table), sys.stderr)
        return status
    _write(path, spec.text)
    print_text(_report(path, _findings(spec)))
    screen = screen_for(sys.stderr, color)
    for item in spec.warnings:
        print_text(f"\n{warning_text(item, screen)}\n", sys.stderr)
    return 0


# Arguments


def _require_kind(kind: str, table: str | None, *, of_table: bool) -> None:
    """Raises UsageError for arguments that do not go together."""
    if kind != TABULAR and kind not in KINDS:
        raise click.UsageError(_no_kind(kind))
    if kind == TABULAR and table is None:
        raise click.UsageError("expected the file of a table: `netc new tabular FILE.csv`")
    if kind != TABULAR and table is not None:
        raise click.UsageError(f"`netc new {kind}` takes no file; `netc new tabular {table}` does")
    if kind != TABULAR and of_table:
        raise click.UsageError("--target and --task are for `netc new tabular FILE.csv`")
    if table is not None and not Path(table).exists():
        raise click.UsageError(_no_table(table))


def _no_kind(kind: str) -> str:
    from ...compiler.suggest.spelling import closest

    if "." in kind or Path(kind).exists():
        return f"unknown kind `{kind}`; did you mean `netc new tabular {kind}`?"
    near = closest(kind, (*KINDS, TABULAR))
    hint = f"did you mean `netc new {near}`?" if near else "`netc new` lists the kinds"
    return f"unknown kind `{kind}`; {hint}"


def _no_table(table: str) -> str:
    from ...compiler.suggest.spelling import closest

    folder = Path(table).parent
    names = [item.name for item in folder.iterdir()] if folder.is_dir() else []
    near = closest(Path(table).name, tuple(sorted(names)))
    return f"there is no file `{table}`" + (f"; did you mean `{folder / near}`?" if near else "")


def _file_for(table: str) -> str:
    """The name of a spec for a table: `titanic.net` for `data/titanic.csv.gz`."""
    stem = re.sub(r"\s+", "_", Path(table).name.split(".")[0].strip()).lstrip("-")
    return f"{stem or 'table'}.net"


def _target_option(targets: tuple[str, ...]) -> tuple[str, ...]:
    """The columns of --target as an option of `data csv`."""
    from ...compiler.problems.tables import written

    names = [written(target) for target in targets]
    if not names:
        return ()
    return (f"target={names[0]}" if len(names) == 1 else f"target=({', '.join(names)})",)


# Writing


def _template(kind: str, path: Path) -> str:
    """The spec of a kind, whose comments name the file that it goes to."""
    text = files(__package__).joinpath("templates", f"{kind}.net").read_text("utf-8")
    return text.replace("SPEC", _shell_word(path))


def _write(path: Path, text: str) -> None:
    from ...runtime.storage.files import write_atomically

    if str(path) == STDOUT:
        print_document(text)
        return
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise cannot_write(str(path), error) from error


# What is said


def _kinds_text() -> str:
    rows = [(kind, what) for kind, (_, what) in KINDS.items()]
    rows.append((f"{TABULAR} FILE.csv", "a network for your own table, inferred from its columns"))
    lines = [f"  netc new {name:<18}{what}" for name, what in rows]
    text = "Write a spec to start from:\n\n" + "\n".join(lines) + "\n"
    return fit_lines(text, screen_for(sys.stdout), hang=29)


def _report(path: Path, facts: Sequence[tuple[str, str]]) -> str:
    """Where the spec is, what it does, and what to do next; nothing where it was printed."""
    if str(path) == STDOUT:
        return ""
    name = _shell_word(path)
    commands = [
        ("next", f"netc data {name}    look at its data"),
        ("", f"netc run {name}     train the network and test it"),
    ]
    return labelled([("wrote", str(path)), *facts, *commands], screen_for(sys.stdout))


def _findings(spec: TableSpec) -> list[tuple[str, str]]:
    """What was inferred from a table."""
    from ..specs.table_spec import listed, reasons_left_out

    survey = spec.survey
    target, names = survey.target, [column.name for column in survey.target.columns]
    what = {
        "classes": f"{target.columns[0].distinct:,} classes",
        "labels": "each 0 or 1",
        "numbers": "a number" if len(names) == 1 else "numbers",
    }[target.task]
    how = f" ({target.reason}; `--target COLUMN` takes another)" if target.reason else ""
    rows = counted(survey.rows, "row")
    facts = [
        ("target", f"{listed(names)}, {what}{how}"),
        ("read", f"{len(survey.features)} of {counted(survey.columns, 'column')}, {rows}"),
    ]
    if survey.left_out:
        facts.append(("not read", "; ".join(reasons_left_out(survey.left_out))))
    return facts


def _passing_on(problems: Sequence[Problem], table: str) -> str:
    """How the options that messages name get into the spec; empty where none is named."""
    from ...compiler.problems.tables import ValuesMissing

    texts = [text for item in problems for text in (item.message(), *item.help())]
    found: dict[str, set[str]] = {}
    for name, value in (pair for text in texts for pair in TABLE_OPTION.findall(text)):
        found.setdefault(name, set()).add(value)
    if not found and any(isinstance(item, ValuesMissing) for item in problems):
        return f"or predict another one: netc new tabular {shlex.quote(table)} --target COLUMN\n"
    if not found:
        return ""
    words = [
        shlex.quote(f"{name}={values.pop()}") if len(values) == 1 else f"{name}=..."
        for name, values in found.items()
    ]
    command = f"netc new tabular {shlex.quote(table)} {' '.join(words)}"
    return f"such options follow the file: {command}\n"


def _shell_word(path: Path) -> str:
    """A path as a command line has it."""
    text = str(path)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)
