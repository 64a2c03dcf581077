"""What the machine can do at best: multiply-adds of a large matrix product, bytes of a copy.

Measured, in a fifth of a second, in the process and with the threads that ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from ...compiler.work import Work
from ..kernels.kernel import Call

EDGE = 768
"""Of the square matrices that are multiplied."""
COPIED = (2**18, 2**22, 2**26)
"""Bytes of each copy, read and written ones together: within a core's second-level cache, within
the third, beyond both."""
SECONDS = 0.05
"""Spent on each figure."""


@dataclass(frozen=True, slots=True)
class MachineLimits:
    """The best rates of a machine."""

    multiply_adds: float
    """A second, in matrix products of the precision of a plan."""
    copies: tuple[tuple[int, float], ...]
    """Bytes a second for so many bytes, from few bytes to many."""

    def copy_rate(self, size: int) -> float:
        """Bytes a second for an instruction that touches so many."""
        return next((rate for most, rate in self.copies if size <= most), self.copies[-1][1])

    def or_better(self, other: MachineLimits) -> MachineLimits:
        """The better of two measurements of one machine: other load only makes them worse."""
        pairs = zip(self.copies, other.copies, strict=True)
        copies = tuple((size, max(here, there)) for (size, here), (_, there) in pairs)
        return MachineLimits(max(self.multiply_adds, other.multiply_adds), copies)

    def least_seconds(self, work: Work) -> float:
        """No implementation of an instruction is quicker than its products, nor than its bytes."""
        products = (work.multiply_adds or 0) / self.multiply_adds
        return max(products, work.bytes / self.copy_rate(work.bytes))


def measure_limits(dtype: np.dtype[Any]) -> MachineLimits:
    """Measures the machine, best of several trials."""
    a, b, out = (np.full((EDGE, EDGE), 0.5, dtype) for _ in range(3))
    products = EDGE**3 / _best_seconds(partial(np.matmul, a, b, out=out))
    copies = []
    for size in COPIED:
        source = np.ones(size // 2 // dtype.itemsize, dtype)
        copies.append((size, size / _best_seconds(partial(np.copyto, source.copy(), source))))
    return MachineLimits(products, tuple(copies))


def _best_seconds(call: Call) -> float:
    call()
    best, end = float("inf"), perf_counter() + SECONDS
    while perf_counter() < end:
        start = perf_counter()
        call()
        best = min(best, perf_counter() - start)
    return best
