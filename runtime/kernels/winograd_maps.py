"""The maps of Winograd's F(4x4, 3x3): tiles of inputs and outputs to 36 frequencies and back.

One axis of a tile has the points 0, infinity, 1, 2, -1 and -2, and is mapped by

    Bᵀ (6x6, inputs),  G (6x3, weights),  Aᵀ (4x6, outputs).

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

TILE = 4
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
_POINTS = [0, 5, 1, 3, 2, 4]
"""The order in which the frequencies of an axis, rows of Bᵀ and G and columns of Aᵀ, are kept for
the rows of a tile. Those for its columns are kept as they are above."""


@cache
def _square(name: str, dtype: str) -> Array:
    """The Kronecker square of a map: rows and columns of a tile at once."""
    g, a = np.array(_FILTER, np.float64), np.array(_OUTPUT, np.float64)
    made = np.kron(g[_POINTS], g) if name == "filter" else np.kron(a[:, _POINTS], a)
    return np.ascontiguousarray(made.T if name == "gradient" else made, dtype)


@cache
def _halves(dtype: str) -> tuple[Array, Array, Array]:
    """What maps the even rows and the odd rows of input tiles: to the frequencies 0 and infinity,
    [2, 1, 6, 18], and to the parts of the others, [12, 18] each."""
    b = np.array(_INPUT, np.float64)
    alone = np.stack([np.kron(b[:1, ::2], b), np.kron(b[5:, 1::2], b)])[:, None]
    even, odd = (np.kron(b[[1, 3], start::2], b) for start in range(2))
    return alone.astype(dtype), even.astype(dtype), odd.astype(dtype)


def filter_map(x: Array) -> Array:
    """G ⊗ G, [36, 9], in the precision of an array."""
    return _square("filter", x.dtype.name)


def grid_of(positions: tuple[int, ...]) -> tuple[int, int]:
    """How many rows and columns of tiles so many positions have."""
    rows, columns = positions
    return -(-rows // TILE), -(-columns // TILE)


def spread_input(x: Array, tiles: Array, spread: Array, grid: tuple[int, int]) -> Iterator[Call]:
    """spread[36, tiles, C] = Bᵀ d B for every tile d of 6x6 positions of x[N,Y,X,C], which overlap
    by two. `tiles` is scratch."""
    rows, columns = grid
    n, y, z, c = x.strides
    group = tiles_together(columns, x.shape[3])
    shape = (2, len(x), rows, columns // group, READ // 2, READ, group, x.shape[3])
    steps = (y, n, TILE * y, TILE * z * group, 2 * y, z, TILE * z, c)
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
    dy: Array, tiles: Array, spread: Array, grid: tuple[int, int]
) -> Iterator[Call]:
    """spread[36, tiles, O] = A dy Aᵀ for every tile of 4x4 positions: the adjoint of `collect`.
    `tiles` is scratch."""
    view = _output_tiles(dy, grid, tiles_together(grid[1], dy.shape[3]))
    gathered = beginning(tiles, view.shape)
    yield partial(np.copyto, gathered, view)
    flat = _flat(gathered)
    yield partial(np.matmul, _square("gradient", dy.dtype.name), flat, _by_group(spread, flat))


def collect(product: Array, y: Array, out: Array, grid: tuple[int, int]) -> Iterator[Call]:
    """y = Aᵀ m A for every m of product[36, tiles, O]. `out` is scratch."""
    rows, columns = grid
    whole = y.shape[1:3] == (rows * TILE, columns * TILE)
    group = tiles_together(columns, y.shape[3], whole=whole)
    tiles = beginning(out, (len(y), rows, columns // group, TILE, TILE, group, y.shape[3]))
    flat = _flat(tiles)
    yield partial(np.matmul, _square("output", y.dtype.name), _by_group(product, flat), flat)
    if whole:
        yield partial(np.copyto, _output_tiles(y, grid, group), tiles)
        return
    for i in range(TILE):
        for j in range(TILE):
            positions = y[:, i::TILE, j::TILE]
            corner = tiles[:, :, :, i, j, 0] if group == 1 else tiles[:, :, 0, i, j]
            yield partial(
                np.copyto, positions, corner[:, : positions.shape[1], : positions.shape[2]]
            )


def _output_tiles(y: Array, grid: tuple[int, int], group: int) -> Array:
    """y[N,Y,X,O] as [N, rows, columns / group, 4, 4, group, O]: the positions of neighbouring tiles
    side by side."""
    rows, columns = grid
    n, down, right, o = y.strides
    shape = (len(y), rows, columns // group, TILE, TILE, group, y.shape[3])
    steps = (n, TILE * down, TILE * right * group, down, right, TILE * right, o)
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
