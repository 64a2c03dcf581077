"""The engine: a plan bound to memory, a flat list of calls.

The engine knows arrays and kernels and nothing about layers. All memory is taken before the first
step: the regions that last (parameters, gradients, optimizer state, cells) once, and for each size
of the batch an arena, feeds and constants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..compiler.isa import ROWS
from ..compiler.plan import ALIGNMENT, LOSS, Buffer, Plan, Slot, Step
from .initialize import initialize
from .kernels import KERNELS

Array = np.ndarray[Any, Any]

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

    def parameters(self) -> dict[str, Array]:
        """Views of all parameters, by `node.name`."""
        dtype = np.dtype(DTYPES[self.precision])
        views = {}
        for slot in self.slots:
            flat = self.regions[slot.region].view(dtype)
            size = int(np.prod(slot.shape, dtype=np.int64))
            views[slot.name] = flat[slot.offset : slot.offset + size].reshape(slot.shape)
        return views

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
        return np.random.SFC64(np.random.SeedSequence([self.seed, *name.encode()]))


def allocate_bytes(size: int) -> Array:
    """Zeroed bytes that begin at a cache line."""
    raw = np.zeros(size + ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % ALIGNMENT
    return raw[start : start + size]


def create_memory(plan: Plan, *, seed: int) -> Memory:
    """Takes the lasting memory of a plan and fills it with starting values."""
    memory = Memory(
        {region: allocate_bytes(plan.bytes[region]) for region in LASTING},
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
    size = int(np.prod(buffer.shape, dtype=np.int64)) * dtype.itemsize
    return region[buffer.offset : buffer.offset + size].view(dtype).reshape(buffer.shape)


@dataclass(slots=True)
class Binding:
    """A plan for one size of the batch, bound."""

    plan: Plan
    feeds: dict[str, Array]
    outputs: dict[str, dict[str, Array]]
    calls: dict[str, list[Callable[[], Any]]]
    prepared: bool = False
    """Whether what `evaluate` needs has been worked out from the present parameters."""


def bind(plan: Plan, memory: Memory) -> Binding:
    """Takes the plan's own memory and turns its instructions into calls."""
    own = {
        region: allocate_bytes(plan.bytes[region])
        for region in ("arena", "feeds", "constants", "prepared")
    }
    regions = memory.regions | own
    arrays: dict[int, Array] = {}

    def array(index: int) -> Array:
        if index not in arrays:
            buffer = plan.buffers[index]
            arrays[index] = view(regions[buffer.region], buffer, plan.precision)
            if buffer.region == "constants":
                arrays[index][...] = buffer.fill
        return arrays[index]

    calls: dict[str, list[Callable[[], Any]]] = {}
    for name, steps in plan.programs.items():
        calls[name] = []
        for group in _groups(steps):
            calls[name].extend(_bind_group(group, plan, memory, array, regions))
    return Binding(
        plan,
        {name: array(index) for name, index in plan.feeds.items()},
        {
            program: {name: array(index) for name, index in outputs.items()}
            for program, outputs in plan.outputs.items()
        },
        calls,
    )


