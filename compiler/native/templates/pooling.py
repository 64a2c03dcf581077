"""Pooling."""

from __future__ import annotations

from typing import Any

from ...shapes import Margins, Pair
from ..writer import Argument, FunctionWriter, Template


def _pool(x: Argument, y: Argument, kernel: Pair, stride: Pair, margins: Margins) -> str:
    """The windows as a `struct pool`: x has the data, y a number for each window."""
    n, height, width, channels = x.shape
    (top, _), (left, _) = margins
    numbers = (n, height, width, *y.shape[1:3], channels, *kernel, *stride, top, left)
    return f"(struct pool){{{', '.join(map(str, numbers))}}}"


def _is_2x2(
    c: FunctionWriter, x: Argument, y: Argument, kernel: Pair, stride: Pair, margins: Margins
) -> bool:
    """Whether the windows are 2 x 2, do not overlap and lie on the data, and the channels make
    whole vectors."""
    if x.columns % c.target.lanes:
        return False
    plain = (2, 2) == tuple(kernel) == tuple(stride) and margins[0][0] == margins[1][0] == 0
    return plain and 2 * y.shape[1] <= x.shape[1] and 2 * y.shape[2] <= x.shape[2]


def _first_element(x: Argument, y: Argument, kernel: Pair, stride: Pair, margins: Margins) -> int:
    """The first element of the window that reads data anywhere, where it does so everywhere; else
    0. It is the one that gets the gradient of a window whose numbers are all -inf."""
    offsets = []
    for axis in (0, 1):
        before, last = margins[axis][0], (y.shape[1 + axis] - 1) * stride[axis]
        size = x.shape[1 + axis]
        reads = [
            offset
            for offset in range(kernel[axis])
            if any(0 <= p * stride[axis] + offset - before < size for p in range(y.shape[1 + axis]))
        ]
        first = reads[0] if reads else 0
        if first - before < 0 or last + first - before >= size:
            return 0
        offsets.append(first)
    return offsets[0] * kernel[1] + offsets[1]


def maxpool2d(c: FunctionWriter, x: Argument, y: Argument, **window: Any) -> str:
    c.use("pooling.h")
    pool = _pool(x, y, **window)
    if _is_2x2(c, x, y, **window):
        return f"maxpool_2x2({x.name}, {y.name}, NULL, {pool});"
    row = c.workspace(y.shape[2] * y.columns)
    return f"maxpool({x.name}, {y.name}, NULL, {pool}, 0, NULL, {row});"


def maxpool2d_indices(
    c: FunctionWriter, x: Argument, y: Argument, which: Argument, **window: Any
) -> str:
    c.use("pooling.h")
    pool = _pool(x, y, **window)
    narrow = which.type == "uint8_t"
    if narrow and _is_2x2(c, x, y, **window):
        return f"maxpool_2x2({x.name}, {y.name}, {which.name}, {pool});"
    name = "maxpool" if narrow else "maxpool_wide"
    first = _first_element(x, y, **window)
    length = y.shape[2] * y.columns
    kind = "int32_t" if c.target.precision == "f32" else "int64_t"
    memory = f"{c.workspace(length, kind)}, {c.workspace(length)}"
    return f"{name}({x.name}, {y.name}, {which.name}, {pool}, {first}, {memory});"


def maxpool2d_grad(
    c: FunctionWriter, dy: Argument, which: Argument, dx: Argument, **window: Any
) -> str:
    c.use("pooling.h")
    pool = _pool(dx, dy, **window)
    narrow = which.type == "uint8_t"
    if narrow and _is_2x2(c, dx, dy, **window):
        return f"maxpool_2x2_gradient({dy.name}, {which.name}, {dx.name}, {pool});"
    name = "maxpool_gradient" if narrow else "maxpool_gradient_wide"
    row = c.workspace(dy.shape[2] * dy.columns)
    return f"{name}({dy.name}, {which.name}, {dx.name}, {pool}, {row});"


def _share(
    c: FunctionWriter, x: Argument, y: Argument, counted: Pair, window: dict[str, Any]
) -> str:
    """One over the positions of a window as a `struct share`. Only a last window may reach beyond
    the data and the padding that counts."""
    kernel, stride, margins = window["kernel"], window["stride"], window["margins"]
    ends = [margins[axis][0] + x.shape[1 + axis] + counted[axis] for axis in (0, 1)]
    whole = all(
        (y.shape[1 + axis] - 1) * stride[axis] + kernel[axis] <= ends[axis] for axis in (0, 1)
    )
    uniform = c.number(1 / (kernel[0] * kernel[1])) if whole else "0"
    return f"(struct share){{{uniform}, {ends[0]}, {ends[1]}}}"


def avgpool2d(c: FunctionWriter, x: Argument, y: Argument, counted: Pair, **window: Any) -> str:
    c.use("pooling.h")
    share = _share(c, x, y, counted, window)
    return f"avgpool({x.name}, {y.name}, {_pool(x, y, **window)}, {share});"


def avgpool2d_grad(
    c: FunctionWriter, dy: Argument, dx: Argument, counted: Pair, **window: Any
) -> str:
    c.use("pooling.h")
    share = _share(c, dx, dy, counted, window)
    return f"avgpool_gradient({dy.name}, {dx.name}, {_pool(dx, dy, **window)}, {share});"


TEMPLATES: dict[str, Template] = {
    "maxpool2d": maxpool2d,
    "maxpool2d_indices": maxpool2d_indices,
    "maxpool2d_indices_wide": maxpool2d_indices,
    "maxpool2d_grad": maxpool2d_grad,
    "maxpool2d_grad_wide": maxpool2d_grad,
    "avgpool2d": avgpool2d,
    "avgpool2d_grad": avgpool2d_grad,
}
