"""Convolution by Winograd's F(4x4, 3x3) and F(2x2, 5x5) (Lavin & Gray 2016).

A tile of outputs, 4x4 positions for windows of 3x3 and 2x2 for those of 5x5, reads an input tile of
6x6. Both are mapped by small constant matrices to 36 numbers, in which the convolution is 36
independent products over the channels:

    Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A

2.25 multiplications for each pair of channels and place take the place of 9, and 9 that of 25.
Rounding differs from the direct sum: about 1e-5 relative in single precision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial

import numpy as np

from ...compiler.shapes import Margins
from ..array_types import Array
from .kernel import Call, Kernel, beginning
from .windows import pad_calls, parts
from .winograd_maps import collect, filter_map, grid_of, spread_gradient, spread_input


def winograd_weights(w: Array, u: Array) -> Iterable[Call]:
    yield partial(np.matmul, filter_map(w), _pairs(w), u.reshape(36, -1))


def winograd_weights_back(w: Array, u: Array, rotated: Array) -> Iterable[Call]:
    yield partial(np.copyto, rotated, w[::-1, ::-1].transpose(0, 1, 3, 2))
    yield partial(np.matmul, filter_map(w), _pairs(rotated), u.reshape(36, -1))


def winograd_grad_w(du: Array, dw: Array) -> Iterable[Call]:
    yield partial(np.matmul, filter_map(dw).T, du.reshape(36, -1), _pairs(dw))


def _pairs(w: Array) -> Array:
    """Weights[K, K, C, O] as [K · K, C · O]."""
    return w.reshape(len(w) ** 2, -1)


def _whole_margins(margins: Margins, padded: Array, x: Array) -> Margins:
    """The margins of a buffer that holds whole tiles: what is left over at the ends is zero."""
    (top, _), (left, _) = margins
    bottom = padded.shape[1] - top - x.shape[1]
    right = padded.shape[2] - left - x.shape[2]
    return ((top, bottom), (left, right))


def winograd2d(
    x: Array, u: Array, y: Array, spread: Array, padded: Array, tiles: Array, products: Array,
    out: Array, margins: Margins, tile: int,
) -> Iterable[Call]:  # fmt: skip
    rows, columns = grid_of(y.shape[1:3], tile)
    each = rows * columns

    def kept(part: slice) -> Array:
        return spread[:, part.start * each : part.stop * each]

    return _convolve(x, u, y, kept, (padded, tiles, products, out), margins, tile)


def winograd2d_once(
    x: Array, u: Array, y: Array, padded: Array, tiles: Array, spread: Array, products: Array,
    out: Array, margins: Margins, tile: int,
) -> Iterable[Call]:  # fmt: skip
    rows, columns = grid_of(y.shape[1:3], tile)

    def passing(part: slice) -> Array:
        count = part.stop - part.start
        return beginning(spread, (36, count * rows * columns, x.shape[3]))

    return _convolve(x, u, y, passing, (padded, tiles, products, out), margins, tile)


def _convolve(
    x: Array,
    u: Array,
    y: Array,
    spread_of: Callable[[slice], Array],
    scratch: tuple[Array, Array, Array, Array],
    margins: Margins,
    tile: int,
) -> Iterator[Call]:
    """The convolution, some samples at a time. `spread_of` says where their mapped tiles lie."""
    padded, tiles, products, out = scratch
    grid = grid_of(y.shape[1:3], tile)
    each, filters = grid[0] * grid[1], y.shape[3]
    ends = _whole_margins(margins, padded, x)
    for part in parts(len(x), len(padded)):
        count = part.stop - part.start
        mapped = spread_of(part)
        yield from pad_calls(x[part], padded[:count], ends)
        yield from spread_input(padded[:count], tiles, mapped, grid, tile)
        product = beginning(products, (36, count * each, filters))
        yield partial(np.matmul, mapped, u, product)
        yield from collect(product, y[part], out, grid, tile)


def winograd2d_grad_u(
    dy: Array, spread: Array, du: Array, padded: Array, tiles: Array, mapped: Array, part: Array,
    tile: int,
) -> Iterable[Call]:  # fmt: skip
    rows, columns = grid_of(dy.shape[1:3], tile)
    each = rows * columns
    for samples in parts(len(dy), len(padded)):
        x_tiles = spread[:, samples.start * each : samples.stop * each]
        yield from _add_products(dy, samples, x_tiles, du, (padded, tiles, mapped, part), tile)


def winograd2d_grad_u_again(
    x: Array, dy: Array, du: Array, padded: Array, tiles: Array, spread: Array, whole: Array,
    places: Array, mapped: Array, part: Array, margins: Margins, tile: int,
) -> Iterable[Call]:  # fmt: skip
    grid = grid_of(dy.shape[1:3], tile)
    ends = _whole_margins(margins, padded, x)
    for samples in parts(len(x), len(padded)):
        count = samples.stop - samples.start
        x_tiles = beginning(spread, (36, count * grid[0] * grid[1], x.shape[3]))
        yield from pad_calls(x[samples], padded[:count], ends)
        yield from spread_input(padded[:count], tiles, x_tiles, grid, tile)
        yield from _add_products(dy, samples, x_tiles, du, (whole, places, mapped, part), tile)


def _add_products(
    dy: Array,
    samples: slice,
    x_tiles: Array,
    du: Array,
    scratch: tuple[Array, Array, Array, Array],
    tile: int,
) -> Iterator[Call]:
    """du += the products of some samples' mapped tiles of x with those of dy; the first samples
    set it."""
    padded, tiles, mapped, part = scratch
    grid = grid_of(dy.shape[1:3], tile)
    count = samples.stop - samples.start
    source: Array = dy[samples]
    if source.shape[1:3] != (grid[0] * tile, grid[1] * tile):
        ends = _whole_margins(((0, 0), (0, 0)), padded, dy)
        yield from pad_calls(source, padded[:count], ends)
        source = padded[:count]
    gradient = beginning(mapped, (36, count * grid[0] * grid[1], dy.shape[3]))
    yield from spread_gradient(source, tiles, gradient, grid, tile)
    turned = x_tiles.transpose(0, 2, 1)
    if samples.start == 0:
        yield partial(np.matmul, turned, gradient, du)
    else:
        yield partial(np.matmul, turned, gradient, part)
        yield partial(np.add, du, part, du)


KERNELS: dict[str, Kernel] = {
    "winograd_weights": winograd_weights,
    "winograd_weights_back": winograd_weights_back,
    "winograd_grad_w": winograd_grad_w,
    "winograd2d": winograd2d,
    "winograd2d_once": winograd2d_once,
    "winograd2d_grad_u": winograd2d_grad_u,
    "winograd2d_grad_u_again": winograd2d_grad_u_again,
}
