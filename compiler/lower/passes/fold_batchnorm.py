"""Folds batch normalisation into the convolution or dense layer before it, for evaluation.

    scale · (x w + b) + shift     becomes     x (w · scale) + (b · scale + shift)

The scaled weights depend on parameters alone, so `prepare_weights` takes them out of every step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..context import Context
from ..program import Emitter, Instruction, Program, Value
from ..uses import Uses, find_uses


@dataclass(frozen=True, slots=True)
class _Side:
    """The rows of a layout."""

    add: str
    axis: int
    """Where the channels are."""
    weighted: tuple[str, ...]
    """Rows whose second operand has the output channels as its last axis."""


SIDES = {
    "affine_rows": _Side("add_row", -1, ("conv2d", "depthwise2d", "matmul", "winograd2d_once")),
    "affine_channel": _Side("add_channel", 0, ("conv2d_chwn",)),
}
"""By the row of a normalisation."""


def fold_batchnorm(program: Program, context: Context) -> Program:
    """Rewrites every normalisation that can be folded."""
    uses = find_uses(program)
    folded: dict[int, list[Instruction]] = {}
    gone: set[int] = set()
    for index, instruction in enumerate(program.instructions):
        found = _find(instruction, uses)
        if found is None:
            continue
        side = SIDES[instruction.row]
        product, bias = found
        _, scale, shift = instruction.operands
        weights = product.operands[1]
        added = Program(program.name, ids=program.ids)
        e = Emitter(added, context.batch, context.batch, training=False, layer=instruction.layer)
        scaled = e.emit("multiply_row", weights, scale)
        offset = shift if bias is None else e.emit("affine_rows", bias, scale, shift)
        out = e.emit_like(product, (product.operands[0], scaled, *product.operands[2:]))
        result = instruction.results[0]
        seen = out if out.shape == result.shape else e.view(out, result.shape)
        added.instructions.append(
            replace(instruction, row=side.add, operands=(seen, offset), scratch=(), attributes=())
        )
        folded[index] = added.instructions
        gone.add(product.results[0].id)
        gone.add(instruction.operands[0].storage)
    rewritten = [
        new
        for index, instruction in enumerate(program.instructions)
        if index in folded or not (instruction.results and instruction.results[0].id in gone)
        for new in folded.get(index, [instruction])
    ]
    return replace(program, instructions=rewritten)


def _find(instruction: Instruction, uses: Uses) -> tuple[Instruction, Value | None] | None:
    """The product before an affine map, and the bias between them."""
    side = SIDES.get(instruction.row)
    if side is None:
        return None
    x = instruction.operands[0]
    made_by, bias = uses.maker_by_channels(x, side.axis), None
    if made_by is None or not uses.only_reader_of(x):
        return None
    if made_by.row == side.add:
        x, bias = made_by.operands
        made_by = uses.maker_by_channels(x, side.axis)
        if made_by is None or not uses.only_reader_of(x):
            return None
    return (made_by, bias) if made_by.row in side.weighted else None
