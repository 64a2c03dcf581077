"""Depthwise convolution: a window over each channel by itself.

With a multiplier m, channel c of x meets filters c·m to c·m + m - 1: then x is copied with each
channel repeated m times, so that every filter has a channel of its own; the gradient of the input
adds up what the filters of a channel give.
"""

from __future__ import annotations

from typing import Any

from ...shapes import Margins, Pair
from ..products.block_kernels import Finish, SumLoop
from ..products.blocks import cover
from ..products.channel_kernels import (
    ChannelProducts,
    ChannelSum,
    channel_products,
    channel_sum,
    open_channels,
)
from ..products.windows import (
    ImageSource,
    ImageWindows,
    PhaseAxis,
    StridePhases,
    lay_images,
    lay_phases,
    windows_of,
)
from ..writer import Argument, FunctionWriter, Template


def depthwise2d(
    c: FunctionWriter, x: Argument, w: Argument, y: Argument,
    stride: Pair, dilation: Pair, margins: Margins,
) -> str:  # fmt: skip
    """y[n,p,q,o] = Σ w[i,j,o] x[n, p·stride + i·dilation - top, …, o // m]"""
    windows = windows_of(x, w, y, stride, dilation, margins)
    return _write_forward(c, windows, x, w, y)


def depthwise2d_bias(
    c: FunctionWriter, x: Argument, w: Argument, bias: Argument, y: Argument, *,
    relu: bool, **geometry: Any,
) -> str:  # fmt: skip
    """As depthwise2d, plus a bias for each filter, clipped at zero with relu."""
    finish = Finish.BIAS_RELU if relu else Finish.BIAS
    return _write_forward(c, windows_of(x, w, y, **geometry), x, w, y, (finish, bias.name))


def _write_forward(
    c: FunctionWriter,
    windows: ImageWindows,
    x: Argument,
    w: Argument,
    y: Argument,
    finish: tuple[Finish, str] = (Finish.NOTHING, ""),
) -> str:
    filters, stride = w.columns, windows.stride
    source = _lay_channels(c, x, windows, filters)
    row = source.columns * filters
    compute = channel_sum(
        c,
        ChannelSum(
            cover(filters, c.target.lanes),
            windows.positions,
            _elements(windows, row, filters),
            (stride[0] * row, stride[1] * filters),
            (windows.positions[1] * filters, filters),
            finish[0],
        ),
    )
    image = y.size // y.shape[0]
    bias = f", {finish[1]}" if finish[1] else ""
    return (
        f"{source.prepare}\nfor (int64_t n = 0; n < {x.shape[0]}; n++) {{\n{source.copy}\n"
        f"{compute}({source.address}, {w.name}, {y.name} + n * {image}{bias});\n}}"
    )


def depthwise2d_grad_w(
    c: FunctionWriter, x: Argument, dy: Argument, ones: Argument, dw: Argument,
    stride: Pair, dilation: Pair, margins: Margins,
) -> str:  # fmt: skip
    """dw[i,j,o] = Σ dy[n,p,q,o] x[n, p·stride + i·dilation - top, …, o // m]"""
    windows = windows_of(x, dw, dy, stride, dilation, margins)
    filters = dw.columns
    source = _lay_channels(c, x, windows, filters)
    row, covering = source.columns * filters, cover(filters, c.target.lanes)
    compute = channel_products(
        c,
        ChannelProducts(
            covering,
            windows.positions,
            _elements(windows, row, filters),
            (stride[0] * row, stride[1] * filters),
            (windows.positions[1] * filters, filters),
        ),
    )
    # Vectors may overlap in dw, but not while they are added to.
    elements = dw.rows
    size = covering.vectors * covering.width * elements
    sums = c.workspace(size)
    return (
        f"{source.prepare}\nmemset({sums}, 0, {size} * sizeof(real));\n"
        f"for (int64_t n = 0; n < {x.shape[0]}; n++) {{\n{source.copy}\n"
        f"{compute}({source.address}, {dy.name} + n * {dy.size // dy.shape[0]}, {sums});\n}}\n"
        f"{open_channels(covering)}\n"
        f"for (int64_t t = 0; t < {elements}; t++)\n"
        f"  memcpy({dw.name} + t * {filters} + c, "
        f"{sums} + (v * {elements} + t) * {covering.width}, {covering.width} * sizeof(real));\n}}"
    )


