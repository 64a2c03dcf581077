"""A profile of a spec on its own data."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from threadpoolctl import threadpool_limits

from ...compiler.pipeline import Checked
from ...grammar.problem import Problems
from ..engine.autotune import build_tuned
from ..engine.engine import Engine
from ..engine.profile import SECONDS, Profile, profile_training
from ..engine.selection import Build, build_alone
from .prerequisites import report_unready
from .run import load_data, open_session
from .train import Reporter


def profile_run(
    checked: Checked,
    *,
    root: Path,
    problems: Problems,
    reporter: Reporter,
    allow_outside: bool = False,
    tunes: bool = False,
    seconds: float = SECONDS,
) -> Profile | None:
    """Loads the data of a spec and measures its training steps; None after a problem.

    A step is that of a whole batch on one core. The optimizer must take steps. With `tunes` it is
    a step as `netc run --autotune` takes it.
    """
    build: Build = build_alone
    if tunes:
        build = partial(build_tuned, build=build_alone, reporter=reporter)
    model, spans, source = checked.model, checked.spans, checked.files[0].source
    report_unready(model, source, spans, problems)
    if problems.has_errors():
        return None
    dataset = load_data(model, spans, root=root, problems=problems, reporter=reporter)
    if dataset is None:
        return None
    session = open_session(
        model,
        checked.graph,
        spans,
        source,
        dataset,
        problems,
        allow_outside=allow_outside,
        build=build,
        purpose="step",
    )
    if session is None:
        return None
    engine = session.engine
    assert isinstance(engine, Engine)
    assert session.model.optimizer is not None
    with threadpool_limits(1, user_api="blas"):
        return profile_training(
            engine,
            session.material().train,
            rate=session.model.optimizer.lr,
            seed=session.settings.seed,
            seconds=seconds,
        )
