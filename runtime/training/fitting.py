"""Training and measuring on arrays, by the same loop as `netc run`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...compiler.data.source import Data
from ...compiler.graph import Graph
from ...compiler.ir import Model as Ir
from ...compiler.language.frozen import change
from ...compiler.problems.data import SplitLeavesNothing
from ...compiler.problems.running import DataMissing
from ...compiler.spans import Place, Spans
from ...grammar.problem import Problems
from ...grammar.source import Source, Span
from ..data.dataset import Array, Dataset
from ..data.load import assemble, parts_agree, too_large
from ..data.splits import Parts, Shares, divide
from ..engine.precision import float_type
from ..engine.selection import build_alone, build_engine
from ..model.trained_state import Learnt
from ..model.user_arrays import ARRAYS, Intake
from .events import RunReport
from .objectives import Task
from .prerequisites import report_unready
from .run import Session, load_data, open_session, train_session
from .train import Reporter, evaluate

_NOWHERE = Span(Source(f"<{ARRAYS}>", ""), 0, 0)
DEFAULT_SHARE = Data.model_fields["val"].default


@dataclass(frozen=True, slots=True, eq=False)
class Spec:
    """A model that can be trained, with its places."""

    ir: Ir
    graph: Graph
    spans: Spans
    source: Source


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What training came to."""

    learnt: Learnt
    report: RunReport


def fit(
    spec: Spec,
    x: Any,
    y: Any,
    *,
    validation: Any,
    start: dict[str, Array] | None,
    workers: int | None,
    problems: Problems,
    reporter: Reporter,
) -> Fitted | None:
    """Trains on arrays, or, where `x` is None, on the data that the spec names; None after a
    problem. `start` are weights to go on from. Raises WorkerError when a worker has died."""
    ir = spec.ir
    classes: tuple[Array | None, ...] | None
    _report_unready(spec, problems, has_data=x is not None)
    if problems.has_errors():
        return None
    if x is None:
        root = Path(spec.source.path).parent if spec.source.path is not None else Path()
        dataset = load_data(ir, spec.spans, root=root, problems=problems, reporter=reporter)
        classes = None
    else:
        # nothing is expected of arrays that the spec does not know
        ir = change(ir, expectations=())
        intake = Intake(ir, spec.graph, problems)
        taken = intake.split(x, y)
        if taken is None:
            return None
        split, classes = taken
        pool = intake.pool(split, classes)
        options = ir.train
        if isinstance(validation, tuple):
            held_x, held_y = validation
            held = intake.split(held_x, held_y, classes, "_validation")
            parts: Parts | str | None = None
            if held is not None and parts_agree(
                ARRAYS, pool, split, held[0], "_validation", Place(_NOWHERE), problems
            ):
                parts = Parts(split, held[0], None)
        else:
            share = _share(ir) if validation is None else float(validation)
            parts = divide(
                pool,
                Shares(1 - share, share, 0),
                seed=options.seed,
                shuffle=options.shuffle,
            )
        if isinstance(parts, str):
            problems.add(SplitLeavesNothing(at=_NOWHERE, reason=parts))
        if parts is None or isinstance(parts, str):
            return None
        dataset = assemble(
            ARRAYS, pool, parts, ir.preps, spec.spans, problems, dtype=float_type(ir)
        )
    if dataset is None:
        return None
    build = partial(build_engine, workers=workers)
    session = open_session(ir, spec.graph, spec.spans, spec.source, dataset, problems, build=build)
    if session is None:
        return None
    try:
        if start is not None:
            for name, array in session.engine.parameters().items():
                np.copyto(array, start[name])
        report = train_session(session, problems, reporter)
        return None if report is None else Fitted(learnt_in(session, classes), report)
    finally:
        session.engine.close()


def measure(
    spec: Spec, learnt: Learnt, x: Any, y: Any, problems: Problems
) -> dict[str, float] | None:
    """The loss and the metrics of a trained model on arrays; None after a problem."""
    ir = change(spec.ir, expectations=())
    intake = Intake(ir, spec.graph, problems)
    taken = intake.split(x, y, known=learnt.classes)
    if taken is None:
        return None
    split = learnt.prepare(taken[0])
    if isinstance(split, int):
        prep, dtype = ir.preps[split], float_type(ir)
        problems.add(too_large("x", prep, split, spec.spans, dtype))
        return None
    pool = intake.pool(split, taken[1])
    parts = Parts(split, None, None)
    done = tuple(() for _ in split.inputs)
    dataset = assemble(
        ARRAYS,
        pool,
        parts,
        ir.preps,
        spec.spans,
        problems,
        fitted=done,
        dtype=float_type(ir),
    )
    if dataset is None:
        return None
    session = open_session(
        ir,
        spec.graph,
        spec.spans,
        spec.source,
        dataset,
        problems,
        build=build_alone,
        purpose="evaluate",
    )
    return None if session is None else measure_session(session, learnt)


def measure_session(session: Session, learnt: Learnt) -> dict[str, float]:
    """The loss and the metrics of the training part, with the weights that were learnt."""
    for name, array in session.engine.parameters().items():
        np.copyto(array, learnt.weights[name])
    part = session.material().train
    with np.errstate(all="ignore"):
        values, _ = evaluate(session.engine, part, session.task, session.settings)
    return values


def learnt_in(session: Session, classes: tuple[Array | None, ...] | None = None) -> Learnt:
    """What a session's engine knows by now."""
    dataset = session.dataset
    weights = {name: array.copy() for name, array in session.engine.parameters().items()}
    return Learnt(
        weights,
        (dataset.steps, *dataset.more_steps),
        (dataset.raw_shape, *dataset.more_raw_shapes),
        classes_of_task(dataset, session.task) if classes is None else classes,
        dataset.columns,
        dataset.target_column,
    )


def classes_of_task(dataset: Dataset, task: Task) -> tuple[Array | None, ...]:
    """The classes of every target: by the names that a data set gives them, or, where its numbers
    are classes, those numbers."""
    result: list[Array | None] = []
    for index in range(len(dataset.target_names)):
        names = dataset.classes_of(index)
        coding = next((item for item in task.codings if item.target == index), None)
        if names is not None:
            result.append(np.array(names))
        elif coding is None or coding.codes is None:
            result.append(None)
        else:
            signs = coding.coded == "signs"
            result.append(np.array([-1, 1]) if signs else np.arange(len(coding.codes)))
    return tuple(result)


def _share(ir: Ir) -> float:
    """The share of validation: what the spec's data says, or its default."""
    if ir.data is None:
        return float(DEFAULT_SHARE)
    return float(ir.data.shares()[1])


def _report_unready(spec: Spec, problems: Problems, *, has_data: bool) -> None:
    found = Problems()
    report_unready(spec.ir, spec.source, spec.spans, found)
    for problem in found:
        if not (has_data and isinstance(problem, DataMissing)):
            problems.add(problem)
