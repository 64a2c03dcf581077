"""Who may end a training from outside: its supervisor, and a reporter that raises StopTraining."""

from __future__ import annotations

from dataclasses import dataclass

from ...events import Event, Reporter, StopTraining
from .progress import StopRequest, Supervisor, TrainingState


@dataclass(slots=True)
class AskingReporter:
    """A reporter and a supervisor as one supervisor, which also asks for what the reporter does."""

    reporter: Reporter
    supervisor: Supervisor
    asked: StopRequest | None = None

    def __call__(self, event: Event) -> None:
        try:
            self.reporter(event)
        except StopTraining as stop:
            self.asked = StopRequest(str(stop) or "the reporter asked for it")

    def request(self) -> StopRequest | None:
        return self.supervisor.request() or self.asked

    def is_due(self, *, epoch_ended: bool, run_ended: bool = False) -> bool:
        return self.supervisor.is_due(epoch_ended=epoch_ended, run_ended=run_ended)

    def keep(self, state: TrainingState) -> None:
        self.supervisor.keep(state)
