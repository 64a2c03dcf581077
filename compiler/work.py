"""What an instruction has to do at least: multiply-adds of its matrix products, bytes it touches.

These are properties of the plan. Divided by what a machine reaches they give the floor under the
time of a step.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from .lower.isa import ROWS
from .lower.pattern import Bindings, expand, unify
from .lower.plan import ITEM_BYTES, Plan, Step

MULTIPLY_ADDS: dict[str, tuple[str, ...]] = {
    "matmul": ("M", "K", "N"),
    "matmul_bias": ("M", "K", "N"),
    "matmul_packed": ("M", "K", "N"),
    "matmul_packed_bias": ("M", "K", "N"),
    "matmul_nt": ("M", "K", "N"),
    "matmul_tn": ("M", "K", "N"),
    "conv2d": ("N", "P", "Q", "KH", "KW", "D", "O"),
    "conv2d_bias": ("N", "P", "Q", "KH", "KW", "D", "O"),
    "conv2d_packed": ("N", "P", "Q", "KH", "KW", "C", "O"),
    "conv2d_packed_bias": ("N", "P", "Q", "KH", "KW", "C", "O"),
    "conv2d_grad_w": ("N", "P", "Q", "KH", "KW", "D", "O"),
    "conv2d_grad_x": ("N", "P", "Q", "KH", "KW", "D", "O"),
    "conv2d_chwn": ("N", "P", "Q", "KH", "KW", "C", "O"),
    "conv2d_chwn_grad_w": ("N", "P", "Q", "KH", "KW", "C", "O"),
    "conv2d_chwn_grad_x": ("N", "P", "Q", "KH", "KW", "C", "O"),
    "depthwise2d": ("N", "P", "Q", "KH", "KW", "O"),
    "depthwise2d_bias": ("N", "P", "Q", "KH", "KW", "O"),
    "depthwise2d_grad_w": ("N", "P", "Q", "KH", "KW", "O"),
    "depthwise2d_grad_x": ("N", "P", "Q", "KH", "KW", "O"),
}
"""The sizes in a row's pattern whose product is its multiply-adds."""

WINOGRAD = (
    "winograd2d",
    "winograd2d_once",
    "winograd2d_bias",
    "winograd2d_grad_u",
    "winograd2d_grad_u_again",
)
"""Rows that work on tiles of `tile` outputs a side, with 36 products for each: those are counted,
not the 144 or 100 of the direct sum, nor the transforms around them."""


@dataclass(frozen=True, slots=True)
class Work:
    """What one instruction does in a step."""

    multiply_adds: int | None
    """None for those that are not a matrix product."""
    bytes: int
    """Of its operands and results, each array once."""


def work_of(plan: Plan, step: Step) -> Work:
    """The work of one instruction of a plan."""
    touched = {
        (buffer.region, buffer.offset): prod(buffer.shape) * _item(plan, buffer.dtype)
        for buffer in (plan.buffers[index] for index in (*step.operands, *step.results))
    }
    return Work(_multiply_adds(plan, step), sum(touched.values()))


def _item(plan: Plan, dtype: str) -> int:
    return ITEM_BYTES[plan.precision if dtype == "f" else dtype]


def _multiply_adds(plan: Plan, step: Step) -> int | None:
    named = MULTIPLY_ADDS.get(step.row)
    if named is None and step.row not in WINOGRAD:
        return None
    sizes = _sizes(plan, step)
    if named is not None:
        return prod(_number(sizes, name) for name in named)
    side: int = dict(step.attributes)["tile"]
    tiles = _number(sizes, "N") * prod(-(-_number(sizes, axis) // side) for axis in "PQ")
    return 36 * tiles * _number(sizes, "C") * _number(sizes, "O")


def _sizes(plan: Plan, step: Step) -> Bindings:
    """The sizes of the letters of the row's pattern."""
    pattern = ROWS[step.row].pattern
    sizes: Bindings = {}
    for operands, indices in (
        (expand(pattern.operands, len(step.operands)), step.operands),
        (pattern.results, step.results),
    ):
        unify(operands, tuple(plan.buffers[index].shape for index in indices), sizes)
    return sizes


def _number(sizes: Bindings, name: str) -> int:
    size = sizes[name]
    if not isinstance(size, int):
        raise TypeError(f"{name} is several sizes")
    return size
