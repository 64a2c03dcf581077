"""The plan: which instructions run, in which order, on which bytes.

Plain data: it goes to JSON, prints, and holds neither functions nor arrays. The engine binds it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from ..layers.layer import Parameter
from .program import Region

ALIGNMENT = 64
"""Every buffer begins at a multiple of a cache line."""

LOSS = ":loss"
"""The output that holds the total loss, under a name that no node can have."""

ITEM_BYTES = {"f32": 4, "f64": 8, "i64": 8, "u8": 1, "bool": 1}


def item_bytes(dtype: str, precision: str) -> int:
    """Bytes of one element; `f` is the precision of the plan."""
    return ITEM_BYTES[precision if dtype == "f" else dtype]


@dataclass(frozen=True, slots=True)
class Buffer:
    """One array: a region, the bytes from its start, and how they are seen."""

    region: Region
    offset: int
    shape: tuple[int, ...]
    dtype: str
    storage: int
    """Which array of its program this is: views of one array have one number."""
    fill: float | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction. The numbers point into the plan's buffers."""

    row: str
    operands: tuple[int, ...]
    results: tuple[int, ...]
    scratch: tuple[int, ...]
    attributes: tuple[tuple[str, Any], ...]
    layer: str
    loop: int | None


@dataclass(frozen=True, slots=True)
class Slot:
    """Where a parameter lives: the flat vector, or `kept` when it is frozen or never trained."""

    node: str
    parameter: Parameter
    shape: tuple[int, ...]
    region: Region
    offset: int
    """In elements."""

    @property
    def name(self) -> str:
        return f"{self.node}.{self.parameter.name}"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the engine needs for one size of the batch."""

    precision: str
    batch: int
    buffers: tuple[Buffer, ...]
    programs: dict[str, tuple[Step, ...]]
    """`train` (forward, backward, update; for a shard of a batch `gradients` and `update` by
    themselves), `evaluate`, and `prepare`, which `evaluate` needs run
    once after the parameters have changed."""
    outputs: dict[str, dict[str, int]]
    """For each program the buffers that the caller reads afterwards."""
    feeds: dict[str, int]
    """The buffers that the caller fills: one for each input, `target:NODE` for each loss,
    and `weight:INDEX` for each loss whose rows count differently."""
    slots: tuple[Slot, ...]
    cells: dict[str, int]
    """The scalars that the caller may set: `lr`."""
    bytes: dict[str, int]
    """The size of each region."""
    loop_step: int
    """Elements of the flat vectors that one turn of a loop handles."""

    def bytes_of(self, buffer: Buffer, *, looped: bool) -> int:
        """What a buffer takes; a temporary of a loop is one slice long."""
        length = prod(buffer.shape)
        if looped and buffer.region == "arena" and len(buffer.shape) == 1:
            length = min(length, self.loop_step)
        return length * item_bytes(buffer.dtype, self.precision)

    def count_exchanged(self) -> int:
        """Elements that a shard leaves for the others in a step."""
        return sum(
            self.buffers[step.operands[0]].shape[0]
            for step in self.programs.get("gradients", ())
            if step.row == "sum_shards"
        )

    def total_bytes(self) -> int:
        """All bytes of its regions."""
        return sum(self.bytes.values())
