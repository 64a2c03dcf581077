"""Compiled plans bound to memory: what is run for a batch, as orders for the pool and, where an
instruction has no template, as calls of NumPy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any

import numpy as np

from ....compiler.lower.isa import ROWS
from ....compiler.lower.plan import Plan
from ....compiler.native.program import WORKSPACE, KernelUnit, NativeUnit
from ...array_types import Array
from ...kernels.kernel import Call
from ..engine import Binder, CallWrapper, ShardContext, groups_of
from ..memory import Memory, allocate_bytes, view
from .compiled import CompiledPlan
from .pool import PoolCall, PoolOrder, PoolStage

OWN = ("arena", "scratch", "constants", "prepared")
"""Regions of which each shard has its own. `scratch` takes no memory until a NumPy kernel works in
it."""

BoundItem = PoolOrder | tuple[Call, ...]


@dataclass(slots=True, eq=False)
class ShardSpace:
    """The memory of one shard of a batch, or of one worker's part of an update."""

    plan: Plan
    memory: Memory
    regions: dict[str, Array]
    feeds: dict[str, Array]
    """Its rows of the feeds."""
    addresses: dict[str, Array]
    """Other arrays that functions are given, by the names of `NativePlan.pointers`."""
    workspaces: list[Array] = field(default_factory=list)
    """The last one is in use; programs that were bound before may use the others."""
    parts: list[ShardSpace] = field(default_factory=list)
    """The same memory with other workspaces, for parts of an instruction's work."""

    def array(self, index: int) -> Array:
        """A buffer of the plan."""
        plan = self.plan
        buffer = plan.buffers[index]
        if buffer.region == "feeds":
            names = {plan.buffers[i].offset: name for name, i in plan.feeds.items()}
            return self.feeds[names[buffer.offset]].reshape(buffer.shape)
        return view(self.regions[buffer.region], buffer, plan.precision)

    def table(self, pointers: Sequence[str]) -> Array:
        """The addresses of what pointers name."""
        return np.array([self._address(name) for name in pointers], np.int64)

    def _address(self, name: str) -> int:
        kind, _, rest = name.partition(":")
        if kind == "feed":
            return self.feeds[rest].ctypes.data
        if kind == "stream":
            interface: Any = self.memory.stream(rest).bit_generator.ctypes
            return int(interface.state_address)
        if name == WORKSPACE:
            return self.workspaces[-1].ctypes.data
        return (self.regions if name in self.regions else self.addresses)[name].ctypes.data


def create_space(
    plan: Plan,
    memory: Memory,
    feeds: Mapping[str, Array],
    addresses: Mapping[str, Array],
    cells: Array | None = None,
) -> ShardSpace:
    """The memory in which a plan runs, with its constants; `cells` takes the place of the
    counters of the memory."""
    regions = memory.regions | {region: allocate_bytes(plan.bytes[region]) for region in OWN}
    if cells is not None:
        regions["cells"] = cells
    for buffer in plan.buffers:
        if buffer.region == "constants":
            view(regions["constants"], buffer, plan.precision)[...] = buffer.fill
    return ShardSpace(plan, memory, regions, dict(feeds), dict(addresses))


def reserve_workspace(space: ShardSpace, size: int) -> None:
    """Gives functions at least so many bytes to work in."""
    if not space.workspaces or len(space.workspaces[-1]) < size:
        space.workspaces.append(allocate_bytes(size))


def bind_program(
    name: str,
    compiled: Sequence[CompiledPlan],
    spaces: Sequence[ShardSpace],
    watch: CallWrapper | None = None,
    *,
    parts: int = 1,
) -> tuple[BoundItem, ...]:
    """What a program is: each space runs its own compiled plan as part 0, 1, ... `watch` is put
    around the calls of NumPy. With `parts` the only space's plan was compiled for so many."""
    items: list[PoolStage | Call] = []
    phases = [plan.native.programs[name] for plan in compiled]
    tables = []
    for plan, space in zip(compiled, spaces, strict=True):
        reserve_workspace(space, plan.native.workspace_bytes)
        tables.append(space.table(plan.native.pointers))
    part_tables = [tables[0], *_tables_of_parts(compiled[0], spaces[0], parts - 1)]
    for units_of_all in zip(*phases, strict=True):
        for units in zip_longest(*units_of_all):
            stage = []
            for number, unit in enumerate(units):
                if not isinstance(unit, NativeUnit):
                    continue
                plan = compiled[number]
                function = plan.address(unit.function)
                if unit.divided:
                    stage += [
                        PoolCall(function, table, part, parts, plan.library)
                        for part, table in enumerate(part_tables)
                    ]
                else:
                    part = PoolCall(function, tables[number], number, len(spaces), plan.library)
                    stage.append(part)
            if stage:
                items.append(tuple(stage))
            for number, unit in enumerate(units):
                if isinstance(unit, KernelUnit):
                    items.extend(_kernel_calls(unit, spaces[number], number, watch))
    return tuple(_joined(items, shared=len(spaces) == 1))


def _tables_of_parts(plan: CompiledPlan, space: ShardSpace, count: int) -> Iterator[Array]:
    """The addresses that other parts of an instruction's work are given: another workspace."""
    for _ in range(count):
        own = replace(space, workspaces=[allocate_bytes(plan.native.workspace_bytes)])
        space.parts.append(own)
        yield own.table(plan.native.pointers)


def _joined(items: Sequence[PoolStage | Call], *, shared: bool) -> Iterator[BoundItem]:
    """Neighbouring stages as one order, and neighbouring calls as one list."""
    stages: list[PoolStage] = []
    calls: list[Call] = []
    for item in items:
        if isinstance(item, tuple):
            if calls:
                yield tuple(calls)
                calls.clear()
            stages.append(item)
        else:
            if stages:
                yield PoolOrder(stages, shared=shared)
                stages.clear()
            calls.append(item)
    if stages:
        yield PoolOrder(stages, shared=shared)
    if calls:
        yield tuple(calls)


def _kernel_calls(
    unit: KernelUnit, space: ShardSpace, number: int, watch: CallWrapper | None
) -> Iterator[Call]:
    context = ShardContext(space.feeds, None, 0, 1)
    binder = Binder(space.plan, space.memory, context, space.array, space.regions, watch)
    for group in groups_of(unit.steps):
        if not (ROWS[group[0].row].once and number):
            yield from binder.bind_group(group)


def run_items(items: Sequence[BoundItem], run: Callable[[PoolOrder], None]) -> None:
    """Runs a program; `run` is the pool's."""
    for item in items:
        if isinstance(item, PoolOrder):
            run(item)
        else:
            for call in item:
                call()