def depthwise2d_grad_x(
    c: FunctionWriter, dy: Argument, w: Argument, dx: Argument,
    stride: Pair, dilation: Pair, margins: Margins,
) -> str:  # fmt: skip
    """dx[n, p·stride + i·dilation - top, …, c] = Σ w[i,j,o] dy[n,p,q,o] over the filters of c"""
    windows = windows_of(dx, w, dy, stride, dilation, margins)
    laid = lay_phases(c, dy, windows)
    places, filters, channels = dx.shape[1] * dx.shape[2], w.columns, dx.columns
    out = (
        c.workspace(places * filters)
        if filters > channels
        else f"{dx.name} + n * {places * filters}"
    )
    texts = [laid.source.copy]
    if not laid.complete:
        texts.append(f"memset({out}, 0, {places * filters} * sizeof(real));")
    texts += (_write_phase(c, windows, phase, laid, (w, out)) for phase in laid.reached())
    if filters > channels:
        c.use("packing.h")
        texts.append(
            f"add_repeated({out}, {places * channels}, {filters // channels}, "
            f"{dx.name} + n * {places * channels});"
        )
    body = "\n".join(texts)
    return f"{laid.source.prepare}\nfor (int64_t n = 0; n < {dx.shape[0]}; n++) {{\n{body}\n}}"


def _write_phase(
    c: FunctionWriter,
    windows: ImageWindows,
    phase: tuple[PhaseAxis, PhaseAxis],
    laid: StridePhases,
    operands: tuple[Argument, str],
) -> str:
    """The statement that computes one phase of the rows and one of the columns of image n."""
    (row, column), (w, out), source = phase, operands, laid.source
    start = (row.position + laid.corner[0], column.position + laid.corner[1])
    filters, (_, kw), stride = w.columns, windows.kernel, windows.stride
    dy_row, width = source.columns * filters, windows.size[1]
    compute = channel_sum(
        c,
        ChannelSum(
            cover(filters, c.target.lanes),
            (row.size, column.size),
            (
                SumLoop(row.elements, row.position_step * dy_row, row.step * kw * filters),
                SumLoop(column.elements, column.position_step * filters, column.step * filters),
            ),
            (dy_row, filters),
            (stride[0] * width * filters, stride[1] * filters),
        ),
    )
    return (
        f"{compute}({source.address} + {start[0] * dy_row + start[1] * filters}, "
        f"{w.name} + {(row.element * kw + column.element) * filters}, "
        f"{out} + {(row.first * width + column.first) * filters});"
    )


def _lay_channels(
    c: FunctionWriter, x: Argument, windows: ImageWindows, filters: int
) -> ImageSource:
    """The images that windows read, with as many channels as there are filters."""
    if filters == x.columns:
        return lay_images(c, x, windows)
    c.use("packing.h")
    (top, _), (left, _) = windows.margins
    rows, columns = windows.reach()
    elements = rows * columns * filters
    copy = c.workspace(elements)
    height, width, channels = x.shape[1:]
    return ImageSource(
        copy,
        f"memset({copy}, 0, {elements} * sizeof(real));",
        f"place_repeated({x.name} + n * {height * width * channels}, {height}, {width}, "
        f"{channels}, {filters // channels}, {top}, {left}, {copy}, {rows}, {columns});",
        columns,
        elements,
    )


def _elements(windows: ImageWindows, row: int, channels: int) -> tuple[SumLoop, SumLoop]:
    """The loops over the elements of a window on images with rows of this length."""
    (kh, kw), (dh, dw) = windows.kernel, windows.dilation
    return SumLoop(kh, dh * row, kw * channels), SumLoop(kw, dw * channels, channels)


TEMPLATES: dict[str, Template] = {
    "depthwise2d": depthwise2d,
    "depthwise2d_bias": depthwise2d_bias,
    "depthwise2d_grad_w": depthwise2d_grad_w,
    "depthwise2d_grad_x": depthwise2d_grad_x,
}
