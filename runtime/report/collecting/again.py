"""The report of an earlier run, from its weights and the data, without training."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ....compiler.language.frozen import change
from ....grammar.problem import Problem, Problems
from ...data.streamed import reporting_unreadable
from ...engine.selection import build_single, closing_after, set_weights
from ...events import RunReport
from ...training.loading.spec_data import load_data
from ...training.prerequisites import report_missing_prerequisites
from ...training.session import Session, open_session
from ...training.spec import RunOptions, Spec
from ...training.trained_state import TrainedState
from ..data import ReportData, RunFacts
from .collect import collect


def collect_again(
    spec: Spec,
    state: TrainedState,
    report: RunReport,
    facts: RunFacts,
    told: Iterable[Problem] = (),
    *,
    root: Path,
    problems: Problems,
) -> ReportData | None:
    """What `collect` gave at the end of the run; None after a problem, such as data that are not
    there any more. `state` has the weights that were kept, and `report` what was measured."""
    session = reopen(spec, state, root=root, problems=problems)
    if session is None:
        return None

    def look() -> ReportData | None:
        with reporting_unreadable(session.dataset.name, spec.place("data"), problems):
            return collect(session, report, facts, told)
        return None

    return closing_after(session.engine, look)


def reopen(spec: Spec, state: TrainedState, *, root: Path, problems: Problems) -> Session | None:
    """A session as it was at the end of a run; None after a problem."""
    report_missing_prerequisites(spec, problems, purpose="evaluate")
    if problems.has_errors():
        return None
    dataset = load_data(
        spec, root=root, problems=problems, reporter=lambda event: None, keep_unprepared=True
    )
    if dataset is None:
        return None
    session = open_session(
        spec,
        dataset,
        problems,
        RunOptions(keeps_samples=True),
        build=build_single,
        purpose="evaluate",
        state=state,
    )
    if session is None:
        return None
    set_weights(session.engine, state.weights)
    # what only training reads is part of what was asked
    model = change(session.spec.model, stops=spec.model.stops, schedule=spec.model.schedule)
    return Session(
        session.spec.with_model(model),
        session.dataset,
        session.objective,
        session.engine,
        session.settings,
        fast=False,
    )
