"""A spec for a table, inferred from its columns: what `netc new tabular` writes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...compiler.language.builtin import INSTALLED
from ...compiler.pipeline import Checked, check
from ...compiler.reading import read_source
from ...grammar.problem import Problems
from ...grammar.source import Source
from ...grammar.text import quoted

if TYPE_CHECKING:
    from ...compiler.data.tables import Table
    from ...compiler.diagnostics import Diagnostic
    from ...runtime.analysis.data_report import DataReport
    from ...runtime.analysis.table_survey.survey import TableSurvey
    from ...runtime.analysis.table_survey.target import Task

BEGINNINGS = {b"PAR1": "parquet", b"PK\x03\x04": "excel"}
"""The word for a file, by its first bytes; a text is `csv`."""

QUOTED = ("sep", "decimal", "thousands", "encoding", "missing", "sheet", "test")
FILES = ("val", "test")
"""Options that may be files of parts."""
COLUMNS = ("target", "features", "ignore", "groups", "weights")


@dataclass(frozen=True, slots=True, eq=False)
class TableSpec:
    """A spec that was made for a table."""

    text: str
    survey: TableSurvey
    warnings: tuple[Diagnostic, ...]
    """What is odd about the data."""


def spec_for_table(
    table: Path, options: Sequence[str], folder: Path, task: Task | None, problems: Problems
) -> TableSpec | None:
    """The spec for a table, for a file in a folder; None after a problem."""
    from ...api import format as format_text
    from ...runtime.analysis.table_survey.survey import survey_table
    from ...runtime.data.data_file import DataFile
    from ...runtime.storage.files import place_of
    from .table_spec import table_spec

    data = _data_of(table, options, folder, problems)
    if data is None:
        return None
    survey = survey_table(DataFile(table, str(table), place_of(table), problems), data, task)
    if survey is None:
        return None
    width = survey.width()
    while True:
        text = format_text(table_spec(survey, data, width))
        found = Problems()
        report = _report_of(text, folder, found)
        # how many categories the training part has is known when the table is divided
        if report is None or report.inputs[0].prepared == (width,):
            break
        (width,) = report.inputs[0].prepared
    if report is None or found.has_errors():
        for problem in found:
            problems.add(problem)
        return None
    return TableSpec(text, survey, report.warnings)


def _report_of(text: str, folder: Path, problems: Problems) -> DataReport | None:
    """The data of a spec as its run would see it; None after a problem."""
    from ...runtime.analysis.data_run import inspect_data

    source = Source("<new>", text, str(folder / "<new>"))
    view = inspect_data(_checked(source), root=folder, problems=problems, reporter=lambda _: None)
    return None if view is None else view.report


def _checked(source: Source) -> Checked:
    return check(source, INSTALLED, read_source)


def _data_of(table: Path, options: Sequence[str], folder: Path, problems: Problems) -> Table | None:
    """The `data` that reads a table from a folder; None after a problem."""
    from ...compiler.data.tables import Table
    from ...compiler.problems.flow import EmptySpec

    words = [
        _word_of(table),
        quoted(_relative(table, folder)),
        *(_written(option, folder) for option in options),
    ]
    checked = _checked(Source("netc new tabular", f"data {' '.join(words)}"))
    # a `data` alone is a spec without a network, which is correct here
    wrong = [item for item in checked.problems if not isinstance(item, EmptySpec)]
    for problem in wrong:
        problems.add(problem)
    data = checked.model.data
    if wrong:
        return None
    assert isinstance(data, Table)
    return data


def _relative(table: Path, folder: Path) -> str:
    """The path of a table as a spec in a folder names it."""
    try:
        path = os.path.relpath(table, folder)
    except ValueError:  # on another drive
        path = os.path.abspath(table)
    return path.replace(os.sep, "/")


def _word_of(table: Path) -> str:
    if not table.is_file():  # nobody may ever write to a pipe
        return "csv"
    try:
        with table.open("rb") as file:
            start = file.read(4)
    except OSError:  # which the reader of the table says
        return "csv"
    return BEGINNINGS.get(start, "csv")


def _written(option: str, folder: Path) -> str:
    """An option as a spec in a folder writes it, from what a shell has left of it."""
    from ...compiler.problems.tables import written

    name, equals, value = option.partition("=")
    if not equals or not value:
        raise click.UsageError(f"expected OPTION=VALUE, such as `header=false`, not `{option}`")
    if value.startswith(('"', "(")):
        return option
    if name in FILES and Path(value).is_file():
        return f"{name}={quoted(_relative(Path(value), folder))}"
    if name in QUOTED:
        return f"{name}={quoted(value)}"
    if name in COLUMNS:
        names = [written(part.strip()) for part in value.split(",")]
        return f"{name}={names[0]}" if len(names) == 1 else f"{name}=({', '.join(names)})"
    return option
