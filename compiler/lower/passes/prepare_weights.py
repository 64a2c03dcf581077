"""Moves work that depends on parameters alone out of the evaluation program.

The engine works prepared values out again after the parameters have changed.
"""

from __future__ import annotations

from dataclasses import replace

from ..context import Context
from ..program import Instruction, Program, Value

FIXED = ("parameters", "kept", "constants", "prepared")


def prepare_weights(program: Program, _: Context) -> Program:
    """Puts such instructions among those that the program has prepared."""
    prepared: list[Instruction] = []
    homes: dict[int, Value] = {}
    kept: list[Instruction] = []
    for instruction in program.instructions:
        operands = tuple(value.renamed(homes) for value in instruction.operands)
        instruction = instruction.reading(operands)
        fixed = bool(operands) and all(value.region in FIXED for value in operands)
        if not fixed or instruction.rule.random or next(instruction.changed(), None) is not None:
            kept.append(instruction)
            continue
        results = tuple(replace(value, region="prepared") for value in instruction.results)
        homes.update((value.id, value) for value in results)
        prepared.append(replace(instruction, results=results))
    outputs = {name: value.renamed(homes) for name, value in program.outputs.items()}
    return replace(program, instructions=kept, outputs=outputs, prepared=prepared)
