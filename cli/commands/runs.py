"""`netc runs`: the runs that are kept, one of them, or several beside each other.

The JSON of `--format json` is one object with

    version     1, the version of this shape: members may be added to it, none changes its meaning
    runs        a list of {"run", "path", "status", "record"}, where `record` is the content of
                `run.json` and `status` is `killed` where the process of a running one is gone
    folder      of `netc runs`: where the runs are kept
    damaged     of `netc runs`: a list of {"path", "reason"}, the folders that cannot be read
    curves      of `netc runs show` and `compare`: for each run what was measured, a list of numbers
                per quantity
    settings    of `netc runs compare`: those that differ, a list with the text of each run, null
                where a run has none
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..completing import runs as complete_runs
from ..options import color_option, format_option, plots_option
from ..specs.one_spec import fail
from ..terminal.output import print_document, print_text
from ..terminal.screen import ColorChoice, screen_for

if TYPE_CHECKING:
    from ...compiler.graph import Graph
    from ...compiler.ir import Model
    from ...runtime.runs.curves import RunCurves
    from ...runtime.runs.folder import RunFolder
    from ...runtime.runs.listing import ListedRun


@click.group(invoke_without_command=True)
@click.option(
    "--sort", metavar="COLUMN", help="Sort by this column, the best run first. [default: by time]"
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@format_option
@color_option
@click.pass_context
def runs(ctx: click.Context, sort: str | None, as_json: bool, form: str, color: ColorChoice) -> int:
    """List the runs that are kept, the newest last; or show or compare some of them.

    RUN is a folder, the name of a spec (its newest run), NAME/TIME or `latest`.
    """
    if ctx.invoked_subcommand is not None:
        return 0
    from ...runtime.runs.folder import runs_folder
    from ...runtime.runs.listing import list_runs
    from ..results.runs_list import columns_of, list_text, sorted_runs

    base = runs_folder()
    with suppress(FileNotFoundError), os.scandir(base):
        pass  # one that nobody may look into is not one without runs
    found, damaged = list_runs(base)
    columns = columns_of(found)
    if sort is not None:
        found = sorted_runs(found, columns, sort)
    if as_json or form == "json":
        wrong = [{"path": str(one.folder.path), "reason": one.reason} for one in damaged]
        _print_json({"folder": str(base), "runs": [*map(_as_json, found)], "damaged": wrong})
    else:
        print_text(list_text(found, damaged, columns, str(base), screen_for(sys.stdout, color)))
    return 0


@runs.command()
@click.argument("run", shell_complete=complete_runs)
@format_option
@color_option
def show(run: str, form: str, color: ColorChoice) -> int:
    """Show a run: its settings, results and curves."""
    opened = _open(run, color)
    if opened is None:
        return 1
    one, curves = opened
    if form == "json":
        _print_json({"runs": [_as_json(one)], "curves": [_finite(curves)]})
        return 0
    from ..results.runs_text import show_text

    print_text(show_text(one, curves, screen_for(sys.stdout, color)))
    return 0


@runs.command()
@click.argument("names", metavar="RUN RUN...", nargs=-1, shell_complete=complete_runs)
@plots_option
@format_option
@color_option
def compare(names: tuple[str, ...], plots: Path | None, form: str, color: ColorChoice) -> int:
    """Compare runs: settings that differ, final figures, and curves over each other."""
    if len(names) < 2:
        raise click.UsageError("a comparison takes two runs or more")
    found: list[ListedRun] = []
    curves: list[RunCurves] = []
    models: list[Model] = []
    for name in names:
        opened = _open(name, color)
        model = None if opened is None else _model(opened[0].folder, color)
        if opened is None or model is None:
            return 1
        found.append(opened[0])
        curves.append(opened[1])
        models.append(model)
    settings = _differing(models)
    if form == "json":
        all_curves = [*map(_finite, curves)]
        listed = [*map(_as_json, found)]
        _print_json({"runs": listed, "settings": settings, "curves": all_curves})
    else:
        from ..results.runs_text import compare_text

        print_text(compare_text(found, settings, curves, screen_for(sys.stdout, color)))
    return 0 if plots is None or _draw(found, curves, plots, tells=form == "text") else 1


def _open(text: str, color: ColorChoice) -> tuple[ListedRun, RunCurves] | None:
    """A run with its curves; None after it was said that there is none, or that it is damaged."""
    from ...runtime.runs.curves import read_curves
    from ...runtime.runs.listing import ListedRun, status_of
    from ..training.kept_run import find

    found = find(text, None, color)
    if found is None:
        return None
    folder, record = found
    curves = read_curves(folder)
    if isinstance(curves, str):
        _damaged(folder.metrics_csv, curves, color)
        return None
    return ListedRun(folder, record, status_of(record)), curves


def _model(folder: RunFolder, color: ColorChoice) -> Model | None:
    """The network and the training of a run, with all defaults; None after it was said why it
    cannot be read."""
    from ...compiler.ir import from_json
    from ...compiler.language.builtin import INSTALLED
    from ...compiler.load import explain_json

    try:
        return from_json(folder.model.read_text(encoding="utf-8"), INSTALLED)
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
    except ValueError as error:
        where, said = explain_json(error)
        reason = f"`{where}`: {said}" if where else said
    _damaged(folder.model, reason, color)
    return None


def open_model(text: str, color: ColorChoice) -> tuple[Model, Graph] | None:
    """The network of a run with its shapes; None after it was said why there is none."""
    from ...compiler.infer import infer
    from ...compiler.load import places_of
    from ...grammar.problem import Problems
    from ..training.kept_run import find

    found = find(text, None, color)
    model = None if found is None else _model(found[0], color)
    return None if model is None else (model, infer(model, places_of(model), Problems()).graph)


def _damaged(path: Path, reason: str, color: ColorChoice) -> None:
    from ...compiler.problems.runs import RunDamaged
    from ...runtime.storage.files import place_of

    fail((RunDamaged(at=place_of(path), path=str(path), reason=reason),), color)


def _differing(models: Sequence[Model]) -> dict[str, list[str | None]]:
    """The settings that are not the same in all."""
    from ...compiler.settings import settings_of

    tables = [dict(settings_of(model)) for model in models]
    names = dict.fromkeys(name for table in tables for name in table)
    rows = {name: [table.get(name) for table in tables] for name in names}
    return {name: row for name, row in rows.items() if len(set(row)) > 1}


def _draw(
    found: Sequence[ListedRun], curves: Sequence[RunCurves], folder: Path, *, tells: bool
) -> bool:
    """Writes the curves as one picture."""
    from ...runtime.analysis.run_pictures import curves_picture
    from ..pictures import write_pictures

    measured = {
        run.folder.name: {name: values for name, values in one.items() if name != "lr"}
        for run, one in zip(found, curves, strict=True)
        if one and all(one.values())
    }
    if not measured:
        return True
    picture = curves_picture(measured, "")
    return write_pictures((picture,), folder, tells=tells)


def _as_json(run: ListedRun) -> dict[str, Any]:
    return {
        "run": run.folder.name,
        "path": str(run.folder.path),
        "status": run.status,
        "record": run.record.model_dump(mode="json"),
    }


def _finite(curves: RunCurves) -> dict[str, list[float | None]]:
    return {
        name: [value if isfinite(value) else None for value in values]
        for name, values in curves.items()
    }


def _print_json(content: dict[str, Any]) -> None:
    print_document(json.dumps({"version": 1, **content}, indent=2, ensure_ascii=False) + "\n")
