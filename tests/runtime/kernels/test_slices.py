"""Products that run in slices, and convolutions whose products do, against plain sums."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from netc.runtime.kernels import KERNELS
from netc.runtime.kernels.kernel import SMALL_PRODUCT, split
from netc.runtime.kernels.winograd_maps import tiles_together

Array = np.ndarray[Any, Any]


def run(row: str, **named: Any) -> None:
    for call in KERNELS[row](**named):
        call()


def numbers(*shape: int) -> Array:
    return np.random.default_rng(sum(shape)).standard_normal(shape)


@pytest.mark.parametrize(
    ("each", "columns", "unit", "options", "count"),
    [
        (150, 8960, 64, {}, 2),  # 1.3 million: two halves
        (150, 6400, 64, {}, 1),  # small as it is
        (2400, 1280, 64, {}, 4),
        (100_000, 1280, 64, {}, 1),  # no slice is small and wide
        (25_088, 128, 1, {"least": 32, "most": 4}, 4),
        (50_176, 128, 1, {"least": 32, "most": 4}, 1),  # eight would be needed
        (1000, 1500, 500, {}, 3),  # only whole units
    ],
)
def test_as_few_slices_as_make_products_small(
    each: int, columns: int, unit: int, options: dict[str, int], count: int
) -> None:
    found = split(each, columns, unit, **options)
    assert found == count
    if found > 1:
        assert each * columns // found <= SMALL_PRODUCT < each * columns


@pytest.mark.parametrize(("m", "k", "n"), [(32, 784, 128), (32, 784, 130), (4, 5, 6), (0, 3, 4)])
def test_products(m: int, k: int, n: int) -> None:
    a, b = numbers(m, k), numbers(k, n)
    out = np.full((m, n), np.nan)
    run("matmul", a=a, b=b, out=out)
    np.testing.assert_allclose(out, np.einsum("mk,kn->mn", a, b), atol=1e-11)


@pytest.mark.parametrize(("k", "m", "n"), [(32, 784, 128), (64, 784, 128), (32, 785, 128)])
def test_products_of_a_transposed_matrix(k: int, m: int, n: int) -> None:
    a, b = numbers(k, m), numbers(k, n)
    out = np.full((m, n), np.nan)
    run("matmul_tn", a=a, b=b, out=out)
    np.testing.assert_allclose(out, np.einsum("km,kn->mn", a, b), atol=1e-11)


@pytest.mark.parametrize(("channels", "filters", "samples"), [(1, 6, 64), (6, 16, 64), (3, 8, 50)])
def test_narrow_convolution(channels: int, filters: int, samples: int) -> None:
    x, w = numbers(channels, 15, 16, samples), numbers(5, 5, channels, filters)
    walk = {"stride": (1, 1), "dilation": (1, 1), "margins": ((0, 0), (0, 0))}
    windows = np.lib.stride_tricks.sliding_window_view(x, (5, 5), axis=(1, 2))
    y = np.full((filters, 11, 12, samples), np.nan)
    columns, padded = np.empty((25 * channels, 8, 12, samples)), np.empty((channels, 0, 0, samples))
    run("conv2d_chwn", x=x, w=w, y=y, padded=padded, columns=columns, **walk)
    np.testing.assert_allclose(y, np.einsum("cpqnij,ijco->opqn", windows, w), atol=1e-10)

    dy, dw = numbers(*y.shape), np.full(w.shape, np.nan)
    part = np.empty((25 * channels, filters))
    run(
        "conv2d_chwn_grad_w",
        x=x, dy=dy, dw=dw, padded=padded, columns=columns, part=part, **walk,
    )  # fmt: skip
    np.testing.assert_allclose(dw, np.einsum("cpqnij,opqn->ijco", windows, dy), atol=1e-9)

    dx = np.full(x.shape, np.nan)
    run("conv2d_chwn_grad_x", dy=dy, w=w, dx=dx, padded=padded, columns=columns, **walk)
    expected = np.zeros_like(x)
    for i in range(5):
        for j in range(5):
            expected[:, i : i + 11, j : j + 12] += np.einsum("opqn,co->cpqn", dy, w[i, j])
    np.testing.assert_allclose(dx, expected, atol=1e-10)


@pytest.mark.parametrize(
    ("columns", "channels", "whole", "group"),
    [
        (8, 64, True, 8),
        (8, 1024, True, 4),
        (7, 1024, True, 1),
        (7, 64, False, 7),
        (9, 512, False, 1),
    ],
)
def test_tiles_of_a_row_are_mapped_together(
    columns: int, channels: int, whole: bool, group: int
) -> None:
    assert tiles_together(columns, channels, whole=whole) == group


@pytest.mark.parametrize("window", [3, 5])
@pytest.mark.parametrize(("size", "channels"), [(8, 32), (14, 32), (9, 200), (32, 40), (30, 600)])
def test_winograd(size: int, channels: int, window: int) -> None:
    x, w = numbers(3, size, size, channels), numbers(window, window, channels, 33)
    u = np.empty((36, channels, 33))
    run("winograd_weights", w=w, u=u)
    y = np.full((3, size, size, 33), np.nan)
    tile, margin = 7 - window, window // 2
    grid = -(-size // tile)
    side, tiles = tile * grid + window - 1, 2 * grid * grid
    run(
        "winograd2d_once",
        x=x, u=u, y=y, padded=np.empty((2, side, side, channels)),
        tiles=np.empty((tiles, 36, channels)), spread=np.empty((36, tiles, channels)),
        products=np.empty((36, tiles, 33)), out=np.empty((tiles, tile * tile, 33)),
        margins=((margin, margin), (margin, margin)), tile=tile,
    )  # fmt: skip
    windows = np.lib.stride_tricks.sliding_window_view(
        np.pad(x, ((0, 0), (margin, margin), (margin, margin), (0, 0))),
        (window, window),
        axis=(1, 2),
    )
    # Winograd's maps multiply by up to 10 and cancel: about three digits of sixteen.
    np.testing.assert_allclose(y, np.einsum("npqcij,ijco->npqo", windows, w), atol=1e-10)
