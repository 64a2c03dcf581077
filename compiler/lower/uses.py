"""Who makes and who reads a value of a program: what peepholes ask."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from .program import Instruction, Program, Value


@dataclass(frozen=True, slots=True)
class Uses:
    """Makers and readers of memory, by storage."""

    makers: dict[int, Instruction]
    readers: Counter[int]

    def only_reader_of(self, value: Value) -> bool:
        """Whether a value is a temporary that is read once and is not an output."""
        return value.region == "arena" and self.readers[value.storage] == 1

    def maker(self, value: Value) -> Instruction | None:
        """The instruction whose first result this is, possibly in another shape."""
        made_by = self.makers.get(value.storage)
        if made_by is None or made_by.results[0].id != value.storage:
            return None
        return made_by

    def maker_by_channels(self, value: Value, axis: int = -1) -> Instruction | None:
        """The same, unless a reshape between them has regrouped the channels, which are an axis."""
        made_by = self.maker(value)
        if made_by is None or made_by.results[0].shape[axis] != value.shape[axis]:
            return None
        return made_by


def find_uses(program: Program) -> Uses:
    """Looks through a program once."""
    makers = {
        value.id: instruction
        for instruction in program.instructions
        for value in instruction.results
    }
    readers = Counter(
        value.storage for instruction in program.instructions for value in instruction.operands
    )
    readers.update(value.storage for value in program.outputs.values())
    return Uses(makers, readers)
