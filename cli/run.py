"""`netc run`: train, evaluate, judge."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..compiler.check.lints.allow import allowed
from ..compiler.data.files import Files
from ..compiler.pipeline import Checked
from ..grammar.problem import Problem, Problems, in_order
from ..runtime.training.spec import RunOptions, Spec
from .checking import request_of
from .inputs import Document
from .keeping import Keeper, has_trained, interruptible
from .one_spec import DIVERGED, fail, lost_worker, read_one, root_of, warn, with_data
from .options import (
    BatchSize,
    color_option,
    outside_option,
    set_option,
    text_option,
    workers_option,
)
from .output import print_text
from .progress import RunPrinter
from .screen import ColorChoice, screen_for

if TYPE_CHECKING:
    from ..runtime.events import RunReport
    from ..runtime.training.run import Session

INTERRUPTED = 130


@click.command()
@click.argument("path", metavar="[SPEC]", required=False)
@text_option
@click.option("--data", metavar="NAME_OR_PATH", help="Use another data set or file.")
@click.option("--epochs", type=click.IntRange(min=1), metavar="N", help="Train for N epochs.")
@click.option("--batch", type=BatchSize(), metavar="N", help="Use batches of N samples, or `all`.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", help="Use another seed.")
@click.option("--save", metavar="FILE", help="Save the trained network, for `eval` and `predict`.")
@workers_option
@click.option(
    "--autotune",
    "tunes",
    is_flag=True,
    help="First time the algorithms of each convolution, and use the fastest from then on.",
)
@click.option(
    "--fast", is_flag=True, help="Quick check: only a few batches of training and testing."
)
@click.option(
    "--profile",
    "profiles",
    is_flag=True,
    help="Profile some training steps instead of training.",
)
@set_option
@outside_option
@color_option
def run(
    path: str | None,
    texts: tuple[str, ...],
    data: str | None,
    epochs: int | None,
    batch: int | str | None,
    seed: int | None,
    save: str | None,
    workers: int | None,
    tunes: bool,
    fast: bool,
    profiles: bool,
    settings: tuple[str, ...],
    allow_outside: bool,
    color: ColorChoice,
) -> int:
    """Train the network of a spec, evaluate it on the test part, and check `expect`.

    SPEC is a file or `-` for standard input. Options override the spec.
    """
    if profiles and (save is not None or fast or (workers, epochs) != (None, None)):
        raise click.UsageError(
            "--profile measures some steps on one core; it cannot be combined with --save, "
            "--fast, --workers or --epochs"
        )
    request = request_of(settings, allow_outside=allow_outside)
    changes = {"epochs": epochs, "batch": batch, "seed": seed}
    request.train.update((name, value) for name, value in changes.items() if value is not None)
    found = read_one(path, texts, request, color)
    if found is None:
        return 1
    document, checked = found
    if data is not None:
        checked, wrong = with_data(checked, data)
        if wrong:
            return fail(wrong, color)
    warn(checked.problems, color)
    if profiles:
        return _profile(document, checked, color, RunOptions(fast, allow_outside, 1, tunes))
    if save is not None:
        from ..runtime.storage.files import unwritable

        problem = unwritable(Path(save), _files_read(document, checked))
        if problem is not None:
            return fail((problem,), color)
    keeper = Keeper(document, checked, None if save is None else Path(save))
    options = RunOptions(fast, allow_outside, workers, tunes)
    with interruptible():
        return _run(document, checked, color, options, keeper)


def _files_read(document: Document, checked: Checked) -> Iterator[Path]:
    """The files of the spec, and that of its data."""
    for file in checked.files:
        if file.source.path is not None:
            yield Path(file.source.path)
    if isinstance(checked.model.data, Files):
        yield root_of(document.source) / checked.model.data.path


def _run(
    document: Document,
    checked: Checked,
    color: ColorChoice,
    options: RunOptions,
    keeper: Keeper,
) -> int:
    from ..runtime.engine.synchronization import WorkerError
    from ..runtime.training.run import prepare_run, train_session

    printer = RunPrinter(
        screen_for(sys.stdout, color),
        live=_is_live(color),
        now=time.monotonic,
        warn=partial(_warn_once, checked, color),
    )
    problems = Problems()
    report = session = None
    try:
        session = prepare_run(
            Spec.of(checked),
            options,
            root=root_of(document.source),
            problems=problems,
            reporter=printer,
        )
        if session is not None:
            if keeper.path is not None:
                session = replace(session, settings=replace(session.settings, rescue=True))
            report = train_session(session, problems, printer)
        printer.finish()
    except KeyboardInterrupt:
        return _stop(session, printer, keeper, color)
    except WorkerError as error:
        kept = keeper.keep_so_far(session, printer)
        printer.finish()
        lost_worker(document.source, error, color)
        kept.tell(color)
        return DIVERGED
    except Exception:
        # no memory, an output that nobody can read any more: the caller says so
        kept = keeper.keep_so_far(session, printer)
        with suppress(OSError, click.ClickException):
            printer.finish()
            kept.tell(color)
        raise
    finally:
        if session is not None:
            session.engine.close()
    if problems.has_errors():
        fail(in_order(problems), color)
        if report is None or session is None:
            return 1
        keeper.keep_diverged(session, report).tell(color)
        return DIVERGED
    if report is None or session is None:
        raise AssertionError("a run without a report has a problem")
    if not keeper.keep(session).tell(color):
        return 1
    if options.fast:
        print_text("quick check only; `expect` not evaluated\n")
    return _status(report, keep_best=session.settings.keep_best)


def _warn_once(checked: Checked, color: ColorChoice, problem: Problem) -> None:
    """Shows a lint of the run, unless the check has said it, or a comment allows it."""
    told = [(item.code, item.at) for item in checked.problems]
    silenced = any(allowed(file, problem) for file in checked.files)
    if not silenced and (problem.code, problem.at) not in told:
        warn((problem,), color)


def _status(report: RunReport, *, keep_best: bool) -> int:
    """The exit status of a run that came to its end. A loss that exploded is a failure, unless the
    weights of an epoch before it were kept."""
    if report.grew is not None and not keep_best:
        return DIVERGED
    return 0 if all(item.holds for item in report.expectations) else 1


def _stop(session: Session | None, printer: RunPrinter, keeper: Keeper, color: ColorChoice) -> int:
    """Ends an interrupted run, and keeps what it has learnt where that was asked for. A second
    interrupt ends that too."""
    # A terminal that was closed takes no words: what is kept is written before any is said.
    with suppress(KeyboardInterrupt, OSError, click.ClickException):
        kept = keeper.keep_so_far(session, printer)
        printer.interrupted()
        kept.tell(color)
        if keeper.path is None and session is not None and has_trained(session, printer):
            print_text("nothing was saved: `--save FILE` saves the weights so far\n")
    return INTERRUPTED


def _profile(document: Document, checked: Checked, color: ColorChoice, options: RunOptions) -> int:
    """Measures in place of training."""
    from ..runtime.analysis.profile_run import profile_run
    from .profile import profile_text

    optimizer = checked.model.optimizer
    if optimizer is not None and not type(optimizer).can_run():
        raise click.UsageError(f"`opt {optimizer.word}` has no training steps to profile")
    screen = screen_for(sys.stdout, color)
    printer = RunPrinter(screen, live=_is_live(color), now=time.monotonic)
    problems = Problems()
    try:
        profile = profile_run(
            Spec.of(checked),
            options,
            root=root_of(document.source),
            problems=problems,
            reporter=printer,
        )
        printer.finish()
    except KeyboardInterrupt:
        printer.interrupted()
        return INTERRUPTED
    if profile is None:
        return fail(in_order(problems), color)
    print_text(profile_text(profile, screen))
    return 0


def _is_live(color: ColorChoice) -> bool:
    """Whether bars may be drawn: on a terminal that can move its cursor."""
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and color != "never"
