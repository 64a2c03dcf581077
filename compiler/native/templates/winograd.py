"""Convolution by Winograd's F(4x4, 3x3) and F(2x2, 5x5) (Lavin & Gray 2016).

Some tiles at a time are mapped to 36 frequencies, multiplied by the mapped weights and mapped back,
while all of it stays in the cache. The maps are in `c/winograd_maps.h`; here are the sizes and the
order of the work. In the workspace the channels of a tile are padded to whole vectors, and a cache
line lies between one frequency and the next: 36 streams at distances of a power of two would share
a few lines of the first-level cache.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ...lower.plan import ALIGNMENT, ITEM_BYTES
from ...shapes import Margins
from ..products.block_kernels import SumLoop
from ..products.blocks import split_evenly
from ..products.panels import OwnPanels, Product, can_divide_panels, divide_panels, write_product
from ..writer import Argument, FunctionWriter, OwnTurns, Template

TILES, WEIGHTS = "winograd_tiles.h", "winograd_weights.h"
WINDOW = 6
FREQUENCIES = 36

Body = Callable[[int], Iterator[str]]
"""The statements for so many tiles."""

TOGETHER = 32
"""Tiles at a time: enough rows for the products, and of 64 channels half a megabyte."""
CACHE_BYTES = 16 << 20
"""Mapped weights that are larger do not stay in any cache: they are read for as many tiles as
possible."""
TOGETHER_BEYOND_CACHE = 128
FEW_TILES = 16
"""Tiles of a part below which its reading of the weights takes longer than its products."""


def winograd_weights(c: FunctionWriter, w: Argument, u: Argument) -> str:
    """u = G w Gᵀ"""
    c.use(WEIGHTS)
    return _map_weights(w, w.name, u)


def winograd_weights_back(c: FunctionWriter, w: Argument, u: Argument) -> str:
    """u = G w' Gᵀ of the weights w' of the input gradient"""
    c.use(WEIGHTS)
    rotated = c.workspace(w.size)
    side, _, channels, filters = w.shape
    return (
        f"rotate_windows({side}, {w.name}, {rotated}, {channels}, {filters});\n"
        f"{_map_weights(w, rotated, u)}"
    )


def _map_weights(w: Argument, address: str, u: Argument) -> str:
    """Maps weights of the shape of w, but for their order."""
    side, _, channels, filters = w.shape
    return f"map_weights_{side}({address}, {u.name}, {channels * filters});"


def winograd_grad_w(c: FunctionWriter, du: Argument, dw: Argument) -> str:
    """dw = Gᵀ du G"""
    c.use(WEIGHTS)
    side, _, channels, filters = dw.shape
    return f"map_weight_gradients_{side}({du.name}, {dw.name}, {channels * filters});"


def winograd2d(
    c: FunctionWriter,
    x: Argument,
    u: Argument,
    y: Argument,
    spread: Argument,
    margins: Margins,
    tile: int,
) -> str:
    """y, and the mapped tiles of x"""
    keep = f"{spread.name}, {_Tiling.of(y, tile).tiles}"
    return _write_convolution(c, x, u, y, margins, tile, keep=keep)


def winograd2d_once(
    c: FunctionWriter, x: Argument, u: Argument, y: Argument, margins: Margins, tile: int
) -> str:
    """y = Aᵀ (Bᵀ x B · u) A"""
    return _write_convolution(c, x, u, y, margins, tile)


def winograd2d_bias(
    c: FunctionWriter,
    x: Argument,
    u: Argument,
    bias: Argument,
    y: Argument,
    margins: Margins,
    tile: int,
    relu: bool,
) -> str:
    """As winograd2d_once, plus the bias, and clipped at zero with relu"""
    return _write_convolution(c, x, u, y, margins, tile, added=f"{bias.name}, {int(relu)}")


def winograd2d_grad_u(
    c: FunctionWriter, dy: Argument, spread: Argument, du: Argument, tile: int
) -> str:
    """du = the sum over tiles of spreadᵀ · (A dy Aᵀ)"""
    c.use(TILES)
    channels = spread.columns
    kept = _MappedTiles(f"{spread.name} + t * {channels}", channels, spread.size // FREQUENCIES)
    return "\n".join(_gradient_lines(c, kept, dy, du, _Tiling.of(dy, tile)))


def winograd2d_grad_u_again(
    c: FunctionWriter, x: Argument, dy: Argument, du: Argument, margins: Margins, tile: int
) -> str:
    """As winograd2d_grad_u, from x"""
    c.use(TILES)
    tiling = _Tiling.of(dy, tile)
    inputs = _workspace(c, x, _tiles_together(c, tiling, du))
    return "\n".join(
        [
            _tiled_images("inputs", x, tiling, margins),
            *_gradient_lines(c, inputs, dy, du, tiling, x),
        ]
    )


class _Tiling(NamedTuple):
    """How outputs are cut into tiles."""

    tile: int
    """Places along each axis of a tile."""
    images: int
    rows: int
    columns: int

    @classmethod
    def of(cls, y: Argument, tile: int) -> _Tiling:
        return cls(tile, y.shape[0], -(-y.shape[1] // tile), -(-y.shape[2] // tile))

    @property
    def tiles(self) -> int:
        """Of all images."""
        return self.images * self.rows * self.columns


class _MappedTiles(NamedTuple):
    """Some tiles as 36 frequencies: [36, tiles, channels]."""

    address: str
    row: int
    """Numbers from one tile to the next."""
    step: int
    """Numbers from one frequency to the next."""


def _workspace(c: FunctionWriter, images: Argument, tiles: int) -> _MappedTiles:
    """Memory for so many mapped tiles of images."""
    row = -(-images.columns // c.target.lanes) * c.target.lanes
    step = tiles * row + ALIGNMENT // ITEM_BYTES[c.target.precision]
    return _MappedTiles(c.workspace(FREQUENCIES * step), row, step)


def _tiled_images(
    name: str, images: Argument, tiling: _Tiling, margins: Margins = ((0, 0), (0, 0))
) -> str:
    """The declaration of images that are cut into rows and columns of tiles."""
    _, height, width, channels = images.shape
    (top, _), (left, _) = margins
    sizes = (
        height, width, channels, top, left, tiling.tile, tiling.rows, tiling.columns, images.size,
    )  # fmt: skip
    return f"static const tiled_images {name} = {{{', '.join(map(str, sizes))}}};"


def _spread_windows(x: Argument, inputs: _MappedTiles) -> str:
    """Maps the windows of x for the tiles of a loop."""
    return f"spread_windows({x.name}, &inputs, t, tiles, {inputs.address}, {inputs.step});"


def _bytes(c: FunctionWriter, u: Argument) -> int:
    return u.size * ITEM_BYTES[c.target.precision]


def _tiles_together(c: FunctionWriter, tiling: _Tiling, u: Argument) -> int:
    """The most tiles that are handled at a time."""
    together = TOGETHER if _bytes(c, u) <= CACHE_BYTES else TOGETHER_BEYOND_CACHE
    return min(together, tiling.tiles)


def _over_tiles(
    count: int, together: int, body: Body, own: OwnTurns | None = None
) -> Iterator[str]:
    """Loops over all tiles: `body` handles those from t to t + tiles, after which `next` follow.
    With `own` only the loops' turns that begin with one of these tiles."""
    for part in split_evenly(count, together):
        yield f"for (int64_t t = {part.first}; t < {part.end}; t += {part.size}) {{"
        if own is not None:
            yield f"if (t < {own.begin} || t >= {own.end}) continue;"
        yield f"const int64_t tiles = {part.size};"
        yield f"const int64_t next = t + 2 * tiles <= {count} ? tiles : {count} - t - tiles;"
        yield from body(part.size)
        yield "}"


