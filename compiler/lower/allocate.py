"""Gives every value of a program its bytes.

Temporaries share one arena: a buffer is free from the moment after its last reader. The first
result of an instruction may take over the memory of an operand that nobody reads afterwards, when
its row allows that.

The functions of the native engine bring the memory that they work in. In its plans the scratch
memory of instructions, which only NumPy needs, lies in a region of its own.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field

from .pattern import expand
from .plan import ALIGNMENT, item_bytes
from .program import Instruction, Program, Value


@dataclass(slots=True)
class _Arena:
    """Free intervals of one growing block of memory, first fit, neighbours merged."""

    top: int = 0
    free: list[tuple[int, int]] = field(default_factory=list)

    def take(self, size: int) -> int:
        for index, (start, length) in enumerate(self.free):
            if length >= size:
                if length == size:
                    del self.free[index]
                else:
                    self.free[index] = (start + size, length - size)
                return start
        if self.free and sum(self.free[-1]) == self.top:
            start = self.free.pop()[0]
        else:
            start = self.top
        self.top = start + size
        return start

    def give(self, start: int, size: int) -> None:
        at = bisect_left(self.free, (start, size))
        if at < len(self.free) and start + size == self.free[at][0]:
            size += self.free.pop(at)[1]
        if at > 0 and sum(self.free[at - 1]) == start:
            at -= 1
            before, length = self.free.pop(at)
            start, size = before, length + size
        insort(self.free, (start, size))


@dataclass(frozen=True, slots=True)
class Allocation:
    """Byte offsets of the storages of one program, and how large its arena is."""

    offsets: dict[int, int]
    size: int
    scratch: dict[int, int]
    """Where scratch memory lies that is not in the arena, in its region."""
    scratch_size: int


def allocate(
    program: Program, precision: str, loop_step: int, *, native: bool = False
) -> Allocation:
    """Lays out the temporaries of a program, in a native plan without scratch memory."""
    scratch, scratch_size = _lay_out_scratch(program, precision) if native else ({}, 0)
    last = _last_uses(program)
    sizes: dict[int, int] = {}
    offsets: dict[int, int] = {}
    arena = _Arena()
    for index, instruction in enumerate(program.instructions):
        for value in (*instruction.results, *instruction.scratch):
            if value.region == "arena" and value.root is None and value.id not in scratch:
                length = value.size
                if instruction.loop is not None and len(value.shape) == 1:
                    length = min(length, loop_step)
                sizes[value.id] = _aligned(max(1, length) * item_bytes(value.dtype, precision))
        reused = _reuse(instruction, index, last, sizes, offsets)
        for value in (*instruction.results, *instruction.scratch):
            if value.id in sizes and value.id not in offsets:
                offsets[value.id] = arena.take(sizes[value.id])
        done = {value.storage for value in _arena_values(instruction)} - scratch.keys()
        for storage in done:
            if last[storage] == index and storage != reused:
                arena.give(offsets[storage], sizes[storage])
    return Allocation(offsets, arena.top, scratch, scratch_size)


def _lay_out_scratch(program: Program, precision: str) -> tuple[dict[int, int], int]:
    """The scratch memory of each instruction from the start of one region, and its size. That of
    loops stays in the arena: it is a slice long."""
    offsets: dict[int, int] = {}
    size = 0
    for instruction in program.instructions:
        end = 0
        for value in instruction.scratch if instruction.loop is None else ():
            offsets[value.id] = end
            end += _aligned(max(1, value.size) * item_bytes(value.dtype, precision))
        size = max(size, end)
    return offsets, size


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT


def _arena_values(instruction: Instruction) -> Iterable[Value]:
    for value in (*instruction.operands, *instruction.results, *instruction.scratch):
        if value.region == "arena":
            yield value


def _last_uses(program: Program) -> dict[int, int]:
    """What a loop reads from outside it lives until its end: the next slice reads it again."""
    ends = {item.loop: index for index, item in enumerate(program.instructions)}
    made_in = {
        value.id: item.loop
        for item in program.instructions
        for value in (*item.results, *item.scratch)
    }
    last: dict[int, int] = {}
    for index, instruction in enumerate(program.instructions):
        for value in _arena_values(instruction):
            inside = instruction.loop in (None, made_in[value.storage])
            last[value.storage] = index if inside else ends[instruction.loop]
    for value in program.outputs.values():
        if value.region == "arena":
            last[value.storage] = len(program.instructions)
    return last


def _reuse(
    instruction: Instruction,
    index: int,
    last: dict[int, int],
    sizes: dict[int, int],
    offsets: dict[int, int],
) -> int | None:
    """Puts the first result over an operand that is no longer needed; gives its storage."""
    row = instruction.rule
    if not row.reuses or instruction.results[0].region != "arena":
        return None
    result = instruction.results[0]
    wanted = expand(row.pattern.operands, len(instruction.operands))
    for operand, value in zip(wanted, instruction.operands, strict=True):
        if (
            operand.name in row.reuses
            and value.region == "arena"
            and last[value.storage] == index
            and sizes[value.storage] == sizes[result.id]
        ):
            offsets[result.id] = offsets[value.storage]
            return value.storage
    return None
