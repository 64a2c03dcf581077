"""Removes instructions whose results nobody reads and that change nothing.

The gradient for the first layer's input disappears here, as does everything that only frozen layers
would have needed.
"""

from __future__ import annotations

from dataclasses import replace

from ..context import Context
from ..program import Instruction, Program


def remove_dead_code(program: Program, _: Context) -> Program:
    """Keeps what is needed, in order."""
    needed = {value.storage for value in program.outputs.values()}
    kept: list[Instruction] = []
    for instruction in reversed(program.instructions):
        alive = (
            any(value.storage in needed or value.region != "arena" for value in instruction.results)
            or next(instruction.changed(), None) is not None
        )
        if alive:
            kept.append(instruction)
            needed.update(value.storage for value in instruction.operands)
    return replace(program, instructions=kept[::-1])
