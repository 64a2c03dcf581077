"""What a native engine keeps of the plans and the sizes of batches that it has met."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from ....compiler.lower.plan import Step
from ...array_types import Array
from .binding import BoundItem, ShardSpace


class PlanKey(NamedTuple):
    """A compiled plan: samples of the shard and, of one, of the batch."""

    samples: int
    total: int | None
    programs: tuple[str, ...]
    parts: int
    """Into how many the work of large instructions is divided."""


class TimedProgram(NamedTuple):
    """A program that shows how long its parts take."""

    run: Callable[[], None]
    clocks: tuple[tuple[Step, ...], ...]
    """The instructions of each part in C."""
    seconds: Array
    """Of each part, in the last run."""
    space: ShardSpace
    """The memory that it works in."""


@dataclass(slots=True, eq=False)
class NativeBatch:
    """One size of the batch: the memory of its shards, and what was bound so far."""

    shares: tuple[slice, ...]
    spaces: list[ShardSpace]
    update_spaces: list[ShardSpace] = field(default_factory=list)
    """One for each worker."""
    programs: dict[str, tuple[BoundItem, ...]] = field(default_factory=dict)
    version: int = -1
    """Of the parameters from which the prepared weights were made."""
