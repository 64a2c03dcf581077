"""The maps of Winograd's F(4x4, 3x3) and F(2x2, 5x5), both F(m x m, r x r) for m + r = 7: tiles of
inputs and outputs to 36 frequencies and back.

One axis of a tile is mapped by

    Bᵀ (6x6, inputs),  G (6 x r, weights),  Aᵀ (m x 6, outputs).

The frequencies are the values of polynomials at the points 0, 1, -1, 2, -2 and infinity: A and, but
for a factor for each point, G evaluate polynomials of m and r coefficients.

Maps are written as matrix products over many tiles at once, with the Kronecker squares of these.
The largest, that of inputs, is halved: the rows of Bᵀ at two points of opposite sign are an even
part, which reads the even positions of a tile, plus and minus an odd part, which reads the odd
ones. So the parts are mapped alone, by matrices half as wide, and then added and subtracted.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from math import prod

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..array_types import Array
from .kernel import Call, beginning

READ = 6
WIDEST = 4096
"""Columns of the products that map tiles: more gain nothing."""

_INPUT = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
_SCALES = (1 / 4, -1 / 6, -1 / 6, 1 / 24, 1 / 24, 1)
"""The factors of G."""
_POINTS = [0, 5, 1, 3, 2, 4]
"""The order in which the frequencies of an axis, rows of Bᵀ and G and columns of Aᵀ, are kept for
the rows of a tile. Those for its columns are kept as they are above."""


def _evaluation(size: int) -> Array:
    """A, [6, size]: the values of a polynomial of so many coefficients; at infinity, the last."""
    finite = np.array([(0, 1, -1, 2, -2)], np.float64).T ** np.arange(size)
    return np.vstack([finite, np.arange(size) == size - 1])


@cache
def _square(name: str, size: int, dtype: str) -> Array:
    """The Kronecker square of a map of so many places: rows and columns of a tile at once."""
    scales = np.array(_SCALES if name == "filter" else np.ones(READ))
    along = scales[:, None] * _evaluation(size)
    made = np.kron(along[_POINTS], along)
    return np.ascontiguousarray(made.T if name == "output" else made, dtype)


@cache
def _halves(dtype: str) -> tuple[Array, Array, Array]:
    """What maps the even rows and the odd rows of input tiles: to the frequencies 0 and infinity,
    [2, 1, 6, 18], and to the parts of the others, [12, 18] each."""
    b = np.array(_INPUT, np.float64)
    alone = np.stack([np.kron(b[:1, ::2], b), np.kron(b[5:, 1::2], b)])[:, None]
    even, odd = (np.kron(b[[1, 3], start::2], b) for start in range(2))
    return alone.astype(dtype), even.astype(dtype), odd.astype(dtype)


def filter_map(w: Array) -> Array:
    """G ⊗ G, [36, K · K], for weights[K, K, ...] and in their precision."""
    return _square("filter", len(w), w.dtype.name)


def grid_of(positions: tuple[int, ...], tile: int) -> tuple[int, int]:
    """How many rows and columns of tiles so many positions have."""
    rows, columns = positions
    return -(-rows // tile), -(-columns // tile)


def spread_input(
    x: Array, tiles: Array, spread: Array, grid: tuple[int, int], tile: int
) -> Iterator[Call]:
    """spread[36, tiles, C] = Bᵀ d B for every tile d of 6x6 positions of x[N,Y,X,C], one at each
    `tile` positions. `tiles` is scratch."""
    rows, columns = grid
    n, y, z, c = x.strides
    group = tiles_together(columns, x.shape[3])
    shape = (2, len(x), rows, columns // group, READ // 2, READ, group, x.shape[3])
    steps = (y, n, tile * y, tile * z * group, 2 * y, z, tile * z, c)
    gathered = beginning(tiles, shape)
    yield partial(np.copyto, gathered, as_strided(x, shape, steps))
    halves = gathered.reshape(2, -1, 18, group * x.shape[3])
    of_alone, of_even, of_odd = _halves(x.dtype.name)
    alone, even, difference = spread[:12], spread[12:24], spread[24:]
    by_parity = alone.reshape(2, 6, *halves.shape[1::2]).swapaxes(1, 2)
    yield partial(np.matmul, of_alone, halves, by_parity)
    yield partial(np.matmul, of_even, halves[0], _by_group(even, halves[0]))
    # The even positions have been read: what the odd ones give takes their place.
    odd = beginning(tiles, even.shape)
    yield partial(np.matmul, of_odd, halves[1], _by_group(odd, halves[1]))
    yield partial(np.subtract, even, odd, difference)
    yield partial(np.add, even, odd, even)


def spread_gradient(
    dy: Array, tiles: Array, spread: Array, grid: tuple[int, int], tile: int
) -> Iterator[Call]:
    """spread[36, tiles, O] = A dy Aᵀ for every tile of positions: the adjoint of `collect`.
    `tiles` is scratch."""
    view = _output_tiles(dy, grid, tile, tiles_together(grid[1], dy.shape[3]))
    gathered = beginning(tiles, view.shape)
    yield partial(np.copyto, gathered, view)
    flat = _flat(gathered)
    gradient_map = _square("gradient", tile, dy.dtype.name)
    yield partial(np.matmul, gradient_map, flat, _by_group(spread, flat))


def collect(
    product: Array, y: Array, out: Array, grid: tuple[int, int], tile: int
) -> Iterator[Call]:
    """y = Aᵀ m A for every m of product[36, tiles, O]. `out` is scratch."""
    rows, columns = grid
    whole = y.shape[1:3] == (rows * tile, columns * tile)
    group = tiles_together(columns, y.shape[3], whole=whole)
    tiles = beginning(out, (len(y), rows, columns // group, tile, tile, group, y.shape[3]))
    flat = _flat(tiles)
    output_map = _square("output", tile, y.dtype.name)
    yield partial(np.matmul, output_map, _by_group(product, flat), flat)
    if whole:
        yield partial(np.copyto, _output_tiles(y, grid, tile, group), tiles)
        return
    for i in range(tile):
        for j in range(tile):
            positions = y[:, i::tile, j::tile]
            corner = tiles[:, :, :, i, j, 0] if group == 1 else tiles[:, :, 0, i, j]
            yield partial(
                np.copyto, positions, corner[:, : positions.shape[1], : positions.shape[2]]
            )


def _output_tiles(y: Array, grid: tuple[int, int], tile: int, group: int) -> Array:
    """y[N,Y,X,O] as [N, rows, columns / group, tile, tile, group, O]: the positions of
    neighbouring tiles side by side."""
    rows, columns = grid
    n, down, right, o = y.strides
    shape = (len(y), rows, columns // group, tile, tile, group, y.shape[3])
    steps = (n, tile * down, tile * right * group, down, right, tile * right, o)
    return as_strided(y, shape, steps)


def tiles_together(columns: int, channels: int, *, whole: bool = True) -> int:
    """How many tiles of a row are mapped by one product: a wide one is quick. Tiles that are cut at
    the edge (not `whole`) are taken apart by whole rows, or singly."""
    able = [n for n in range(1, columns + 1) if columns % n == 0 and (whole or n in (1, columns))]
    return max((n for n in able if n * channels <= WIDEST), default=1)


def _flat(tiles: Array) -> Array:
    """Tiles as [groups, positions, group · C]."""
    groups, width = prod(tiles.shape[:3]), prod(tiles.shape[5:])
    return tiles.reshape(groups, -1, width)


def _by_group(spread: Array, tiles: Array) -> Array:
    """Frequencies, [F, tiles, C], as [groups, F, group · C], like flat tiles."""
    return spread.reshape(len(spread), len(tiles), tiles.shape[-1]).swapaxes(0, 1)
