"""Clips at zero inside batch normalisation, forward and backward.

Needs: nothing but the ReLU reads the normalised values, and nothing but the normalisation's
gradient reads the ReLU's. Ensures: the same numbers; a slice that was normalised is clipped while
it is still in the cache.
"""

from __future__ import annotations

from dataclasses import replace

from ..program import Instruction, Program, Value
from .uses import Uses, find_uses, fresh_id


def fuse_norm(program: Program) -> None:
    """Joins `batchnorm` with the `relu` behind it, and `relu_grad` with `batchnorm_grad`."""
    uses = find_uses(program)
    fused: dict[int, Instruction] = {}
    gone: set[int] = set()
    unused = fresh_id(program)
    for instruction in program.instructions:
        if instruction.row == "relu":
            norm = _before(instruction.operands[0], "batchnorm", uses)
            if norm is not None:
                fused[norm.results[0].id] = _clipped(norm, instruction)
                gone.add(instruction.results[0].id)
        elif instruction.row == "batchnorm_grad":
            grad = _before(instruction.operands[0], "relu_grad", uses)
            if grad is not None:
                fused[instruction.results[0].id] = _masked(instruction, grad, unused + len(fused))
                gone.add(grad.results[0].id)
    program.instructions[:] = [
        fused.get(item.results[0].id, item) if item.results else item
        for item in program.instructions
        if not (item.results and item.results[0].id in gone)
    ]


def _before(value: Value, row: str, uses: Uses) -> Instruction | None:
    """The instruction of this row that made a value which is read once, in its own shape."""
    made_by = uses.maker(value)
    if made_by is None or made_by.row != row or not uses.only_reader_of(value):
        return None
    return made_by if made_by.results[0].shape == value.shape else None


def _clipped(norm: Instruction, relu: Instruction) -> Instruction:
    attributes = tuple((k, True if k == "relu" else v) for k, v in norm.attributes)
    return replace(norm, results=(relu.results[0], *norm.results[1:]), attributes=attributes)


def _masked(norm: Instruction, relu: Instruction, number: int) -> Instruction:
    dy, y = relu.operands
    slices = norm.scratch[0].shape
    mask = Value(number, slices, dtype="bool")
    return replace(
        norm,
        row="batchnorm_relu_grad",
        operands=(dy, y, *norm.operands[1:]),
        scratch=(*norm.scratch, mask),
    )
