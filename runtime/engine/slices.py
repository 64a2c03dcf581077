"""Into which slices workers divide a vector, and into which shards a batch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

ALIGNED = 16
"""Elements that a slice begins after a multiple of: no two share a line of the cache."""


class BatchSizes(NamedTuple):
    """Sizes of batches, each once."""

    training: tuple[int, ...] = ()
    evaluation: tuple[int, ...] = ()


NO_BATCHES = BatchSizes()


def own_slices(length: int, most: int, worker: int, workers: int) -> Iterator[slice]:
    """The slices of one worker: none longer than `most`, and all workers have as much to do. Every
    element is in one slice of one worker."""
    rounds = -(-length // (most * workers))
    count = max(rounds, 1) * workers
    each = -(-length // count)
    aligned = -(-each // ALIGNED) * ALIGNED
    each = aligned if aligned <= most else each
    for turn in range(worker, count, workers):
        start, end = turn * each, min((turn + 1) * each, length)
        if start < end:
            yield slice(start, end)


def divide(batch: int, shards: int) -> tuple[slice, ...]:
    """The rows of each shard: as equal as possible, the first ones larger, none empty."""
    active = min(batch, shards)
    each, more = divmod(batch, active)
    ends = [shard * each + min(shard, more) for shard in range(active + 1)]
    return tuple(slice(a, b) for a, b in pairwise(ends))
