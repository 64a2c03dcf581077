"""What training and measuring need of an engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from ...array_types import Array
from ...engine.state import EngineState
from ...engine.together import Together


class EvaluatingEngine(Protocol):
    """What measuring needs."""

    @property
    def feeds(self) -> Mapping[str, Array]: ...

    @property
    def outputs(self) -> Mapping[str, Array]: ...

    def resize(self, batch: int) -> None: ...

    @property
    def together(self) -> Together: ...

    def evaluate_step(self) -> None: ...

    def loss(self) -> float: ...


class TrainingEngine(EvaluatingEngine, Protocol):
    """What the loop needs."""

    def train_step(self, lr: float) -> None: ...

    def state(self) -> EngineState: ...

    def restore(self, state: EngineState) -> None: ...

    def parameters(self) -> dict[str, Array]: ...
