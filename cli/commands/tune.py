"""`netc tune`: trains a spec with many values of its constants, and finds the best."""

from __future__ import annotations

import os
import platform
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...compiler.overrides import value_of, with_lets, written_lets
from ...compiler.pipeline import Checked
from ...compiler.training.tuners import MOST_TRIALS
from ...grammar.problem import Problem, Problems, in_order
from ...runtime.packages import require_package
from ...runtime.storage.files import write_atomically
from ...runtime.training.spec import EngineChoice, Spec, TorchRequest
from ..completing import any_file
from ..new_files import no_room_for
from ..options import (
    BatchSize,
    data_option,
    engine_option,
    force_option,
    number_option,
    plots_option,
    spec_argument,
    text_option,
)
from ..specs.checking import Request, examine, request_options
from ..specs.one_spec import DIVERGED, Opened, fail, files_read, open_spec, with_data
from ..specs.writing import with_newlines
from ..terminal.figures import LABEL
from ..terminal.fit import command_lines, print_fitted
from ..terminal.live_bar import draws_bars
from ..terminal.output import cannot_write, print_text
from ..terminal.screen import ColorChoice, screen_for
from ..training.keeping import stoppable
from ..training.torch_request import check_torch, put_precision, torch_request_options, torch_words
from ..training.trials import TuningPrinter, best_text

if TYPE_CHECKING:
    from ...runtime.tuning.results import TuningReport
    from ...runtime.tuning.search import TuneOptions
    from ...runtime.tuning.space import Check, TrialSetting
    from ...runtime.tuning.storage import StudyPlace


@click.command()
@spec_argument
@text_option
@data_option
@number_option("--trials", "Search with N trials.", most=MOST_TRIALS)
@number_option("--epochs", "Train each trial for N epochs.")
@click.option("--batch", type=BatchSize(), metavar="N", help="Use batches of N samples, or `all`.")
@number_option("--seed", "Use another seed, for the search and for training.", least=0)
@number_option("--workers", "Run trials in N processes at the same time.", default=1)
@engine_option
@torch_request_options
@click.option(
    "--storage",
    metavar="FILE_OR_URL",
    shell_complete=any_file,
    help="Keep the study in a journal file (default: SPEC.journal, beside the spec), or in a "
    "database of PostgreSQL or MySQL, which many machines can share.",
)
@click.option("--study", metavar="NAME", help="The name of the study (default: that of the spec).")
@click.option(
    "--prune/--no-prune",
    "prunes",
    default=None,
    help="Stop trials that are worse than the median of the others at the same epoch; by default, "
    "except with `tune grid`.",
)
@click.option(
    "-o",
    "--save-spec",
    "output",
    metavar="FILE",
    shell_complete=any_file,
    help="Write the spec with the best values.",
)
@force_option
@plots_option
@request_options
def tune(  # long because each option is a parameter
    path: str | None,
    texts: tuple[str, ...],
    data: str | None,
    trials: int | None,
    epochs: int | None,
    batch: int | str | None,
    seed: int | None,
    workers: int,
    engine: EngineChoice,
    storage: str | None,
    study: str | None,
    prunes: bool | None,
    output: str | None,
    force: bool,
    plots: Path | None,
    request: Request,
    torch: TorchRequest,
    color: ColorChoice,
) -> int:
    """Search for the best values of `tune`: train the spec with each setting, and compare.

    The study is kept: an interrupted search continues when the same command is run again. SPEC is a
    file or `-` for standard input. Options override the spec.
    """
    require_package("optuna")
    from ...runtime.tuning.search import TuneOptions

    if workers > 1 and platform.system() != "Linux":
        raise click.UsageError("--workers needs Linux; call the command several times instead")
    check_torch(torch, engine)
    put_precision(torch, request)
    changes = {"epochs": epochs, "batch": batch, "seed": seed}
    request.train.update((name, value) for name, value in changes.items() if value is not None)
    if output is not None and (request.train or data is not None):
        raise click.UsageError(
            "--save-spec writes the values of `let` and nothing else: write what --data, --epochs, "
            "--batch and --seed say into the spec"
        )
    opened = open_spec(path, texts, request, color, data)
    if opened is None:
        return 1
    spec = Spec.of(opened.checked)
    searched = () if spec.model.tune is None else spec.model.tune.searches
    for search in searched:
        if search.name in request.overrides:
            raise click.UsageError(f"--set {search.name}: `tune` searches it, trial by trial")
    if output is not None:
        refused = _no_place_for(Path(output), opened, spec, force=force)
        if refused:
            return fail(refused, color)
    with ExitStack() as stack:
        place = _place(opened, storage, study, stack)
        options = TuneOptions(place, workers, prunes, trials, engine, torch.options(shares=False))
        report = _search(opened, spec, _checker(opened, request, data), options, color)
    if isinstance(report, int):
        return report
    command = partial(_command, opened, request, data, torch_words(torch, engine))
    return _finish(opened, report, command, Path(output) if output else None, plots)


