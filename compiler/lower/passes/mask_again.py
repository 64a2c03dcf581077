"""Works out a second time where a ReLU after a batch normalisation let its input through.

batchnorm_relu_sums      becomes     batchnorm_relu_sums_again
batchnorm_grad           becomes     batchnorm_relu_grad_again

Both read dy and x, and the masked gradient between them is never stored, nor is y kept for it.
The signs are those of the forward pass as long as both passes round gamma · (x - mean) · inv + beta
in the same way: as x · u + v, with u = inv · gamma and v = beta - mean · u, each operation rounded
by itself or both passes contracted alike. Where they did not, a y within a rounding error of zero
might be masked in one pass and not in the other; both are subgradients there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..context import Context
from ..program import Instruction, Program, Value
from ..uses import Uses, find_uses


@dataclass(frozen=True, slots=True)
class _Chain:
    """The gradient of a normalisation with a ReLU, and that normalisation."""

    sums: Instruction
    gradient: Instruction
    forward: Instruction


def mask_again(program: Program, _: Context) -> Program:
    """Rewrites each pair of sums and gradient whose masked gradient nothing else reads."""
    uses = find_uses(program)
    rewritten: dict[int, Instruction] = {}
    for item in program.instructions:
        chain = _find(item, uses)
        if chain is not None:
            rewritten[chain.sums.results[0].id] = _sums(program, chain)
            rewritten[chain.gradient.results[0].id] = _gradient(program, chain)
    kept = [
        rewritten.get(item.results[0].id, item) if item.results else item
        for item in program.instructions
    ]
    return replace(program, instructions=kept)


def _find(gradient: Instruction, uses: Uses) -> _Chain | None:
    if gradient.row != "batchnorm_grad":
        return None
    masked, x, _, mean, inv = gradient.operands[:5]
    sums = uses.maker(masked)
    if sums is None or sums.row != "batchnorm_relu_sums" or not uses.only_reader_of(masked):
        return None
    forward = uses.maker(sums.operands[1])
    if forward is None or forward.row != "batchnorm":
        return None
    same = (
        dict(forward.attributes)["relu"]
        and forward.operands[0].storage == x.storage
        and forward.operands[3].storage == mean.storage
        and forward.results[1].id == inv.storage
        and masked.shape == x.shape == sums.operands[2].shape
    )
    return _Chain(sums, gradient, forward) if same else None


def _sums(program: Program, chain: _Chain) -> Instruction:
    dy, _, x, mean, ones = chain.sums.operands
    _, gamma, beta = chain.forward.operands[:3]
    t, u, mask = chain.sums.scratch
    masked, v, w = _like(program, t, u, u)
    return replace(
        chain.sums,
        row="batchnorm_relu_sums_again",
        operands=(dy, x, gamma, beta, mean, chain.gradient.operands[4], ones),
        results=chain.sums.results[1:],
        scratch=(t, masked, mask, u, v, w),
    )


def _gradient(program: Program, chain: _Chain) -> Instruction:
    x, gamma, mean, inv, dbeta, dots = chain.gradient.operands[1:]
    t, *vectors = chain.gradient.scratch
    mask = replace(t, id=program.new_id(), dtype="bool")
    return replace(
        chain.gradient,
        row="batchnorm_relu_grad_again",
        operands=(
            chain.sums.operands[0], x, gamma, chain.forward.operands[2], mean, inv, dbeta, dots,
        ),
        scratch=(t, mask, *vectors),
    )  # fmt: skip


def _like(program: Program, *values: Value) -> tuple[Value, ...]:
    """Other buffers of the same shapes."""
    return tuple(replace(value, id=program.new_id()) for value in values)
