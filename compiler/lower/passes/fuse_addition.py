"""Adds two values, as at the end of a residual block, and clips at zero in one instruction.

add, relu                  becomes     add_relu
batchnorm, add, relu       becomes     batchnorm_add_relu
"""

from __future__ import annotations

from dataclasses import replace

from ..context import Context
from ..program import Instruction, Program, Value
from ..uses import Uses, find_uses


def fuse_addition(program: Program, _: Context) -> Program:
    """Joins each `add` with the `relu` after it, and with a normalisation before it."""
    uses = find_uses(program)
    reads = _first_reads(program)
    gone: set[int] = set()
    instructions: list[Instruction] = []
    for place, item in enumerate(program.instructions):
        added = _addition(item, uses)
        if added is not None:
            gone.add(added.results[0].id)
            norms = [
                norm
                for norm in _norms(added, uses)
                if reads.get(norm.results[1].id, place) >= place
            ]
            if norms:
                gone.add(norms[-1].results[0].id)
                item = _with_norm(item, added, norms[-1])
            else:
                item = replace(added, row="add_relu", results=item.results)
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


def _addition(relu: Instruction, uses: Uses) -> Instruction | None:
    """The addition whose sum only this ReLU reads."""
    if relu.row != "relu" or not uses.only_reader_of(relu.operands[0]):
        return None
    added = uses.maker(relu.operands[0])
    if added is None or added.row != "add":
        return None
    return added if added.results[0].shape == relu.results[0].shape else None


def _norms(added: Instruction, uses: Uses) -> list[Instruction]:
    """The normalisations whose values only this addition reads, in order: what the last one reads
    has to wait the shortest time."""
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
