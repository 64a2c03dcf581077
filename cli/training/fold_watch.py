"""Reports and keeps a cross-validation."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...grammar.problem import Problems
from ...runtime.training.loop.progress import UNSUPERVISED, StopRequest, Supervisor, TrainingState
from .keeping import Interrupts
from .kept_run import KeptRun
from .supervising import supervisor_of

if TYPE_CHECKING:
    from ...runtime.events import Event, Reporter
    from ...runtime.training.session import Session


@dataclass(slots=True)
class FoldWatch:
    """The reporter and the supervisor of a cross-validation, for a `with`. The run has its folder
    once the engine of its first fold is known, as that of one network has: whenever it is killed,
    its record says how it goes on."""

    kept: KeptRun
    reporter: Reporter
    problems: Problems
    interrupts: Interrupts
    supervisor: Supervisor = UNSUPERVISED
    _looks: ExitStack = field(default_factory=ExitStack)
    _has_begun: bool = False

    def __enter__(self) -> FoldWatch:
        return self

    def __exit__(self, *_: object) -> None:
        self._looks.close()

    def opened(self, session: Session) -> None:
        """Is told what is trained next."""
        if not self._has_begun:
            reporter = self.kept.begin(self.reporter, self.problems, session)
            if reporter is None:
                return
            self._has_begun, self.reporter = True, reporter
            alone = session.engine.together.world == 1
            self.supervisor = supervisor_of(self.kept.keeper, self.interrupts, alone=alone)
            if self.supervisor is not UNSUPERVISED:
                self._looks.enter_context(self.interrupts.between_steps())
        self.kept.note_engine(session)

    def __call__(self, event: Event) -> None:
        self.reporter(event)

    def request(self) -> StopRequest | None:
        return self.supervisor.request()

    def is_due(self, *, epoch_ended: bool, run_ended: bool = False) -> bool:
        return self.supervisor.is_due(epoch_ended=epoch_ended, run_ended=run_ended)

    def keep(self, state: TrainingState) -> None:
        self.supervisor.keep(state)
