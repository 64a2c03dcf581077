"""From samples outermost to samples innermost and back."""

from __future__ import annotations

import numpy as np
import pytest
from netc.runtime.kernels.arrangement import LARGE_IMAGE, swap_layout

SHAPES = [(5, 3, 4, 2), (8, 32, 32, 3), (27, 16, 16, 8), (3, 40, 40, 11)]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_number_comes_to_its_place(shape: tuple[int, ...]) -> None:
    x = np.arange(float(np.prod(shape))).reshape(shape)
    y = np.full((shape[3], *shape[1:3], shape[0]), np.nan)
    for call in swap_layout(x, y):
        call()
    np.testing.assert_array_equal(y, np.moveaxis(x, (3, 0), (0, 3)))


def test_the_shapes_are_turned_at_once_and_in_slices() -> None:
    large = [shape for shape in SHAPES if np.prod(shape[1:]) >= LARGE_IMAGE]
    slices = [len(list(swap_layout(np.empty(s), np.empty((s[3], *s[1:3], s[0]))))) for s in SHAPES]
    assert len(large) == 3
    assert slices == [1, 1, 4, 1]
