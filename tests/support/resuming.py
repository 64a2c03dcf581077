"""A training that is left after some steps and goes on from its state."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.pipeline import check
from netc.grammar.problem import Problems
from netc.grammar.source import Source
from netc.runtime.events import RunReport
from netc.runtime.training.loop.progress import StopRequest, TrainingState
from netc.runtime.training.run import train_session
from netc.runtime.training.session import Session, prepare_run
from netc.runtime.training.spec import DEFAULT_TORCH, EngineChoice, RunOptions, Spec, TorchOptions


@dataclass
class Leaving:
    """Keeps every state that it is given, and leaves after some steps."""

    after: int | None = None
    steps: int = 0
    kept: list[TrainingState] = field(default_factory=list)

    def request(self) -> StopRequest | None:
        self.steps += 1
        return StopRequest("left", leaves=True) if self.steps == self.after else None

    def is_due(self, *, epoch_ended: bool, run_ended: bool = False) -> bool:
        return epoch_ended

    def keep(self, state: TrainingState) -> None:
        self.kept.append(state)


def session_of(
    text: str,
    *,
    workers: int = 1,
    shards: int | None = None,
    engine: EngineChoice = "numpy",
    torch: TorchOptions = DEFAULT_TORCH,
) -> Session:
    checked = check(Source("<t>", text), BUILTIN, lambda _: None)
    assert not checked.has_errors, [problem.message() for problem in checked.problems]
    problems = Problems()
    options = RunOptions(engine=engine, workers=workers, shards=shards, torch=torch)
    session = prepare_run(
        Spec.of(checked), options, root=Path(), problems=problems, reporter=lambda event: None
    )
    assert session is not None, [problem.message() for problem in problems]
    return session


@dataclass(frozen=True)
class Outcome:
    report: RunReport | None
    weights: dict[str, np.ndarray]
    kept: list[TrainingState]


def trained(
    session: Session, *, leave: int | None = None, resumed: TrainingState | None = None
) -> Outcome:
    supervisor = Leaving(leave)
    report = None
    try:
        report = train_session(
            session, Problems(), lambda event: None, supervisor=supervisor, resumed=resumed
        )
    except KeyboardInterrupt:
        assert leave is not None
    finally:
        session.engine.close()
    weights = {name: array.copy() for name, array in session.engine.parameters().items()}
    return Outcome(report, weights, supervisor.kept)


def rows(report: RunReport | None) -> list[tuple[object, ...]]:
    assert report is not None
    return [(done.epoch, done.measured, done.rate, done.best) for done in report.epochs]


def assert_same(one: Outcome, other: Outcome) -> None:
    np.testing.assert_equal(rows(one.report), rows(other.report))
    assert one.report is not None
    assert other.report is not None
    assert one.report.test == other.report.test
    assert one.report.stopped == other.report.stopped
    for name, array in one.weights.items():
        assert array.tobytes() == other.weights[name].tobytes(), name
