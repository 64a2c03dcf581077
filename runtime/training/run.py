"""A whole run: load the data, bind the engine, train, test, judge the expectations."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...compiler.graph import GraphNode
from ...compiler.ir import Model
from ...compiler.language.frozen import change
from ...compiler.lower.context import Purpose
from ...compiler.optimizers.exact import Exact
from ...compiler.optimizers.optimizer import Stepping
from ...compiler.problems.data import TargetDoesNotFit
from ...compiler.problems.running import SolutionNotUnique
from ...grammar.problem import Problem, Problems
from ..array_types import Array
from ..data.dataset import Dataset, Split
from ..data.streamed import reporting_unreadable
from ..engine.autotune import build_tuned
from ..engine.selection import AnyEngine, Build, EngineOptions, build_engine
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
from .diagnosis.run_warnings import run_warnings
from .loading.free_sizes import bind_sizes
from .loading.spec_data import load_data
from .loop.adversarial import adversarial_bounds
from .loop.augmentation import Augmentation, augmentation_of
from .loop.exact import NotUnique, prep_that_helps, solve_model
from .loop.initial_weights import load_initial_weights
from .loop.measurement import evaluate
from .loop.progress import UNSUPERVISED, Supervisor, TrainingState
from .loop.requests import AskingReporter
from .loop.schedules import rate_of
from .loop.settings import Settings
from .loop.stopping import Stopping, watched_by
from .loop.train import EncodedData, TrainingLoop
from .metrics.expectations import judge
from .objectives.batches import EncodedSplit, encode_split
from .objectives.loss_weights import counts_nothing
from .objectives.objectives import Objective, resolve_objective
from .prerequisites import report_missing_prerequisites
from .spec import RunOptions, Spec
from .trained_state import TrainedState

DEFAULT = RunOptions()
FAST_EPOCHS = 2
FAST_BATCHES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A spec bound to its data: all that training needs, and all that is left after it."""

    spec: Spec
    dataset: Dataset
    objective: Objective
    engine: AnyEngine
    settings: Settings
    fast: bool
    augmentation: Augmentation | None = None
    """What happens to the training part."""
    bounds: Mapping[str, Array] = field(default_factory=dict)
    """What adversarial training reads besides the batches."""
    warnings: tuple[Problem, ...] = ()
    """What is suspicious about a training."""
    goes_on: bool = False
    """Whether a training that had ended by a `stop` takes its other epochs."""

    def encoded(self) -> EncodedData:
        """The parts of the data as the engine reads them."""
        dtype = np.dtype(next(iter(self.engine.feeds.values())).dtype)
        encoded = _encode(self.dataset, self.objective, dtype)
        return replace(encoded, augmentation=self.augmentation, bounds=self.bounds)


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


def prepare_run(
    spec: Spec,
    options: RunOptions = DEFAULT,
    *,
    root: Path,
    problems: Problems,
    reporter: Reporter,
) -> Session | None:
    """Loads the data that the spec names and binds the engine to it; None after a problem."""
    report_missing_prerequisites(spec, problems)
    if problems.has_errors():
        return None
    dataset = load_data(spec, root=root, problems=problems, reporter=reporter, keep_unprepared=True)
    if dataset is None:
        return None
    build = build_of(options, reporter)
    return open_session(spec, dataset, problems, options, build=build)


def build_of(options: RunOptions, reporter: Reporter) -> Build:
    """How a run gets its engine."""
    shared = partial(build_engine, workers=options.workers)
    return partial(build_tuned, build=shared, reporter=reporter) if options.tunes else shared


def open_session(
    spec: Spec,
    dataset: Dataset,
    problems: Problems,
    options: RunOptions = DEFAULT,
    *,
    build: Build = build_engine,
    purpose: Purpose = "train",
    state: TrainedState | None = None,
) -> Session | None:
    """Binds a spec that is ready to a data set; None after a problem. What only training would
    watch or read counts for nothing where the purpose is another. `state` is what an earlier run
    left."""
    with reporting_unreadable(dataset.name, spec.place("data"), problems):
        return _open_session(spec, dataset, problems, options, build, purpose, state)
    return None


def _open_session(
    spec: Spec,
    dataset: Dataset,
    problems: Problems,
    options: RunOptions,
    build: Build,
    purpose: Purpose,
    state: TrainedState | None,
) -> Session | None:
    trains = purpose in ("step", "train")
    if not trains:
        spec = spec.with_model(change(spec.model, stops=(), schedule=None))
    bound = bind_sizes(spec, dataset, problems)
    if bound is None:
        return None
    model, graph = bound.model, bound.graph
    fitted = (None, None) if state is None else (state.target_steps, state.balanced)
    objective = resolve_objective(bound, dataset, problems, *fitted)
    if objective is None:
        return None
    settings = _settings(model, dataset, objective, fast=options.fast)
    augmentation, bounds = None, dict[str, Array]()
    if trains:
        _check_counts(bound, dataset, objective, problems)
        augmentation = augmentation_of(bound, dataset, objective, problems)
        if problems.has_errors():
            return None
        bounds = adversarial_bounds(bound, dataset, objective)
    wanted = EngineOptions(
        batch=settings.batch,
        largest=max(settings.batch, settings.evaluation_batch),
        seed=settings.seed,
        # a direct solution takes no steps
        purpose="evaluate" if isinstance(model.optimizer, Exact) and trains else purpose,
        sample_weights=dataset.train.weights is not None,
        algorithms=options.algorithms,
        shards=options.shards,
    )
    engine = build(model, graph, wanted)
    outside = options.allow_outside
    if trains and not load_initial_weights(engine, bound, problems, allow_outside=outside):
        return None
    told = purpose == "train" and not options.fast
    warnings = run_warnings(bound, dataset, objective) if told else ()
    if not options.keeps_samples:
        dataset = replace(dataset, unprepared=())
    more = augmentation, bounds, warnings
    return Session(bound, dataset, objective, engine, settings, options.fast, *more)


