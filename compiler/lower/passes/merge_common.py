"""Computes an expression once that is written twice.

An instruction that is random, changes an operand or reads memory that is changed later is left
alone.
"""

from __future__ import annotations

from dataclasses import replace

from ..context import Context
from ..program import Instruction, Program, Value


def merge_common(program: Program, _: Context) -> Program:
    """Replaces the second of two equal instructions by the result of the first."""
    changed = {value.storage for item in program.instructions for value in item.changed()}
    first: dict[tuple[object, ...], Instruction] = {}
    renamed: dict[int, Value] = {}
    kept: list[Instruction] = []
    for instruction in program.instructions:
        operands = tuple(value.renamed(renamed) for value in instruction.operands)
        instruction = instruction.reading(operands)
        pure = not instruction.rule.random and not any(v.storage in changed for v in operands)
        fixed = any(value.region != "arena" for value in instruction.results)
        if not pure or fixed or not instruction.results:
            kept.append(instruction)
            continue
        key = (
            instruction.row,
            tuple((v.storage, v.shape, v.offset) for v in operands),
            instruction.attributes,
            # Sizes that no operand has, such as how far to pad, show in the results only.
            tuple((v.shape, v.dtype) for v in instruction.results),
        )
        known = first.setdefault(key, instruction)
        if known is instruction:
            kept.append(instruction)
        else:
            pairs = zip(instruction.results, known.results, strict=True)
            renamed.update((old.id, new) for old, new in pairs)
    outputs = {name: value.renamed(renamed) for name, value in program.outputs.items()}
    return replace(program, instructions=kept, outputs=outputs)
