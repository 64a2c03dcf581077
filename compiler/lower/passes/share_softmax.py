"""Takes the softmax that a cross-entropy has computed for the one that is an output too.

Needs: both read the same logits. Ensures: the same numbers, computed once. The gradient keeps them
as they are, since an output may not be overwritten.
"""

from __future__ import annotations

from ..program import Program, Value
from .merge_common import rename


def share_softmax(program: Program) -> None:
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
    if not shared:
        return
    readers = {value.storage for item in program.instructions for value in item.operands}
    # Only an output: a layer that reads the softmax may stand before the loss.
    shared = {number: value for number, value in shared.items() if number not in readers}
    program.outputs = {name: rename(value, shared) for name, value in program.outputs.items()}
