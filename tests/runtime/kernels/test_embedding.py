"""The gradient of a look-up: what each row of the table receives, in the order of the samples."""

from __future__ import annotations

import numpy as np
import pytest
from netc.runtime.array_types import Array
from netc.runtime.kernels.arrangement import PLACES_AT_ONCE, ROWS_AT_ONCE, take_rows_grad

TABLES = [
    pytest.param(5, 1, (6, 7), id="one column"),
    pytest.param(5, 7, (6, 7), id="an odd width"),
    pytest.param(1, 4, (6, 7), id="one token, always repeated"),
    pytest.param(400, 33, (12, 50), id="an odd width that is not narrow"),
    pytest.param(400, 64, (12, 150), id="several blocks, the last one short"),
    pytest.param(400, 4, (3, ROWS_AT_ONCE - 1), id="narrow, several blocks"),
    pytest.param(3, PLACES_AT_ONCE + 1, (2, 3), id="a row wider than a block"),
    pytest.param(3, 2 * PLACES_AT_ONCE + 2, (2, 3), id="a row of pairs wider than a block"),
]


def draw_ids(tokens: int, shape: tuple[int, ...]) -> Array:
    """Some tokens very often, the first and the last one among them, some never."""
    random = np.random.default_rng(1)
    ids = np.minimum(random.zipf(1.3, shape) - 1, tokens - 1)
    ids.flat[0] = tokens - 1
    return ids


def gradient(dy: Array, ids: Array, tokens: int) -> Array:
    """By the kernel, into memory that holds something else before."""
    dw = np.full((tokens, dy.shape[-1]), np.nan, dy.dtype)
    index = np.full(ids.shape, -1, np.int64)
    calls = list(take_rows_grad(dy, ids.astype(dy.dtype), dw, index))
    for _ in range(2):
        for call in calls:
            call()
    return dw


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(("tokens", "width", "shape"), TABLES)
def test_each_row_is_the_sum_in_the_order_of_the_samples(
    tokens: int, width: int, shape: tuple[int, int], dtype: str
) -> None:
    ids = draw_ids(tokens, shape)
    # of many magnitudes, so that another order of the sum has other bits
    random = np.random.default_rng(2)
    dy = random.standard_normal((*shape, width)) * 10.0 ** random.integers(-6, 7, (*shape, 1))
    dy = dy.astype(dtype)
    wanted = np.zeros((tokens, width), dtype)
    np.add.at(wanted, ids, dy)
    assert gradient(dy, ids, tokens).tobytes() == wanted.tobytes()


def test_numbers_that_are_not_finite_stay_in_their_column() -> None:
    """Two columns are added as one complex number; a sum of those never mixes its parts."""
    dy = np.array([[[np.inf, 1.0], [np.nan, 2.0], [-0.0, -0.0]]], np.float32)
    found = gradient(dy, np.array([[0, 1, 2]]), 3)
    np.testing.assert_array_equal(found, [[np.inf, 1.0], [np.nan, 2.0], [0.0, 0.0]])
    assert not np.signbit(found[2]).any()
