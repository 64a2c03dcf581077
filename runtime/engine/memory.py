"""The memory of a plan: regions of bytes, and views of the arrays in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod

import numpy as np

from ...compiler.lower.plan import ALIGNMENT, Buffer, Plan, Slot
from ..array_types import Array
from .initialize import initialize

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
        return replace(self, regions=regions, streams={}, shard=shard)

    def stream(self, name: str) -> np.random.Generator:
        """The generator of a random instruction: its own, so that others never shift it."""
        if name not in self.streams:
            self.streams[name] = np.random.Generator(self._source(name))
        return self.streams[name]

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
