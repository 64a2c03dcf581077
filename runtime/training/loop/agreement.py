"""One decision of all processes that train together: a signal, the time and a file reach some of
them and not others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ....compiler.language.quantities import SECONDS
from ....compiler.training.stops import After
from ...engine.together import Together
from .progress import StopRequest, Supervisor, TrainingState
from .stopping import Stopping

GOES_ON, STOPS, LEAVES = range(3)
ELSEWHERE = "another process was asked to stop"


@dataclass(frozen=True, slots=True)
class AgreedSupervisor:
    """The supervisor of one process, which asks for what that of any process asks for. Only the
    first one keeps states."""

    own: Supervisor
    together: Together

    def request(self) -> StopRequest | None:
        own = self.own.request()
        wish = GOES_ON if own is None else LEAVES if own.leaves else STOPS
        most = self.together.most(wish)
        if most == GOES_ON:
            return None
        reason = self.together.of_first(ELSEWHERE if own is None else own.reason)
        return StopRequest(str(reason), leaves=most == LEAVES)

    def is_due(self, *, epoch_ended: bool, run_ended: bool = False) -> bool:
        due = self.own.is_due(epoch_ended=epoch_ended, run_ended=run_ended)
        return due and self.together.leads

    def keep(self, state: TrainingState) -> None:
        if self.together.leads:
            self.own.keep(state)


@dataclass(slots=True)
class AgreedStopping(Stopping):
    """The `stop` statements, by the clock of the first process."""

    together: Together = field(kw_only=True)

    def after_step(self, steps: int, seconds: float) -> str | None:
        if any(isinstance(stop, After) and stop.limit.unit in SECONDS for stop in self.stops):
            seconds = self.together.of_first(seconds)
        return Stopping.after_step(self, steps, seconds)


@dataclass(frozen=True, slots=True)
class Listening:
    """A supervisor that keeps nothing, and leaves when it is asked to."""

    is_interrupted: Callable[[], bool]

    def request(self) -> StopRequest | None:
        return StopRequest("interrupted", leaves=True) if self.is_interrupted() else None

    def is_due(self, *, epoch_ended: bool, run_ended: bool = False) -> bool:
        return False

    def keep(self, state: TrainingState) -> None: ...
