"""How workers divide a vector among them."""

from __future__ import annotations

import pytest
from netc.runtime.engine.slices import ALIGNED, own_slices


@pytest.mark.parametrize("most", [7, 64, 32_768])
@pytest.mark.parametrize("workers", [1, 2, 3, 4])
@pytest.mark.parametrize("length", [0, 1, 15, 16, 17, 63, 200, 32_768, 32_769, 109_386])
def test_every_element_is_in_one_slice_and_all_have_as_much(
    length: int, workers: int, most: int
) -> None:
    shares = [list(own_slices(length, most, worker, workers)) for worker in range(workers)]
    slices = sorted((s.start, s.stop) for share in shares for s in share)
    assert [start for start, _ in slices] == [0, *(end for _, end in slices)][: len(slices)]
    assert (slices[-1][1] if slices else 0) == length
    assert all(end - start <= most for start, end in slices)
    loads = [sum(s.stop - s.start for s in share) for share in shares]
    rounds = max(len(share) for share in shares)
    # slices begin after a multiple of 16 elements, so the last ones may be shorter by so many each
    assert max(loads) - min(loads) <= max(rounds, 1) * workers * ALIGNED
