"""`netc gradcheck`: a checked spec, from its engine to a report."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ...compiler.language.frozen import change
from ...compiler.pipeline import Checked
from ...compiler.problems.running import CannotRunYet, DataMissing
from ...compiler.spans import Place
from ...grammar.problem import Problems
from ...grammar.source import Span
from ..engine.engine import Engine
from ..engine.selection import build_alone
from .batches import fill
from .gradcheck import (
    Report,
    check_gradients,
    checkable,
    default_batch,
    fill_randomly,
    open_engine,
)
from .prerequisites import report_unready
from .run import load_data, open_session
from .train import Reporter


def gradcheck(
    checked: Checked,
    *,
    batch: int | None,
    seed: int,
    own_data: bool,
    root: Path,
    problems: Problems,
    reporter: Reporter,
) -> Report | None:
    """Checks the gradients of a spec, on random numbers or on the first samples of its data;
    None after a problem. `batch` is how many samples; None: as many as training takes, 32 at
    most."""
    model, spans, source = checkable(checked.model), checked.spans, checked.files[0].source
    batch = default_batch(model) if batch is None else batch
    found = Problems()
    report_unready(model, source, spans, found, purpose="gradients")
    for problem in found:
        if own_data or not isinstance(problem, DataMissing):
            problems.add(problem)
    for index, node in enumerate(checked.graph.nodes):
        if None in node.shape and not own_data:
            place = spans.get(f"nodes.{index}") or Place(Span(source, 0, 0))
            problems.add(
                CannotRunYet(at=place.span, calls=place.calls, what="an input of any size")
            )
            break
    if problems.has_errors():
        return None
    if own_data:
        engine = _open_on_data(checked, batch, root, problems, reporter)
        if engine is None:
            return None
    else:
        engine = open_engine(model, checked.graph, batch=batch, seed=seed)
        fill_randomly(engine, model, checked.graph, seed=seed)
    return check_gradients(engine, seed=seed)


def _open_on_data(
    checked: Checked, batch: int, root: Path, problems: Problems, reporter: Reporter
) -> Engine | None:
    """The engine with the first samples of the training part in its feeds."""
    model, spans = checkable(checked.model), checked.spans
    dataset = load_data(model, spans, root=root, problems=problems, reporter=reporter)
    if dataset is None:
        return None
    few = change(model, train=change(model.train, batch=batch))
    source = checked.files[0].source
    session = open_session(
        few,
        checked.graph,
        spans,
        source,
        dataset,
        problems,
        build=build_alone,
        purpose="gradients",
    )
    if session is None:
        return None
    count = session.settings.batch
    fill(session.engine.feeds, session.material().train, np.arange(count), count)
    assert isinstance(session.engine, Engine)
    return session.engine
