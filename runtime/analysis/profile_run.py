"""A profile of a spec on its own data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ...grammar.problem import Problems
from ..data.streamed import reporting_unreadable
from ..engine.blas import ONE_BLAS_THREAD
from ..engine.engine import Engine
from ..engine.native.engine import NativeEngine
from ..events import Reporter
from ..held_state import Holding
from ..training.engine_choice import build_of
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
    options = replace(options, workers=1, shards=1)
    build = build_of(options, reporter)
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
    assert isinstance(engine, Engine | NativeEngine)
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
