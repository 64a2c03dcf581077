"""Adds a bias to the result of a product or convolution, and clips it, in one instruction.

matmul, add_row                becomes     matmul_bias
matmul, add_row_relu           becomes     matmul_bias with relu=True

and likewise after `conv2d`, `depthwise2d` and `winograd2d_once`.
"""

from __future__ import annotations

from dataclasses import replace

from ..context import Context
from ..program import Instruction, Program, Value
from ..uses import Uses, find_uses

WITH_BIAS = {
    "matmul": "matmul_bias",
    "conv2d": "conv2d_bias",
    "depthwise2d": "depthwise2d_bias",
    "winograd2d_once": "winograd2d_bias",
}
RELU = {"add_row": False, "add_row_relu": True}


def fuse_products(program: Program, _: Context) -> Program:
    """Joins each product with the bias that is added to it."""
    uses = find_uses(program)
    renamed: dict[int, Value] = {}
    gone: set[int] = set()
    instructions: list[Instruction] = []
    for item in program.instructions:
        item = item.reading(tuple(value.renamed(renamed) for value in item.operands))
        product = _product(item, uses)
        if product is not None:
            gone.add(product.results[0].id)
            old, made = item.results[0], product.results[0]
            result = old
            if old.shape != made.shape:
                # The product knows its own shape only; its readers see it in theirs.
                result = replace(old, id=program.new_id(), shape=made.shape)
                renamed[old.id] = replace(old, root=result.id)
            item = replace(
                product,
                row=WITH_BIAS[product.row],
                operands=(
                    *(value.renamed(renamed) for value in product.operands),
                    item.operands[1],
                ),
                results=(result,),
                attributes=(*product.attributes, ("relu", RELU[item.row])),
                layer=item.layer,
            )
        instructions.append(item)
    kept = [item for item in instructions if not (item.results and item.results[0].id in gone)]
    outputs = {name: value.renamed(renamed) for name, value in program.outputs.items()}
    return replace(program, instructions=kept, outputs=outputs)


def _product(bias: Instruction, uses: Uses) -> Instruction | None:
    """The product to whose result alone a bias is added."""
    if bias.row not in RELU:
        return None
    product = uses.maker_by_channels(bias.operands[0])
    if product is None or product.row not in WITH_BIAS:
        return None
    return product if uses.only_reader_of(bias.operands[0]) else None