def _divide(
    c: FunctionWriter, tiling: _Tiling, u: Argument
) -> tuple[int, OwnTurns | None, OwnPanels | None]:
    """The most tiles that are handled at a time and, where the work is divided, which tiles or
    which panels of filters a part has: panels where there are so few tiles that reading the weights
    takes longest."""
    most, count = _tiles_together(c, tiling, u), tiling.tiles
    _, channels, filters = u.shape
    product = _product(c, most, filters, channels, filters, SumLoop(channels, 1, filters))
    multiply_adds = count * FREQUENCIES * channels * filters
    few = count < FEW_TILES * c.parts and filters % c.target.lanes == 0
    if few and can_divide_panels(c, product, multiply_adds, u.size):
        return most, None, divide_panels(c, product).own
    if not c.can_divide(count, multiply_adds, u.size):
        return most, None, None
    turns = -(-count // most // c.parts) * c.parts
    most = -(-count // turns)
    firsts = [
        part.first + k * part.size for part in split_evenly(count, most) for k in range(part.times)
    ]
    bounds = [*firsts, count]
    return (
        most,
        c.divide([bounds[len(firsts) * part // c.parts] for part in range(c.parts + 1)]),
        None,
    )


def _write_convolution(
    c: FunctionWriter,
    x: Argument,
    u: Argument,
    y: Argument,
    margins: Margins,
    tile: int,
    *,
    keep: str = "",
    added: str = "NULL, 0",
) -> str:
    """`keep` says where the mapped tiles go and how many there are, `added` is the bias and whether
    the sum is clipped at zero."""
    c.use(TILES)
    _, channels, filters = u.shape
    tiling = _Tiling.of(y, tile)
    most, own_tiles, own_panels = _divide(c, tiling, u)
    inputs, outputs = _workspace(c, x, most), _workspace(c, y, most)
    first, end = "0", str(filters)
    if own_panels is not None:
        first, end = (f"{vector} * {c.target.lanes}" for vector in own_panels.vectors)

    def body(tiles: int) -> Iterator[str]:
        yield _spread_windows(x, inputs)
        if keep:
            yield f"keep_windows({inputs.address}, {inputs.step}, &inputs, t, tiles, {keep});"
        loop = SumLoop(channels, 1, filters)
        product = _product(c, tiles, filters, inputs.row, outputs.row, loop)
        yield _for_frequencies(
            _prefetch(x, "inputs", WINDOW),
            f"prefetch_to_write({y.name}, &outputs, t, tiles, f);",
            write_product(
                c,
                product._replace(own=own_panels),
                f"{inputs.address} + f * {inputs.step}",
                f"{u.name} + f * {channels * filters}",
                f"{outputs.address} + f * {outputs.step}",
            ),
        )
        yield (
            f"collect_tiles_{tile}({outputs.address}, {outputs.step}, {added}, {y.name}, &outputs, "
            f"t, tiles, {first}, {end});"
        )

    return "\n".join(
        [
            _tiled_images("inputs", x, tiling, margins),
            _tiled_images("outputs", y, tiling),
            *_over_tiles(tiling.tiles, most, body, own_tiles),
        ]
    )


def _prefetch(images: Argument, name: str, size: int) -> str:
    """Asks for what the next tiles of a loop read, windows of a size."""
    return f"prefetch_to_read({images.name}, &{name}, {size}, t + tiles, next, f);"


def _for_frequencies(*statements: str) -> str:
    return "\n".join([f"for (int64_t f = 0; f < {FREQUENCIES}; f++) {{", *statements, "}"])


def _product(
    c: FunctionWriter, rows: int, columns: int, a_row: int, out_row: int, loop: SumLoop
) -> Product:
    """A product of mapped tiles. Its operands are read and its sums written many times, so its
    panels are wide: then the runs of memory are long."""
    # Vectors that overlap have to be in one panel, which a number of our own does not ensure.
    wide = None if columns % c.target.lanes else c.target.registers // 8
    return Product(rows, columns, a_row, out_row, (loop,), widest=wide)


def _gradient_lines(
    c: FunctionWriter,
    inputs: _MappedTiles,
    dy: Argument,
    du: Argument,
    tiling: _Tiling,
    x: Argument | None = None,
) -> Iterator[str]:
    """Adds up the products of mapped inputs, which are mapped from x if it is given, and mapped
    gradients."""
    _, channels, filters = du.shape
    gradients = _workspace(c, dy, _tiles_together(c, tiling, du))

    def body(tiles: int) -> Iterator[str]:
        if x is not None:
            yield _spread_windows(x, inputs)
        yield (
            f"spread_gradients_{tiling.tile}({dy.name}, &gradients, t, tiles, "
            f"{gradients.address}, {gradients.step});"
        )
        loop = SumLoop(tiles, inputs.row, gradients.row)
        yield _for_frequencies(
            *([_prefetch(x, "inputs", WINDOW)] if x is not None else []),
            _prefetch(dy, "gradients", tiling.tile),
            write_product(
                c,
                _product(c, channels, filters, 1, filters, loop),
                f"{inputs.address} + f * {inputs.step}",
                f"{gradients.address} + f * {gradients.step}",
                f"{du.name} + f * {channels * filters}",
                add="t > 0",
            ),
        )

    yield _tiled_images("gradients", dy, tiling)
    yield from _over_tiles(tiling.tiles, _tiles_together(c, tiling, du), body)


TEMPLATES: dict[str, Template] = {
    "winograd_weights": winograd_weights,
    "winograd_weights_back": winograd_weights_back,
    "winograd_grad_w": winograd_grad_w,
    "winograd2d": winograd2d,
    "winograd2d_once": winograd2d_once,
    "winograd2d_bias": winograd2d_bias,
    "winograd2d_grad_u": winograd2d_grad_u,
    "winograd2d_grad_u_again": winograd2d_grad_u_again,
}
