"""Answers of few samples in C: threads divide the work of large instructions, and the bits do not
depend on how many there are."""

from __future__ import annotations

import ctypes
import threading
from time import perf_counter, sleep

import numpy as np
import pytest
from native_engines import plan_compiler
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.language.frozen import change
from netc.compiler.lower.lower import lower
from netc.compiler.native.program import NativeUnit
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import read_source, source_of
from netc.runtime.array_types import Array
from netc.runtime.engine.engine import Engine
from netc.runtime.engine.native import build
from netc.runtime.engine.native.compiled import PlanCompiler
from netc.runtime.engine.native.engine import NativeEngine
from netc.runtime.engine.native.pool import PoolCall, PoolOrder, ThreadPool
from netc.runtime.engine.selection import EngineOptions, set_weights

CORES = 4
SECONDS, CALLS = 0.03, 8
"""After which both ways of an order were tried, of which each takes 4 ms and 3 calls."""
DIVIDED = {
    "columns in place": ("input 300 -> dense 512 relu -> dense 10", 1, "matmul_bias"),
    "columns beyond the cache": ("input 1024 -> dense 1037 tanh", 1, "matmul_bias"),
    "columns in panels": ("input 300 -> dense 512 relu -> dense 10", 6, "matmul_packed_bias"),
    "rows of positions": ("input 40x40x16 -> conv 24 3x3 stride=2 pad=1 relu", 1, "conv2d_bias"),
    "rows without a bias": ("input 24x24x12 -> conv 30 3x5 bias=false", 1, "conv2d"),
    "rows of groups": ("input 24x24x16 -> conv 32 7x7 groups=2", 1, "conv2d_bias"),
    "filters in panels": (
        "input 9x9x64 -> conv 128 1x3 -> conv 80 2x3 relu", 1, "conv2d_packed_bias",
    ),
    "more parts than panels": ("input 10x10x512 -> conv 48 3x2", 1, "conv2d_packed_bias"),
    "filters that fill no panel": ("input 12x12x64 -> conv 180 4x5", 1, "conv2d_bias"),
    "tiles of Winograd's": ("input 44x44x16 -> conv 32 3x3 pad=1 relu", 1, "winograd2d_bias"),
    "tiles of 5x5 windows": ("input 12x12x64 -> conv 180 5x5", 1, "winograd2d_bias"),
    "filters of Winograd's": (
        "input 12x12x64 -> conv 128 3x3 pad=1 bias=false", 1, "winograd2d_once",
    ),
}  # fmt: skip
"""A network, how many samples it answers, and the row that is divided."""


@pytest.fixture(scope="session")
def compiler() -> PlanCompiler:
    return plan_compiler()


def network(text: str, precision: str) -> Checked:
    text = f"{text}; loss mse; train precision={precision}"
    checked = check(source_of(text), BUILTIN, read_source)
    assert not checked.has_errors, [problem.message() for problem in checked.problems]
    return checked


def native(
    monkeypatch: pytest.MonkeyPatch,
    compiler: PlanCompiler,
    found: Checked,
    batch: int,
    workers: int,
) -> NativeEngine:
    monkeypatch.setattr(build, "count_cores", lambda: CORES)
    options = EngineOptions(batch, batch, seed=5, purpose="evaluate")
    model = change(found.model, losses=())
    return build.build_native(model, found.graph, options, compiler=compiler, workers=workers)


def answers(engine: Engine | NativeEngine, seconds: float = 0.0) -> list[Array]:
    random = np.random.default_rng(0)
    for feed in engine.feeds.values():
        feed[...] = random.standard_normal(feed.shape)
    found: list[Array] = []
    end = perf_counter() + seconds
    while not found or (seconds and len(found) < CALLS) or perf_counter() < end:
        engine.evaluate_step()
        found.append(next(iter(engine.outputs.values())).copy())
    return found


def divided_rows(engine: NativeEngine) -> set[str]:
    units = [unit for phase in engine.compiled[0].native.programs["evaluate"] for unit in phase]
    return {unit.steps[0].row for unit in units if isinstance(unit, NativeUnit) and unit.divided}


