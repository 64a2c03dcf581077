"""Matrix products."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np

from .kernel import Array, Call, Kernel


def matmul(a: Array, b: Array, out: Array) -> Iterable[Call]:
    yield partial(np.matmul, a, b, out)


def matmul_nt(a: Array, b: Array, out: Array) -> Iterable[Call]:
    yield partial(np.matmul, a, b.T, out)


def matmul_tn(a: Array, b: Array, out: Array) -> Iterable[Call]:
    yield partial(np.matmul, a.T, b, out)


KERNELS: dict[str, Kernel] = {"matmul": matmul, "matmul_nt": matmul_nt, "matmul_tn": matmul_tn}
