"""How a convolution on images is computed: the algorithms, and which of them is chosen.

A layer says what it computes; the choice here, made by a table of rules from sizes alone, says
how. It shows in `netc show --plan` and never changes what is computed beyond rounding. A caller
who has measured other algorithms passes them by node (`Emitter.algorithms`).

| algorithm | when | rounding |
|---|---|---|
| one product | 1x1 windows, stride 1, no padding | the direct sum |
| Winograd F(4x4, 3x3) | 3x3, stride 1, 8 channels and 32 tiles, not `exact=true` | about 1e-5 |
| Winograd F(2x2, 5x5) | 5x5, otherwise the same | about 1e-5 |
| columns, batch-innermost | few channels, 16 samples or more | the direct sum |
| columns | everything else | the direct sum |
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from .images import Walked

if TYPE_CHECKING:
    from ..lower.program import Emitter, Value

TILES = {3: 4, 5: 2}
"""Places along an axis of a Winograd tile, by the side of the window: a tile reads 6x6."""
READ = 6
ROWS = 128
"""Tiles that are worth multiplying at a time: enough rows for a matrix product to run at speed,
and few enough for what they need to stay in the cache."""
WIDE = 32
"""Channels below which tiles are so small that twice as many of them are handled at a time."""
LEAST_CHANNELS = 8
LEAST_PLACES = 4
"""Along each axis: smaller images hardly fill their tiles."""
LEAST_TILES = 32
LEAST_TILES_PREPARED = 8
"""In an evaluation by the native engine, where the weights are mapped once for all batches, and the
product of few tiles is not slower than that of many."""
LEAST_INPUT_CHANNELS = 16
MOST_FILTERS = 2
"""How many filters for each channel there may be for the input gradient to be computed as a
convolution: an addition into a column costs about twice a copy."""


def emit_convolution(
    e: Emitter, x: Value, w: Value, walked: Walked, groups: int
) -> tuple[Value, tuple[Value, ...]]:
    """Emits y for x[N,H,W,C] and w[KH,KW,C/groups,O]; gives it, and what the gradients will
    read."""
    if _is_product(walked, groups):
        rows = e.view(x, (prod(x.shape[:-1]), x.shape[-1]))
        y = e.emit("matmul", rows, e.view(w, w.shape[-2:]))
        return e.view(y, (*x.shape[:-1], w.shape[-1])), ()
    if _chooses_winograd(e, walked, groups, w.shape[2], w.shape[3]):
        return _emit_winograd(e, x, w, walked)
    sizes = walked.sizes(e, w.shape[2]) | {"P": walked.places[0]}
    return e.emit("conv2d", x, w, **sizes, **_walk(walked, groups)), ()


def emit_convolution_gradients(
    e: Emitter, x: Value, w: Value, dy: Value, saved: tuple[Value, ...], walked: Walked, groups: int
) -> tuple[Value, Value]:
    """Emits the gradients of x and of w, by the algorithm that made y."""
    if _is_product(walked, groups):
        rows = e.view(x, (prod(x.shape[:-1]), x.shape[-1]))
        gradients = e.view(dy, (rows.shape[0], dy.shape[-1]))
        dx = e.emit("matmul_nt", gradients, e.view(w, w.shape[-2:]))
        return e.view(dx, x.shape), e.view(e.emit("matmul_tn", rows, gradients), w.shape)
    if saved:
        return _emit_winograd_gradients(e, x, w, dy, saved[0], walked)
    sizes = walked.sizes(e, w.shape[2])
    kh, kw, channels, _ = w.shape
    walk = _walk(walked, groups)
    dw = e.emit("conv2d_grad_w", x, dy, KH=kh, KW=kw, D=channels, **sizes, **walk)
    if _convolves_gradient(walked, groups, w.shape[2], w.shape[3]):
        back = _rotated_window(walked)
        sizes = back.sizes(e, w.shape[3]) | {"P": back.places[0]}
        return e.emit("conv2d", dy, e.emit("rotate_weights", w), **sizes, **_walk(back, 1)), dw
    height, width = walked.size
    sizes |= {"H": height, "W": width, "C": x.shape[-1]}
    return e.emit("conv2d_grad_x", dy, w, **sizes, **walk), dw


def _convolves_gradient(walked: Walked, groups: int, channels: int, filters: int) -> bool:
    """Whether the gradient of x is a convolution of dy: with stride 1, where copying the windows
    of dy costs less than adding up the columns of x, each of which is read and written again."""
    return (
        walked.stride == (1, 1)
        and groups == 1
        and channels >= LEAST_INPUT_CHANNELS
        and filters <= MOST_FILTERS * channels
        and all(end >= 0 for ends in _rotated_window(walked).margins for end in ends)
    )


def _rotated_window(walked: Walked) -> Walked:
    """How a window of weights rotated by 180 degrees walks over dy to give the gradient of x."""
    rows, columns = (d * (k - 1) for d, k in zip(walked.dilation, walked.kernel, strict=True))
    (top, bottom), (left, right) = walked.margins
    margins = ((rows - top, rows - bottom), (columns - left, columns - right))
    return walked._replace(margins=margins, size=walked.places, places=walked.size)


def emit_batch_innermost(e: Emitter, x: Value, w: Value, walked: Walked) -> Value:
    """Emits y[O,P,Q,N] for x[C,H,W,N] and w[KH,KW,C,O]."""
    sizes = _batch_innermost_sizes(e, x.shape[-1], w, walked)
    return e.emit("conv2d_chwn", x, w, P=walked.places[0], **sizes, **walked.walk())


def emit_batch_innermost_gradients(
    e: Emitter, x: Value, w: Value, dy: Value, walked: Walked
) -> tuple[Value, Value]:
    """Emits the gradients of x and of w, both batch-innermost."""
    sizes, walk = _batch_innermost_sizes(e, x.shape[-1], w, walked), walked.walk()
    kh, kw, _, _ = w.shape
    dw = e.emit("conv2d_chwn_grad_w", x, dy, KH=kh, KW=kw, **sizes, **walk)
    height, width = walked.size
    return e.emit("conv2d_chwn_grad_x", dy, w, H=height, W=width, **sizes, **walk), dw


def _batch_innermost_sizes(e: Emitter, samples: int, w: Value, walked: Walked) -> dict[str, int]:
    """The sizes of the scratch buffers: as many rows at a time as stay in the cache."""
    taps = prod(w.shape[:3])
    rows, columns = walked.places
    band = max(1, min(rows, e.cache_elements // (taps * columns * samples)))
    y, x = walked.padded()
    return {"R": band, "Q": columns, "K": taps, "Y": y, "X": x}


def _walk(walked: Walked, groups: int) -> dict[str, Any]:
    return walked.walk() | {"groups": groups}


def _is_product(walked: Walked, groups: int) -> bool:
    plain = walked.kernel == walked.stride == (1, 1) and walked.padded() == (0, 0)
    return plain and groups == 1 and walked.places == walked.size


def _chooses_winograd(e: Emitter, walked: Walked, groups: int, channels: int, filters: int) -> bool:
    able = (
        not e.exact
        and walked.kernel[0] in TILES
        and walked.kernel[0] == walked.kernel[1]
        and walked.stride == walked.dilation == (1, 1)
        and groups == 1
        and all(0 <= end < walked.kernel[0] for ends in walked.margins for end in ends)
    )
    algorithm = e.algorithms.get(e.layer)
    if not able or algorithm is not None:
        return able and algorithm is not None and algorithm.name == "winograd"
    rows, columns = _grid(walked.places, TILES[walked.kernel[0]])
    least_tiles = LEAST_TILES_PREPARED if e.native and not e.backward else LEAST_TILES
    return (
        min(channels, filters) >= LEAST_CHANNELS
        and min(walked.places) >= LEAST_PLACES
        and e.batch * rows * columns >= least_tiles
    )


def _grid(places: tuple[int, int], tile: int) -> tuple[int, int]:
    return -(-places[0] // tile), -(-places[1] // tile)


def _scratch(e: Emitter, w: Value, places: tuple[int, int]) -> tuple[int, dict[str, int]]:
    """Tiles of all samples, and the size of a tile with those of buffers for some samples."""
    tile = TILES[w.shape[0]]
    rows, columns = _grid(places, tile)
    algorithm = e.algorithms.get(e.layer)
    usual = ROWS if min(w.shape[2:]) >= WIDE else 2 * ROWS
    tiles = algorithm.size if algorithm is not None and algorithm.name == "winograd" else usual
    samples = min(e.batch, max(1, tiles // (rows * columns)))
    sizes = {
        "B": samples,
        "T": samples * rows * columns,
        "M": tile * tile,
        "Y": (rows - 1) * tile + READ,
        "X": (columns - 1) * tile + READ,
        "P": places[0],
        "Q": places[1],
        "tile": tile,
    }
    return e.batch * rows * columns, sizes


def _emit_winograd(
    e: Emitter, x: Value, w: Value, walked: Walked
) -> tuple[Value, tuple[Value, ...]]:
    u = e.emit("winograd_weights", w)
    tiles, sizes = _scratch(e, w, walked.places)
    if not e.backward:
        return e.emit("winograd2d_once", x, u, **sizes, margins=walked.margins), ()
    y, spread = e.emit_many("winograd2d", x, u, S=tiles, **sizes, margins=walked.margins)
    return y, (spread,)


def _emit_winograd_gradients(
    e: Emitter, x: Value, w: Value, dy: Value, spread: Value, walked: Walked
) -> tuple[Value, Value]:
    _, sizes = _scratch(e, w, walked.places)
    tile, read = sizes["tile"], w.shape[0] - 1
    whole = all(size % tile == 0 for size in walked.places)
    # The gradient is laid on whole tiles only where it does not fill them.
    sizes |= {"Y": 0, "X": 0} if whole else {"Y": sizes["Y"] - read, "X": sizes["X"] - read}
    du = e.emit("winograd2d_grad_u", dy, spread, **sizes)
    dw = e.emit("winograd_grad_w", du, K=w.shape[0])
    # The gradient of x is the convolution of dy with the rotated filters, padded by what is left.
    back = e.emit("winograd_weights_back", w)
    _, sizes = _scratch(e, w, walked.size)
    (top, bottom), (left, right) = walked.margins
    margins = ((read - top, read - bottom), (read - left, read - right))
    return e.emit("winograd2d_once", dy, back, **sizes, margins=margins), dw
