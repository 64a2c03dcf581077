"""Clips at zero inside batch normalisation, forward and backward.

batchnorm, relu                becomes     batchnorm with relu=True
relu_grad, batchnorm_sums      becomes     batchnorm_relu_sums
"""

from __future__ import annotations

from dataclasses import replace

from ..context import Context
from ..program import Instruction, Program, Value
from ..uses import Uses, find_uses

NORMS = ("batchnorm", "batchnorm_chwn")
SUMS = {
    "batchnorm_sums": "batchnorm_relu_sums",
    "batchnorm_sums_chwn": "batchnorm_relu_sums_chwn",
}
READERS = (
    ["batchnorm_grad", "batchnorm_sums"],
    ["batchnorm_grad_chwn", "batchnorm_sums_chwn"],
)


def fuse_norm(program: Program, _: Context) -> Program:
    """Joins `batchnorm` with the `relu` after it, and `relu_grad` with `batchnorm_sums`."""
    uses = find_uses(program)
    renamed: dict[int, Value] = {}
    kept: list[Instruction] = []
    forward = _clipped_norms(program, uses)
    clipped = {value.id for value in forward.values()}
    masks = _masked_gradients(program, uses)
    for instruction in program.instructions:
        first = instruction.results[0].id if instruction.results else None
        if first in masks or (instruction.row == "relu" and first in clipped):
            continue
        operands = tuple(renamed.get(value.id, value) for value in instruction.operands)
        instruction = instruction.reading(operands)
        if instruction.row in NORMS and first in forward:
            instruction = _clip(instruction, forward[first])
        elif instruction.row in SUMS and instruction.operands[0].id in masks:
            relu = masks[instruction.operands[0].id]
            masked = replace(relu.results[0], id=program.new_id())
            mask = Value(program.new_id(), instruction.scratch[0].shape, dtype="bool")
            renamed[relu.results[0].id] = masked
            instruction = replace(
                instruction,
                row=SUMS[instruction.row],
                operands=(*relu.operands, *instruction.operands[1:]),
                results=(masked, *instruction.results),
                scratch=(*instruction.scratch, mask),
            )
        kept.append(instruction)
    return replace(program, instructions=kept)


def _clipped_norms(program: Program, uses: Uses) -> dict[int | None, Value]:
    """The normalised values that only a ReLU reads, and that ReLU's result."""
    found: dict[int | None, Value] = {}
    for item in program.instructions:
        if item.row == "relu":
            made_by = uses.maker(item.operands[0])
            if (
                made_by is not None
                and made_by.row in NORMS
                and uses.only_reader_of(item.operands[0])
                and made_by.results[0].shape == item.results[0].shape
            ):
                found[made_by.results[0].id] = item.results[0]
    return found


def _masked_gradients(program: Program, uses: Uses) -> dict[int | None, Instruction]:
    """The results of `relu_grad` that only one normalisation reads: its sums and its gradient."""
    readers: dict[int, list[Instruction]] = {}
    for item in program.instructions:
        for value in item.operands:
            readers.setdefault(value.storage, []).append(item)
    found: dict[int | None, Instruction] = {}
    for item in program.instructions:
        if item.row == "relu_grad":
            result = item.results[0]
            both = readers.get(result.id, [])
            rows = sorted(reader.row for reader in both)
            # a reshape between them gives another name to it, even if the shape is the same
            names = {reader.operands[0].id for reader in both}
            if rows in READERS and uses.readers[result.id] == 2 and names == {result.id}:
                found[result.id] = item
    return found


def _clip(norm: Instruction, result: Value) -> Instruction:
    """The normalisation with the ReLU's result in place of its own."""
    attributes = tuple((key, True if key == "relu" else value) for key, value in norm.attributes)
    return replace(norm, results=(result, *norm.results[1:]), attributes=attributes)
