"""Takes the softmax that a cross-entropy has computed for the one that is an output too.

The gradient keeps these numbers as they are, since an output may not be overwritten.
"""

from __future__ import annotations

from dataclasses import replace

from ..context import Context
from ..program import Program, Value


def share_softmax(program: Program, _: Context) -> Program:
    """Replaces each such `softmax` by the second result of the `softmax_ce` on its logits."""
    made = {
        (item.operands[0].storage, item.results[1].shape): item.results[1]
        for item in program.instructions
        if item.row == "softmax_ce"
    }
    shared: dict[int, Value] = {}
    for item in program.instructions:
        if item.row == "softmax":
            found = made.get((item.operands[0].storage, item.results[0].shape))
            if found is not None:
                shared[item.results[0].id] = found
    readers = {value.storage for item in program.instructions for value in item.operands}
    # Only an output: a layer that reads the softmax may come before the loss.
    shared = {number: value for number, value in shared.items() if number not in readers}
    outputs = {name: value.renamed(shared) for name, value in program.outputs.items()}
    return replace(program, outputs=outputs)
