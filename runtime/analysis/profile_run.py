"""A profile of a spec on its own data."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from ...grammar.problem import Problems
from ..data.streamed import reporting_unreadable
from ..engine.autotune import build_tuned
from ..engine.blas import ONE_BLAS_THREAD
from ..engine.engine import Engine
from ..engine.selection import Build, build_single
from ..events import Reporter
from ..held_state import Holding
from ..training.loading.spec_data import load_data
from ..training.prerequisites import report_missing_prerequisites
from ..training.run import DEFAULT
from ..training.session import open_session
from ..training.spec import RunOptions, Spec
from .profile import SECONDS, Profile, profile_training


def profile_run(
    spec: Spec,
    options: RunOptions = DEFAULT,
    *,
    root: Path,
    problems: Problems,
    reporter: Reporter,
    seconds: float = SECONDS,
) -> Profile | None:
    """Loads the data of a spec and measures its training steps; None after a problem.

    A step is that of a whole batch on one core. The optimizer must take steps. With
    `options.tunes` it is a step as `netc run --autotune` takes it.
    """
    build: Build = build_single
    if options.tunes:
        build = partial(build_tuned, build=build_single, reporter=reporter)
    report_missing_prerequisites(spec, problems)
    if problems.has_errors():
        return None
    dataset = load_data(spec, root=root, problems=problems, reporter=reporter)
    if dataset is None:
        return None
    session = open_session(spec, dataset, problems, options, build=build, purpose="step")
    if session is None:
        return None
    engine = session.engine
    assert isinstance(engine, Engine)
    assert session.spec.model.optimizer is not None
    limit = Holding(ONE_BLAS_THREAD)
    with (
        limit,
        limit,
        reporting_unreadable(dataset.name, spec.place("data"), problems),
    ):
        return profile_training(
            engine,
            session.encoded().train,
            rate=session.spec.model.optimizer.lr,
            seed=session.settings.seed,
            seconds=seconds,
        )
    return None
