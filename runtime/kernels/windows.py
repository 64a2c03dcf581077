"""What convolution and pooling share: views of windows, kernel elements, and padding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ...compiler.shapes import Margins
from ..array_types import Array
from .kernel import Call


@dataclass(frozen=True, slots=True)
class Geometry:
    """How windows walk over rows and columns."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]


def window_view(x: Array, geometry: Geometry, rows: int, columns: int, first_row: int) -> Array:
    """x[N,H,W,C] as [N, rows, columns, KH, KW, C], starting at an output row, without a copy."""
    (sh, sw), (dh, dw) = geometry.stride, geometry.dilation
    n, h, w, c = x.strides
    return as_strided(
        x[:, first_row * sh :],
        (x.shape[0], rows, columns, *geometry.kernel, x.shape[3]),
        (n, h * sh, w * sw, h * dh, w * dw, c),
    )


def kernel_elements(geometry: Geometry) -> Iterator[tuple[int, tuple[int, int]]]:
    """The positions of a window in reading order: a number and the offsets in the padded input."""
    kh, kw = geometry.kernel
    for i in range(kh):
        for j in range(kw):
            yield i * kw + j, (i * geometry.dilation[0], j * geometry.dilation[1])


def element_view(
    x: Array, offset: tuple[int, int], geometry: Geometry, positions: tuple[int, int]
) -> Array:
    """What one kernel element reads at all positions of an input that holds its padding."""
    (sh, sw), (p, q) = geometry.stride, positions
    i, j = offset
    return x[:, i : i + (p - 1) * sh + 1 : sh, j : j + (q - 1) * sw + 1 : sw]


def clipped_element(
    size: int, offset: int, stride: int, before: int, positions: int
) -> tuple[slice, slice] | None:
    """For one axis of an input without its padding: which positions a kernel element serves, and
    what it reads there. None when it only ever falls on padding."""
    first = max(0, -(-(before - offset) // stride))
    last = min(positions - 1, (size - 1 + before - offset) // stride)
    if last < first:
        return None
    start = first * stride + offset - before
    return slice(first, last + 1), slice(start, start + (last - first) * stride + 1, stride)


def pad_calls(x: Array, padded: Array, margins: Margins) -> Iterator[Call]:
    """Calls that copy x into the middle of a buffer of zeros. The buffer is shared with other
    instructions, so its margins are cleared every time."""
    (top, bottom), (left, right) = margins
    height, width = padded.shape[1:3]
    for border in (
        padded[:, :top],
        padded[:, height - max(bottom, 0) :],
        padded[:, top : height - max(bottom, 0), :left],
        padded[:, top : height - max(bottom, 0), width - max(right, 0) :],
    ):
        if border.size:
            yield partial(border.fill, 0)
    inner = padded[:, top : top + x.shape[1], left : left + x.shape[2]]
    yield partial(np.copyto, inner, x[:, : inner.shape[1], : inner.shape[2]])


def unpad_calls(padded: Array, x: Array, margins: Margins) -> Iterator[Call]:
    """Calls that copy the middle of such a buffer back to x; what it never reached is zero."""
    (top, _), (left, _) = margins
    inner = padded[:, top : top + x.shape[1], left : left + x.shape[2]]
    if inner.shape[1:3] != x.shape[1:3]:
        yield partial(x.fill, 0)
    yield partial(np.copyto, x[:, : inner.shape[1], : inner.shape[2]], inner)


def parts(total: int, step: int) -> Iterator[slice]:
    """Slices of samples or rows that are handled together."""
    for start in range(0, total, step):
        yield slice(start, min(total, start + step))


def is_padded(margins: Margins) -> bool:
    """Whether any zeros have to be laid around the input."""
    return any(size > 0 for pair in margins for size in pair)
