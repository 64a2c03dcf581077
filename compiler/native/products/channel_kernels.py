"""Windows over each channel by itself, with a vector of channels at a time: the innermost loops of
depthwise convolutions.

Images are [H, W, C], weights are [elements, C]. Where the vectors of a row do not end with its
channels, the last one begins earlier and computes some of them again.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product as pairs
from typing import NamedTuple

from ..writer import FunctionWriter
from .block_kernels import Finish, SumLoop, finish_sum, open_loops
from .blocks import Covering, split_evenly

MOST_UNROLLED = 25
"""Kernel elements that are written one by one: the compiler then reads what neighbouring positions
share only once."""
MOST_POSITIONS = 6
"""Neighbouring positions that are summed at once."""


class ChannelSum(NamedTuple):
    """y[p, q, c] = the sum over kernel elements of w[element, c] · x[p, q, element, c]."""

    covering: Covering
    """Of the channels."""
    positions: tuple[int, int]
    elements: tuple[SumLoop, SumLoop]
    """Over rows and columns of kernel elements; `a` are steps of x and `b` those of w."""
    x_steps: tuple[int, int]
    """Between rows and columns of positions."""
    y_steps: tuple[int, int]
    finish: Finish = Finish.NOTHING


class ChannelProducts(NamedTuple):
    """sums[element, c] += the sum over positions of dy[p, q, c] · x[p, q, element, c]."""

    covering: Covering
    positions: tuple[int, int]
    elements: tuple[SumLoop, SumLoop]
    """Over rows and columns of kernel elements; `a` are steps of x."""
    x_steps: tuple[int, int]
    dy_steps: tuple[int, int]


def channel_sum(c: FunctionWriter, what: ChannelSum) -> str:
    """The name of the C function of (x, w, y), and of a bias where there is one."""
    c.use("vectors.h")
    return c.helper(what, lambda name: "\n".join(_sum_lines(name, what)))


def channel_products(c: FunctionWriter, what: ChannelProducts) -> str:
    """The name of the C function of (x, dy, sums). The sums are [vectors of the covering, elements,
    width]."""
    c.use("vectors.h")
    most = c.target.registers - 4
    return c.helper((what, most), lambda name: "\n".join(_product_lines(name, what, most)))


def _sum_lines(name: str, what: ChannelSum) -> Iterator[str]:
    bias = "" if what.finish is Finish.NOTHING else ", const real *restrict bias"
    yield (
        f"static __attribute__((noinline)) void {name}(const real *restrict x, "
        f"const real *restrict w, real *restrict y{bias}) {{"
    )
    yield f"for (int64_t p = 0; p < {what.positions[0]}; p++)"
    yield open_channels(what.covering)
    for part in split_evenly(what.positions[1], MOST_POSITIONS):
        yield f"for (int64_t q = {part.first}; q < {part.end}; q += {part.size}) {{"
        yield from _positions(what, part.size)
        yield "}"
    yield "}\n}"


def _positions(what: ChannelSum, count: int) -> Iterator[str]:
    """The sums of some neighbouring positions."""
    vec = f"vec{what.covering.width}"
    yield f"const real *const a = x + p * {what.x_steps[0]} + q * {what.x_steps[1]} + c;"
    yield "const real *const b = w + c;"
    yield f"real *const out = y + p * {what.y_steps[0]} + q * {what.y_steps[1]} + c;"
    yield f"{vec} {', '.join(f's{m} = {{0}}' for m in range(count))};"
    rows, columns = what.elements
    if _turns(rows) * _turns(columns) <= MOST_UNROLLED:
        elements = [
            (f"a + {i * rows.a + j * columns.a}", f"b + {i * rows.b + j * columns.b}")
            for i, j in pairs(range(_turns(rows)), range(_turns(columns)))
        ]
    else:
        yield from open_loops(what.elements)
        elements = [("a_", "b_")]
    for at_x, at_w in elements:
        sums = " ".join(
            f"s{m} += f * *(const {vec} *)({at_x} + {m * what.x_steps[1]});" for m in range(count)
        )
        yield f"{{ const {vec} f = *(const {vec} *)({at_w}); {sums} }}"
    if elements == [("a_", "b_")]:
        yield "}}"
    if what.finish is not Finish.NOTHING:
        yield f"const {vec} added = *(const {vec} *)(bias + c);"
        for m in range(count):
            yield finish_sum(f"s{m}", "added", what.finish, what.covering.width)
    for m in range(count):
        yield f"*({vec} *)(out + {m * what.y_steps[1]}) = s{m};"


def _product_lines(name: str, what: ChannelProducts, most: int) -> Iterator[str]:
    width, (rows, columns) = what.covering.width, what.elements
    offsets = [
        i * rows.a + j * columns.a for i, j in pairs(range(_turns(rows)), range(_turns(columns)))
    ]
    yield (
        f"static __attribute__((noinline)) void {name}(const real *restrict x, "
        "const real *restrict dy, real *restrict sums) {"
    )
    yield open_channels(what.covering)
    for part in split_evenly(len(offsets), most):
        for begin in range(part.first, part.end, part.size):
            chosen = offsets[begin : begin + part.size]
            yield from _some_products(what, chosen, f"v * {len(offsets) * width} + {begin * width}")
    yield "}\n}"


def _some_products(what: ChannelProducts, offsets: list[int], place: str) -> Iterator[str]:
    """The products of all positions with as many kernel elements as there are registers for."""
    width = what.covering.width
    vec = f"vec{width}"
    yield f"{{ real *const out = sums + {place};"
    for t in range(len(offsets)):
        yield f"{vec} s{t} = *(const {vec} *)(out + {t * width});"
    yield f"for (int64_t p = 0; p < {what.positions[0]}; p++)"
    yield f"for (int64_t q = 0; q < {what.positions[1]}; q++) {{"
    yield f"const real *const a = x + p * {what.x_steps[0]} + q * {what.x_steps[1]} + c;"
    yield (
        f"const {vec} f = "
        f"*(const {vec} *)(dy + p * {what.dy_steps[0]} + q * {what.dy_steps[1]} + c);"
    )
    for t, offset in enumerate(offsets):
        yield f"s{t} += f * *(const {vec} *)(a + {offset});"
    yield "}"
    for t in range(len(offsets)):
        yield f"*({vec} *)(out + {t * width}) = s{t};"
    yield "}"


def open_channels(covering: Covering) -> str:
    """The head of a loop over vectors of channels: number v, beginning at channel c."""
    last = covering.columns - covering.width
    return (
        f"for (int64_t v = 0; v < {covering.vectors}; v++) {{\n"
        f"const int64_t c = v < {covering.vectors - 1} ? v * {covering.width} : {last};"
    )


def _turns(loop: SumLoop) -> int:
    assert isinstance(loop.turns, int), "kernel elements are counted"
    return loop.turns
