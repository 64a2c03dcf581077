"""`netc run` at work: one network or one per fold is trained, and what there is of it is kept
however that ends.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...compiler.check.lints.allow import allowed
from ...compiler.language.builtin import INSTALLED
from ...grammar.problem import Problem, Problems, in_order
from ...runtime.events import StopTraining, Warned
from ...runtime.training.spec import RunOptions, Spec
from ..specs.one_spec import DIVERGED, Opened, fail, files_read, lost_worker, warn
from ..terminal.fit import print_fitted
from ..terminal.live_bar import draws_bars
from ..terminal.screen import ColorChoice, screen_for
from .keeping import INTERRUPTED, Interrupts, Keeper, has_trained, interruptible
from .kept_run import KeptRun
from .progress import RunPrinter
from .reports import RunReports
from .run_plots import RunPlots
from .supervising import supervisor_of

if TYPE_CHECKING:
    from ...runtime.events import CrossValidationReport, Event, Reporter, RunReport
    from ...runtime.training.session import Session


Listener = Callable[["Event"], Problem | None]
"""Is told the events of a run, and says with which problem it has ended."""


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """What a command line asks for."""

    opened: Opened
    color: ColorChoice
    options: RunOptions
    save: str | None
    plots: RunPlots
    kept: KeptRun
    reports: RunReports = field(default_factory=RunReports)
    listeners: tuple[Listener, ...] = ()
    """Others who are told the events of the run."""

    @property
    def spec(self) -> Spec:
        return Spec.of(self.opened.checked)

    def told_beside(self, printer: RunPrinter) -> Reporter:
        """What tells the events of the run to everybody who is to know them."""
        if not self.listeners:
            return printer

        def tell(event: Event) -> None:
            printer(event)
            stopping, problems = None, []
            for listener in self.listeners:
                try:
                    problems.append(listener(event))
                except StopTraining as stop:
                    stopping = stop  # after all have been told
            for problem in problems:
                if problem is not None:
                    try:
                        tell(Warned(problem))
                    except StopTraining as stop:
                        stopping = stop
            if stopping is not None:
                raise stopping

        return tell


def train(training: Training) -> int:
    """Trains, and gives the exit status."""
    wrong = training.kept.wrong()
    if wrong is not None:
        return fail((wrong,), training.color)
    with interruptible() as interrupts:
        if training.opened.checked.model.kfold is not None:
            return _train_folds(training, interrupts)
        save = training.save
        if save is not None and not _can_save(training.opened, Path(save), training.color):
            return 1
        keeper = Keeper(training.opened, None if save is None else Path(save))
        return _train_one(training, keeper, interrupts)


def _can_save(opened: Opened, path: Path, color: ColorChoice) -> bool:
    """Whether `--save` may write this file, and a warning of the network that is lost by it."""
    from ...runtime.model.load import replaced_network
    from ...runtime.storage.files import unwritable

    problem = unwritable(path, files_read(opened))
    if problem is not None:
        fail((problem,), color)
        return False
    replaced = replaced_network(Spec.of(opened.checked), path, INSTALLED)
    warn(() if replaced is None else (replaced,), color)
    return True


def _train_one(training: Training, keeper: Keeper, interrupts: Interrupts) -> int:
    """Trains, and keeps the weights however that ends."""
    from ...runtime.engine.synchronization import WorkerError

    opened, color, kept = training.opened, training.color, training.kept
    printer = run_printer(opened, color)
    problems = Problems()
    report = session = None
    try:
        session = _prepare(training, keeper, printer, problems)
        if session is not None:
            reporter = kept.begin(training.told_beside(printer), problems, session)
            if reporter is not None:
                report = _watch(training, session, reporter, problems, interrupts)
        printer.finish()
    except KeyboardInterrupt:
        return _stop(session, printer, keeper, training)
    except WorkerError as error:
        saved = keeper.keep_so_far(session, printer)
        kept.finish("failed", why="a worker process has died")
        printer.finish()
        lost_worker(opened.document.source, error, color)
        saved.tell(color)
        kept.tell_how_to_go_on()
        return DIVERGED
    except BaseException as error:
        # no memory, an output that nobody can read any more: the caller says so
        saved = keeper.keep_so_far(session, printer)
        kept.finish("failed", why=str(error) or type(error).__name__)
        with suppress(OSError, click.ClickException):
            printer.finish()
            saved.tell(color)
            kept.tell_how_to_go_on()
        raise
    finally:
        if session is not None:
            session.engine.close()
    if session is None or report is None or problems.has_errors():
        return _fail(training, keeper, session, report, problems)
    with interrupts.looking():  # it is nearly there: one interrupt does not take away the end
        return _end(training, keeper, session, report)


def _prepare(
    training: Training, keeper: Keeper, printer: RunPrinter, problems: Problems
) -> Session | None:
    from ...runtime.training.session import prepare_run

    opened, kept = training.opened, training.kept
    # the report shows samples as they were read
    keeps_samples = training.options.keeps_samples or kept.keeps
    options = replace(training.options, keeps_samples=keeps_samples)
    session = prepare_run(
        training.spec,
        options,
        root=opened.root,
        problems=problems,
        reporter=training.told_beside(printer),
    )
    if session is None:
        return None
    goes_on = kept.earlier is not None and kept.earlier.goes_on
    rescue = keeper.path is not None or kept.keeps
    return replace(session, settings=replace(session.settings, rescue=rescue), goes_on=goes_on)


def _watch(
    training: Training,
    session: Session,
    reporter: Reporter,
    problems: Problems,
    interrupts: Interrupts,
) -> RunReport | None:
    """Trains what is ready, watched by what keeps it and what draws it."""
    from ...runtime.training.loop.progress import UNSUPERVISED
    from ...runtime.training.run import train_session

    kept, plots = training.kept, training.plots
    kept.attach(session)
    supervisor = supervisor_of(kept.keeper, interrupts, alone=session.engine.together.world == 1)
    report = None
    looks = nullcontext() if supervisor is UNSUPERVISED else interrupts.between_steps()
    with looks, kept.fitting(problems):
        report = train_session(
            session,
            problems,
            training.reports.watch(plots.watch(session, reporter)),
            supervisor=supervisor,
            resumed=kept.state,
        )
    if report is not None and not problems.has_errors():
        # what follows looks at a run that has ended, whatever becomes of the look
        kept.keep_solution(session)
        kept.finish("stopped" if report.stopped is not None else "finished", report)
    plots.look(session, report)
    training.reports.look(kept, session, report, problems)
    return report


def _fail(
    training: Training,
    keeper: Keeper,
    session: Session | None,
    report: RunReport | None,
    problems: Problems,
) -> int:
    """Ends a run that came to nothing, or whose loss is no number any more."""
    color, kept = training.color, training.kept
    found = in_order(problems)
    if session is None or report is None or report.diverged is None:
        kept.finish("failed", why=next((item.message() for item in found), ""))
    else:
        kept.finish("diverged", report)
    fail(found, color)
    if session is None or report is None:
        return 1
    keeper.keep_diverged(session, report).tell(color)
    training.plots.write(training.opened.title, report)
    kept.tell_kept(color)
    training.reports.write(kept)
    return DIVERGED


def _end(training: Training, keeper: Keeper, session: Session, report: RunReport) -> int:
    """Ends a run that came to its end."""
    color, kept = training.color, training.kept
    well = keeper.keep(session).tell(color)
    well = training.plots.write(training.opened.title, report) and well
    well = kept.tell_kept(color) and well
    well = training.reports.write(kept) and well
    if not well:
        return 1
    if training.options.fast:
        print_fitted("quick check only; `expect` not evaluated\n")
    return _status(report, keep_best=session.settings.keep_best)


def _train_folds(training: Training, interrupts: Interrupts) -> int:
    """Trains once per fold. No network is kept."""
    from ...compiler.problems.running import SeveralNetworks
    from ...runtime.engine.synchronization import WorkerError

    opened, color, spec = training.opened, training.color, training.spec
    if training.plots.layers:
        raise click.UsageError("--record-layers records one network; `kfold` trains several")
    if training.save is not None:
        assert spec.model.kfold is not None
        way = "without `--save`, every fold is measured"
        at = spec.place("kfold")
        return fail((SeveralNetworks(at=at, folds=spec.model.kfold.folds, way=way),), color)
    printer, problems, kept = run_printer(opened, color), Problems(), training.kept
    try:
        report = _watch_folds(training, printer, problems, interrupts)
        printer.finish()
    except KeyboardInterrupt:
        with suppress(KeyboardInterrupt, OSError, click.ClickException):
            kept.finish("interrupted")
            printer.interrupted()
            kept.tell_how_to_go_on()
        return INTERRUPTED
    except WorkerError as error:
        kept.finish("failed", why="a worker process has died")
        printer.finish()
        lost_worker(opened.document.source, error, color)
        kept.tell_how_to_go_on()
        return DIVERGED
    if report is None:
        found = in_order(problems)
        kept.finish("failed", why=next((item.message() for item in found), ""))
        fail(found, color)
        return DIVERGED if printer.started is not None else 1
    kept.finish("finished")
    training.reports.look_at_folds(kept, spec, report)
    well = training.plots.write(opened.title, report)
    well = kept.tell_kept(color) and well
    well = training.reports.write(kept) and well
    grew = any(fold.grew is not None for fold in report.folds)
    if not well:
        return 1
    return DIVERGED if grew else 0 if all(item.holds for item in report.expectations) else 1


def _watch_folds(
    training: Training, printer: RunPrinter, problems: Problems, interrupts: Interrupts
) -> CrossValidationReport | None:
    from ...runtime.training.cross_validation import EarlierFolds, cross_validate
    from .fold_watch import FoldWatch

    kept = training.kept
    state = None if kept.earlier is None else kept.earlier.kept
    earlier = EarlierFolds() if state is None else EarlierFolds(state.folds or (), state.training)
    watch = FoldWatch(kept, training.told_beside(printer), problems, interrupts)
    with watch, kept.fitting(problems):
        return cross_validate(
            training.spec,
            training.options,
            root=training.opened.root,
            problems=problems,
            reporter=training.reports.watch(watch),
            supervisor=watch,
            earlier=earlier,
            opened=watch.opened,
        )
    return None


def _status(report: RunReport, *, keep_best: bool) -> int:
    """The exit status of a run that came to its end. A loss that exploded is a failure, unless the
    weights of an epoch before it were kept."""
    if report.grew is not None and not keep_best:
        return DIVERGED
    return 0 if all(item.holds for item in report.expectations) else 1


def _stop(session: Session | None, printer: RunPrinter, keeper: Keeper, training: Training) -> int:
    """Ends an interrupted run, and saves the weights if `--save` asks for it. A second
    interrupt ends that too."""
    color, kept = training.color, training.kept
    # A terminal that was closed takes no words: what is kept is written before any is said.
    with suppress(KeyboardInterrupt, OSError, click.ClickException):
        kept.finish("interrupted")
        saved = keeper.keep_so_far(session, printer)
        printer.interrupted()
        saved.tell(color)
        has_lost = kept.keeper is None and keeper.path is None
        if has_lost and session is not None and has_trained(session, printer):
            print_fitted("nothing was saved: `--save FILE` saves the weights so far\n")
        kept.tell_how_to_go_on()
    return INTERRUPTED


def run_printer(opened: Opened, color: ColorChoice) -> RunPrinter:
    """What shows a run: with bars on a terminal that can move its cursor. It shows a lint of the
    run, unless the check has shown it, or a comment allows it."""
    shown = [(item.code, item.at) for item in opened.checked.problems]

    def show(problem: Problem) -> None:
        silenced = any(allowed(file, problem) for file in opened.checked.files)
        if not silenced and (problem.code, problem.at) not in shown:
            warn((problem,), color)

    return RunPrinter(screen_for(sys.stdout, color), draws_bars(color), warn=show)