@pytest.mark.parametrize("precision", ["f32", "f64"])
@pytest.mark.parametrize("case", DIVIDED)
def test_divided_work_has_the_same_bits(
    monkeypatch: pytest.MonkeyPatch, compiler: PlanCompiler, case: str, precision: str
) -> None:
    text, batch, row = DIVIDED[case]
    found = network(text, precision)
    alone = native(monkeypatch, compiler, found, batch, 1)
    (expected,) = answers(alone)
    assert not divided_rows(alone)
    model = change(found.model, losses=())
    numpy = Engine(
        lambda size: lower(model, found.graph, batch=size, purpose="evaluate"), batch=batch
    )
    set_weights(numpy, alone.parameters())
    # NumPy adds in another order: of some hundred numbers, single precision keeps five digits
    close = 1e-4 if precision == "f32" else 1e-12
    np.testing.assert_allclose(expected, answers(numpy)[0], rtol=close, atol=close)
    for workers in (2, 3, CORES):
        engine = native(monkeypatch, compiler, found, batch, workers)
        made = answers(engine, SECONDS)
        assert divided_rows(engine) == {row}
        assert engine.workers == workers
        engine.close()
        assert all(array.tobytes() == expected.tobytes() for array in made), workers
    alone.close()


@pytest.mark.parametrize("text", ["input 784 -> dense 60 relu -> dense 10", "input 6 -> dense 5"])
def test_little_work_is_left_to_one_thread(
    monkeypatch: pytest.MonkeyPatch, compiler: PlanCompiler, text: str
) -> None:
    engine = native(monkeypatch, compiler, network(text, "f32"), 1, CORES)
    answers(engine)
    assert not divided_rows(engine)
    engine.close()


def test_a_single_sample_of_an_engine_for_many_is_divided(
    monkeypatch: pytest.MonkeyPatch, compiler: PlanCompiler
) -> None:
    """As `predict` has it: the engine is for as many samples as come at once."""
    found = network("input 300 -> dense 512 relu -> dense 10", "f32")
    made = []
    for workers in (1, CORES):
        engine = native(monkeypatch, compiler, found, 512, workers)
        assert engine.shards == CORES
        engine.resize(1)
        made += answers(engine, SECONDS)[-1:]
        assert bool(divided_rows(engine)) == (workers > 1)
        engine.close()
    assert made[0].tobytes() == made[1].tobytes()


def test_shared_work_does_not_wait_for_workers_that_sleep(compiler: PlanCompiler) -> None:
    """Here the other worker was not even started."""
    done: list[int] = []

    @ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    def work(_: int, part: int, parts: int) -> None:
        done.append(part)

    table = np.zeros(1, np.int64)
    function = ctypes.cast(work, ctypes.c_void_p).value or 0
    stage = tuple(PoolCall(function, table, part, 3, work) for part in range(3))
    pool = ThreadPool(compiler.pool_library(), 2)
    order = PoolOrder([stage, stage[:1]], shared=True)
    end = perf_counter() + SECONDS
    while perf_counter() < end:
        pool.run(order)
    assert done == [0, 1, 2, 0] * (len(done) // 4)
    pool.stop()


def test_slow_orders_are_seldom_tried_the_slower_way(compiler: PlanCompiler) -> None:
    threads: list[int] = []

    @ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
    def work(_: int, part: int, parts: int) -> None:
        threads.append(threading.get_ident())
        sleep(0.02)

    table = np.zeros(1, np.int64)
    function = ctypes.cast(work, ctypes.c_void_p).value or 0
    order = PoolOrder([tuple(PoolCall(function, table, i, 2, work) for i in (0, 1))], shared=True)
    pool = ThreadPool(compiler.pool_library(), 2)
    pool.start()
    for _ in range(30):
        pool.run(order)
    pool.stop()
    alone = sum(threads[i] == threads[i + 1] for i in range(0, 60, 2))
    # three calls of the trial; a machine with other work may delay a thread now and then
    assert 3 <= alone <= 8
