"""Moves work that depends on parameters alone out of the evaluation program.

Needs: values made once. Ensures: `evaluate` reads only results that depend on its feeds, plus
prepared values that the engine works out again after the parameters have changed.
"""

from __future__ import annotations

from dataclasses import replace

from ..program import Instruction, Program, Value
from .merge_common import rename

FIXED = ("parameters", "kept", "constants", "prepared")


def prepare_weights(program: Program) -> Program:
    """Takes such instructions out of the program and gives them as one of their own."""
    prepared = Program("prepare")
    homes: dict[int, Value] = {}
    kept: list[Instruction] = []
    for instruction in program.instructions:
        operands = tuple(rename(value, homes) for value in instruction.operands)
        instruction = instruction.reading(operands)
        fixed = bool(operands) and all(value.region in FIXED for value in operands)
        if not fixed or instruction.rule.random or next(instruction.changed(), None) is not None:
            kept.append(instruction)
            continue
        results = tuple(replace(value, region="prepared") for value in instruction.results)
        homes.update((value.id, value) for value in results)
        prepared.instructions.append(replace(instruction, results=results))
    program.instructions[:] = kept
    program.outputs = {name: rename(value, homes) for name, value in program.outputs.items()}
    return prepared
