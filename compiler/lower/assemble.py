"""Puts programs together to a plan: every value becomes the number of a buffer with its bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from .allocate import Allocation, allocate
from .context import Context
from .emit import Emitted
from .layout import ParameterLayout
from .plan import ALIGNMENT, Buffer, Plan, Step, item_bytes
from .program import Instruction, Value


@dataclass(slots=True)
class Assembler:
    """A plan in the making: the programs and buffers so far."""

    layout: ParameterLayout
    context: Context
    buffers: list[Buffer] = field(default_factory=list)
    programs: dict[str, tuple[Step, ...]] = field(default_factory=dict)
    outputs: dict[str, dict[str, int]] = field(default_factory=dict)
    feeds: dict[str, int] = field(default_factory=dict)
    cells: dict[str, int] = field(default_factory=dict)
    bytes: dict[str, int] = field(default_factory=dict)
    prepared: dict[int, int] = field(default_factory=dict)
    """The places of the prepared values: `prepare` makes them and `evaluate` reads them."""
    constants: dict[tuple[float | None, str], int] = field(default_factory=dict)
    """The longest array of one number and one type: every shorter one is its beginning."""

    def add(self, emitted: Emitted) -> None:
        """Gives the values of a program their bytes and writes it down."""
        program, lasting = emitted.program, emitted.lasting
        context = self.context
        choices = context.choices
        allocation = allocate(program, context.precision, choices.loop_step, native=choices.native)
        numbering = _Numbering(self, allocation)
        for name, feed in emitted.feeds.items():
            self.feeds.setdefault(name, numbering.number(feed))
        self.programs[program.name] = tuple(numbering.step(item) for item in program.instructions)
        self.outputs[program.name] = {
            name: numbering.number(value) for name, value in program.outputs.items()
        }
        self.cells.update({name: numbering.number(cell) for name, cell in lasting.cells.items()})
        self.bytes["arena"] = max(self.bytes.get("arena", 0), allocation.size)
        self.bytes["scratch"] = max(self.bytes.get("scratch", 0), allocation.scratch_size)
        state = lasting.state_size * item_bytes("f", context.precision)
        self.bytes["state"] = max(self.bytes.get("state", 0), state)

    def finish(self) -> Plan:
        size = item_bytes("f", self.context.precision)
        trains = bool({"train", "gradients"} & set(self.programs))
        self.bytes["parameters"] = self.layout.trained_size * size
        self.bytes["gradients"] = self.layout.trained_size * size if trains else 0
        self.bytes["kept"] = self.layout.kept_size * size
        for region in ("feeds", "cells", "prepared"):
            self.bytes.setdefault(region, 0)
        return Plan(
            precision=self.context.precision,
            batch=self.context.batch,
            buffers=tuple(self._place_constants()),
            programs=self.programs,
            outputs=self.outputs,
            feeds=self.feeds,
            slots=self.layout.trained + self.layout.kept,
            cells=self.cells,
            bytes=self.bytes,
            loop_step=self.context.choices.loop_step,
        )

    def _place_constants(self) -> Iterator[Buffer]:
        """All buffers, now that the longest constant of each kind is known."""
        starts: dict[tuple[float | None, str], int] = {}
        end = 0
        for (fill, dtype), size in self.constants.items():
            starts[fill, dtype] = end
            length = size * item_bytes(dtype, self.context.precision)
            end += -(-length // ALIGNMENT) * ALIGNMENT
        self.bytes["constants"] = end
        for buffer in self.buffers:
            if buffer.region == "constants":
                buffer = replace(buffer, offset=starts[buffer.fill, buffer.dtype])
            yield buffer

    def place_after(self, region: str, value: Value) -> int:
        """The next free bytes of a region that only grows."""
        offset = self.bytes.get(region, 0)
        length = max(1, value.size) * item_bytes(value.dtype, self.context.precision)
        self.bytes[region] = offset + -(-length // ALIGNMENT) * ALIGNMENT
        return offset


@dataclass(slots=True)
class _Numbering:
    """Turns the values of one program into numbers of buffers."""

    plan: Assembler
    allocation: Allocation
    known: dict[int, int] = field(default_factory=dict)
    growing: dict[int, int] = field(default_factory=dict)
    """The places of feeds and cells."""

    def step(self, item: Instruction) -> Step:
        return Step(
            item.row,
            tuple(self.number(value) for value in item.operands),
            tuple(self.number(value) for value in item.results),
            tuple(self.number(value) for value in item.scratch),
            item.attributes,
            item.layer,
            item.loop,
        )

    def number(self, value: Value) -> int:
        if value.id not in self.known:
            apart = value.id in self.allocation.scratch
            buffer = Buffer(
                "scratch" if apart else value.region,
                self._offset(value),
                value.shape,
                value.dtype,
                value.storage,
                value.fill,
            )
            self.known[value.id] = len(self.plan.buffers)
            self.plan.buffers.append(buffer)
        return self.known[value.id]

    def _offset(self, value: Value) -> int:
        plan = self.plan
        if value.id in self.allocation.scratch:
            return self.allocation.scratch[value.id]
        if value.region == "arena":
            return self.allocation.offsets[value.storage]
        if value.region in ("parameters", "gradients", "kept", "state"):
            return value.offset * item_bytes(value.dtype, plan.context.precision)
        if value.region == "feeds" and value.name in plan.feeds:
            return plan.buffers[plan.feeds[value.name]].offset
        if value.region == "constants":
            kind = (value.fill, value.dtype)
            plan.constants[kind] = max(plan.constants.get(kind, 1), value.size)
            return 0
        growing = plan.prepared if value.region == "prepared" else self.growing
        if value.storage not in growing:
            growing[value.storage] = plan.place_after(value.region, value)
        return growing[value.storage]
