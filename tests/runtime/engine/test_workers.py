"""Several processes on one batch: the same bits as one, and no hang when one of them is lost."""

from __future__ import annotations

import os
import platform
import signal
from collections.abc import Iterator

import numpy as np
import pytest
from netc.compiler.lower.lower import lower
from netc.runtime.engine.engine import Engine
from netc.runtime.engine.selection import EngineOptions, build_engine, choose_shards
from netc.runtime.engine.sharded import ShardedEngine
from netc.runtime.engine.slices import divide
from netc.runtime.engine.synchronization import WorkerError, is_sound
from worker_engines import DENSE, NORM, WIDE, network, shared, trained

pytestmark = pytest.mark.skipif(
    not is_sound(platform.system(), platform.machine()), reason="no worker processes on this system"
)


@pytest.mark.parametrize("text", [DENSE, NORM, WIDE])
@pytest.mark.parametrize("shards", [2, 4])
def test_any_number_of_workers_gives_the_same_bits(text: str, shards: int) -> None:
    first = trained(shared(text, shards=shards, workers=1))
    for workers in (2, 4):
        other = trained(shared(text, shards=shards, workers=workers))
        for name, array in first.items():
            assert array.tobytes() == other[name].tobytes(), name


@pytest.mark.parametrize("text", [DENSE.replace("-> dropout 0.2 ", ""), NORM, WIDE])
def test_shards_compute_what_the_whole_batch_does(text: str) -> None:
    """In double precision only the order of sums differs; Adam divides small numbers by small
    numbers, which makes a few more digits differ."""
    found = network(text, precision="f64")
    alone = Engine(lambda size: lower(found.model, found.graph, batch=size), batch=17, seed=3)
    whole = trained(alone)
    divided = trained(shared(text, shards=3, workers=2, precision="f64"))
    for name, array in whole.items():
        if not name.startswith("out :"):
            np.testing.assert_allclose(divided[name], array, rtol=1e-7, atol=1e-9, err_msg=name)


@pytest.fixture
def pair() -> Iterator[ShardedEngine]:
    engine = shared(DENSE, shards=2, workers=2)
    yield engine
    engine.close()


def test_a_killed_worker_is_told_and_nothing_hangs(pair: ShardedEngine) -> None:
    pair.train_step(0.01)
    os.kill(pair.children[0], signal.SIGKILL)
    for _ in range(2):
        with pytest.raises(WorkerError):
            pair.train_step(0.01)


def test_closing_ends_the_workers_and_keeps_the_parameters(pair: ShardedEngine) -> None:
    pair.train_step(0.01)
    children = pair.children
    assert children
    pair.close()
    for child in children:
        with pytest.raises(ProcessLookupError):
            os.kill(child, 0)
    assert all(np.isfinite(array).all() for array in pair.parameters().values())


def test_rows_are_divided_without_a_rest() -> None:
    for batch in range(1, 40):
        for shards in range(1, 6):
            parts = divide(batch, shards)
            sizes = [part.stop - part.start for part in parts]
            assert sum(sizes) == batch
            assert min(sizes) >= 1
            assert max(sizes) - min(sizes) <= 1
            assert [part.start for part in parts[1:]] == [part.stop for part in parts[:-1]]


@pytest.mark.parametrize(
    ("text", "batch", "cores", "shards"),
    [
        ("input 784 -> dense 128 -> dense 10", 64, 2, 2),
        ("input 784 -> dense 128 -> dense 10", 64, 1, 1),
        ("input 784 -> dense 128 -> dense 10", 64, 64, 4),
        ("input 784 -> dense 128 -> dense 10", 16, 8, 1),
        ("input 64 -> dense 10", 64, 8, 1),
        # each sample of an image is many rows of a product
        ("input 32x32x3 -> conv 32 3x3 relu -> conv 32 3x3 -> gap -> dense 10", 16, 2, 2),
        ("input 32x32x3 -> conv 32 3x3 relu -> conv 32 3x3 -> gap -> dense 10", 2, 64, 2),
        ("input 32x32x3 -> conv 32 3x3 relu -> conv 32 3x3 -> gap -> dense 10", 1, 64, 1),
        ("input 50x64 -> conv 256 3 relu -> conv 256 3 -> gap -> dense 10", 4, 2, 2),
        # nearly all weights of this one are in the dense layer, where a sample is one row
        ("input 32x32x3 -> conv 8 3x3 pad=1 -> flatten -> dense 2048", 16, 2, 1),
        ("input 32x32x3 -> conv 8 3x3 pad=1 -> flatten -> dense 2048", 32, 2, 2),
    ],
)
def test_small_steps_are_not_divided(text: str, batch: int, cores: int, shards: int) -> None:
    assert choose_shards(network(text).graph, batch, cores) == shards


@pytest.mark.parametrize(
    ("system", "machine", "sound"),
    [
        ("Linux", "x86_64", True),
        ("Linux", "aarch64", False),
        ("Linux", "riscv64", False),
        ("Darwin", "arm64", False),
        ("Darwin", "x86_64", False),
        ("Windows", "AMD64", False),
        ("", "", False),
    ],
)
def test_workers_share_memory_only_where_the_processor_keeps_the_order_of_writes(
    system: str, machine: str, sound: bool
) -> None:
    assert is_sound(system, machine) is sound


def test_elsewhere_one_process_computes_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    found = network(
        "input 300 -> dense 400 relu -> dense 5 softmax; loss ce; opt sgd", precision="f64"
    )
    random = np.random.default_rng(0)
    x, y = random.random((128, 300)), np.eye(5)[random.integers(5, size=128)]
    losses = []
    for machine, kind in (("x86_64", ShardedEngine), ("aarch64", Engine)):
        monkeypatch.setattr(platform, "machine", lambda machine=machine: machine)
        monkeypatch.setattr("netc.runtime.engine.selection.count_cores", lambda: 2)
        options = EngineOptions(batch=128, largest=128, seed=0)
        engine = build_engine(found.model, found.graph, options, workers=None)
        assert type(engine) is kind
        try:
            for feed in engine.feeds.values():
                feed[...] = x if feed.shape == x.shape else y
            for _ in range(3):
                engine.train_step(0.1)
            losses.append(engine.loss())
        finally:
            engine.close()
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)  # sums in another order
