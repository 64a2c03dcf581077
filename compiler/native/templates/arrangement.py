"""Filling, copying and rearranging."""

from __future__ import annotations

from ...lower.plan import ITEM_BYTES
from ..writer import Argument, FunctionWriter, Template

PAGE = 4096
"""Bytes after which addresses compete for the same places of a first-level cache."""
SHORT = 8
"""Numbers of the last axis below which tiles have too little of it."""


def fill(c: FunctionWriter, y: Argument, value: float) -> str:
    return f"for (int64_t i = 0; i < {y.size}; i++) {y.name}[i] = {c.number(value)};"


def copy(c: FunctionWriter, x: Argument, y: Argument) -> str:
    if x.name == y.name:
        return ""
    return f"memcpy({y.name}, {x.name}, {y.size} * sizeof(*{y.name}));"


def pack_panels(c: FunctionWriter, b: Argument, packed: Argument) -> str:
    panels, depth, width = packed.shape
    return (
        f"for (int64_t f = 0; f < {panels}; f++)\n"
        f"for (int64_t k = 0; k < {depth}; k++)\n"
        f"memcpy({packed.name} + (f * {depth} + k) * {width}, "
        f"{b.name} + k * {b.columns} + f * {width}, {width} * sizeof(real));"
    )


def swap_layout(c: FunctionWriter, x: Argument, y: Argument) -> str:
    c.use("arrangement.h")
    first, height, width, last = x.shape
    item = ITEM_BYTES[c.target.precision]
    apart = (item * height * width * last, item * height * width * first)
    name = "swap_outer_axes"
    if last < SHORT:
        name = "swap_short_axis"
    elif any(distance % PAGE == 0 for distance in apart):
        name = "swap_paged_axes"
    return f"{name}({x.name}, {y.name}, {first}, {height * width}, {last});"


def _image(x: Argument) -> str:
    return f"(struct image){{{', '.join(map(str, x.shape))}}}"


def pad2d(c: FunctionWriter, x: Argument, y: Argument, top: int, left: int) -> str:
    c.use("arrangement.h")
    return f"pad_image({x.name}, {_image(x)}, {y.name}, {_image(y)}, {top}, {left});"


def crop2d(c: FunctionWriter, x: Argument, y: Argument, top: int, left: int) -> str:
    c.use("arrangement.h")
    return f"crop_image({x.name}, {_image(x)}, {y.name}, {_image(y)}, {top}, {left});"


def upsample2d(c: FunctionWriter, x: Argument, y: Argument) -> str:
    c.use("arrangement.h")
    down, across = y.shape[1] // x.shape[1], y.shape[2] // x.shape[2]
    return f"repeat_positions({x.name}, {_image(x)}, {y.name}, {down}, {across});"


def upsample2d_grad(c: FunctionWriter, dy: Argument, dx: Argument) -> str:
    c.use("arrangement.h")
    down, across = dy.shape[1] // dx.shape[1], dy.shape[2] // dx.shape[2]
    return f"add_repeats({dy.name}, {_image(dx)}, {dx.name}, {down}, {across});"


def _copy_columns(x: Argument, y: Argument, columns: int, start: int, to: int) -> str:
    return (
        f"copy_columns({x.name}, {y.name}, {y.rows}, {columns},"
        f" {x.columns}, {start}, {y.columns}, {to});"
    )


def concat(c: FunctionWriter, xs: tuple[Argument, ...], y: Argument) -> str:
    c.use("arrangement.h")
    lines, start = [], 0
    for x in xs:
        lines.append(_copy_columns(x, y, x.columns, 0, start))
        start += x.columns
    return "\n".join(lines)


def slice_channels(c: FunctionWriter, x: Argument, y: Argument, start: int) -> str:
    c.use("arrangement.h")
    return _copy_columns(x, y, y.columns, start, 0)


def powers(c: FunctionWriter, x: Argument, y: Argument) -> str:
    c.use("arrangement.h")
    degrees = y.columns // x.columns
    return f"powers_of_rows({x.name}, {y.name}, {x.rows}, {x.columns}, {degrees});"


def powers_grad(c: FunctionWriter, dy: Argument, x: Argument, dx: Argument) -> str:
    c.use("arrangement.h")
    degrees = dy.columns // x.columns
    return f"powers_gradient({dy.name}, {x.name}, {dx.name}, {x.rows}, {x.columns}, {degrees});"


def take_rows(c: FunctionWriter, w: Argument, ids: Argument, y: Argument) -> str:
    c.use("arrangement.h")
    rows, columns = w.shape
    return f"take_rows({w.name}, {ids.name}, {y.name}, {ids.size}, {rows}, {columns});"


def take_rows_grad(c: FunctionWriter, dy: Argument, ids: Argument, dw: Argument) -> str:
    c.use("arrangement.h")
    rows, columns = dw.shape
    return f"take_rows_gradient({dy.name}, {ids.name}, {dw.name}, {ids.size}, {rows}, {columns});"


TEMPLATES: dict[str, Template] = {
    "fill": fill,
    "copy": copy,
    "pack_panels": pack_panels,
    "swap_layout": swap_layout,
    "pad2d": pad2d,
    "crop2d": crop2d,
    "upsample2d": upsample2d,
    "upsample2d_grad": upsample2d_grad,
    "concat": concat,
    "slice_channels": slice_channels,
    "powers": powers,
    "powers_grad": powers_grad,
    "take_rows": take_rows,
    "take_rows_grad": take_rows_grad,
}
