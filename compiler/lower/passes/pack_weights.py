"""Packs the weights of products and convolutions once, not for every batch.

matmul a, w               becomes     matmul_packed a, packed

where `pack_panels w` is among what the program has prepared, and likewise for `conv2d`, with or
without a bias. Panels are whole, so only weights of as many columns are packed as fill some. Packed
weights are in memory twice, so only small batches have them, which gain by them.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod

from ..context import Context
from ..isa import PANEL
from ..program import Instruction, Program, Value
from .prepare_weights import FIXED

PACKED = {
    "matmul": "matmul_packed",
    "matmul_bias": "matmul_packed_bias",
    "conv2d": "conv2d_packed",
    "conv2d_bias": "conv2d_packed_bias",
}
FEW_ROWS = 4
"""Rows of a product below which it reads each weight once: that is as quick where they lie."""
MANY_ROWS = 256
MANY_IMAGES = 16
"""Above which copying the weights takes a hundredth of the time, or none where they lie."""


def pack_weights(program: Program, _: Context) -> Program:
    """Has such instructions read packed weights."""
    packed: dict[int, Value] = {}
    prepared = list(program.prepared)
    instructions: list[Instruction] = []
    for item in program.instructions:
        if _can_read_panels(item):
            first, weights, *others = item.operands
            if weights.id not in packed:
                made = _pack(program, weights, item.layer)
                prepared.append(made)
                packed[weights.id] = made.results[0]
            panels = _as_read(program, packed[weights.id], weights)
            kept = tuple(pair for pair in item.attributes if pair[0] != "groups")
            item = replace(
                item,
                row=PACKED[item.row],
                operands=(first, panels, *others),
                attributes=kept,
            )
        instructions.append(item)
    return replace(program, instructions=instructions, prepared=prepared)


def _can_read_panels(item: Instruction) -> bool:
    """Whether weights that change only with the parameters fill whole panels, and packing pays."""
    if item.row not in PACKED:
        return False
    first, weights = item.operands[:2]
    if weights.region not in FIXED or weights.shape[-1] % PANEL:
        return False
    if item.row in ("matmul", "matmul_bias"):
        return FEW_ROWS <= first.shape[0] <= MANY_ROWS
    return dict(item.attributes)["groups"] == 1 and first.shape[0] <= MANY_IMAGES


def _pack(program: Program, weights: Value, layer: str) -> Instruction:
    rows, columns = prod(weights.shape[:-1]), weights.shape[-1]
    matrix = replace(weights, id=program.new_id(), shape=(rows, columns), root=weights.storage)
    panels = Value(program.new_id(), (columns // PANEL, rows, PANEL), region="prepared")
    return Instruction("pack_panels", (matrix,), (panels,), (), (), layer)


def _as_read(program: Program, panels: Value, weights: Value) -> Value:
    """The panels, with the axes of the weights between."""
    shape = (panels.shape[0], *weights.shape[:-1], PANEL)
    if shape == panels.shape:
        return panels
    return replace(panels, id=program.new_id(), shape=shape, root=panels.storage)
