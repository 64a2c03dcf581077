"""A whole run: load the data, bind the engine, train, test, judge the expectations."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...compiler.graph import Graph, GraphNode
from ...compiler.ir import Expectation as Wanted
from ...compiler.ir import Model
from ...compiler.language.frozen import change
from ...compiler.lower.context import Purpose
from ...compiler.optimizers.optimizer import Exact, Stepping
from ...compiler.pipeline import Checked
from ...compiler.problems.running import SolutionNotUnique
from ...compiler.spans import Place, Spans
from ...grammar.problem import Problems
from ...grammar.source import Source, Span
from ..data.dataset import Dataset
from ..data.load import load
from ..data.preparation import Step
from ..engine.autotune import build_tuned
from ..engine.precision import float_type
from ..engine.selection import AnyEngine, Build, build_engine
from ..model.sizes import bind_sizes
from ..model.trained_state import Learnt
from .batches import prepare
from .divergence import diverged_problem, find_culprit
from .events import (
    EpochDone,
    EpochStarted,
    Expectation,
    ExpectationsChecked,
    RunReport,
    Started,
    TestDone,
)
from .exact import NotUnique, solve_model
from .initial_weights import load_initial_weights
from .objectives import Task, agree, wanted_of, wants_classes
from .prerequisites import report_unready
from .schedules import rate_of
from .stopping import COMPARE, Stopping, watched_by
from .train import Clock, Material, Reporter, Settings, evaluate, train

FAST_EPOCHS = 2
FAST_BATCHES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Session:
    """A spec bound to its data: all that training needs, and all that is left after it."""

    model: Model
    graph: Graph
    spans: Spans
    source: Source
    dataset: Dataset
    task: Task
    engine: AnyEngine
    settings: Settings
    fast: bool

    def material(self) -> Material:
        """The parts of the data as the engine reads them."""
        dtype = np.dtype(next(iter(self.engine.feeds.values())).dtype)
        return _material(self.dataset, self.task, dtype)


def run(
    checked: Checked,
    *,
    root: Path,
    problems: Problems,
    reporter: Reporter,
    fast: bool = False,
    allow_outside: bool = False,
    clock: Clock = time.monotonic,
) -> RunReport | None:
    """Runs what a spec without errors describes, or gives None after a problem was put in the bag.

    Paths of data are relative to `root`. `fast` makes a few batches of everything; nothing is
    expected of such a run. A run that diverged gives its report, and the problem beside it.
    """
    session = prepare_run(
        checked,
        root=root,
        problems=problems,
        reporter=reporter,
        fast=fast,
        allow_outside=allow_outside,
    )
    return None if session is None else train_session(session, problems, reporter, clock=clock)


def prepare_run(
    checked: Checked,
    *,
    root: Path,
    problems: Problems,
    reporter: Reporter,
    fast: bool = False,
    allow_outside: bool = False,
    workers: int | None = 1,
    tunes: bool = False,
) -> Session | None:
    """Loads the data that the spec names and binds the engine to it; None after a problem.

    `allow_outside` lets `init` read weights outside the folder of the spec. `workers` is how many
    processes share each batch; None: as many as the machine is good for. `tunes` measures first
    how convolutions are computed quickest.
    """
    shared = partial(build_engine, workers=workers)
    build: Build = partial(build_tuned, build=shared, reporter=reporter) if tunes else shared
    model, spans, source = checked.model, checked.spans, checked.files[0].source
    report_unready(model, source, spans, problems)
    if problems.has_errors():
        return None
    dataset = load_data(model, spans, root=root, problems=problems, reporter=reporter)
    if dataset is None:
        return None
    return open_session(
        model, checked.graph, spans, source, dataset, problems,
        fast=fast, allow_outside=allow_outside, build=build,
    )  # fmt: skip


def load_data(
    model: Model,
    spans: Spans,
    *,
    root: Path,
    problems: Problems,
    reporter: Reporter,
    fitted: tuple[tuple[Step, ...], ...] | None = None,
    learnt: Learnt | None = None,
    undivided: bool = False,
) -> Dataset | None:
    """The data set that a model names; None after a problem. Of an earlier run, `fitted` are the
    preparations, applied as they are, and `learnt` names the columns to look for in a table."""
    assert model.data is not None
    wanted = wanted_of(model)
    if learnt is not None:
        wanted = replace(wanted, columns=learnt.columns, target_column=learnt.target_column)
    return load(
        model.data,
        model.preps,
        root=root,
        seed=model.train.seed,
        wants_classes=wants_classes(model.losses),
        wanted=wanted,
        spans=spans,
        problems=problems,
        reporter=reporter,
        fitted=fitted,
        dtype=float_type(model),
        shuffle=model.train.shuffle,
        undivided=undivided,
    )


def open_session(
    model: Model,
    graph: Graph,
    spans: Spans,
    source: Source,
    dataset: Dataset,
    problems: Problems,
    *,
    fast: bool = False,
    allow_outside: bool = False,
    build: Build = build_engine,
    purpose: Purpose = "train",
) -> Session | None:
    """Binds a model that is ready to a data set; None after a problem. What only training would
    watch or read counts for nothing where the purpose is another."""
    trains = purpose in ("step", "train")
    if not trains:
        model = change(model, stops=(), schedule=None)
    bound = bind_sizes(model, graph, dataset, spans, problems)
    if bound is None:
        return None
    model, graph = bound
    task = agree(model, graph, dataset, spans, problems)
    if task is None:
        return None
    settings = _settings(model, dataset, task, fast=fast)
    engine = build(
        model,
        graph,
        batch=settings.batch,
        largest=max(settings.batch, settings.evaluation_batch),
        seed=settings.seed,
        # a direct solution takes no steps
        purpose="evaluate" if isinstance(model.optimizer, Exact) and trains else purpose,
    )
    outside = allow_outside
    if trains and not load_initial_weights(engine, model, spans, problems, allow_outside=outside):
        return None
    return Session(model, graph, spans, source, dataset, task, engine, settings, fast)


def train_session(
    session: Session,
    problems: Problems,
    reporter: Reporter,
    *,
    clock: Clock = time.monotonic,
) -> RunReport | None:
    """Trains, tests and judges; None after a problem without a report."""
    model, spans, task, settings = session.model, session.spans, session.task, session.settings
    engine, dataset = session.engine, session.dataset
    assert model.optimizer is not None
    if isinstance(model.optimizer, Exact):
        return _solve_session(session, problems, reporter, clock=clock)
    epoch_steps = settings.epoch_steps(len(dataset.train))
    run_steps = epoch_steps * settings.epochs
    reporter(_started(dataset, session.graph, engine, settings, task, epoch_steps))
    report = train(
        engine,
        session.material(),
        task,
        settings,
        rate_of(model.schedule, model.optimizer.lr, epoch_steps=epoch_steps, run_steps=run_steps),
        Stopping(model.stops, epoch_steps, run_steps),
        reporter,
        clock=clock,
        locate=partial(find_culprit, model, session.graph),
    )
    if report.diverged is not None:
        assert isinstance(model.optimizer, Stepping)
        place = spans.get("optimizer") or Place(Span(session.source, 0, 0))
        problems.add(diverged_problem(report.diverged, model.optimizer, place))
        return report
    return _judged(session, report, reporter)


def _judged(session: Session, report: RunReport, reporter: Reporter) -> RunReport:
    if session.fast:
        return report
    expectations = judge(session.model.expectations, report, session.spans)
    if expectations:
        reporter(ExpectationsChecked(expectations))
    return replace(report, expectations=expectations)


def _solve_session(
    session: Session, problems: Problems, reporter: Reporter, *, clock: Clock
) -> RunReport | None:
    """`opt exact`: one solution in place of all steps, reported as one epoch."""
    task, settings, engine = session.task, session.settings, session.engine
    reporter(_started(session.dataset, session.graph, engine, settings, task, 1))
    reporter(EpochStarted(1))
    start = clock()
    material = session.material()
    layer, found = solve_model(session.model, session.graph, material.train)
    if isinstance(found, NotUnique):
        place = session.spans.get("optimizer") or Place(Span(session.source, 0, 0))
        problems.add(
            SolutionNotUnique(
                at=place.span,
                calls=place.calls,
                features=found.features,
                rank=found.rank,
                samples=found.samples,
            )
        )
        return None
    parameters = engine.parameters()
    parameters[f"{layer.name}.w"][...] = found.w
    if f"{layer.name}.b" in parameters:
        parameters[f"{layer.name}.b"][...] = found.b
    measured: dict[str, float] = {}
    for prefix, part in (("train_", material.train), ("val_", material.validation)):
        if part is not None:
            values, _ = evaluate(engine, part, task, settings)
            measured |= {prefix + name: value for name, value in values.items()}
    done = EpochDone(1, measured, None, clock() - start, best=True)
    reporter(done)
    tested = None
    if material.test is not None:
        values, confusion = evaluate(engine, material.test, task, settings)
        tested = TestDone(values, None, confusion, material.class_names)
        reporter(tested)
    return _judged(session, RunReport((done,), 1, test=tested), reporter)


def _settings(model: Model, dataset: Dataset, task: Task, *, fast: bool) -> Settings:
    directive = model.train
    samples = len(dataset.train)
    batch = samples if directive.batch == "all" else min(directive.batch, samples)
    named = watched_by(model.stops)
    if named is not None:
        watched = named
    elif dataset.validation is None:
        watched = "train_loss"
    else:
        watched = "val_acc" if "acc" in task.measured() else "val_loss"
    epochs = 1 if isinstance(model.optimizer, Exact) else directive.epochs
    return Settings(
        min(epochs, FAST_EPOCHS) if fast else epochs,
        batch,
        directive.seed,
        directive.shuffle,
        watched,
        keep_best=named is not None,
        most_batches=FAST_BATCHES if fast else None,
    )


def _material(dataset: Dataset, task: Task, dtype: np.dtype[Any]) -> Material:
    train_part, validation, test = (
        None
        if split is None
        else prepare(
            split,
            inputs=task.inputs,
            dtype=dtype,
            codings=task.codings,
            truths=task.truths(),
        )
        for split in (dataset.train, dataset.validation, dataset.test)
    )
    assert train_part is not None  # `divide` leaves at least one sample to train on
    return Material(train_part, validation, test, dataset.class_names)


def _started(
    dataset: Dataset,
    graph: Graph,
    engine: AnyEngine,
    settings: Settings,
    task: Task,
    epoch_steps: int,
) -> Started:
    costs = [node.multiply_adds for node in graph.nodes]
    known = [cost for cost in costs if cost is not None]
    prefixes = ("train_",) if dataset.validation is None else ("train_", "val_")
    return Started(
        dataset.name,
        dataset.note,
        len(dataset.train),
        len(dataset.validation) if dataset.validation is not None else 0,
        len(dataset.test) if dataset.test is not None else 0,
        sum(1 for node in graph.nodes if _is_counted(node)),
        graph.parameter_count() or 0,
        sum(known) if len(known) == len(costs) else None,
        engine.step_bytes(),
        settings.batch,
        settings.epochs,
        epoch_steps,
        settings.seed,
        engine.workers,
        tuple(prefix + name for prefix in prefixes for name in task.measured()),
    )


def _is_counted(node: GraphNode) -> bool:
    """Inputs, activations and checks of shapes are not what a reader counts as layers."""
    layer = node.layer
    return bool(node.inputs) and not layer.activation and not layer.passes_through


def judge(wanted: tuple[Wanted, ...], report: RunReport, spans: Spans) -> tuple[Expectation, ...]:
    """The expectations that only a run can decide: of the test part, or, with `val_` and
    `train_`, of the epoch whose weights were kept."""
    kept = report.test.weights_of if report.test is not None else None
    epoch = report.epochs[(kept or len(report.epochs)) - 1]
    values = dict(epoch.measured)
    if report.test is not None:
        values.update(report.test.measured)
    return judge_values(wanted, values, spans)


def judge_values(
    wanted: tuple[Wanted, ...], values: Mapping[str, float], spans: Spans
) -> tuple[Expectation, ...]:
    """The expectations of those quantities that were measured."""
    result = []
    for index, item in enumerate(wanted):
        if item.quantity not in values:
            continue
        value = values[item.quantity]
        place = spans.get(f"expectations.{index}")
        written = "" if place is None else place.span.text.removeprefix("expect").strip()
        text = written or f"{item.quantity}{item.operator}{item.bound:g}"
        result.append(Expectation(text, value, COMPARE[item.operator](value, item.bound)))
    return tuple(result)
