"""Convolution, channels innermost, whose products sum over positions and kernel elements that meet
the image: no zeros are laid around it, and none are multiplied.

With many images, these are the rows of a product, one for each position: the weights are read once
for all of them. The gradient of the weights is a product for each kernel element.
"""

from __future__ import annotations

from typing import NamedTuple

from ...lower.isa import PANEL
from ...lower.plan import ITEM_BYTES
from ..products.block_kernels import Finish, SumLoop
from ..products.blocks import EqualParts, split_evenly
from ..products.panels import Bias, Product, blocks_of, packed_size, write_packing, write_product
from ..products.windows import (
    ElementRanges,
    ImageWindows,
    elements_inside,
    elements_reaching,
    for_places,
    positions_inside,
)
from ..writer import Argument, FunctionWriter

MANY_IMAGES = 8
"""So many rows keep enough sums under way."""
IMAGE_BYTES = 1 << 18
"""Of the images that are read for one position before the next: they stay in the cache."""
MANY_CHANNELS = 14
"""So many channels are enough rows for the gradient of the weights; fewer are better with the
kernel elements of a row."""
MANY_POSITIONS = 256
"""Positions of an image up to which that gains: larger ones have less at their edge."""


class _Side(NamedTuple):
    """What one of both directions reads and writes."""

    ranges: tuple[ElementRanges, ElementRanges]
    read: Argument
    written: Argument
    depth: int
    """Channels of a group that are read."""
    columns: int
    """Channels of a group that are written."""


def has_many_images(x: Argument) -> bool:
    """Whether images are the better rows."""
    return x.shape[0] >= MANY_IMAGES


