"""Products of blocks that stay in registers: the innermost loops of every product and convolution.

Each is a C function for one height and width of the block. The compiler keeps its sums in vector
registers because all sizes but the counts of loops are constants.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from ...lower.isa import PANEL
from ..writer import FunctionWriter


class SumLoop(NamedTuple):
    """One of the nested loops over what is summed."""

    turns: int | str
    """A name is that of a C variable where the product is written, and of a parameter here."""
    a: int
    """Elements between what two turns read of a."""
    b: int = 0
    """The same of b; of a packed b, rows."""


def merge_loops(loops: tuple[SumLoop, ...]) -> tuple[SumLoop, ...]:
    """The same sum in fewer loops: an inner one that ends where the next turn of the outer one
    begins is the same run of memory, and a loop of one turn is none."""
    merged: list[SumLoop] = []
    for loop in loops:
        if loop.turns == 1:
            continue
        outer = merged[-1] if merged else None
        if (
            outer is not None
            and isinstance(outer.turns, int)
            and isinstance(loop.turns, int)
            and (outer.a, outer.b) == (loop.turns * loop.a, loop.turns * loop.b)
        ):
            merged[-1] = SumLoop(outer.turns * loop.turns, loop.a, loop.b)
        else:
            merged.append(loop)
    return tuple(merged) or (SumLoop(1, 0, 0),)


class Finish(Enum):
    """What is done with complete sums before they are stored."""

    NOTHING = 0
    BIAS = 1
    """A bias for each column is added."""
    BIAS_RELU = 2
    """The same, and what is below zero becomes zero."""


class BlockKernel(NamedTuple):
    """out[m, v] = (out[m, v] +) the sum over all loops of a[m] · b[v].

    a[m] is one number, b[v] and out[m, v] are vectors."""

    rows: int
    vectors: int
    width: int
    """Numbers in a vector."""
    a_row: int
    """Elements between two rows of a."""
    out_row: int
    loops: tuple[SumLoop, ...]
    packed: bool
    """Whether the vectors of b are one after another. Otherwise the last one begins at `last`, as
    that of out always does."""
    stored: int
    """Numbers of a vector that are stored: all, or the first ones of a row's only vector."""
    finish: Finish = Finish.NOTHING
    panel: int = 0
    """Elements of a panel of `PANEL` columns of b, if it was packed before; else 0."""


def parameters(loops: tuple[SumLoop, ...], finish: Finish) -> str:
    """Those of a kernel and of what calls it. `add` says whether the sum is added to what is in
    out; `bias` is NULL where sums are not complete yet."""
    fixed = (
        "const real *restrict a, const real *restrict b, real *restrict out, int64_t last, int add"
    )
    bias = "" if finish is Finish.NOTHING else ", const real *restrict bias"
    return fixed + bias + "".join(f", int64_t {count}" for count in counts(loops))


def block_kernel(c: FunctionWriter, kernel: BlockKernel) -> str:
    """The name of its C function."""
    c.use("vectors.h")
    return c.helper(kernel, lambda name: "\n".join(_lines(name, kernel)))


def counts(loops: tuple[SumLoop, ...]) -> list[str]:
    """The parameters that loops add, in their order."""
    return [loop.turns for loop in loops if isinstance(loop.turns, str)]


def _lines(name: str, kernel: BlockKernel) -> Iterator[str]:
    rows, vectors = range(kernel.rows), range(kernel.vectors)
    vec = f"vec{kernel.width}"
    taken = parameters(kernel.loops, kernel.finish)
    yield f"static __attribute__((noinline)) void {name}({taken}) {{"
    for m in rows:
        yield f"{vec} {', '.join(f's{m}_{v} = {{0}}' for v in vectors)};"
    yield from open_loops(kernel.loops)
    for v in vectors:
        place = _place_of_b(kernel, v)
        yield f"const {vec} b{v} = *(const {vec} *)(b_ + {place});"
    for m in rows:
        sums = " ".join(f"s{m}_{v} += f * b{v};" for v in vectors)
        yield f"{{ const real f = a_[{m * kernel.a_row}]; {sums} }}"
    yield "}" * len(kernel.loops)
    yield from _store(kernel, vec) if kernel.stored == kernel.width else _store_parts(kernel, vec)
    yield "}"


def _store(kernel: BlockKernel, vec: str) -> Iterator[str]:
    places = [(m, v, f"*({vec} *)(out + {m * kernel.out_row} + {_place(kernel, v, False)})")
              for m in range(kernel.rows) for v in range(kernel.vectors)]  # fmt: skip
    # All are read before any is written: the last vector may overlap the one before it.
    yield "if (add) {"
    yield from (f"s{m}_{v} += {place};" for m, v, place in places)
    yield "}"
    if kernel.finish is not Finish.NOTHING:
        yield "if (bias) {"
        yield from _finish(kernel, vec)
        yield "}"
    yield from (f"{place} = s{m}_{v};" for m, v, place in places)


def _finish(kernel: BlockKernel, vec: str) -> Iterator[str]:
    for v in range(kernel.vectors):
        yield f"const {vec} c{v} = *(const {vec} *)(bias + {_place(kernel, v, False)});"
        for m in range(kernel.rows):
            yield finish_sum(f"s{m}_{v}", f"c{v}", kernel.finish, kernel.width)


def finish_sum(total: str, bias: str, finish: Finish, width: int) -> str:
    """The statements that finish a vector of sums."""
    added = f"{total} += {bias};"
    if finish is not Finish.BIAS_RELU:
        return added
    return f"{added} {total} = CLIP_{'NUMBER' if width == 1 else 'VECTOR'}({total});"


def _store_parts(kernel: BlockKernel, vec: str) -> Iterator[str]:
    """Stores the first numbers of the only vector of each row. That is a function of its own:
    within this one, the compiler would keep the sums in memory from the beginning."""
    rows, width = kernel.rows, kernel.width
    yield f"real whole[{rows * width}];"
    yield from (f"*({vec} *)(whole + {m * width}) = s{m}_0;" for m in range(rows))
    bias = "0" if kernel.finish is Finish.NOTHING else "bias"
    relu = int(kernel.finish is Finish.BIAS_RELU)
    yield (
        f"store_parts(whole, {rows}, {width}, out, {kernel.out_row}, {kernel.stored}, add, "
        f"{bias}, {relu});"
    )


def _place(kernel: BlockKernel, vector: int, packed: bool) -> str:
    if vector == kernel.vectors - 1 and vector and not packed:
        return "last"
    return str(vector * kernel.width)


def _place_of_b(kernel: BlockKernel, vector: int) -> str:
    if kernel.panel:
        panel, column = divmod(vector * kernel.width, PANEL)
        return str(panel * kernel.panel + column)
    return _place(kernel, vector, kernel.packed)


def open_loops(loops: tuple[SumLoop, ...]) -> Iterator[str]:
    """The heads of the loops; a_ and b_ are what the innermost turn reads."""
    a, b = "a", "b"
    for depth, loop in enumerate(loops):
        inner = depth == len(loops) - 1
        next_a, next_b = ("a_", "b_") if inner else (f"a{depth}_", f"b{depth}_")
        yield "#pragma GCC unroll 1"
        yield f"for (int64_t i{depth} = 0; i{depth} < {loop.turns}; i{depth}++) {{"
        yield f"const real *const {next_a} = {a} + i{depth} * {loop.a};"
        yield f"const real *const {next_b} = {b} + i{depth} * {loop.b};"
        a, b = next_a, next_b
