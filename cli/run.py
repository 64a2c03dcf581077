"""`netc run`: trains, evaluates and checks `expect`."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from ..compiler.check.lints.allow import allowed
from ..compiler.language.builtin import BUILTIN
from ..grammar.problem import Problem, Problems, in_order
from ..runtime.training.spec import RunOptions, Spec
from .checking import Request, request_options
from .completing import any_file
from .figures import LABEL
from .fit import print_fitted
from .keeping import INTERRUPTED, Keeper, has_trained, interruptible, stoppable
from .live_bar import draws_bars
from .one_spec import DIVERGED, Opened, fail, files_read, lost_worker, open_spec, warn
from .options import (
    BatchSize,
    data_option,
    number_option,
    plots_option,
    spec_argument,
    text_option,
    workers_option,
)
from .output import print_text
from .progress import RunPrinter
from .run_plots import RunPlots
from .screen import ColorChoice, screen_for

if TYPE_CHECKING:
    from ..runtime.events import RunReport
    from ..runtime.training.session import Session


@click.command()
@spec_argument
@text_option
@data_option
@number_option("--epochs", "Train for N epochs.")
@click.option("--batch", type=BatchSize(), metavar="N", help="Use batches of N samples, or `all`.")
@number_option("--seed", "Use another seed.", least=0)
@click.option(
    "--save",
    metavar="FILE",
    shell_complete=any_file,
    help="Save the trained network, for `eval` and `predict`.",
)
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
@click.option(
    "--compare",
    "comparisons",
    metavar="NAME=V1,V2,...",
    multiple=True,
    help="Train with each value of a `let` constant, or of `batch`, `epochs` or `seed`, and "
    "compare; of several, with each combination.",
)
@click.option(
    "--one-at-a-time",
    "one_at_a_time",
    is_flag=True,
    help="Compare the spec as it is, and with each value of --compare alone, instead of with each "
    "combination.",
)
@click.option(
    "--overfit",
    "overfits",
    is_flag=True,
    help="First check of a new network: train on one batch until it is learned by heart.",
)
@click.option(
    "--find-lr",
    "finds_rate",
    is_flag=True,
    help="Find a learning rate: let it grow with every step, and see where the loss falls.",
)
@plots_option
@click.option(
    "--record-layers",
    "records",
    is_flag=True,
    help="Also draw weights, outputs and gradients by layer over the epochs, with --plots.",
)
@request_options
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
    comparisons: tuple[str, ...],
    one_at_a_time: bool,
    overfits: bool,
    finds_rate: bool,
    plots: Path | None,
    records: bool,
    request: Request,
    color: ColorChoice,
) -> int:
    """Train the network of a spec, evaluate it on the test part, and check `expect`.

    SPEC is a file or `-` for standard input. Options override the spec.
    """
    _refuse_combinations()
    changes = {"epochs": epochs, "batch": batch, "seed": seed}
    request.train.update((name, value) for name, value in changes.items() if value is not None)
    opened = open_spec(path, texts, request, color, data)
    if opened is None:
        return 1
    if opened.checked.model.tune is not None:
        names = ", ".join(search.name for search in opened.checked.model.tune.searches)
        print_fitted(f"{'tune':<{LABEL}}not searched here: {names} as in `let`; see `netc tune`\n")
    workers = 1 if profiles else workers
    options = RunOptions(fast, request.allow_outside, workers, tunes, plots is not None)
    if profiles:
        return _profile(opened, color, options)
    printer = _printer(opened, color)
    if comparisons:
        from .compare import ComparisonRequest, compare

        comparison = ComparisonRequest(comparisons, one_at_a_time)
        return compare(opened, request, comparison, data, options, plots, printer, color)
    if overfits:
        from .first_steps import learn_batch

        return learn_batch(opened, batch, options, plots, printer, color)
    if finds_rate:
        from .first_steps import find_learning_rate

        return find_learning_rate(opened, options, plots, printer, color)
    if opened.checked.model.kfold is not None:
        return _cross_validate(opened, color, options, save, RunPlots(plots, records))
    if save is not None and not _can_save(opened, Path(save), color):
        return 1
    keeper = Keeper(opened, None if save is None else Path(save))
    with interruptible():
        return _run(opened, color, options, keeper, RunPlots(plots, records))


EXCLUDED = {
    "--profile": (
        "measures some steps on one core",
        "--compare --overfit --find-lr --save --fast --workers --epochs --plots --record-layers",
    ),
    "--compare": ("trains several networks", "--overfit --find-lr --save --record-layers"),
    "--overfit": ("trains on one batch", "--find-lr --save --fast --epochs --record-layers"),
    "--find-lr": ("trains with useless rates", "--save --fast --epochs --record-layers"),
}
"""What an option does, and those that make no sense with it."""


def _refuse_combinations() -> None:
    """Raises UsageError."""
    context = click.get_current_context()
    used = {
        param.opts[-1]
        for param in context.command.params
        if context.get_parameter_source(param.name or "") == ParameterSource.COMMANDLINE
    }
    for option, (does, others) in EXCLUDED.items():
        for other in others.split():
            if {option, other} <= used:
                raise click.UsageError(f"{option} {does}; it cannot be combined with {other}")
    if "--record-layers" in used and "--plots" not in used:
        raise click.UsageError("--record-layers needs --plots FOLDER")
    if "--one-at-a-time" in used and "--compare" not in used:
        raise click.UsageError("--one-at-a-time needs --compare")


def _can_save(opened: Opened, path: Path, color: ColorChoice) -> bool:
    """Whether `--save` may write this file, and a warning of the network that is lost by it."""
    from ..runtime.model.load import replaced_network
    from ..runtime.storage.files import unwritable

    problem = unwritable(path, files_read(opened))
    if problem is not None:
        fail((problem,), color)
        return False
    replaced = replaced_network(Spec.of(opened.checked), path, BUILTIN)
    warn(() if replaced is None else (replaced,), color)
    return True


def _run(
    opened: Opened, color: ColorChoice, options: RunOptions, keeper: Keeper, plots: RunPlots
) -> int:
    """Trains, and keeps the weights however that ends."""
    from ..runtime.engine.synchronization import WorkerError
    from ..runtime.training.run import train_session
    from ..runtime.training.session import prepare_run

    printer = _printer(opened, color)
    problems = Problems()
    report = session = None
    try:
        session = prepare_run(
            Spec.of(opened.checked), options, root=opened.root, problems=problems, reporter=printer
        )
        if session is not None:
            if keeper.path is not None:
                session = replace(session, settings=replace(session.settings, rescue=True))
            report = train_session(session, problems, plots.watch(session, printer))
            plots.look(session, report)
        printer.finish()
    except KeyboardInterrupt:
        return _stop(session, printer, keeper, color)
    except WorkerError as error:
        kept = keeper.keep_so_far(session, printer)
        printer.finish()
        lost_worker(opened.document.source, error, color)
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
    if session is None or report is None or problems.has_errors():
        fail(in_order(problems), color)
        if session is None or report is None:
            return 1
        keeper.keep_diverged(session, report).tell(color)
        plots.write(opened.title, report)
        return DIVERGED
    if not keeper.keep(session).tell(color):
        return 1
    if not plots.write(opened.title, report):
        return 1
    if options.fast:
        print_text("quick check only; `expect` not evaluated\n")
    return _status(report, keep_best=session.settings.keep_best)


def _cross_validate(
    opened: Opened, color: ColorChoice, options: RunOptions, save: str | None, plots: RunPlots
) -> int:
    """Trains once per fold. No network is kept."""
    if plots.layers:
        raise click.UsageError("--record-layers records one network; `kfold` trains several")
    from ..compiler.problems.running import SeveralNetworks
    from ..runtime.training.cross_validation import cross_validate

    spec, problems = Spec.of(opened.checked), Problems()
    if save is not None:
        assert spec.model.kfold is not None
        way = "without `--save`, every fold is measured"
        at = spec.place("kfold")
        return fail((SeveralNetworks(at=at, folds=spec.model.kfold.folds, way=way),), color)
    printer = _printer(opened, color)
    with stoppable(printer, opened.document.source, color, printer.interrupted):
        report = cross_validate(
            spec, options, root=opened.root, problems=problems, reporter=printer
        )
    if report is None:
        fail(in_order(problems), color)
        return DIVERGED if printer.started is not None else 1
    if not plots.write(opened.title, report):
        return 1
    grew = any(fold.grew is not None for fold in report.folds)
    return DIVERGED if grew else 0 if all(item.holds for item in report.expectations) else 1


def _status(report: RunReport, *, keep_best: bool) -> int:
    """The exit status of a run that came to its end. A loss that exploded is a failure, unless the
    weights of an epoch before it were kept."""
    if report.grew is not None and not keep_best:
        return DIVERGED
    return 0 if all(item.holds for item in report.expectations) else 1


def _stop(session: Session | None, printer: RunPrinter, keeper: Keeper, color: ColorChoice) -> int:
    """Ends an interrupted run, and saves the weights if `--save` asks for it. A second
    interrupt ends that too."""
    # A terminal that was closed takes no words: what is kept is written before any is said.
    with suppress(KeyboardInterrupt, OSError, click.ClickException):
        kept = keeper.keep_so_far(session, printer)
        printer.interrupted()
        kept.tell(color)
        if keeper.path is None and session is not None and has_trained(session, printer):
            print_fitted("nothing was saved: `--save FILE` saves the weights so far\n")
    return INTERRUPTED


def _profile(opened: Opened, color: ColorChoice, options: RunOptions) -> int:
    """Measures in place of training."""
    from ..runtime.analysis.profile_run import profile_run
    from .profile import profile_text

    optimizer = opened.checked.model.optimizer
    if optimizer is not None and not type(optimizer).can_run():
        raise click.UsageError(f"`opt {optimizer.word}` has no training steps to profile")
    printer = _printer(opened, color)
    problems = Problems()
    try:
        profile = profile_run(
            Spec.of(opened.checked), options, root=opened.root, problems=problems, reporter=printer
        )
        printer.finish()
    except KeyboardInterrupt:
        printer.interrupted()
        return INTERRUPTED
    if profile is None:
        return fail(in_order(problems), color)
    print_text(profile_text(profile, printer.screen))
    return 0


def _printer(opened: Opened, color: ColorChoice) -> RunPrinter:
    """What shows a run: with bars on a terminal that can move its cursor. It shows a lint of the
    run, unless the check has shown it, or a comment allows it."""
    shown = [(item.code, item.at) for item in opened.checked.problems]

    def show(problem: Problem) -> None:
        silenced = any(allowed(file, problem) for file in opened.checked.files)
        if not silenced and (problem.code, problem.at) not in shown:
            warn((problem,), color)

    return RunPrinter(screen_for(sys.stdout, color), draws_bars(color), warn=show)
