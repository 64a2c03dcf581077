"""Products of many blocks: what templates write them with.

A product covers its columns by panels, each as wide as a block in registers, and the rows of a
panel by blocks. Where b is read many times, it is copied first, so that a panel of it is one run of
memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ...lower.isa import PANEL
from ..writer import FunctionWriter, OwnTurns
from .block_kernels import (
    BlockKernel,
    Finish,
    SumLoop,
    block_kernel,
    counts,
    merge_loops,
    parameters,
)
from .blocks import Blocks, Covering, Panel, bounds_of_parts, count_units, cover, divide

SUMS = 8
"""Vectors of sums that are under way at once, at least."""


class Band(NamedTuple):
    """Many products that differ in where they read a and write out."""

    turns: int | str
    """A name is that of a C variable where the product is written."""
    a: int
    out: int


class OwnPanels(NamedTuple):
    """A part's panels of a product."""

    parts: int
    """Into how many the panels are divided."""
    vectors: OwnTurns
    """Those with which they begin, and may end."""


class Product(NamedTuple):
    """out[bands, m, n] = (out +) the sum over the loops of a[bands, m, loops] · b[loops, n].

    Neighbours along n are neighbours in memory."""

    rows: int
    columns: int
    a_row: int
    out_row: int
    loops: tuple[SumLoop, ...]
    packed: int = 0
    """Rows of b, if it is packed panel by panel; else 0."""
    first_row: str = "0"
    """A C expression: the first row of a packed b that is read."""
    bands: tuple[Band, ...] = ()
    finish: Finish = Finish.NOTHING
    widest: int | None = None
    """Vectors of the widest panel, where another product has packed b."""
    panel: int = 0
    """Elements of a panel of `PANEL` columns of b, where `pack_panels` has packed it; else 0. Its
    sum loops count rows of b, as those of any packed b."""
    own: OwnPanels | None = None
    """Which panels are computed; None: all."""


class Bias(NamedTuple):
    """What is added to each column of a product that has a finish."""

    address: str
    complete: str = "1"
    """A C expression: whether the sums are complete."""


class PanelCopy(NamedTuple):
    """Memory for one panel of b, which is packed right before it is read."""

    address: str
    steps: tuple[int, int]
    """Between rows and columns of b."""


def blocks_of(c: FunctionWriter, product: Product) -> Blocks:
    """How a product is divided."""
    covering = cover(product.columns, c.target.lanes, bool(product.packed))
    unit = _unit(covering, product)
    return divide(
        product.rows,
        covering,
        c.target.registers,
        product.widest,
        unit,
        product.own.parts if product.own else 1,
    )


def _unit(covering: Covering, product: Product) -> int:
    """Vectors that lie together."""
    return PANEL // covering.width if product.panel else 1


def is_narrow(c: FunctionWriter, columns: int) -> bool:
    """Whether a padded copy of b saves a vector."""
    return columns < c.target.lanes and cover(columns, c.target.lanes).vectors > 1


def packed_size(c: FunctionWriter, columns: int, depth: int) -> int:
    """Numbers in a packed matrix."""
    covering = cover(columns, c.target.lanes, padded=True)
    return covering.vectors * covering.width * depth


def write_product(
    c: FunctionWriter,
    product: Product,
    a: str,
    b: str,
    out: str,
    add: str = "0",
    bias: Bias | None = None,
    copy: PanelCopy | None = None,
) -> str:
    """The statements that compute a product. `add` is a C expression: whether the sums are added
    to what is in out. With `copy` a product of packed panels reads b as it is."""
    blocks = blocks_of(c, product)
    if copy is not None:
        c.use("packing.h")
    more = "".join(f", {count}" for count in (*counts(product.loops), *_band_counts(product)))

    def call(panel: Panel, first: str, width: int) -> str:
        name = _panel_function(c, product, blocks, panel.vectors)
        step = width * (product.packed or 1)
        added = ""
        if bias is not None:
            added = f", {bias.complete} ? {bias.address} + {first} * {width} : 0"
        packing, panel_b, row = "", f"{b} + {first} * {step}", panel.vectors * width
        if product.panel:
            column, row = f"{first} * {width}", PANEL
            panel_b = f"{b} + {column} / {PANEL} * {product.panel} + {column} % {PANEL}"
        if product.first_row != "0":
            panel_b += f" + ({product.first_row}) * {row}"
        if copy is not None:
            from_b = f"{b} + {first} * {width * copy.steps[1]}"
            packing = _pack(blocks, panel, from_b, copy.steps, product.packed, copy.address)
            panel_b = copy.address
        rest = f"{panel.last}, {add}{added}{more}"
        return f"{packing}{name}({a}, {panel_b}, {out} + {first} * {width}, {rest});"

    return "\n".join(_for_panels(product, blocks, call))


def can_divide_panels(c: FunctionWriter, product: Product, work: int, weights: int) -> bool:
    """Whether parts of so many multiply-adds and weights compute columns of their own."""
    covering = blocks_of(c, product).covering
    units = count_units(covering, _unit(covering, product))
    # each part needs enough sums under way
    sums = covering.vectors * min(product.rows, SUMS) // SUMS
    return c.can_divide(min(units, sums), work, weights)


