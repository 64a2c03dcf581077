"""`netc gradcheck`: a checked spec, from its engine to a report."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...compiler.language.frozen import change
from ...compiler.problems.running import CannotRunYet
from ...grammar.problem import Problems
from ..data.streamed import reporting_unreadable
from ..engine.engine import Engine
from ..engine.selection import build_single
from ..events import Reporter
from ..training.loading.spec_data import load_data
from ..training.objectives.batches import fill
from ..training.prerequisites import report_missing_prerequisites
from ..training.session import open_session
from ..training.spec import Spec
from .gradcheck import (
    GradcheckReport,
    check_gradients,
    checkable,
    default_batch,
    fill_randomly,
    open_engine,
)


def gradcheck(
    spec: Spec,
    *,
    batch: int | None,
    seed: int,
    own_data: bool,
    most: int | None,
    root: Path,
    problems: Problems,
    reporter: Reporter,
) -> GradcheckReport | None:
    """Checks the gradients of a spec, on random numbers or on the first samples of its data;
    None after a problem. `batch` is how many samples; None: as many as training takes, 32 at
    most. `most` is how many parameters are checked; None: all."""
    spec = spec.with_model(checkable(spec.model))
    batch = default_batch(spec.model) if batch is None else batch
    report_missing_prerequisites(spec, problems, has_data=not own_data, purpose="gradients")
    for index, node in enumerate(spec.graph.nodes):
        if None in node.shape and not own_data:
            place = spec.place(f"nodes.{index}")
            problems.add(CannotRunYet(at=place, what="an input of any size"))
            break
    if problems.has_errors():
        return None
    if own_data:
        engine = _open_on_data(spec, batch, root, problems, reporter)
        if engine is None:
            return None
    else:
        engine = open_engine(spec.model, spec.graph, batch=batch, seed=seed)
        fill_randomly(engine, spec.model, spec.graph, seed=seed)
    return check_gradients(engine, seed=seed, most=most)


def _open_on_data(
    spec: Spec, batch: int, root: Path, problems: Problems, reporter: Reporter
) -> Engine | None:
    """The engine with the first samples of the training part in its feeds."""
    dataset = load_data(spec, root=root, problems=problems, reporter=reporter)
    if dataset is None:
        return None
    model = change(spec.model, train=change(spec.model.train, batch=batch))
    session = open_session(
        spec.with_model(model), dataset, problems, build=build_single, purpose="gradients"
    )
    if session is None:
        return None
    count = session.settings.batch
    with reporting_unreadable(dataset.name, spec.place("data"), problems):
        fill(session.engine.feeds, session.encoded().train, np.arange(count), count)
    if problems.has_errors():
        return None
    assert isinstance(session.engine, Engine)
    return session.engine
