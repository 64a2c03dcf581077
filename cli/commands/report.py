"""`netc report`: the report of a run, made anew, or a page that compares several."""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...compiler.language.builtin import INSTALLED
from ...grammar.problem import Problems, in_order
from ...grammar.source import Source
from ...runtime.training.spec import Spec
from ..options import color_option, plots_option
from ..pictures import write_pictures
from ..specs.inputs import Document
from ..specs.one_spec import fail
from ..terminal.figures import LABEL
from ..terminal.output import cannot_write, print_text
from ..terminal.screen import ColorChoice
from ..training.kept_run import examine_recorded, find
from ..training.reports import REPORTS_NEED

if TYPE_CHECKING:
    from ...compiler.pipeline import Checked
    from ...runtime.events import RunReport
    from ...runtime.report.data import ReportData, RunFacts
    from ...runtime.runs.folder import RunFolder
    from ...runtime.runs.record import RunRecord

COMPARISON = "comparison.html"


@click.command()
@click.argument("names", metavar="[RUN]...", nargs=-1)
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"Write the page here. [default: report.html in the folder of the run; of several runs, "
    f"{COMPARISON}]",
)
@plots_option
@color_option
def report(
    names: tuple[str, ...], output: Path | None, plots: Path | None, color: ColorChoice
) -> int:
    """Write the report of a run again, or a page that compares several runs.

    RUN is the folder of a run, the name of its spec, or part of its time; by default the newest
    run. Nothing is trained.
    """
    from ...runtime.packages import require_package
    from ...runtime.report.of_run import PAGE
    from ...runtime.report.render import render, render_comparison
    from ...runtime.storage.files import unwritable, write_atomically

    require_package("jinja2", REPORTS_NEED)
    runs: dict[Path, tuple[RunFolder, RunRecord]] = {}
    for name in names or ("latest",):
        found = find(name, None, color)
        if found is None:
            return 1
        # `runs/lenet5/*` has a link to the newest one, too
        runs.setdefault(found[0].path.resolve(), found)
    if output is not None:
        copies = (folder.path / record.spec.kept_as for folder, record in runs.values())
        refused = unwritable(output, chain(copies, *(folder.kept for folder, _ in runs.values())))
        if refused is not None:
            return fail((refused,), color)
    values = []
    for folder, record in runs.values():
        data = _values_of(folder, record, color)
        if data is None:
            return 1
        values.append(data)
    if len(values) == 1:
        page = folder.path / PAGE if output is None else output
        text = render(values[0])
    else:
        page = Path(COMPARISON) if output is None else output
        text = render_comparison(values)
    try:
        write_atomically(page, text.encode())
    except OSError as error:
        raise cannot_write(str(page), error) from error
    print_text(f"{'report':<{LABEL}}{page}\n")
    return 0 if plots is None or _draw(list(runs.values()), plots, color) else 1


def _draw(runs: list[tuple[RunFolder, RunRecord]], plots: Path, color: ColorChoice) -> bool:
    """Draws the curves of one run as files; False after it was said why that failed."""
    from ...compiler.problems.runs import RunDamaged
    from ...runtime.analysis.run_pictures import folds_picture, run_pictures
    from ...runtime.report.of_run import folds_so_far, report_so_far
    from ...runtime.storage.files import place_of

    if len(runs) > 1:
        raise click.UsageError("--plots draws one run; `netc runs compare --plots` several")
    folder, record = runs[0]
    try:
        folds = folds_so_far(folder)
        if len(folds.folds) > 1:
            return write_pictures((folds_picture(folds, record.name),), plots)
        return write_pictures(run_pictures(report_so_far(folder, record), record.name), plots)
    except (OSError, ValueError, KeyError) as error:
        at, path = place_of(folder.path), str(folder.metrics_jsonl)
        fail((RunDamaged(at=at, path=path, reason=str(error)),), color)
        return False


def _values_of(folder: RunFolder, record: RunRecord, color: ColorChoice) -> ReportData | None:
    """What the run has left, or what a look at its network gives; None after errors."""
    from ...runtime.report.of_run import read_report

    return read_report(folder, record) or _collect(folder, record, color)


def _collect(folder: RunFolder, record: RunRecord, color: ColorChoice) -> ReportData | None:
    """Looks at the network and the data of a run that left no values."""
    from ...compiler.problems.runs import RunDamaged
    from ...runtime.report.collecting.collect import collect_curves, collect_folds
    from ...runtime.report.of_run import facts_of, folds_so_far, report_so_far
    from ...runtime.runs.listing import status_of
    from ...runtime.storage.files import place_of

    checked = _open_copy(folder, record, color)
    if checked is None:
        return None
    spec, root = Spec.of(checked), Path(record.spec.root)
    sources = [file.source for file in checked.files[1:]]
    facts = facts_of(record, sources, running=status_of(record) == "running")
    at = place_of(folder.path)
    try:
        if spec.model.kfold is not None:
            return collect_folds(spec, folds_so_far(folder), facts)
        so_far = report_so_far(folder, record)
    except (OSError, ValueError, KeyError) as error:
        reason = f"{folder.metrics_jsonl.name}: {error}"
        fail((RunDamaged(at=at, path=str(folder.path), reason=reason),), color)
        return None
    again = _look_again(folder, record, spec, root, so_far, facts)
    return collect_curves(spec, so_far, facts, reason=again) if isinstance(again, str) else again


def _look_again(
    folder: RunFolder,
    record: RunRecord,
    spec: Spec,
    root: Path,
    so_far: RunReport,
    facts: RunFacts,
) -> ReportData | str:
    """What a look at the network and the data gives, or why there is none."""
    from ...runtime.model.load import load_weights_for
    from ...runtime.report.collecting.again import collect_again
    from ...runtime.report.of_run import weights_of

    problems = Problems()
    path, _ = weights_of(folder, record)
    if not path.exists() or not so_far.epochs:
        return "the run has kept no weights"
    weighted = load_weights_for(spec, path, INSTALLED, problems)
    if weighted is None:
        return _first(problems)
    found = collect_again(*weighted, so_far, facts, root=root, problems=problems)
    return _first(problems) if found is None else found


def _first(problems: Problems) -> str:
    return next(problem.message() for problem in in_order(problems) if problem.is_error)


def _open_copy(folder: RunFolder, record: RunRecord, color: ColorChoice) -> Checked | None:
    """The spec as it was in the run; None after errors were shown."""
    of_spec = record.spec
    copy = folder.path / of_spec.kept_as
    try:
        text = copy.read_text(encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"cannot read `{copy}`: {error.strerror}") from error
    document = Document(Source(str(copy), text, str(copy)), is_file=True)
    return examine_recorded(document, of_spec, color)
