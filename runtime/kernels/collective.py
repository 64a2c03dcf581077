"""Instructions in which the shards of a batch meet.

A kernel here gives two calls: what a shard leaves for the others, and what it makes of what all
have left. The engine lets all shards do the first before any does the second.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

import numpy as np

from ..array_types import Array
from .kernel import Call, Kernel


def sum_shards(x: Array, y: Array, parts: Array, shard: int) -> Iterable[Call]:
    yield partial(np.copyto, parts[shard], x)
    yield partial(np.add.reduce, parts, axis=0, out=y)


KERNELS: dict[str, Kernel] = {"sum_shards": sum_shards}