def divide_panels(c: FunctionWriter, product: Product) -> Product:
    """The product of a part of the panels, of as many columns for each part."""
    covering = blocks_of(c, product).covering
    vectors = c.divide(bounds_of_parts(covering, c.parts, _unit(covering, product)))
    return product._replace(own=OwnPanels(c.parts, vectors))


def write_packing(
    c: FunctionWriter, product: Product, b: str, steps: tuple[int, int], packed: str,
    rows: tuple[int, int] | None = None,
) -> str:  # fmt: skip
    """The statements that pack b[rows, columns], whose rows and columns are `steps` apart; with
    `rows` only so many of its rows, which become those from some row on."""
    c.use("packing.h")
    blocks = blocks_of(c, product)
    begin, end = rows or (0, product.packed)

    def call(panel: Panel, first: str, width: int) -> str:
        place = f"{first} * {width * product.packed} + {begin * panel.vectors * width}"
        from_b = f"{b} + {first} * {width * steps[1]}"
        return _pack(blocks, panel, from_b, steps, end - begin, f"{packed} + {place}")

    return "\n".join(_for_panels(product, blocks, call))


def _pack(
    blocks: Blocks, panel: Panel, b: str, steps: tuple[int, int], rows: int, packed: str
) -> str:
    """The statement that packs one panel."""
    return (
        f"pack_panel({b}, {steps[0]}, {steps[1]}, {rows}, {blocks.covering.width}, "
        f"{blocks.covering.stored}, {panel.vectors}, {panel.last}, {packed});"
    )


def _for_panels(
    product: Product, blocks: Blocks, call: Callable[[Panel, str, int], str]
) -> Iterator[str]:
    """A call for each panel that is computed, in a loop for equal ones; it gets the number of the
    panel's first vector as a C expression."""
    own = product.own.vectors if product.own else None
    width, panels = blocks.covering.width, blocks.panels
    begin = 0
    while begin < len(panels):
        end = begin + 1
        same = panels[begin]
        while end < len(panels) and panels[end][1:] == same[1:]:
            end += 1
        if end == begin + 1:
            mine = f"if ({same.first} >= {own.begin} && {same.first} < {own.end}) " if own else ""
            yield f"{mine}{{ {call(same, str(same.first), width)} }}"
        else:
            stop = panels[end - 1].first + 1
            skip = f"if (v < {own.begin} || v >= {own.end}) continue;\n" if own else ""
            yield (
                f"for (int64_t v = {same.first}; v < {stop}; v += {same.vectors}) {{\n"
                f"{skip}{call(same, 'v', width)}\n}}"
            )
        begin = end


def _panel_function(c: FunctionWriter, product: Product, blocks: Blocks, vectors: int) -> str:
    """The name of a function that computes one panel: all its bands and all blocks of rows."""
    key = (
        product._replace(columns=0, first_row="", own=None),
        blocks.covering[1:],
        blocks.covering.stored,
        vectors,
        blocks.rows,
    )
    return c.helper(key, lambda name: "\n".join(_panel_lines(c, name, product, blocks, vectors)))


def _panel_lines(
    c: FunctionWriter, name: str, product: Product, blocks: Blocks, vectors: int
) -> Iterator[str]:
    width = blocks.covering.width
    loops = product.loops
    row = PANEL if product.panel else vectors * width if product.packed else 1
    loops = tuple(loop._replace(b=loop.b * row) for loop in loops)
    taken = parameters(loops, product.finish)
    taken += "".join(f", int64_t {count}" for count in _band_counts(product))
    yield f"static __attribute__((noinline)) void {name}({taken}) {{"
    a, out = ["a"], ["out"]
    for number, band in enumerate(band for band in product.bands if band.turns != 1):
        yield f"for (int64_t i{number} = 0; i{number} < {band.turns}; i{number}++) {{"
        a.append(f"i{number} * {band.a}")
        out.append(f"i{number} * {band.out}")
    for part in blocks.rows:
        kernel = block_kernel(
            c,
            BlockKernel(
                part.size, vectors, width, product.a_row, product.out_row,
                merge_loops(loops), bool(product.packed), blocks.covering.stored, product.finish,
                product.panel,
            ),
        )  # fmt: skip
        yield f"for (int64_t m = {part.first}; m < {part.end}; m += {part.size})"
        at_a = " + ".join([*a, f"m * {product.a_row}"])
        at_out = " + ".join([*out, f"m * {product.out_row}"])
        bias = "" if product.finish is Finish.NOTHING else ", bias"
        more = "".join(f", {count}" for count in counts(loops))
        yield f"  {kernel}({at_a}, b, {at_out}, last, add{bias}{more});"
    yield "}" * len(a)


def _band_counts(product: Product) -> list[str]:
    """The parameters that bands add, after those of the loops."""
    return [band.turns for band in product.bands if isinstance(band.turns, str)]
