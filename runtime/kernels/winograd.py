"""Convolution with 3x3 windows by Winograd's F(4x4, 3x3) (Lavin & Gray 2016).

An output tile of 4x4 places reads an input tile of 6x6. Both are mapped by small constant
matrices to 36 numbers, in which the convolution is 36 independent products over the channels:

    Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A

2.25 multiplications for each weight and place become 1. The maps are written as matrix products
over all tiles at once, with the Kronecker squares of B, G and A. Rounding differs from the direct
sum: about 1e-5 relative in single precision.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cache, partial
from math import prod

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .kernel import Array, Call, Kernel, beginning
from .windows import Margins, pad_calls, parts

TILE = 4
READ = 6
WIDEST = 512
"""Columns of the products that map tiles: with 36 rows, OpenBLAS counts them as small."""

_INPUT = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
_FILTER = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)
_OUTPUT = (
    (1, 1, 1, 1, 1, 0),
    (0, 1, -1, 2, -2, 0),
    (0, 1, 1, 4, 4, 0),
    (0, 1, -1, 8, -8, 1),
)


@cache
def _square(name: str, dtype: str) -> Array:
    """The Kronecker square of a map: rows and columns of a tile at once."""
    matrix = np.array({"input": _INPUT, "filter": _FILTER, "output": _OUTPUT}[name], np.float64)
    return np.kron(matrix, matrix).astype(dtype)


def _map(name: str, x: Array) -> Array:
    return _square(name, x.dtype.name)


def _tiles(x: Array, size: int, grid: tuple[int, int], group: int) -> Array:
    """x[N,Y,X,C] as [N, rows, columns / group, size, size, group, C]: the tiles that begin every 4
    places, with the places of neighbouring tiles side by side."""
    rows, columns = grid
    n, y, z, c = x.strides
    shape = (x.shape[0], rows, columns // group, size, size, group, x.shape[3])
    return as_strided(x, shape, (n, TILE * y, TILE * z * group, y, z, TILE * z, c))


def _group(columns: int, channels: int, *, whole: bool = True) -> int:
    """How many tiles of a row are mapped by one product. A wide one is quick, and more so while it
    is small enough for the kernels that OpenBLAS has for small products. Tiles that are cut at the
    edge (not `whole`) are taken apart by whole rows, or singly."""
    able = [n for n in range(1, columns + 1) if columns % n == 0 and (whole or n in (1, columns))]
    return max((n for n in able if n * channels <= WIDEST), default=1)


def _by_group(by_place: Array, tiles: Array) -> Array:
    """Numbers by place, [36, tiles, C], as [groups, 36, group · C], like these tiles."""
    groups, width = prod(tiles.shape[:3]), prod(tiles.shape[5:])
    return by_place.reshape(len(by_place), groups, width).transpose(1, 0, 2)


def _flat(tiles: Array) -> Array:
    """Tiles as [groups, size², group · C]."""
    groups, width = prod(tiles.shape[:3]), prod(tiles.shape[5:])
    return tiles.reshape(groups, -1, width)


def _grid(places: tuple[int, ...]) -> tuple[int, int]:
    rows, columns = places
    return -(-rows // TILE), -(-columns // TILE)


def winograd_weights(w: Array, u: Array) -> Iterable[Call]:
    yield partial(np.matmul, _map("filter", w), w.reshape(9, -1), u.reshape(36, -1))


def winograd_weights_back(w: Array, u: Array, turned: Array) -> Iterable[Call]:
    yield partial(np.copyto, turned, w[::-1, ::-1].transpose(0, 1, 3, 2))
    yield partial(np.matmul, _map("filter", w), turned.reshape(9, -1), u.reshape(36, -1))


def winograd_grad_w(du: Array, dw: Array) -> Iterable[Call]:
    yield partial(np.matmul, _map("filter", du).T, du.reshape(36, -1), dw.reshape(9, -1))


def _spread_input(
    x: Array, padded: Array, tiles: Array, spread: Array, margins: Margins, grid: tuple[int, int]
) -> Iterator[Call]:
    """The tiles of some samples, mapped: spread[36, tiles, C]."""
    count = len(x)
    yield from pad_calls(x, padded[:count], margins)
    view = _tiles(padded[:count], READ, grid, _group(grid[1], x.shape[3]))
    gathered = beginning(tiles, view.shape)
    yield partial(np.copyto, gathered, view)
    yield partial(np.matmul, _map("input", x), _flat(gathered), _by_group(spread, gathered))


def _whole_margins(margins: Margins, padded: Array, x: Array) -> Margins:
    """The margins of a buffer that holds whole tiles: what is left over at the ends is zero."""
    (top, _), (left, _) = margins
    bottom = padded.shape[1] - top - x.shape[1]
    right = padded.shape[2] - left - x.shape[2]
    return ((top, bottom), (left, right))


def _collect(product: Array, y: Array, out: Array, grid: tuple[int, int]) -> Iterator[Call]:
    """Maps products, [36, tiles, O], to tiles of outputs and writes these to their places."""
    rows, columns = grid
    whole = y.shape[1:3] == (rows * TILE, columns * TILE)
    group = _group(columns, y.shape[3], whole=whole)
    shape = (len(y), rows, columns // group, TILE, TILE, group, y.shape[3])
    tiles = beginning(out, shape)
    yield partial(np.matmul, _map("output", y), _by_group(product, tiles), _flat(tiles))
    if whole:
        yield partial(np.copyto, _tiles(y, TILE, grid, group), tiles)
        return
    for i in range(TILE):
        for j in range(TILE):
            places = y[:, i::TILE, j::TILE]
            seen = tiles[:, :, :, i, j, 0] if group == 1 else tiles[:, :, 0, i, j]
            yield partial(np.copyto, places, seen[:, : places.shape[1], : places.shape[2]])


def winograd2d(
    x: Array, u: Array, y: Array, spread: Array, padded: Array, tiles: Array, products: Array,
    out: Array, margins: Margins,
) -> Iterable[Call]:  # fmt: skip
    rows, columns = _grid(y.shape[1:3])
    each = rows * columns

    def kept(part: slice) -> Array:
        return spread[:, part.start * each : part.stop * each]

    return _convolve(x, u, y, kept, padded, tiles, products, out, margins)


def winograd2d_once(
    x: Array, u: Array, y: Array, padded: Array, tiles: Array, spread: Array, products: Array,
    out: Array, margins: Margins,
) -> Iterable[Call]:  # fmt: skip
    rows, columns = _grid(y.shape[1:3])

    def passing(part: slice) -> Array:
        count = part.stop - part.start
        return beginning(spread, (36, count * rows * columns, x.shape[3]))

    return _convolve(x, u, y, passing, padded, tiles, products, out, margins)


def _convolve(
    x: Array, u: Array, y: Array, spread_of: Callable[[slice], Array], padded: Array, tiles: Array,
    products: Array, out: Array, margins: Margins,
) -> Iterator[Call]:  # fmt: skip
    """The convolution, some samples at a time. `spread_of` says where their mapped tiles lie."""
    grid = _grid(y.shape[1:3])
    each, filters = grid[0] * grid[1], y.shape[3]
    ends = _whole_margins(margins, padded, x)
    for part in parts(len(x), len(padded)):
        count = part.stop - part.start
        mapped = spread_of(part)
        yield from _spread_input(x[part], padded, tiles, mapped, ends, grid)
        product = beginning(products, (36, count * each, filters))
        yield partial(np.matmul, mapped, u, product)
        yield from _collect(product, y[part], out, grid)


def winograd2d_grad_u(
    dy: Array, spread: Array, du: Array, padded: Array, tiles: Array, mapped: Array, part: Array
) -> Iterable[Call]:
    # The adjoint of the output map takes dy to the products' gradient.
    grid = _grid(dy.shape[1:3])
    each, filters = grid[0] * grid[1], dy.shape[3]
    back = np.ascontiguousarray(_map("output", dy).T)
    whole = dy.shape[1] == grid[0] * TILE and dy.shape[2] == grid[1] * TILE
    for samples in parts(len(dy), len(padded)):
        count = samples.stop - samples.start
        source: Array = dy[samples]
        if not whole:
            ends = _whole_margins(((0, 0), (0, 0)), padded, dy)
            yield from pad_calls(source, padded[:count], ends)
            source = padded[:count]
        view = _tiles(source, TILE, grid, _group(grid[1], filters))
        gathered = beginning(tiles, view.shape)
        yield partial(np.copyto, gathered, view)
        gradient = beginning(mapped, (36, count * each, filters))
        yield partial(np.matmul, back, _flat(gathered), _by_group(gradient, gathered))
        seen = spread[:, samples.start * each : samples.stop * each].transpose(0, 2, 1)
        if samples.start == 0:
            yield partial(np.matmul, seen, gradient, du)
        else:
            yield partial(np.matmul, seen, gradient, part)
            yield partial(np.add, du, part, du)


KERNELS: dict[str, Kernel] = {
    "winograd_weights": winograd_weights,
    "winograd_weights_back": winograd_weights_back,
    "winograd_grad_w": winograd_grad_w,
    "winograd2d": winograd2d,
    "winograd2d_once": winograd2d_once,
    "winograd2d_grad_u": winograd2d_grad_u,
}