def write_unpadded(
    c: FunctionWriter,
    windows: ImageWindows,
    x: Argument,
    w: Argument,
    y: Argument,
    finish: tuple[Finish, str],
    *,
    packed: bool,
) -> str:
    """The statements of conv2d; `finish` has the address of the bias. `packed` says that w is in
    panels."""
    depth, filters = w.shape[2:]
    groups = x.columns // depth
    ranges = (elements_inside(windows, 0), elements_inside(windows, 1))
    side = _Side(ranges, x, y, depth, filters // groups)
    product = _product(c, side, windows, finish[0], packed=packed)
    texts = []
    for g in range(groups):
        panels, packing = lay_filters(c, product, w, g * side.columns)
        texts.append(packing)
        bias = Bias(f"{finish[1]} + {g * side.columns}") if finish[1] else None
        texts.append(_write_places(c, side, product, panels, g, bias))
    return "\n".join(texts)


def of_filters(product: Product, rows: int, *, packed: bool) -> Product:
    """A product whose b is filters of so many rows: in panels already, or copied before."""
    return product._replace(panel=rows * PANEL) if packed else product._replace(packed=rows)


def lay_filters(c: FunctionWriter, product: Product, w: Argument, first: int) -> tuple[str, str]:
    """The address of the filters from `first` on as a product reads them, and the statements that
    copy them there."""
    if product.panel:
        return w.name, ""
    panels = c.workspace(packed_size(c, product.columns, product.packed))
    steps = (w.columns, 1)
    return panels, write_packing(c, product, f"{w.name} + {first}", steps, panels)


def write_unpadded_grad_x(
    c: FunctionWriter, windows: ImageWindows, dy: Argument, w: Argument, dx: Argument
) -> str:
    """The statements of conv2d_grad_x."""
    kh, kw, depth, filters = w.shape
    groups = dx.columns // depth
    ranges = (elements_reaching(windows, 0), elements_reaching(windows, 1))
    side = _Side(ranges, dy, dx, filters // groups, depth)
    product = _product(c, side, windows, Finish.NOTHING)
    texts = []
    for g in range(groups):
        packed = c.workspace(packed_size(c, depth, product.packed))
        for element in range(kh * kw):
            weights = f"{w.name} + {element * depth * filters + g * side.depth}"
            rows = (element * side.depth, (element + 1) * side.depth)
            texts.append(write_packing(c, product, weights, (1, filters), packed, rows))
        texts.append(_write_places(c, side, product, packed, g, None))
    return "\n".join(texts)


def _product(
    c: FunctionWriter, side: _Side, windows: ImageWindows, finish: Finish, *, packed: bool = False
) -> Product:
    """That of one position."""
    (rows, columns), (kh, kw), depth = side.ranges, windows.kernel, side.depth
    samples, _, width, channels = side.read.shape
    product = Product(
        rows=_images_at_once(c, side)[0].size,
        columns=side.columns,
        a_row=side.read.size // samples,
        out_row=side.written.size // samples,
        loops=(
            SumLoop("rows", rows.position_step * width * channels, rows.step * kw * depth),
            SumLoop("columns", columns.position_step * channels, columns.step * depth),
            SumLoop(depth, 1, 1),
        ),
        first_row=f"row[0] * {kw * depth} + column[0] * {depth}",
        finish=finish,
    )
    product = of_filters(product, kh * kw * depth, packed=packed)
    return product._replace(widest=blocks_of(c, product).widest)


def _images_at_once(c: FunctionWriter, side: _Side) -> tuple[EqualParts, ...]:
    """How many images are handled together."""
    samples = side.read.shape[0]
    image = side.read.size // samples * ITEM_BYTES[c.target.precision]
    return split_evenly(samples, max(MANY_IMAGES, IMAGE_BYTES // image))


def _write_places(
    c: FunctionWriter, side: _Side, product: Product, packed: str, group: int, bias: Bias | None
) -> str:
    _, _, width, channels = side.read.shape
    _, _, out_width, out_channels = side.written.shape
    at_x = f"(row[2] * {width} + column[2]) * {channels} + {group * side.depth}"
    at_y = f"(p * {out_width} + q) * {out_channels} + {group * side.columns}"
    texts = []
    for part in _images_at_once(c, side):
        call = write_product(
            c,
            product._replace(rows=part.size),
            f"{side.read.name} + n * {product.a_row} + {at_x}",
            packed,
            f"{side.written.name} + n * {product.out_row} + {at_y}",
            bias=bias,
        )
        texts.append(
            f"for (int64_t n = {part.first}; n < {part.end}; n += {part.size}) {{\n"
            f"{for_places(c, side.ranges, call)}\n}}"
        )
    return "\n".join(texts)


def has_many_edges(dy: Argument, depth: int) -> bool:
    """Whether the gradient of the weights gains."""
    _, p, q, _ = dy.shape
    return depth >= MANY_CHANNELS and p * q <= MANY_POSITIONS


def write_unpadded_grad_w(
    c: FunctionWriter, windows: ImageWindows, x: Argument, dy: Argument, dw: Argument
) -> str:
    """The statements of conv2d_grad_w."""
    _, kw, depth, filters = dw.shape
    samples, _, width, channels = x.shape
    _, p, q, _ = dy.shape
    groups, stride = channels // depth, windows.stride
    image, gradient = x.size // samples, dy.size // samples
    product = Product(
        rows=depth,
        columns=filters // groups,
        a_row=1,
        out_row=filters,
        loops=(
            SumLoop("count", image, gradient),
            SumLoop("rows", stride[0] * width * channels, q * filters),
            SumLoop("columns", stride[1] * channels, filters),
        ),
    )
    calls = []
    for g in range(groups):
        each = g * filters // groups
        at_x = f"(row[2] * {width} + column[2]) * {channels} + {g * depth}"
        at_dy = f"(row[0] * {q} + column[0]) * {filters} + {each}"
        calls.append(
            write_product(
                c,
                product,
                f"{x.name} + n * {image} + {at_x}",
                f"{dy.name} + n * {gradient} + {at_dy}",
                f"{dw.name} + (p * {kw} + q) * {depth * filters} + {each}",
                "n > 0",
            )
        )
    ranges = (positions_inside(windows, 0), positions_inside(windows, 1))
    images = max(1, MANY_POSITIONS // (p * q))
    products = "\n".join(calls)
    return (
        f"for (int64_t n = 0; n < {samples}; n += {images}) {{\n"
        f"const int64_t left = {samples} - n, count = left < {images} ? left : {images};\n"
        f"{for_places(c, ranges, products)}\n}}"
    )
