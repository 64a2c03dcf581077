"""Computes the mean and the centred squares of a batch normalisation in one instruction.

sum_rows, scale, centred_squares      becomes     moments

Of a shard, the sum and the squares are added up over all shards in between, so it keeps the three.
"""

from __future__ import annotations

from dataclasses import replace

from ..context import Context
from ..program import Instruction, Program
from ..uses import Uses, find_uses


def fuse_moments(program: Program, _: Context) -> Program:
    """Joins each `centred_squares` with the sum that its mean comes from."""
    uses = find_uses(program)
    joined: dict[int, Instruction] = {}
    gone: set[int] = set()
    for item in program.instructions:
        found = _sum_and_mean(item, uses)
        if found is None:
            continue
        total, scaled = found
        if total.results[0].id in joined:
            continue
        (mean,), (squares,) = scaled.results, item.results
        joined[total.results[0].id] = replace(
            item,
            row="moments",
            operands=total.operands,
            results=(mean, squares),
            attributes=(("share", dict(scaled.attributes)["by"]),),
        )
        gone.update((mean.id, squares.id))
    kept = [
        joined.get(item.results[0].id, item) if item.results else item
        for item in program.instructions
        if not (item.results and item.results[0].id in gone)
    ]
    return replace(program, instructions=kept)


def _sum_and_mean(squares: Instruction, uses: Uses) -> tuple[Instruction, Instruction] | None:
    """What sums the same numbers, and what makes that sum the mean of `centred_squares`."""
    if squares.row != "centred_squares":
        return None
    x, mean, _ = squares.operands
    scaled = uses.maker(mean)
    if scaled is None or scaled.row != "scale" or not uses.only_reader_of(scaled.operands[0]):
        return None
    total = uses.maker(scaled.operands[0])
    if total is None or total.row != "sum_rows":
        return None
    summed = total.operands[0]
    same = (summed.storage, summed.shape) == (x.storage, x.shape)
    return (total, scaled) if same else None