def _check_counts(spec: Spec, dataset: Dataset, objective: Objective, problems: Problems) -> None:
    """Something counts in every loss."""
    for item in objective.weightings:
        if counts_nothing(item, dataset.train):
            index = int(item.feed.removeprefix("weight:"))
            problems.add(
                TargetDoesNotFit(
                    at=spec.place(f"losses.{index}"),
                    loss=spec.model.losses[index].word,
                    data=dataset.name,
                    reason="every training sample is ignored or has a weight of 0",
                    advice="let some classes and samples count",
                )
            )


def train_session(
    session: Session,
    problems: Problems,
    reporter: Reporter,
    *,
    clock: Clock = time.monotonic,
    supervisor: Supervisor = UNSUPERVISED,
    resumed: TrainingState | None = None,
) -> RunReport | None:
    """Trains, tests and judges; None after a problem without a report. `supervisor` keeps the
    states of the training and may stop it; `resumed` is one of another, which this one goes on
    from. Raises EngineStateError."""
    spec, dataset = session.spec, session.dataset
    assert spec.model.optimizer is not None
    loop = None
    if not isinstance(spec.model.optimizer, Exact):
        # workers begin with what is restored
        loop = _open_loop(session, reporter, clock, supervisor, resumed)
    session.engine.start()
    report = None
    with reporting_unreadable(dataset.name, spec.place("data"), problems):
        if loop is None:
            return _solve_session(session, problems, reporter, clock=clock)
        for problem in session.warnings:
            reporter(Warned(problem))
        reporter(_started(session, session.settings.epoch_steps(len(dataset.train))))
        report = loop.run()
        if report.diverged is None and not session.fast:
            _warn_of_dead_units(session, loop.encoded, reporter)
    if report is None:
        return None if loop is None else RunReport(tuple(loop.epochs), None)
    if report.diverged is not None:
        _report_divergence(session, report.diverged, problems)
        return report
    return _judged(session, report, reporter)


def _open_loop(
    session: Session,
    reporter: Reporter,
    clock: Clock,
    supervisor: Supervisor,
    resumed: TrainingState | None,
) -> TrainingLoop:
    model, settings = session.spec.model, session.settings
    assert isinstance(model.optimizer, Stepping)
    epoch_steps = settings.epoch_steps(len(session.dataset.train))
    run_steps = epoch_steps * settings.epochs
    asking = AskingReporter(reporter, supervisor)
    loop = TrainingLoop(
        session.engine,
        session.encoded(),
        session.objective,
        settings,
        rate_of(model.schedule, model.optimizer.lr, epoch_steps=epoch_steps, run_steps=run_steps),
        Stopping(model.stops, epoch_steps, run_steps),
        asking,
        clock,
        partial(find_culprit, model, session.spec.graph),
        asking,
    )
    if resumed is not None:
        loop.restore(resumed)
        if resumed.progress.epoch <= settings.epochs and session.goes_on:
            loop.go_on()
    return loop


def _report_divergence(session: Session, diverged: Diverged, problems: Problems) -> None:
    spec = session.spec
    model, place = spec.model, spec.place("optimizer")
    assert isinstance(model.optimizer, Stepping)
    large = large_targets(session.dataset, session.objective)
    targets = "" if large is None else f"mean {large[0]} and deviation {large[1]}"
    features = scaling_advice(model, session.dataset)
    problems.add(diverged_problem(diverged, model.optimizer, place, targets, features))


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
    session: Session, problems: Problems, reporter: Reporter, *, clock: Clock
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
    reporter(done)
    tested = None
    if encoded.test is not None:
        last = evaluate(engine, encoded.test, objective, settings)
        tested = TestDone(last.values, None, last.confusion, encoded.class_names, last.reasons)
        reporter(tested)
    return _judged(session, RunReport((done,), 1, test=tested), reporter)


def _settings(model: Model, dataset: Dataset, objective: Objective, *, fast: bool) -> Settings:
    directive = model.train
    samples = len(dataset.train)
    batch = samples if directive.batch == "all" else min(directive.batch, samples)
    named = watched_by(model.stops)
    if named is not None:
        watched = named
    elif dataset.validation is None:
        watched = "train_loss"
    else:
        watched = "val_acc" if "acc" in objective.measured() else "val_loss"
    epochs = 1 if isinstance(model.optimizer, Exact) else directive.epochs
    return Settings(
        min(epochs, FAST_EPOCHS) if fast else epochs,
        batch,
        directive.seed,
        directive.shuffle,
        watched,
        keep_best=named is not None if directive.keep is None else directive.keep == "best",
        most_batches=FAST_BATCHES if fast else None,
        drop_last=directive.last == "drop",
    )


def _encode(dataset: Dataset, objective: Objective, dtype: np.dtype[Any]) -> EncodedData:
    def encoded(split: Split) -> EncodedSplit:
        found = encode_split(
            split,
            inputs=objective.inputs,
            dtype=dtype,
            encodings=objective.encodings,
            truths=objective.truths(),
        )
        return replace(found, weights=tuple(item.of(split) for item in objective.weightings))

    validation, test = (
        None if split is None else encoded(split) for split in (dataset.validation, dataset.test)
    )
    return EncodedData(encoded(dataset.train), validation, test, dataset.class_names)


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
