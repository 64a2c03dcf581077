"""The templates of instructions in plain C, where those of `compiler/native/templates/` use vectors
of GNU C. They work on one sample."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from ...lower.plan import ITEM_BYTES
from ...shapes import Margins, Pair
from ..templates import TEMPLATES
from ..writer import Argument, FunctionWriter, Template
from .products import ROWS, PortableProduct, product_function

COLUMN_BYTES = 1 << 16
"""So much memory the windows of a convolution may take; more where its weights are large, because
every part of the windows reads all of them."""


LANES = 4
"""Columns that a compiler needs a multiple of, to make vectors of a loop over them whatever its
options are."""
LEAST_ROWS = 16
"""Rows that are worth a copy of the weights with columns of zeros."""


def matmul(
    c: FunctionWriter, a: Argument, b: Argument, out: Argument,
    bias: Argument | None = None, relu: bool = False,
) -> str:  # fmt: skip
    """out[M,N] = a[M,K] b[K,N] (+ bias)"""
    product = PortableProduct(
        b.rows, b.columns, b.columns, a.rows, a.rows % ROWS == 0, bias is not None, relu
    )
    if _is_ragged(product):
        before, call, after = _ragged_product(c, product, b, bias)
        return f"{before}\n{call(a.name, str(a.rows))}\n{after(out.name, str(a.rows))}"
    more = f"{bias.name}, " if bias is not None else ""
    name = product_function(c, product)
    return f"{name}({a.name}, {b.name}, {more}{out.name}, {a.rows});"


def _is_ragged(product: PortableProduct) -> bool:
    return product.columns % LANES != 0 and product.rows >= LEAST_ROWS


def _ragged_product(
    c: FunctionWriter, product: PortableProduct, w: Argument, bias: Argument | None
) -> tuple[str, Callable[[str, str], str], Callable[[str, str], str]]:
    """A product whose columns are filled up with zeros: the statements before it, those that
    compute some rows, and those that copy these to where they belong."""
    columns = product.columns
    wide = -(-columns // LANES) * LANES
    filled, block = c.workspace(product.depth * wide), c.workspace(product.rows * wide)
    lines = [
        f"for (int64_t k = 0; k < {product.depth}; k++)",
        f"  for (int64_t n = 0; n < {wide}; n++)",
        f"    {filled}[k * {wide} + n] = n < {columns} ? {w.name}[k * {columns} + n] : 0;",
    ]
    more = ""
    if bias is not None:
        added = c.workspace(wide)
        more = f"{added}, "
        lines += [
            f"for (int64_t n = 0; n < {wide}; n++)",
            f"  {added}[n] = n < {columns} ? {bias.name}[n] : 0;",
        ]
    name = product_function(c, product._replace(columns=wide, b_row=wide))

    def call(rows: str, count: str) -> str:
        return f"{name}({rows}, {filled}, {more}{block}, {count});"

    def copy(out: str, count: str) -> str:
        return (
            f"for (int64_t r = 0; r < {count}; r++)\n"
            f"  for (int64_t n = 0; n < {columns}; n++)\n"
            f"    ({out})[r * {columns} + n] = {block}[r * {wide} + n];"
        )

    return "\n".join(lines), call, copy


def conv2d(
    c: FunctionWriter, x: Argument, w: Argument, y: Argument, groups: int,
    bias: Argument | None = None, relu: bool = False, **geometry: Any,
) -> str | None:  # fmt: skip
    """The windows of some positions as rows of a matrix, times the weights."""
    if x.shape[0] != 1:
        return None
    c.use("image_windows.h")
    positions, filters = prod(y.shape[1:3]), w.columns // groups
    step = _positions_at_once(c, w, positions)
    multiple = step % ROWS == 0 and positions % ROWS == 0
    product = PortableProduct(w.rows, filters, w.columns, step, multiple, bias is not None, relu)
    columns = c.workspace(step * w.rows)
    windows = [
        f"copy_windows({x.name}, {columns}, {_window(x, w, y, group, **geometry)}, first, count);"
        for group in range(groups)
    ]
    if groups == 1 and _is_ragged(product):
        before, call, after = _ragged_product(c, product, w, bias)
        lines = [windows[0], call(columns, "count")]
        lines.append(after(f"{y.name} + first * {filters}", "count"))
        return f"{before}\n{_in_parts(positions, step, lines)}"
    name, lines = product_function(c, product), []
    for group, copy in enumerate(windows):
        start = group * filters
        more = f"{bias.name} + {start}, " if bias is not None else ""
        lines.append(
            f"{copy}\n{name}({columns}, {w.name} + {start}, {more}"
            f"{y.name} + first * {w.columns} + {start}, count);"
        )
    return _in_parts(positions, step, lines)


def conv2d_grad_x(
    c: FunctionWriter, dy: Argument, w: Argument, dx: Argument, groups: int, **geometry: Any
) -> str | None:
    """A transposed convolution: every number of dy spreads the weights over a window of dx."""
    if dy.shape[0] != 1:
        return None
    c.use("image_windows.h")
    positions, filters = prod(dy.shape[1:3]), w.columns // groups
    step = _positions_at_once(c, w, positions)
    multiple = step % ROWS == 0 and positions % ROWS == 0
    product = PortableProduct(filters, w.rows, w.rows, step, multiple, False, False)
    name = product_function(c, product)
    columns, turned = c.workspace(step * w.rows), c.workspace(w.size)
    gathered = c.workspace(step * filters) if groups > 1 else ""
    lines = []
    for group in range(groups):
        window = _window(dx, w, dy, group, **geometry)
        rows = f"{dy.name} + first * {w.columns}"
        if groups > 1:
            lines.append(
                f"for (int64_t r = 0; r < count; r++) for (int64_t n = 0; n < {filters}; n++) "
                f"{gathered}[r * {filters} + n] = "
                f"{dy.name}[(first + r) * {w.columns} + {group * filters} + n];"
            )
            rows = gathered
        lines.append(
            f"{name}({rows}, {turned} + {group * filters * w.rows}, {columns}, count);\n"
            f"add_windows({columns}, {dx.name}, {window}, first, count);"
        )
    return (
        f"for (int64_t k = 0; k < {w.rows}; k++) for (int64_t n = 0; n < {w.columns}; n++) "
        f"{turned}[n * {w.rows} + k] = {w.name}[k * {w.columns} + n];\n"
        f"for (int64_t i = 0; i < {dx.size}; i++) {dx.name}[i] = 0;\n"
        f"{_in_parts(positions, step, lines)}"
    )


def _positions_at_once(c: FunctionWriter, w: Argument, positions: int) -> int:
    """Positions whose windows are in memory together."""
    item = ITEM_BYTES[c.target.precision]
    most = max(COLUMN_BYTES, w.size * item // 8) // (w.rows * item)
    return min(positions, max(most // ROWS, 1) * ROWS)


def _in_parts(positions: int, step: int, lines: list[str]) -> str:
    body = "\n".join(lines)
    return (
        f"for (int64_t first = 0; first < {positions}; first += {step}) {{\n"
        f"const int64_t count = {positions} - first < {step} ? {positions} - first : {step};\n"
        f"{body}\n}}"
    )


def _window(
    x: Argument, w: Argument, y: Argument, group: int,
    stride: Pair, dilation: Pair, margins: Margins,
) -> str:  # fmt: skip
    """The windows that give y of x, as a `struct window`."""
    _, height, width, channels = x.shape
    kernel_rows, kernel_columns, depth, _ = w.shape
    (top, _), (left, _) = margins
    numbers = (
        height, width, channels, group * depth, depth, kernel_rows, kernel_columns, *stride,
        *dilation, top, left, y.shape[2],
    )  # fmt: skip
    return f"(struct window){{{', '.join(map(str, numbers))}}}"


def depthwise2d(
    c: FunctionWriter, x: Argument, w: Argument, y: Argument,
    bias: Argument | None = None, relu: bool = False, **geometry: Any,
) -> str | None:  # fmt: skip
    """A window over each channel by itself."""
    if x.shape[0] != 1:
        return None
    _, height, width, channels = x.shape
    kernel_rows, kernel_columns, filters = w.shape
    stride, dilation = geometry["stride"], geometry["dilation"]
    (top, _), (left, _) = geometry["margins"]
    step, channel = dilation[1] * channels, _channel(filters // channels)
    each = f"for (int64_t o = 0; o < {filters}; o++)"
    terms = " + ".join(
        f"weights[{j * filters} + o] * {x.name}[at + {j * step} + {channel}]"
        for j in range(kernel_columns)
    )
    lines = [
        f"{each} out[o] = {'0' if bias is None else f'{bias.name}[o]'};",
        f"const int64_t left = q * {stride[1]} - {left};",
        f"for (int64_t i = 0; i < {kernel_rows}; i++) {{",
        f"const int64_t top = p * {stride[0]} + i * {dilation[0]} - {top};",
        f"if (top < 0 || top >= {height}) continue;",
        f"const int64_t at = (top * {width} + left) * {channels};",
        f"const real *restrict weights = {w.name} + i * {kernel_columns * filters};",
        f"if (left >= 0 && left + {(kernel_columns - 1) * dilation[1]} < {width}) {{",
        f"{each} out[o] += {terms};",
        "continue;",
        "}",
        f"for (int64_t j = 0; j < {kernel_columns}; j++) {{",
        f"const int64_t column = left + j * {dilation[1]};",
        f"if (column < 0 || column >= {width}) continue;",
        f"{each}",
        f"  out[o] += weights[j * {filters} + o] * {x.name}[at + j * {step} + {channel}];",
        "}",
        "}",
    ]
    if relu:
        lines.append(f"{each} out[o] = out[o] < 0 ? 0 : out[o];")
    return _each_position(y, lines)


def _channel(many: int) -> str:
    """The channel of a filter, of which each channel has so many."""
    return "o" if many == 1 else f"o / {many}"


def _each_position(y: Argument, lines: list[str]) -> str:
    """Statements for every position of y: row p, column q, and its channels in `out`."""
    _, rows, columns, channels = y.shape
    return "\n".join(
        [
            f"for (int64_t p = 0; p < {rows}; p++) {{",
            f"for (int64_t q = 0; q < {columns}; q++) {{",
            f"real *restrict out = {y.name} + (p * {columns} + q) * {channels};",
            *lines,
            "}",
            "}",
        ]
    )


def maxpool2d(
    c: FunctionWriter, x: Argument, y: Argument, kernel: Pair, stride: Pair, margins: Margins
) -> str | None:
    """The largest of each window; NaN wins."""
    if x.shape[0] != 1:
        return None
    _, height, width, channels = x.shape
    (top, _), (left, _) = margins
    each = f"for (int64_t n = 0; n < {channels}; n++)"
    return _each_position(
        y,
        [
            f"{each} out[n] = -(real)INFINITY;",
            f"for (int64_t i = 0; i < {kernel[0]}; i++) {{",
            f"for (int64_t j = 0; j < {kernel[1]}; j++) {{",
            f"const int64_t row = p * {stride[0]} + i - {top};",
            f"const int64_t column = q * {stride[1]} + j - {left};",
            f"if (row < 0 || row >= {height} || column < 0 || column >= {width}) continue;",
            f"const real *restrict in = {x.name} + (row * {width} + column) * {channels};",
            f"{each} out[n] = ((in[n] > out[n]) | (in[n] != in[n])) ? in[n] : out[n];",
            "}",
            "}",
        ],
    )


def mean_positions(c: FunctionWriter, x: Argument, y: Argument) -> str | None:
    """The mean of each channel over all positions."""
    samples, length, channels = x.shape
    if samples != 1:
        return None
    return (
        f"for (int64_t n = 0; n < {channels}; n++) {y.name}[n] = 0;\n"
        f"for (int64_t l = 0; l < {length}; l++)\n"
        f"  for (int64_t n = 0; n < {channels}; n++) {y.name}[n] += {x.name}[l * {channels} + n];\n"
        f"for (int64_t n = 0; n < {channels}; n++) {y.name}[n] *= {c.number(1 / length)};"
    )


PORTABLE_TEMPLATES: dict[str, Template] = {
    **TEMPLATES,
    "matmul": matmul,
    "matmul_bias": matmul,
    "conv2d": conv2d,
    "conv2d_bias": conv2d,
    "conv2d_grad_x": conv2d_grad_x,
    "depthwise2d": depthwise2d,
    "depthwise2d_bias": depthwise2d,
    "maxpool2d": maxpool2d,
    "mean_positions": mean_positions,
}
"""Every row that is not elementwise, by name."""
