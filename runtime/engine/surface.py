"""What every engine can do, whatever computes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol

from ...compiler.lower.plan import Plan
from ...compiler.lower.program import Algorithm
from ..array_types import Array
from .state import EngineState
from .together import Together

EngineName = Literal["numpy", "native", "torch"]


class AnyEngine(Protocol):
    """A network at work on batches: callers fill `feeds`, run a step and read `outputs`."""

    @property
    def name(self) -> EngineName: ...

    @property
    def identity(self) -> str:
        """What its last bits depend on, beside the plan: parts with `; ` between; "" for NumPy."""

    @property
    def plan(self) -> Plan:
        """The plan in use, or that of its first shard."""

    @property
    def algorithms(self) -> Mapping[str, Algorithm]:
        """Those of convolutions that were measured, by node."""

    @property
    def shards(self) -> int:
        """The parts into which a batch is divided."""

    @property
    def workers(self) -> int:
        """Processes or threads that work at once."""

    @property
    def feeds(self) -> Mapping[str, Array]:
        """The arrays to fill before a step, for the whole batch."""

    @property
    def outputs(self) -> Mapping[str, Array]:
        """What the last step computed, by node; valid until the next one."""

    @property
    def together(self) -> Together:
        """This process among those that train the network together."""

    @property
    def refused(self) -> str:
        """Why the system gave it fewer workers than were asked for; "" where it gave all."""

    def step_bytes(self) -> int:
        """The memory that a training step works in."""

    def start(self) -> None:
        """Begins what a first step would begin otherwise, such as workers."""

    def close(self) -> None:
        """Ends what it has started; the parameters stay readable. It can be called again."""

    def resize(self, batch: int) -> None:
        """Works on another number of samples."""

    def train_step(self, lr: float) -> None:
        """Forward, backward and update on the batch in the feeds."""

    def evaluate_step(self) -> None:
        """Forward in evaluation mode on the batch in the feeds."""

    def loss(self) -> float:
        """The data loss of the last step: the weighted sum of the losses' means."""

    def parameters(self) -> dict[str, Array]:
        """All parameters, by `node.name`. Writing to one changes the network."""

    def state(self) -> EngineState:
        """Copies of all that steps change."""

    def restore(self, state: EngineState) -> None:
        """Goes on from the state of another engine of the same network. Raises
        EngineStateError."""
