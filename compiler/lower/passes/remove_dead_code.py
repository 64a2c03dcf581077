"""Removes instructions whose results nobody reads and that change nothing.

Needs: a program whose outputs are named. Ensures: every instruction left is read by another, is
an output, fills a place outside the arena, or changes an operand. The gradient for the first
layer's input disappears here, as does everything that only frozen layers would have needed.
"""

from __future__ import annotations

from ..program import Instruction, Program


def remove_dead_code(program: Program) -> None:
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
    program.instructions[:] = reversed(kept)