def _groups(steps: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """Neighbouring instructions of one loop together, every other one alone."""
    start = 0
    while start < len(steps):
        end = start + 1
        loop = steps[start].loop
        while loop is not None and end < len(steps) and steps[end].loop == loop:
            end += 1
        yield steps[start:end]
        start = end


def _bind_group(
    group: tuple[Step, ...],
    plan: Plan,
    memory: Memory,
    array: Callable[[int], Array],
    regions: dict[str, Array],
) -> Iterator[Callable[[], Any]]:
    if group[0].loop is None:
        yield from _bind_step(group[0], memory, array)
        return
    length = plan.buffers[group[0].operands[0]].shape[0]
    for start in range(0, length, plan.loop_step):
        end = min(length, start + plan.loop_step)

        def part(index: int, start: int = start, end: int = end) -> Array:
            buffer = plan.buffers[index]
            if buffer.shape != (length,):
                return array(index)
            if buffer.region == "arena":
                short = replace(buffer, shape=(end - start,))
                return view(regions["arena"], short, plan.precision)
            return array(index)[start:end]

        for step in group:
            yield from _bind_step(step, memory, part)


def _bind_step(
    step: Step, memory: Memory, array: Callable[[int], Array]
) -> Iterator[Callable[[], Any]]:
    row = ROWS[step.row]
    named: dict[str, Any] = {}
    wanted = row.pattern.operands
    single = step.operands
    if wanted and wanted[0].many:
        count = len(single) - len(wanted) + 1
        named[wanted[0].name] = tuple(array(index) for index in single[:count])
        wanted, single = wanted[1:], single[count:]
    for operands, indices in (
        (wanted, single),
        (row.pattern.results, step.results),
        (row.pattern.scratch, step.scratch),
    ):
        named.update((o.name, array(index)) for o, index in zip(operands, indices, strict=True))
    attributes: dict[str, Any] = dict(step.attributes)
    if row.random:
        attributes["generator"] = memory.stream(attributes.pop("stream"))
    yield from KERNELS[step.row](**named, **attributes)


class Engine:
    """Runs the plans of one network, for full batches and for shorter ones."""

    def __init__(self, plan_for: Callable[[int], Plan], *, batch: int, seed: int = 0) -> None:
        """`plan_for` lowers the network for a batch size; `batch` is the usual one."""
        self._plan_for = plan_for
        plan = plan_for(batch)
        self.memory = create_memory(plan, seed=seed)
        self._bindings = {batch: bind(plan, self.memory)}
        self._now = self._bindings[batch]
        self._ran = "evaluate"

    @property
    def plan(self) -> Plan:
        """The plan in use."""
        return self._now.plan

    @property
    def feeds(self) -> dict[str, Array]:
        """The arrays to fill before a step: one an input node, `target:NODE` for each loss."""
        return self._now.feeds

    @property
    def outputs(self) -> dict[str, Array]:
        """What the last program computed, by node; valid until the next one runs."""
        return self._now.outputs[self._ran]

    def resize(self, batch: int) -> None:
        """Uses the plan for another number of samples; made when first needed."""
        if batch not in self._bindings:
            self._bindings[batch] = bind(self._plan_for(batch), self.memory)
        self._now = self._bindings[batch]

    def train_step(self, lr: float) -> None:
        """Forward, backward and update on the batch in the feeds."""
        self.set_cell("lr", lr)
        self._run("train")
        self.parameters_changed()

    def evaluate_step(self) -> None:
        """Forward in evaluation mode on the batch in the feeds."""
        if not self._now.prepared:
            self._run("prepare")
            self._now.prepared = True
        self._run("evaluate")

    def loss(self) -> float:
        """The data loss of the last step: the weighted sum of the losses' means."""
        return float(self.outputs[LOSS])

    def parameters(self) -> dict[str, Array]:
        """Views of all parameters, by `node.name`. Writing to one changes the network: at once,
        or, when the view was kept from before the last step, after `parameters_changed`."""
        self.parameters_changed()
        return self.memory.parameters()

    def parameters_changed(self) -> None:
        """Makes the next evaluation work out again what depends on parameters alone."""
        for binding in self._bindings.values():
            binding.prepared = False

    def gradients(self) -> dict[str, Array]:
        """Views of the gradients of the last training step, laid out like the parameters."""
        dtype = np.dtype(DTYPES[self.memory.precision])
        flat: Array = self.memory.regions["gradients"].view(dtype)
        return {
            slot.name: flat[slot.offset :][: int(np.prod(slot.shape))].reshape(slot.shape)
            for slot in self.memory.slots
            if slot.region == "parameters"
        }

    def set_cell(self, name: str, value: float) -> None:
        """Sets a scalar of the plan, such as `lr`."""
        buffer = self.plan.buffers[self.plan.cells[name]]
        view(self.memory.regions["cells"], buffer, self.plan.precision)[...] = value

    def _run(self, program: str) -> None:
        self._ran = program
        for call in self._now.calls[program]:
            call()
