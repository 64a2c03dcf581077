"""Convolution, channels innermost: products that read windows where they lie.

With few images, a row of output positions is a product: its rows are the positions, its columns the
filters, and it sums over the kernel elements and channels of a window, in a copy of the image with
zeros around it where windows reach beyond its edge. The gradient of the weights sums positions
instead. The gradient of the input is a convolution of dy for each phase of the stride: input
elements that are a stride apart are reached by the same kernel elements. Many images are multiplied
without such copies, as `unpadded_convolution.py` says.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...shapes import Margins, Pair
from ..products.block_kernels import Finish, SumLoop
from ..products.panels import (
    Band,
    Bias,
    Product,
    can_divide_panels,
    divide_panels,
    packed_size,
    write_packing,
    write_product,
)
from ..products.windows import (
    ImageSource,
    ImageWindows,
    PhaseAxis,
    lay_images,
    lay_phases,
    windows_of,
)
from ..writer import Argument, FunctionWriter, Template
from .unpadded_convolution import (
    has_many_edges,
    has_many_images,
    lay_filters,
    of_filters,
    write_unpadded,
    write_unpadded_grad_w,
    write_unpadded_grad_x,
)

MANY_POSITIONS = 256
"""Positions whose products are summed in registers before the sum is stored: more would push what
the next block reads again out of the nearest cache."""


def conv2d(
    c: FunctionWriter, x: Argument, w: Argument, y: Argument,
    stride: Pair, dilation: Pair, margins: Margins, groups: int,
) -> str:  # fmt: skip
    """y[n,p,q,o] = Σ w[i,j,c,o] x[n, p·stride + i·dilation - top, …, c]"""
    windows = windows_of(x, w, y, stride, dilation, margins)
    return _write_convolution(c, windows, x, w, y, groups)


def conv2d_bias(
    c: FunctionWriter, x: Argument, w: Argument, bias: Argument, y: Argument, *,
    relu: bool, groups: int, **geometry: Any,
) -> str:  # fmt: skip
    """As conv2d, plus a bias for each filter, clipped at zero with relu."""
    finish = Finish.BIAS_RELU if relu else Finish.BIAS
    windows = windows_of(x, w, y, **geometry)
    return _write_convolution(c, windows, x, w, y, groups, (finish, bias.name))


def conv2d_packed(c: FunctionWriter, x: Argument, w: Argument, y: Argument, **geometry: Any) -> str:
    """As conv2d, w in panels."""
    filters = _filters_of(w)
    windows = windows_of(x, filters, y, **geometry)
    return _write_convolution(c, windows, x, filters, y, 1, packed=True)


def conv2d_packed_bias(
    c: FunctionWriter, x: Argument, w: Argument, bias: Argument, y: Argument, *,
    relu: bool, **geometry: Any,
) -> str:  # fmt: skip
    """As conv2d_bias, w in panels."""
    filters, finish = _filters_of(w), Finish.BIAS_RELU if relu else Finish.BIAS
    windows = windows_of(x, filters, y, **geometry)
    return _write_convolution(c, windows, x, filters, y, 1, (finish, bias.name), packed=True)


def _filters_of(w: Argument) -> Argument:
    """Filters in panels, with the shape that they had before."""
    panels, kh, kw, channels, columns = w.shape
    return w._replace(shape=(kh, kw, channels, panels * columns))


def _write_convolution(
    c: FunctionWriter,
    windows: ImageWindows,
    x: Argument,
    w: Argument,
    y: Argument,
    groups: int,
    finish: tuple[Finish, str] = (Finish.NOTHING, ""),
    *,
    packed: bool = False,
) -> str:
    if has_many_images(x):
        return write_unpadded(c, windows, x, w, y, finish, packed=packed)
    source = lay_images(c, x, windows)
    stride, dilation = windows.stride, windows.dilation
    kh, kw, depth, filters = w.shape
    (p, q), channels, each = windows.positions, x.columns, filters // groups
    row = source.columns * channels
    product = Product(
        rows=q,
        columns=each,
        a_row=stride[1] * channels,
        out_row=filters,
        loops=(
            SumLoop(kh, dilation[0] * row, kw * depth),
            SumLoop(kw, dilation[1] * channels, depth),
            SumLoop(depth, 1, 1),
        ),
        bands=(Band(p, stride[0] * row, q * filters),),
        finish=finish[0],
    )
    product = of_filters(product, kh * kw * depth, packed=packed)
    before, each_image = [source.prepare], [source.copy]
    out = f"{y.name} + n * {p * q * filters}"
    at_x = source.address
    multiply_adds = y.size * kh * kw * depth
    # what there is more of is read by one part
    many_weights = w.size > x.size // x.shape[0] and groups == 1
    if many_weights and can_divide_panels(c, product, multiply_adds, w.size):
        product = divide_panels(c, product)
    elif c.can_divide(p, multiply_adds, w.size):
        own_rows = c.divide([p * part // c.parts for part in range(c.parts + 1)])
        before.append(f"const int64_t own_row = {own_rows.begin}, rows = {own_rows.end} - own_row;")
        product = product._replace(bands=(product.bands[0]._replace(turns="rows"),))
        out += f" + own_row * {q * filters}"
        at_x += f" + own_row * {stride[0] * row}"
    for g in range(groups):
        panels, packing = lay_filters(c, product, w, g * each)
        before.append(packing)
        bias = Bias(f"{finish[1]} + {g * each}") if finish[1] else None
        at_group, to_group = f"{at_x} + {g * depth}", f"{out} + {g * each}"
        each_image.append(write_product(c, product, at_group, panels, to_group, bias=bias))
    return _for_images(before, x.shape[0], each_image)


def conv2d_grad_w(
    c: FunctionWriter, x: Argument, dy: Argument, dw: Argument,
    stride: Pair, dilation: Pair, margins: Margins, groups: int,
) -> str:  # fmt: skip
    """dw[i,j,c,o] = Σ dy[n,p,q,o] x[n, p·stride + i·dilation - top, …, c]"""
    windows = windows_of(x, dw, dy, stride, dilation, margins)
    if has_many_edges(dy, dw.shape[2]):
        return write_unpadded_grad_w(c, windows, x, dy, dw)
    kh, kw, depth, filters = dw.shape
    (p, q), samples, channels = windows.positions, x.shape[0], x.columns
    images = min(samples, max(1, MANY_POSITIONS // (p * q)))
    source = lay_images(c, x, windows, images)
    row, gradients = source.columns * channels, p * q * filters
    # A window's row is one run of memory, unless elements or channels of other groups are between.
    whole_rows = groups == 1 and dilation[1] == 1
    over_columns = SumLoop(q, stride[1] * channels, filters)
    loops: tuple[SumLoop, ...]
    if images > 1:
        over_rows = SumLoop(p, stride[0] * row, q * filters)
        loops = (SumLoop("count", source.image, gradients), over_rows, over_columns)
    else:
        loops = (SumLoop("count", stride[0] * row, q * filters), over_columns)
    product = Product(
        rows=kw * depth if whole_rows else depth,
        columns=filters // groups,
        a_row=1,
        out_row=filters,
        loops=loops,
        bands=(
            Band(kh, dilation[0] * row, kw * depth * filters),
            Band(1 if whole_rows else kw, dilation[1] * channels, depth * filters),
        ),
    )
    products = "\n".join(
        write_product(
            c,
            product,
            f"{source.address} + p * {stride[0] * row} + {g * depth}",
            f"{dy.name} + n * {gradients} + p * {q * filters} + {g * filters // groups}",
            f"{dw.name} + {g * filters // groups}",
            add="n > 0 || p > 0",
        )
        for g in range(groups)
    )
    if images > 1:
        body = _for_groups_of_images(samples, images, source.copy, products)
    else:
        body = _for_bands(samples, p, max(1, MANY_POSITIONS // q), source.copy, products)
    return f"{source.prepare}\n{body}"


def _for_groups_of_images(samples: int, images: int, copy: str, products: str) -> str:
    """`products` for `count` images from n on at a time."""
    return (
        f"for (int64_t n = 0; n < {samples}; n += {images}) {{\n"
        f"const int64_t p = 0, first = n, left = {samples} - n;\n"
        f"const int64_t count = left < {images} ? left : {images};\n"
        f"for (int64_t n = first; n < first + count; n++) {{ {copy} }}\n"
        f"{products}\n}}"
    )


def _for_bands(samples: int, rows: int, most: int, copy: str, products: str) -> str:
    """`products` for `count` rows of positions from p on of image n at a time."""
    return (
        f"for (int64_t n = 0; n < {samples}; n++) {{\n{copy}\n"
        f"for (int64_t p = 0; p < {rows}; p += {most}) {{\n"
        f"const int64_t left = {rows} - p, count = left < {most} ? left : {most};\n"
        f"{products}\n}}\n}}"
    )


def conv2d_grad_x(
    c: FunctionWriter, dy: Argument, w: Argument, dx: Argument,
    stride: Pair, dilation: Pair, margins: Margins, groups: int,
) -> str:  # fmt: skip
    """dx[n, p·stride + i·dilation - top, …, c] = Σ w[i,j,c,o] dy[n,p,q,o]"""
    windows = windows_of(dx, w, dy, stride, dilation, margins)
    if has_many_images(dx):
        return write_unpadded_grad_x(c, windows, dy, w, dx)
    laid = lay_phases(c, dy, windows)
    gradient = _InputGradient(windows, laid.source, laid.corner, w, dx, groups)
    packing, each_image = [laid.source.prepare], [laid.source.copy]
    if not laid.complete:
        image = dx.size // dx.shape[0]
        each_image.append(f"memset({dx.name} + n * {image}, 0, {image} * sizeof(real));")
    for row, column in laid.reached():
        for group in range(groups):
            pack, compute = _write_phase(c, gradient, row, column, group)
            packing.append(pack)
            each_image.append(compute)
    return _for_images(packing, dx.shape[0], each_image)


@dataclass(frozen=True, slots=True)
class _InputGradient:
    """What all phases of a gradient have in common."""

    windows: ImageWindows
    source: ImageSource
    """dy."""
    corner: Pair
    """Where dy begins in its copy."""
    w: Argument
    dx: Argument
    groups: int


def _write_phase(
    c: FunctionWriter, gradient: _InputGradient, row: PhaseAxis, column: PhaseAxis, group: int
) -> tuple[str, str]:
    """The statements that pack the weights of one phase of the rows and one of the columns, and
    those that compute its elements of image n of dx."""
    source, w, dx, stride = gradient.source, gradient.w, gradient.dx, gradient.windows.stride
    _, kw, depth, filters = w.shape
    each = filters // gradient.groups
    dy_row, (width, channels) = source.columns * filters, dx.shape[2:]
    product = Product(
        rows=column.size,
        columns=depth,
        a_row=filters,
        out_row=stride[1] * channels,
        loops=(
            SumLoop(row.elements, row.position_step * dy_row, column.elements * each),
            SumLoop(column.elements, column.position_step * filters, each),
            SumLoop(each, 1, 1),
        ),
        packed=row.elements * column.elements * each,
        bands=(Band(row.size, dy_row, stride[0] * width * channels),),
    )
    packed = c.workspace(packed_size(c, depth, product.packed))
    packing = []
    for number in range(row.elements * column.elements):
        i, j = divmod(number, column.elements)
        element = (row.element + i * row.step) * kw + column.element + j * column.step
        weights = f"{w.name} + {element * depth * filters + group * each}"
        part = (number * each, (number + 1) * each)
        packing.append(write_packing(c, product, weights, (1, filters), packed, part))
    position = (row.position + gradient.corner[0], column.position + gradient.corner[1])
    a = f"{source.address} + {position[0] * dy_row + position[1] * filters + group * each}"
    place = (row.first * width + column.first) * channels + group * depth
    out = f"{dx.name} + n * {dx.size // dx.shape[0]} + {place}"
    return "\n".join(packing), write_product(c, product, a, packed, out)


def rotate_weights(c: FunctionWriter, w: Argument, t: Argument) -> str:
    """t[i,j,o,c] = w[KH-1-i, KW-1-j, c, o]"""
    c.use("packing.h")
    kh, kw, depth, filters = w.shape
    size = depth * filters
    return (
        f"for (int64_t k = 0; k < {kh * kw}; k++)\n"
        f"  transpose({w.name} + ({kh * kw - 1} - k) * {size}, {filters}, {depth}, {filters}, "
        f"{t.name} + k * {size}, {depth});"
    )


def _for_images(before: list[str], samples: int, each: list[str]) -> str:
    body = "\n".join(each)
    return "\n".join([*before, f"for (int64_t n = 0; n < {samples}; n++) {{\n{body}\n}}"])


TEMPLATES: dict[str, Template] = {
    "conv2d": conv2d,
    "conv2d_bias": conv2d_bias,
    "conv2d_packed": conv2d_packed,
    "conv2d_packed_bias": conv2d_packed_bias,
    "conv2d_grad_w": conv2d_grad_w,
    "conv2d_grad_x": conv2d_grad_x,
    "rotate_weights": rotate_weights,
}
