"""Depthwise convolution: a window over each channel by itself, kernel element by kernel element.

With stride 1 along a row, the positions of a row and their channels are one run of memory. Weights,
repeated for every position of it, then meet runs that are long enough for NumPy to work at speed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from ...compiler.shapes import Margins, Pair
from ..array_types import Array
from .convolution import with_padding
from .kernel import Call, Kernel
from .windows import (
    Geometry,
    element_view,
    is_padded,
    kernel_elements,
    parts,
    unpad_calls,
)


def _in_runs(x: Array) -> Array:
    """x[N,P,Q,C] as [N, P, Q · C], a view: the positions of a row are adjacent."""
    return x.reshape(*x.shape[:2], -1)


def _spread(x: Array, multiplier: int) -> Array:
    """x[..., C] seen as [..., C, multiplier], every channel repeated without a copy."""
    return np.broadcast_to(x[..., None], (*x.shape, multiplier))


def _split(y: Array, channels: int) -> Array:
    """y[..., O] as [..., C, multiplier]."""
    return y.reshape(*y.shape[:-1], channels, -1)


def _runs(w: Array, channels: int, stride: Pair) -> bool:
    """Whether rows are runs: nothing is skipped, and every channel gives one."""
    return stride[1] == 1 and w.shape[2] == channels


def _weights(w: Array, channels: int, columns: int, stride: Pair) -> tuple[list[Array], list[Call]]:
    """The weights of each kernel element in the layout of what it reads, and the call for that."""
    each = w.reshape(-1, w.shape[2])
    if not _runs(w, channels, stride):
        return [_split(weight, channels) for weight in each], []
    wide = np.empty((len(each), columns, channels), w.dtype)
    return list(wide.reshape(len(each), -1)), [partial(np.copyto, wide, each[:, None])]


def _views(
    w: Array, channels: int, stride: Pair
) -> tuple[Callable[[Array], Array], Callable[[Array], Array]]:
    """How images of C channels, and images of O, are seen so that they meet the weights."""
    if _runs(w, channels, stride):
        return _in_runs, _in_runs
    multiplier = w.shape[2] // channels
    return partial(_spread, multiplier=multiplier), partial(_split, channels=channels)


def depthwise2d(
    x: Array, w: Array, y: Array, padded: Array, t: Array,
    stride: Pair, dilation: Pair, margins: Margins,
) -> Iterable[Call]:  # fmt: skip
    geometry, positions = Geometry((w.shape[0], w.shape[1]), stride, dilation), y.shape[1:3]
    read, written = _views(w, x.shape[3], stride)
    weights, prepare = _weights(w, x.shape[3], positions[1], stride)
    yield from prepare
    for part in parts(len(x), len(t)):
        source, prepare = with_padding(x, part, padded, margins)
        yield from prepare
        out, scratch = written(y[part]), written(t[: len(source)])
        for number, offset in kernel_elements(geometry):
            x_view = read(element_view(source, offset, geometry, positions))
            if number == 0:
                yield partial(np.multiply, x_view, weights[number], out)
            else:
                yield partial(np.multiply, x_view, weights[number], scratch)
                yield partial(np.add, out, scratch, out)


def depthwise2d_grad_w(
    x: Array, dy: Array, ones: Array, dw: Array, padded: Array, t: Array, part: Array,
    stride: Pair, dilation: Pair, margins: Margins,
) -> Iterable[Call]:  # fmt: skip
    geometry, positions = Geometry((dw.shape[0], dw.shape[1]), stride, dilation), dy.shape[1:3]
    read, written = _views(dw, x.shape[3], stride)
    rows = dw.reshape(-1, dw.shape[2])
    yield partial(dw.fill, 0)
    for samples in parts(len(x), len(t)):
        source, prepare = with_padding(x, samples, padded, margins)
        yield from prepare
        gradient, products = written(dy[samples]), t[: len(source)]
        scratch, flat = written(products), products.reshape(-1, dw.shape[2])
        for number, offset in kernel_elements(geometry):
            x_view = read(element_view(source, offset, geometry, positions))
            yield partial(np.multiply, x_view, gradient, scratch)
            yield partial(np.dot, ones[: len(flat)], flat, part)
            yield partial(np.add, rows[number], part, rows[number])


def depthwise2d_grad_x(
    dy: Array, w: Array, dx: Array, padded: Array, t: Array,
    stride: Pair, dilation: Pair, margins: Margins,
) -> Iterable[Call]:  # fmt: skip
    channels, positions = dx.shape[3], dy.shape[1:3]
    geometry = Geometry((w.shape[0], w.shape[1]), stride, dilation)
    _, read = _views(w, channels, stride)
    weights, prepare = _weights(w, channels, positions[1], stride)
    yield from prepare
    for part in parts(len(dy), len(t)):
        chosen = dx[part]
        whole = padded[: len(chosen)] if is_padded(margins) else chosen
        yield partial(whole.fill, 0)
        gradient, products = read(dy[part]), t[: len(chosen)]
        scratch, split = read(products), _split(products, channels)
        for number, offset in kernel_elements(geometry):
            yield partial(np.multiply, gradient, weights[number], scratch)
            place = element_view(whole, offset, geometry, positions)
            for m in range(split.shape[-1]):
                yield partial(np.add, place, split[..., m], place)
        if whole is not chosen:
            yield from unpad_calls(whole, chosen, margins)


KERNELS: dict[str, Kernel] = {
    "depthwise2d": depthwise2d,
    "depthwise2d_grad_w": depthwise2d_grad_w,
    "depthwise2d_grad_x": depthwise2d_grad_x,
}
