"""The memory of a plan: regions of bytes, and views of the arrays in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import prod

import numpy as np

from ...compiler.lower.plan import ALIGNMENT, Buffer, Plan, Slot
from ..array_types import Array
from .initialize import initialize
from .state import WIDTH, EngineState, EngineStateError, Positions, move_to, position_of, put

DTYPES = {"f32": np.float32, "f64": np.float64, "i64": np.int64, "u8": np.uint8, "bool": np.bool_}
LASTING = ("parameters", "gradients", "kept", "state", "cells")


@dataclass(slots=True)
class Memory:
    """The regions that outlive a step, shared by the plans of all batch sizes."""

    regions: dict[str, Array]
    slots: tuple[Slot, ...]
    precision: str
    streams: dict[str, np.random.Generator]
    """One generator for each random instruction, by its name."""
    seed: int
    shard: int = 0
    positions: dict[str, Positions] = field(default_factory=dict)
    """Where streams begin that an earlier training has used."""

    def parameters(self) -> dict[str, Array]:
        """Views of all parameters, by `node.name`."""
        dtype = np.dtype(DTYPES[self.precision])
        views = {}
        for slot in self.slots:
            flat = self.regions[slot.region].view(dtype)
            size = prod(slot.shape)
            views[slot.name] = flat[slot.offset : slot.offset + size].reshape(slot.shape)
        return views

    def gradients(self) -> dict[str, Array]:
        """Views of the gradients, laid out like the trained parameters."""
        dtype = np.dtype(DTYPES[self.precision])
        flat: Array = self.regions["gradients"].view(dtype)
        return {
            slot.name: flat[slot.offset :][: prod(slot.shape)].reshape(slot.shape)
            for slot in self.slots
            if slot.region == "parameters"
        }

    def for_shard(self, shard: int, gradients: Array) -> Memory:
        """The same memory as another shard of the batch sees it: gradients and random numbers
        are its own."""
        regions = self.regions | {"gradients": gradients}
        return replace(self, regions=regions, streams={}, shard=shard, positions={})

    def stream(self, name: str) -> np.random.Generator:
        """The generator of a random instruction: its own, so that others never shift it."""
        if name not in self.streams:
            generator = self.streams[name] = np.random.Generator(self._source(name))
            if name in self.positions:
                move_to(generator, self.positions[name])
        return self.streams[name]

    def positions_of(self, names: tuple[str, ...]) -> Positions:
        """How far the named streams have come."""
        found = [
            self.positions[name]
            if name not in self.streams and name in self.positions
            else position_of(self.streams.get(name))
            for name in names
        ]
        return np.array(found, np.uint64).reshape(len(names), WIDTH)

    def move_streams(self, names: tuple[str, ...], positions: Positions) -> None:
        """Makes the named streams go on where they were."""
        for name, position in zip(names, positions, strict=True):
            self.positions[name] = position
            if name in self.streams:
                move_to(self.streams[name], position)

    def state(self, streams: Positions) -> EngineState:
        """Copies of all that steps change. `streams` is how far the random streams have come, of
        each shard."""
        return EngineState(
            {name: array.copy() for name, array in self.parameters().items()},
            self.regions["state"].copy(),
            self.regions["cells"].copy(),
            streams,
        )

    def restore(self, parameters: dict[str, Array], optimizer: Array, cells: Array) -> None:
        """Fills the lasting regions with what an earlier training left. Raises EngineStateError."""
        own = self.parameters()
        if own.keys() != parameters.keys():
            raise EngineStateError("the parameters are others")
        for name, array in own.items():
            put(array, parameters[name], name)
        put(self.regions["state"], optimizer, "the optimizer's state")
        put(self.regions["cells"], cells, "the optimizer's counters")

    def reset_streams(self) -> None:
        """Makes every random instruction draw again from its beginning: the same numbers as
        after binding. The generators stay the ones that instructions hold."""
        for name, generator in self.streams.items():
            generator.bit_generator.state = self._source(name).state

    def _source(self, name: str) -> np.random.BitGenerator:
        return np.random.SFC64(np.random.SeedSequence([self.seed, self.shard, *name.encode()]))


def allocate_bytes(size: int) -> Array:
    """Zeroed bytes that begin at a cache line."""
    raw = np.zeros(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size]


def create_memory(
    plan: Plan, *, seed: int, allocate: Callable[[int], Array] = allocate_bytes
) -> Memory:
    """Takes the lasting memory of a plan and fills it with starting values."""
    memory = Memory(
        {region: allocate(plan.bytes[region]) for region in LASTING},
        plan.slots,
        plan.precision,
        {},
        seed,
    )
    initialize(memory.parameters(), plan.slots, seed=seed)
    for name, index in plan.cells.items():
        buffer = plan.buffers[index]
        if buffer.fill is not None and name != "lr":
            view(memory.regions["cells"], buffer, plan.precision)[...] = buffer.fill
    return memory


def view(region: Array, buffer: Buffer, precision: str) -> Array:
    """A buffer as an array."""
    dtype = np.dtype(DTYPES[precision if buffer.dtype == "f" else buffer.dtype])
    size = prod(buffer.shape) * dtype.itemsize
    return region[buffer.offset : buffer.offset + size].view(dtype).reshape(buffer.shape)
