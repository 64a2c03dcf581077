"""Maps the input of a Winograd convolution a second time for the gradient of its weights.

winograd2d             becomes     winograd2d_once
winograd2d_grad_u      becomes     winograd2d_grad_u_again, which reads x

The mapped input is 2.25 times as large as x, and was kept from the forward pass to the gradient.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..context import Context
from ..program import Instruction, Program, Value


def spread_again(program: Program, _: Context) -> Program:
    """Rewrites every `winograd2d` whose mapped input nothing but gradients of weights read."""
    readers: dict[int, list[Instruction]] = {}
    for item in program.instructions:
        for value in item.operands:
            readers.setdefault(value.storage, []).append(item)
    spreading = {
        item.results[1].id: item
        for item in program.instructions
        if item.row == "winograd2d"
        and {reader.row for reader in readers.get(item.results[1].id, [])} <= {"winograd2d_grad_u"}
    }
    kept: list[Instruction] = []
    for item in program.instructions:
        if item.row == "winograd2d" and item.results[1].id in spreading:
            item = _once(program, item)
        elif item.row == "winograd2d_grad_u" and item.operands[1].id in spreading:
            item = _again(program, item, spreading[item.operands[1].id])
        kept.append(item)
    return replace(program, instructions=kept)


def _once(program: Program, forward: Instruction) -> Instruction:
    padded, tiles, products, out = forward.scratch
    return replace(
        forward,
        row="winograd2d_once",
        results=forward.results[:1],
        scratch=(padded, tiles, _mapped(program, tiles), products, out),
    )


def _again(program: Program, gradient: Instruction, forward: Instruction) -> Instruction:
    x, dy = forward.operands[0], gradient.operands[0]
    padded, tiles = forward.scratch[:2]
    buffers = _renewed(program, (padded, tiles))
    return replace(
        gradient,
        row="winograd2d_grad_u_again",
        operands=(x, dy),
        scratch=(*buffers, _mapped(program, tiles), *gradient.scratch),
        attributes=forward.attributes,
    )


def _mapped(program: Program, tiles: Value) -> Value:
    """A buffer for tiles once they are mapped, frequencies first."""
    count, frequencies, channels = tiles.shape
    return replace(tiles, id=program.new_id(), shape=(frequencies, count, channels))


def _renewed(program: Program, values: Iterable[Value]) -> tuple[Value, ...]:
    return tuple(replace(value, id=program.new_id()) for value in values)
