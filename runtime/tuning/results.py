"""What a study came to, as values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ...compiler.training.monitors import measure
from ..events import Event
from ..html_tables import figure, html_table
from .space import Space, TrialSetting

Ending = Literal["trained", "pruned", "diverged", "failed"]
"""How a trial ended: as a run does; stopped because it was worse than the others; with a loss that
is no number; or not begun, because the spec with this setting has an error."""


@dataclass(frozen=True, slots=True)
class Goal:
    """What trials are compared by."""

    quantity: str
    """Of the validation part: `val_acc`."""
    columns: tuple[str, ...]
    """Everything that is measured, in the order of a table."""

    @property
    def larger_is_better(self) -> bool:
        known = measure(self.quantity)
        assert known is not None
        return known.larger_is_better


@dataclass(frozen=True, slots=True)
class Outcome:
    """What training with one setting came to."""

    ending: Ending
    value: float | None = None
    """What the trial is compared by; only of one that was trained."""
    reason: str = ""
    """Why a trial has no value."""
    epochs: int = 0
    measured: Mapping[str, float] = field(default_factory=dict)
    """With the weights that were kept: `train_loss`, `val_acc`, ..."""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class TrialDone:
    """A trial of the study ended, here or in another process."""

    number: int
    """From 1, in the order in which trials are begun."""
    setting: TrialSetting
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class StudyBegan:
    """The study is open, and the first trial comes next."""

    goal: Goal
    space: Space
    trials: int
    finished: int
    """Those that an earlier call has trained."""
    place: str
    """Where the study is kept, for people."""
    workers: int


@dataclass(frozen=True, slots=True)
class TrialBegan:
    """This process begins a trial."""

    number: int
    setting: TrialSetting


@dataclass(frozen=True, slots=True)
class Waiting:
    """All trials that are left are in the hands of other processes."""

    trials: int


@dataclass(frozen=True, slots=True)
class WorkersRefused:
    """The system has started fewer worker processes than were asked for; without any, the trials
    run in the process that was called."""

    workers: int
    asked: int
    reason: str


TuningEvent = StudyBegan | TrialBegan | TrialDone | Waiting | WorkersRefused | Event
TuningReporter = Callable[[TuningEvent], None]


@dataclass(frozen=True, slots=True)
class TuningReport:
    """A complete study."""

    space: Space
    """What was searched."""
    goal: Goal
    trials: tuple[TrialDone, ...]
    """In the order of their numbers."""

    @property
    def best(self) -> TrialDone | None:
        """The trial with the best value, the first of equals; None where none has one."""
        return best_of(self.trials, self.goal)

    def _repr_html_(self) -> str:
        """A row for each trial, as a table for a notebook; a star marks the best."""
        best, names = self.best, [axis.name for axis in self.space]
        rows = [
            (
                f"{item.number}{' *' if item is best else ''}",
                *(item.setting.get(name, "") for name in names),
                str(item.outcome.epochs),
                item.outcome.ending if item.outcome.value is None else figure(item.outcome.value),
            )
            for item in self.trials
        ]
        quantity = self.goal.quantity.replace("_", " ")
        return html_table(("trial", *names, "epochs", quantity), rows)


def best_of(trials: tuple[TrialDone, ...], goal: Goal) -> TrialDone | None:
    """The trial with the best value, the first of equals; None where none has one."""
    valued = [item for item in trials if item.outcome.value is not None]
    sign = -1.0 if goal.larger_is_better else 1.0
    return min(valued, key=lambda item: sign * (item.outcome.value or 0.0), default=None)