def _checker(opened: Opened, request: Request, data: str | None) -> Check:
    """Checks the spec with a setting, and with what the command line says besides."""

    def check(setting: TrialSetting) -> Checked:
        overrides = {**request.overrides, **setting}
        checked = examine(opened.document, replace(request, overrides=overrides))
        if data is None or checked.has_errors:
            return checked
        checked, wrong = with_data(checked, data)
        return checked._replace(problems=wrong or checked.problems)

    return check


def _place(opened: Opened, storage: str | None, study: str | None, stack: ExitStack) -> StudyPlace:
    """Where the study is kept: beside the spec, unless the command line says where."""
    from ...runtime.tuning.storage import StudyPlace

    file = opened.document.source.name if opened.document.is_file else None
    if storage is None and file is not None:
        storage = os.fspath(Path(file).with_suffix(".journal"))
    if storage is None:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="netc-tune-"))
        return StudyPlace.for_one_call(folder)
    return StudyPlace(storage, study or ("netc" if file is None else Path(file).stem))


def _no_place_for(output: Path, opened: Opened, spec: Spec, *, force: bool) -> tuple[Problem, ...]:
    """Why the best spec cannot be written there, as far as that shows before the search."""
    from ...compiler.problems.weights import CannotWrite
    from ...runtime.storage.files import place_of

    refused = no_room_for((output,), files_read(opened), force=force)
    if refused:
        return refused
    reason = ""
    searches = () if spec.model.tune is None else spec.model.tune.searches
    for search in searches:
        if not written_lets(opened.checked.files[0], {search.name}):
            reason = f"`let {search.name}` is in another file, which is not changed"
    elsewhere = output.absolute().parent.resolve() != opened.root.absolute().resolve()
    if elsewhere and opened.document.is_file and len(list(files_read(opened))) > 1:
        reason = f"the paths in the spec are relative to its folder, `{opened.root}`"
    if not reason:
        return ()
    return (CannotWrite(at=place_of(output), path=str(output), reason=reason),)


def _search(
    opened: Opened, spec: Spec, check: Check, options: TuneOptions, color: ColorChoice
) -> TuningReport | int:
    """Searches; an exit status after it was said why that failed."""
    from ...runtime.tuning.search import tune as search

    printer = TuningPrinter(screen_for(sys.stdout, color), draws_bars(color))
    problems = Problems()
    with stoppable(printer, opened.document.source, color, printer.interrupted):
        report = search(spec, check, options, root=opened.root, problems=problems, reporter=printer)
    if report is None:
        return fail(in_order(problems), color)
    return report


def _finish(
    opened: Opened,
    report: TuningReport,
    command: Callable[[TrialSetting], list[str]],
    output: Path | None,
    plots: Path | None,
) -> int:
    """Says which setting is the best, and writes what is wanted of it."""
    best = report.best
    if best is None:
        print_text("no trial has a value\n")
        return DIVERGED
    print_fitted(f"{best_text(best, report)}\n")
    if output is None:
        lines = command_lines(command(best.setting), screen_for(sys.stdout), f"{'run':<{LABEL}}")
        print_text(f"{lines}\n")
    else:
        text = with_lets(opened.checked.files[0], best.setting)
        try:
            write_atomically(output, with_newlines(text, opened.document.newline).encode())
        except OSError as error:
            raise cannot_write(str(output), error) from error
        print_text(f"{'saved':<{LABEL}}{output}\n")
    if plots is None:
        return 0
    from ...runtime.tuning.pictures import pictures_of
    from ..pictures import write_pictures

    return 0 if write_pictures(pictures_of(report), plots) else 1


def _command(
    opened: Opened,
    request: Request,
    data: str | None,
    engine: Sequence[str],
    setting: TrialSetting,
) -> list[str]:
    """The run that gives the same figure."""
    words = ["netc", "run", opened.document.source.name if opened.document.is_file else "SPEC"]
    words += [] if data is None else ["--data", data]
    for name, option in request.train.items():
        if name != "precision":
            words += [f"--{name}", str(option)]
    for name, value in {**request.overrides, **setting}.items():
        words += ["--set", f"{name}={value_of(value)}"]
    words += engine
    return [*words, *["--allow-outside"] * request.allow_outside]
