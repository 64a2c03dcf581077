"""Clips at zero, forward and backward, in the instruction that makes the values.

add, relu                  becomes     add_relu
affine_rows, relu          becomes     affine_rows_relu
add_channel, relu          becomes     add_channel_relu
batchnorm, add, relu       becomes     batchnorm_add_relu
add, relu_grad             becomes     add_relu_grad
"""

from __future__ import annotations

from dataclasses import replace

from ..context import Context
from ..program import Instruction, Program, Value
from ..uses import Uses, find_uses

CLIPPED = {
    "add": "add_relu",
    "affine_rows": "affine_rows_relu",
    "add_channel": "add_channel_relu",
}


def fuse_relu(program: Program, _: Context) -> Program:
    """Joins each `relu` and `relu_grad` with what makes its operand."""
    uses = find_uses(program)
    reads = _first_reads(program)
    gone: set[int] = set()
    instructions: list[Instruction] = []
    for place, item in enumerate(program.instructions):
        before = _maker(item, uses)
        if before is not None:
            gone.add(before.results[0].id)
            if item.row == "relu_grad":
                operands = (*before.operands, item.operands[1])
                item = replace(item, row="add_relu_grad", operands=operands)
            else:
                norms = [
                    norm
                    for norm in _norms(before, uses)
                    if reads.get(norm.results[1].id, place) >= place
                ]
                gone.update(norm.results[0].id for norm in norms[-1:])
                item = _with_norm(item, before, norms[-1]) if norms else _clip(item, before)
        instructions.append(item)
    kept = [item for item in instructions if not (item.results and item.results[0].id in gone)]
    return replace(program, instructions=kept)


def _first_reads(program: Program) -> dict[int, int]:
    """The place of the first instruction that reads each storage."""
    places: dict[int, int] = {}
    for place, item in enumerate(program.instructions):
        for value in item.operands:
            places.setdefault(value.storage, place)
    return places


def _maker(item: Instruction, uses: Uses) -> Instruction | None:
    """What makes the value that only this instruction clips or masks."""
    makers = {"relu": tuple(CLIPPED), "relu_grad": ("add",)}.get(item.row, ())
    if not makers or not uses.only_reader_of(item.operands[0]):
        return None
    before = uses.maker(item.operands[0])
    if before is None or before.row not in makers:
        return None
    return before if before.results[0].shape == item.results[0].shape else None


def _clip(relu: Instruction, before: Instruction) -> Instruction:
    return replace(before, row=CLIPPED[before.row], results=relu.results)


def _norms(added: Instruction, uses: Uses) -> list[Instruction]:
    """The normalisations whose values only this addition reads, in order: what the last one reads
    has to wait the shortest time."""
    if added.row != "add":
        return []
    norms = [_norm(value, uses) for value in added.operands]
    return sorted((norm for norm in norms if norm is not None), key=lambda norm: norm.results[0].id)


def _norm(value: Value, uses: Uses) -> Instruction | None:
    norm = uses.maker(value)
    if norm is None or norm.row != "batchnorm" or not uses.only_reader_of(value):
        return None
    same = norm.results[0].shape == value.shape
    return norm if same and not dict(norm.attributes)["relu"] else None


def _with_norm(relu: Instruction, added: Instruction, norm: Instruction) -> Instruction:
    first, second = added.operands
    other = second if first.storage == norm.results[0].id else first
    return replace(
        norm,
        row="batchnorm_add_relu",
        operands=(*norm.operands, other),
        results=(relu.results[0], *norm.results[1:]),
        attributes=tuple(pair for pair in norm.attributes if pair[0] != "relu"),
    )
