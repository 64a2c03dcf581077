"""Of several processes, each gets from the disk the samples of inputs that it computes."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass, field

import numpy as np
import pytest
from netc.runtime.array_types import Array
from netc.runtime.engine.together import ALONE, Alone, Together
from netc.runtime.training.objectives.batches import EncodedSplit, fill_rest, read_batches

X = np.arange(22.0).reshape(11, 2)
Z = -X


@dataclass
class Noted:
    """Samples on the disk, and which of them were read."""

    samples: Array
    read: list[int] = field(default_factory=list)

    def fetch(self, rows: Array, pool: Executor) -> object:
        self.read += rows.tolist()
        return lambda: self.samples[rows]


@dataclass
class OneOf(Alone):
    """A process among others."""

    rank: int
    world: int = 3
    leads: bool = False

    def share(self, batch: int) -> slice:
        each = -(-batch // self.world)
        start = min(self.rank * each, batch - 1)
        return slice(start, max(start + 1, min(start + each, batch)))


def read(together: Together, truth_names: tuple[str, ...] = ()) -> tuple[list[Array], Noted, Noted]:
    x, z = Noted(X), Noted(Z)
    part = EncodedSplit({"x": X, "z": Z}, (), tuple(X for _ in truth_names), truth_names)
    order = np.random.default_rng(0).permutation(11)
    found = read_batches(part, order, 6, None, {"x": x, "z": z}, together)  # type: ignore[dict-item]
    batches = []
    for rows, got in found:
        own = together.share(len(rows))
        np.testing.assert_array_equal(got["x"][own], X[rows][own])
        np.testing.assert_array_equal(got["z"][own], Z[rows][own])
        assert got["x"].shape == (len(rows), 2)
        batches.append(got["x"])
    return batches, x, z


@pytest.mark.parametrize("rank", [0, 1, 2])
def test_a_process_reads_its_share(rank: int) -> None:
    batches, x, z = read(OneOf(rank))
    assert len(x.read) == len(z.read) == (4 if rank < 2 else 3)
    for batch in batches:
        own = OneOf(rank).share(len(batch))
        others = np.delete(batch, np.r_[own], axis=0)
        assert not others.any()


def test_all_processes_together_read_every_sample_once() -> None:
    seen = [row for rank in range(3) for row in read(OneOf(rank))[1].read]
    assert sorted(seen) == list(range(11))


def test_one_process_reads_all() -> None:
    _, x, z = read(ALONE)
    assert sorted(x.read) == sorted(z.read) == list(range(11))


def test_what_metrics_compare_with_is_read_whole() -> None:
    batches, x, z = read(OneOf(1), ("x",))
    assert sorted(x.read) == list(range(11))
    assert len(z.read) == 4
    assert all(len(np.unique(batch)) == batch.size for batch in batches)


def test_the_rest_of_a_batch_can_be_filled_in() -> None:
    rows = np.array([3, 1, 4])
    part = EncodedSplit({"x": X}, (), ())
    feeds = {"x": np.zeros((3, 2))}
    fill_rest(feeds, part, rows, {"x": Noted(X)}, OneOf(1))  # type: ignore[dict-item]
    np.testing.assert_array_equal(feeds["x"], X[rows])
