"""A whole run: load the data, bind the engine, train, test, judge the expectations."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from ...compiler.graph import GraphNode
from ...compiler.optimizers.exact import Exact
from ...compiler.optimizers.optimizer import Stepping
from ...compiler.problems.running import SolutionNotUnique
from ...grammar.problem import Problems
from ..data.streamed import UnreadableError, reporting_unreadable
from ..engine.synchronization import WorkerError
from ..events import (
    Clock,
    Diverged,
    EpochDone,
    EpochStarted,
    ExpectationsChecked,
    Reporter,
    RunReport,
    Started,
    TestDone,
    Warned,
)
from .diagnosis.balance import class_counts, large_targets, weights_in_words
from .diagnosis.dead_units import dead_units_problem, find_dead_units
from .diagnosis.divergence import diverged_problem, find_culprit, scaling_advice
from .diagnosis.initial_weights import find_start
from .engine_choice import start_workers
from .loop.agreement import AgreedStopping, AgreedSupervisor
from .loop.exact import NotUnique, prep_that_helps, solve_model
from .loop.measurement import evaluate
from .loop.progress import UNSUPERVISED, Supervisor, TrainingState
from .loop.requests import AskingReporter
from .loop.schedules import rate_of
from .loop.stopping import Stopping
from .loop.train import EncodedData, TrainingLoop
from .metrics.expectations import judge
from .session import Session, prepare_run
from .spec import RunOptions, Spec

DEFAULT = RunOptions()
FAST_EPOCHS = 2
FAST_BATCHES = 4

Left = Callable[[RunReport], None]
"""Is told what a training has come to that an interrupt or an exception of its reporter ends, with
the weights so far in the engine."""


def forget(report: RunReport) -> None: ...


def run(
    spec: Spec,
    options: RunOptions = DEFAULT,
    *,
    root: Path,
    problems: Problems,
    reporter: Reporter,
    clock: Clock = time.monotonic,
) -> RunReport | None:
    """Runs what a spec without errors describes; None after a problem.

    Paths of data are relative to `root`. A run that diverged gives its report, and the problem
    beside it.
    """
    session = prepare_run(spec, options, root=root, problems=problems, reporter=reporter)
    return None if session is None else train_session(session, problems, reporter, clock=clock)


def train_session(
    session: Session,
    problems: Problems,
    reporter: Reporter,
    *,
    clock: Clock = time.monotonic,
    supervisor: Supervisor = UNSUPERVISED,
    resumed: TrainingState | None = None,
    left: Left = forget,
) -> RunReport | None:
    """Trains, tests and judges; None after a problem without a report. `supervisor` keeps the
    states of the training and may stop it; `resumed` is one of another, which this one goes on
    from. Raises EngineStateError."""
    spec, dataset = session.spec, session.dataset
    assert spec.model.optimizer is not None
    loop, together = None, session.engine.together
    if together.world > 1:
        # others may have come too late to read the same
        resumed, goes_on = together.of_first((resumed, session.goes_on))
        session = replace(session, goes_on=goes_on)
    reporter = asking = AskingReporter(reporter, supervisor)
    if not isinstance(spec.model.optimizer, Exact):
        # workers begin with what is restored
        loop = _open_loop(session, asking, clock, resumed)
    start_workers(session.engine, spec.place("train"), reporter)
    report = None
    with reporting_unreadable(dataset.name, spec.place("data"), problems):
        if loop is None:
            return _solve_session(session, problems, reporter, clock=clock, left=left)
        for problem in session.warnings:
            reporter(Warned(problem))
        reporter(_started(session, session.settings.epoch_steps(len(dataset.train))))
        with _leaving(loop.report, left):
            report = loop.run()
    together.leave()
    if report is None:
        return None if loop is None else RunReport(tuple(loop.epochs), None)
    if report.diverged is not None:
        _report_divergence(session, report.diverged, problems)
        return report
    assert loop is not None
    if not together.leads:
        return report
    with _leaving(lambda: report, left):
        if not session.fast:
            with reporting_unreadable(dataset.name, spec.place("data"), problems):
                _warn_of_dead_units(session, loop.encoded, reporter)
        return _judged(session, report, reporter)


@contextmanager
def _leaving(report: Callable[[], RunReport | None], left: Left) -> Iterator[None]:
    """Around what an interrupt or an exception of the reporter may end."""
    try:
        yield
    except (WorkerError, UnreadableError):
        raise  # it becomes a problem, and what was trained before stays
    except BaseException:
        found = report()
        if found is not None:
            left(found)
        raise


def _open_loop(
    session: Session, asking: AskingReporter, clock: Clock, resumed: TrainingState | None
) -> TrainingLoop:
    model, settings = session.spec.model, session.settings
    assert isinstance(model.optimizer, Stepping)
    epoch_steps = settings.epoch_steps(len(session.dataset.train))
    run_steps = epoch_steps * settings.epochs
    supervisor: Supervisor = asking
    stopping = Stopping(model.stops, epoch_steps, run_steps)
    together = session.engine.together
    if together.world > 1:
        supervisor = AgreedSupervisor(asking, together)
        stopping = AgreedStopping(model.stops, epoch_steps, run_steps, together=together)
    loop = TrainingLoop(
        session.engine,
        session.encoded(),
        session.objective,
        settings,
        rate_of(model.schedule, model.optimizer.lr, epoch_steps=epoch_steps, run_steps=run_steps),
        stopping,
        asking,
        clock,
        partial(find_culprit, model, session.spec.graph),
        supervisor,
    )
    if resumed is not None:
        loop.restore(resumed)
        if resumed.progress.epoch <= settings.epochs and session.goes_on:
            loop.go_on()
    return loop


def _report_divergence(session: Session, diverged: Diverged, problems: Problems) -> None:
    spec = session.spec
    model = spec.model
    assert isinstance(model.optimizer, Stepping)
    large = large_targets(session.dataset, session.objective)
    targets = "" if large is None else f"mean {large[0]} and deviation {large[1]}"
    features = scaling_advice(model, session.dataset)
    start: tuple[str, ...] = ()
    place = spec.place("optimizer")
    if not (targets or features):
        place, start = find_start(spec, diverged)
    problems.add(
        diverged_problem(
            diverged, model.optimizer, place, targets=targets, features=features, start=start
        )
    )


def _warn_of_dead_units(session: Session, encoded: EncodedData, reporter: Reporter) -> None:
    spec = session.spec
    weights, inputs = session.engine.parameters(), encoded.train.inputs
    try:
        dead = dead_units_problem(spec, find_dead_units(spec.model, spec.graph, weights, inputs))
    except MemoryError:
        return  # the run itself came to its end
    if dead is not None:
        reporter(Warned(dead))


def _judged(session: Session, report: RunReport, reporter: Reporter) -> RunReport:
    if session.fast:
        return report
    expectations = judge(session.spec.model.expectations, report, session.spec.spans)
    if expectations:
        reporter(ExpectationsChecked(expectations))
    return replace(report, expectations=expectations)


def _solve_session(
    session: Session, problems: Problems, reporter: Reporter, *, clock: Clock, left: Left
) -> RunReport | None:
    """`opt exact`: one solution in place of all steps, reported as one epoch."""
    objective, settings, engine = session.objective, session.settings, session.engine
    reporter(_started(session, 1))
    reporter(EpochStarted(1))
    start = clock()
    encoded = session.encoded()
    layer, found = solve_model(session.spec.model, session.spec.graph, encoded.train)
    if isinstance(found, NotUnique):
        place = session.spec.place("optimizer")
        problems.add(
            SolutionNotUnique(
                at=place,
                features=found.features,
                rank=found.rank,
                samples=found.samples,
                prep=prep_that_helps(session.spec.model, session.spec.graph, encoded.train),
            )
        )
        return None
    parameters = engine.parameters()
    parameters[f"{layer.name}.w"][...] = found.w
    if f"{layer.name}.b" in parameters:
        parameters[f"{layer.name}.b"][...] = found.b
    measured: dict[str, float] = {}
    reasons: dict[str, str] = {}
    for prefix, part in (("train_", encoded.train), ("val_", encoded.validation)):
        if part is not None:
            found_there = evaluate(engine, part, objective, settings)
            measured |= {prefix + name: value for name, value in found_there.values.items()}
            reasons |= {prefix + name: reason for name, reason in found_there.reasons.items()}
    done = EpochDone(1, measured, None, clock() - start, best=True, reasons=reasons)
    report = RunReport((done,), 1)
    with _leaving(lambda: report, left):
        reporter(done)
        if encoded.test is not None:
            last = evaluate(engine, encoded.test, objective, settings)
            tested = TestDone(last.values, None, last.confusion, encoded.class_names, last.reasons)
            report = replace(report, test=tested)
            reporter(tested)
        return _judged(session, report, reporter)


def _started(session: Session, epoch_steps: int) -> Started:
    dataset, graph, settings = session.dataset, session.spec.graph, session.settings
    costs = [node.multiply_adds for node in graph.nodes]
    known = [cost for cost in costs if cost is not None]
    prefixes = ("train_",) if dataset.validation is None else ("train_", "val_")
    names = session.objective.measured()
    return Started(
        data=dataset.name,
        note=dataset.note,
        train=len(dataset.train),
        validation=len(dataset.validation) if dataset.validation is not None else 0,
        test=len(dataset.test) if dataset.test is not None else 0,
        layers=sum(1 for node in graph.nodes if _is_counted(node)),
        parameters=graph.parameter_count() or 0,
        multiply_adds=sum(known) if len(known) == len(costs) else None,
        step_bytes=session.engine.step_bytes(),
        batch=settings.batch,
        epochs=settings.epochs,
        steps=epoch_steps,
        seed=settings.seed,
        workers=session.engine.workers,
        columns=tuple(prefix + name for prefix in prefixes for name in names),
        classes=class_counts(dataset, session.objective),
        weights=weights_in_words(dataset, session.objective),
    )


def _is_counted(node: GraphNode) -> bool:
    """Inputs, activations and checks of shapes are not what a reader counts as layers."""
    layer = node.layer
    return bool(node.inputs) and not layer.activation and not layer.passes_through
