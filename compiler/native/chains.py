"""Which instructions of a program share a loop over their elements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod

from ..lower.isa import ROWS
from ..lower.plan import Plan, Step
from .functions import MemoryRange, memory_of, row_operands
from .loops import ElementOperand, ElementStep, can_join, grid_of, spread_of
from .target import C_TYPES
from .templates.elementwise import ELEMENTWISE


@dataclass(frozen=True, slots=True)
class ElementLoop:
    """One loop: its instructions, and the buffers that are its parameters."""

    elements: tuple[ElementStep, ...]
    buffers: tuple[int, ...]
    """The buffer of parameter 0, 1, ..."""
    kept: frozenset[int]
    """The parameters that are stored."""


@dataclass(frozen=True, slots=True)
class Chain:
    """Neighbouring instructions that are elementwise, or one that is not."""

    steps: tuple[Step, ...]
    loops: tuple[ElementLoop, ...] = ()
    loop: int | None = None
    """The loop over the flat vectors to which they belong."""

    @property
    def elements(self) -> bool:
        return bool(self.loops)


def chains_of(plan: Plan, program: str) -> Iterator[Chain]:
    """The instructions of a program in their order."""
    steps = plan.programs[program]
    needed = _last_reads(plan, program)
    start = 0
    while start < len(steps):
        end = start + 1
        loop = steps[start].loop
        if loop is not None:
            while end < len(steps) and steps[end].loop == loop:
                end += 1
        elif _is_elementwise(steps[start]):
            while end < len(steps) and steps[end].loop is None and _is_elementwise(steps[end]):
                end += 1
        group = steps[start:end]
        if all(step.row in ELEMENTWISE for step in group):
            loops = _loops_of(plan, range(start, end), steps, needed)
            yield Chain(group, tuple(loops), loop)
        else:
            yield Chain(group, (), loop)
        start = end


def _is_elementwise(step: Step) -> bool:
    row = ROWS[step.row]
    return step.row in ELEMENTWISE and not (row.once or row.collective)


def _last_reads(plan: Plan, program: str) -> dict[tuple[str, int], int]:
    """The number of the last instruction that reads each array; beyond all for outputs."""
    steps = plan.programs[program]
    last: dict[tuple[str, int], int] = {}
    for place, step in enumerate(steps):
        for index in step.operands:
            last[plan.buffers[index].region, plan.buffers[index].storage] = place
    for index in plan.outputs.get(program, {}).values():
        last[plan.buffers[index].region, plan.buffers[index].storage] = len(steps)
    return last


def _loops_of(
    plan: Plan,
    places: range,
    steps: Sequence[Step],
    needed: dict[tuple[str, int], int],
) -> Iterator[ElementLoop]:
    """The loops of elementwise instructions, as few as possible."""
    building: _LoopBuilder | None = None
    for place in places:
        if building is None or not building.add(place, steps[place]):
            if building is not None:
                yield building.finish()
            building = _LoopBuilder(plan, needed)
            building.add(place, steps[place])
    if building is not None:
        yield building.finish()


class _LoopBuilder:
    """A loop in the making."""

    def __init__(self, plan: Plan, needed: dict[tuple[str, int], int]) -> None:
        self.plan = plan
        self.needed = needed
        self.elements: list[ElementStep] = []
        self.memories: list[MemoryRange] = []
        self.buffers: list[int] = []
        self.written: dict[int, int] = {}
        """The buffer that was last written to a memory."""
        self.last = -1

    def add(self, place: int, step: Step) -> bool:
        """Takes an instruction into the loop, if it can be."""
        memories, buffers = list(self.memories), list(self.buffers)
        element = self._element(step, memories, buffers)
        written = {o.memory for s in (*self.elements, element) for o in s.operands if o.written}
        if any(memories[number].overlaps(other) for number in written for other in memories) or (
            self.elements and not can_join(self.elements, element)
        ):
            if self.elements:
                return False
            raise ValueError(f"`{step.row}` writes over what it reads")
        self.elements.append(element)
        self.memories, self.buffers = memories, buffers
        for operand, (_, index, _, _) in zip(element.operands, row_operands(step), strict=True):
            if operand.written:
                self.written[operand.memory] = index
        self.last = place
        return True

    def finish(self) -> ElementLoop:
        kept = set()
        for memory, index in self.written.items():
            buffer = self.plan.buffers[index]
            read = self.needed.get((buffer.region, buffer.storage), -1)
            if buffer.region != "arena" or read > self.last:
                kept.add(memory)
        return ElementLoop(tuple(self.elements), tuple(self.buffers), frozenset(kept))

    def _element(self, step: Step, memories: list[MemoryRange], buffers: list[int]) -> ElementStep:
        plan = self.plan
        pattern = ROWS[step.row].pattern
        by_name = {o.name: o for o in (*pattern.operands, *pattern.results)}
        operands = []
        shapes = {}
        inputs = {o.name for o in pattern.operands}
        for name, index, written, _ in row_operands(step):
            memory = memory_of(plan, index, looped=step.loop is not None)
            if memory not in memories:
                memories.append(memory)
                buffers.append(index)
            shapes[name] = plan.buffers[index].shape
            operands.append(
                ElementOperand(
                    name,
                    memories.index(memory),
                    spread_of(step.row, by_name[name]),
                    C_TYPES[plan.buffers[index].dtype],
                    name in inputs,
                    written,
                )
            )
        grid = grid_of(step.row, shapes)
        full = max(shapes.values(), key=lambda shape: (len(shape), shape))
        attributes = (*step.attributes, ("columns", full[-1] if full else 1))
        return ElementStep(step.row, grid, prod(full), tuple(operands), attributes)
