"""Convolution over few channels, with the samples of the batch innermost: [C, H, W, N].

A vector holds one channel of one position for many samples, so few channels waste nothing. Each
position is a product: its rows are the filters, its columns the samples. It sums over those kernel
elements that meet the image, so nothing is padded.
"""

from __future__ import annotations

from typing import NamedTuple

from ...lower.plan import ITEM_BYTES
from ...shapes import Margins, Pair
from ..products.block_kernels import SumLoop
from ..products.blocks import runs
from ..products.dot_kernels import DotKernel, divide_dots, dot_kernel
from ..products.panels import Product, write_product
from ..products.windows import (
    ElementRanges,
    elements_inside,
    elements_reaching,
    for_places,
    lay_images,
    windows_of,
)
from ..writer import Argument, FunctionWriter, Template

BAND_BYTES = 1 << 18
"""Of dy, whose products with x are summed at a time: as much as stays in the cache while all kernel
elements read it."""
FEW_CHANNELS = 3
"""With fewer, blocks have rows of several kernel elements."""


def conv2d_chwn(
    c: FunctionWriter, x: Argument, w: Argument, y: Argument,
    stride: Pair, dilation: Pair, margins: Margins,
) -> str:  # fmt: skip
    """y[o,p,q,n] = Σ w[i,j,c,o] x[c, p·stride + i·dilation - top, …, n]"""
    windows = windows_of(x, w, y, stride, dilation, margins)
    (kw, channels, filters), samples = w.shape[1:], x.columns
    rows, columns = elements_inside(windows, 0), elements_inside(windows, 1)
    size = channels * filters
    loops = (
        SumLoop("rows", kw * size, rows.position_step * x.shape[2] * samples),
        SumLoop("columns", size, columns.position_step * samples),
        SumLoop(channels, filters, x.size // channels),
    )
    product = Product(filters, samples, 1, y.size // filters, loops)
    return _for_places(c, product, (rows, columns), (kw * size, size), w.name, x, y)


def conv2d_chwn_grad_x(
    c: FunctionWriter, dy: Argument, w: Argument, dx: Argument,
    stride: Pair, dilation: Pair, margins: Margins,
) -> str:  # fmt: skip
    """dx[c, p·stride + i·dilation - top, …, n] = Σ w[i,j,c,o] dy[o,p,q,n]"""
    windows = windows_of(dx, w, dy, stride, dilation, margins)
    (kw, channels, filters), samples = w.shape[1:], dx.columns
    rows, columns = elements_reaching(windows, 0), elements_reaching(windows, 1)
    size = channels * filters
    loops = (
        SumLoop("rows", rows.step * kw * size, rows.position_step * dy.shape[2] * samples),
        SumLoop("columns", columns.step * size, columns.position_step * samples),
        SumLoop(filters, 1, dy.size // filters),
    )
    product = Product(channels, samples, filters, dx.size // channels, loops)
    return _for_places(c, product, (rows, columns), (kw * size, size), w.name, dy, dx)


def conv2d_chwn_grad_w(
    c: FunctionWriter, x: Argument, dy: Argument, dw: Argument,
    stride: Pair, dilation: Pair, margins: Margins,
) -> str:  # fmt: skip
    """dw[i,j,c,o] = Σ dy[o,p,q,n] x[c, p·stride + i·dilation - top, …, n]"""
    windows = windows_of(x, dw, dy, stride, dilation, margins)
    source = lay_images(c, x, windows, x.shape[0])
    (kh, _, channels, filters), samples = dw.shape, x.columns
    (p, q), row = windows.positions, source.columns * samples
    band = max(1, min(p, BAND_BYTES // (filters * q * samples * ITEM_BYTES[c.target.precision])))
    calls = []
    for run in runs(samples, c.target.lanes):
        loops = (
            SumLoop("rows", stride[0] * row, q * samples),
            SumLoop(q, stride[1] * samples, samples),
            SumLoop(run.vectors, run.width, run.width),
        )
        a = f"{source.address} + (p * {stride[0]} + i * {dilation[0]}) * {row} + {run.first}"
        b = f"{dy.name} + p * {q * samples} + {run.first}"
        out = f"{dw.name} + i * {dw.size // kh}"
        element = (dilation[1] * samples, channels * filters)
        channel = (source.image, filters)
        add = "p > 0" if run.first == 0 else "1"
        shapes = _DotShapes(dw.shape, element, channel, dy.size // filters)
        calls.append(_write_dots(c, shapes, run.width, loops, (a, b, out, add)))
    body = "\n".join(calls)
    copy = f"for (int64_t n = 0; n < {channels}; n++) {{ {source.copy} }}" if source.copy else ""
    return (
        f"{source.prepare}\n{copy}\nconst int64_t n = 0;\n"
        f"for (int64_t p = 0; p < {p}; p += {band}) {{\n"
        f"const int64_t left = {p} - p, rows = left < {band} ? left : {band};\n"
        f"for (int64_t i = 0; i < {kh}; i++) {{\n{body}\n}}\n}}"
    )


class _DotShapes(NamedTuple):
    """One row of kernel elements of the gradient of the weights."""

    weights: tuple[int, ...]
    element: Pair
    """What one kernel element adds to the addresses of x and dw."""
    channel: Pair
    """What one channel adds to them."""
    filter: int
    """What one filter adds to the address of dy."""


def _write_dots(
    c: FunctionWriter,
    shapes: _DotShapes,
    width: int,
    loops: tuple[SumLoop, ...],
    call: tuple[str, str, str, str],
) -> str:
    """The products of all kernel elements of a row and all channels with all filters. Rows of a
    block are channels of one kernel element; where there are few, all channels of some elements."""
    _, kw, channels, filters = shapes.weights
    a, b, out, add = call
    others: tuple[Pair, ...]
    if channels >= FEW_CHANNELS:
        (units, unit), others = (channels, shapes.channel), ((0, 0),)
        turns, (a_turn, out_turn) = kw, shapes.element
    else:
        units, unit = kw, shapes.element
        others = tuple((k * shapes.channel[0], k * shapes.channel[1]) for k in range(channels))
        turns, (a_turn, out_turn) = 1, (0, 0)
    heights, parts = divide_dots(units, len(others), filters, c.target.registers)
    texts = []
    for height in heights:
        places = [(m * unit[0] + x, m * unit[1] + y) for m in range(height.size) for x, y in others]
        for part in parts:
            kernel = dot_kernel(
                c,
                DotKernel(
                    tuple(place for place, _ in places),
                    tuple(v * shapes.filter for v in range(part.size)),
                    tuple(place for _, place in places),
                    width,
                    loops,
                ),
            )
            texts.append(
                f"for (int64_t m = {height.first}; m < {height.end}; m += {height.size})\n"
                f"for (int64_t v = {part.first}; v < {part.end}; v += {part.size})\n"
                f"{kernel}({a} + j * {a_turn} + m * {unit[0]}, {b} + v * {shapes.filter}, "
                f"{out} + j * {out_turn} + m * {unit[1]} + v, {add}, rows);"
            )
    body = "\n".join(texts)
    return f"for (int64_t j = 0; j < {turns}; j++) {{\n{body}\n}}"


def _for_places(
    c: FunctionWriter,
    product: Product,
    ranges: tuple[ElementRanges, ElementRanges],
    steps: Pair,
    w: str,
    x: Argument,
    y: Argument,
) -> str:
    """A product for each position of y, over its range of kernel elements: those of rows and
    columns are `steps` apart in w."""
    width, samples = y.shape[2:]
    call = write_product(
        c,
        product,
        f"{w} + row[0] * {steps[0]} + column[0] * {steps[1]}",
        f"{x.name} + (row[2] * {x.shape[2]} + column[2]) * {samples}",
        f"{y.name} + (p * {width} + q) * {samples}",
    )
    return for_places(c, ranges, call)


TEMPLATES: dict[str, Template] = {
    "conv2d_chwn": conv2d_chwn,
    "conv2d_chwn_grad_w": conv2d_chwn_grad_w,
    "conv2d_chwn_grad_x": conv2d_chwn_grad_x,
}
