"""Adds a bias and clips at zero in one instruction.

add_row, relu     becomes     add_row_relu
"""

from __future__ import annotations

from dataclasses import replace

from ..context import Context
from ..program import Program
from ..uses import find_uses


def fuse_bias(program: Program, _: Context) -> Program:
    """Joins each `add_row` with the `relu` after it."""
    uses = find_uses(program)
    joined: set[int] = set()
    instructions = list(program.instructions)
    for index, instruction in enumerate(program.instructions):
        if instruction.row != "relu":
            continue
        (x,) = instruction.operands
        made_by = uses.maker_by_channels(x)
        if made_by is None or made_by.row != "add_row" or not uses.only_reader_of(x):
            continue
        joined.add(x.storage)
        rows, bias = made_by.operands
        shape = instruction.results[0].shape
        seen = rows if rows.shape == shape else replace(rows, shape=shape, root=rows.storage)
        instructions[index] = replace(instruction, row="add_row_relu", operands=(seen, bias))
    kept = [
        instruction
        for instruction in instructions
        if not (instruction.results and instruction.results[0].id in joined)
    ]
    return replace(program, instructions=kept)
