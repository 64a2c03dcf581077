"""How far a training has come, and all that it needs to go on from there to the bit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Protocol

from ...array_types import Array
from ...engine.state import EngineState
from ...events import EpochDone, Stopped
from .schedules import PlateauWatch
from .stopping import Best

Weights = dict[str, Array]


@dataclass(slots=True)
class EpochProgress:
    """How far the epoch in work has come."""

    batch: int = 0
    """Batches that are done."""
    total: float = 0.0
    """The sum of their losses, each times its share."""
    shares: float = 0.0
    seen: int = 0
    """Samples."""
    seconds: float = 0.0
    stopped: str | None = None
    """Why no other batch follows, before the last one."""

    def add_batch(self, loss: float, share: float, count: int) -> None:
        """Counts a step of so many samples, whose loss counts `share` of a mean."""
        self.batch += 1
        self.total += loss * share
        self.shares += share
        self.seen += count


@dataclass(slots=True)
class TrainingProgress:
    """The numbers that change in the course of a training."""

    best: Best
    epoch: int = 1
    """The epoch in work, or the next one."""
    now: EpochProgress = field(default_factory=EpochProgress)
    step: int = 0
    """Steps done in the whole run."""
    seconds: float = 0.0
    """Of the whole run, without the time between its interruptions."""
    first_loss: float | None = None
    last_loss: float = 0.0
    epochs: list[EpochDone] = field(default_factory=list)
    stopped: Stopped | None = None
    """Why no epoch follows, where it is not that all are done."""
    stops: dict[int, Best] = field(default_factory=dict)
    """What each `stop patience` waits for, by its index."""
    since: int = 0
    """The epoch after which a training that had ended goes on: patience begins anew."""
    waived: list[int] = field(default_factory=list)
    """The `stop` statements that ended an earlier part of the training, and shall not again."""
    plateau: PlateauWatch | None = None

    def copy(self) -> TrainingProgress:
        """Another one that what follows does not change. Epochs that are done never change."""
        return replace(
            self,
            best=replace(self.best),
            now=replace(self.now),
            epochs=list(self.epochs),
            stops={index: replace(best) for index, best in self.stops.items()},
            waived=list(self.waived),
            plateau=None if self.plateau is None else replace(self.plateau),
        )


@dataclass(frozen=True, slots=True, eq=False)
class TrainingState:
    """A training between two of its steps."""

    progress: TrainingProgress
    engine: EngineState
    best_weights: Weights | None
    """Those of the best epoch, where they are kept."""
    metrics: dict[str, Array]
    """What the metrics of the epoch in work have gathered."""

    @property
    def best_is_last(self) -> bool:
        """Whether the best epoch is the one that has just ended."""
        return self.progress.now.batch == 0 and self.progress.best.epoch == self.progress.epoch - 1


@dataclass(frozen=True, slots=True)
class StopRequest:
    """What is asked of a training."""

    reason: str
    """Why it shall end as early stopping ends it."""
    leaves: bool = False
    """To keep the state and leave instead, so that it can be continued later."""


class Supervisor(Protocol):
    """Who keeps the states of a training, and may ask it to stop. All is called between steps."""

    def request(self) -> StopRequest | None:
        """What is asked of the training. Called after every step, so it must be quick."""

    def is_due(self, *, epoch_ended: bool, run_ended: bool = False) -> bool:
        """Whether a state is to be kept now."""

    def keep(self, state: TrainingState) -> None:
        """Keeps a state, which is the supervisor's own."""


class Unsupervised:
    """Nothing is kept, and nobody asks."""

    def request(self) -> StopRequest | None:
        return None

    def is_due(self, *, epoch_ended: bool, run_ended: bool = False) -> bool:
        return False

    def keep(self, state: TrainingState) -> None: ...


UNSUPERVISED = Unsupervised()
