"""The native engine beside the NumPy engine, and on any number of threads."""

from __future__ import annotations

import gc
import os
import platform
import signal
import threading
from dataclasses import replace
from multiprocessing import Queue, get_context
from pathlib import Path
from time import sleep

import numpy as np
import pytest
from compilers import acting, ends
from native_engines import plan_compiler
from netc.compiler.language.builtin import BUILTIN
from netc.compiler.lower.context import Choices
from netc.compiler.lower.lower import lower
from netc.compiler.pipeline import Checked, check
from netc.compiler.reading import read_source, source_of
from netc.runtime.engine.engine import Engine
from netc.runtime.engine.native import build
from netc.runtime.engine.native.compiled import PlanCompiler
from netc.runtime.engine.native.engine import NativeEngine
from netc.runtime.engine.selection import EngineOptions, choose_shards
from netc.runtime.engine.slices import BatchSizes

DENSE = "input 20 -> dense 24 relu -> dense 5 softmax; loss ce; opt adam"
DROPOUT = "input 20 -> dense 24 relu -> dropout 0.2 -> dense 5 softmax; loss ce; opt adam clip=0.5"
NORM = (
    "input 10x10x3 -> conv 8 3x3 pad=1 bias=false bn relu -> maxpool 2x2 -> conv 8 3x3 bn relu"
    " -> gap -> dense 5 softmax; loss ce; opt sgd lr=0.1 momentum=0.9 clip=0.5"
)
TABLE = "input 6 -> embed 9 4 -> flatten -> dense 5 softmax; loss ce; opt rmsprop; reg l1 1e-3"
NETWORKS = (DENSE, DROPOUT, NORM, TABLE)
BATCHES = (17, 17, 5, 1, 17)
STEPS = 50


@pytest.fixture(scope="session")
def compiler() -> PlanCompiler:
    return plan_compiler()


def network(text: str, precision: str) -> Checked:
    checked = check(source_of(f"{text}; train precision={precision}"), BUILTIN, read_source)
    assert not checked.has_errors, [problem.message() for problem in checked.problems]
    return checked


def native(
    compiler: PlanCompiler, text: str, precision: str = "f64", shards: int = 1, workers: int = 1
) -> NativeEngine:
    found = network(text, precision)
    return NativeEngine(
        lambda size, total: lower(
            found.model, found.graph, batch=size, total_batch=total, choices=Choices(native=True)
        ),
        compiler,
        batch=17,
        largest=17,
        shards=shards,
        workers=workers,
        seed=3,
    )


def fill(engine: Engine | NativeEngine, random: np.random.Generator) -> None:
    for name, feed in engine.feeds.items():
        if name.startswith("target:"):
            feed[...] = np.eye(feed.shape[-1])[random.integers(0, feed.shape[-1], len(feed))]
        elif feed.shape[1:] == (6,):
            feed[...] = random.integers(0, 9, feed.shape)
        else:
            feed[...] = random.standard_normal(feed.shape)


def trained(
    engine: Engine | NativeEngine, batches: tuple[int, ...] = BATCHES
) -> dict[str, np.ndarray]:
    """Parameters, losses and outputs after a few steps on batches of several sizes."""
    random = np.random.default_rng(0)
    losses = []
    for batch in batches:
        engine.resize(batch)
        fill(engine, random)
        engine.train_step(0.01)
        losses.append(engine.loss())
    engine.evaluate_step()
    losses.append(engine.loss())
    outputs = {f"out {name}": array.copy() for name, array in engine.outputs.items() if array.ndim}
    arrays = {name: array.copy() for name, array in engine.parameters().items()}
    engine.close()
    return arrays | outputs | {"losses": np.array(losses)}


@pytest.mark.parametrize("text", NETWORKS)
def test_both_engines_train_alike(compiler: PlanCompiler, text: str) -> None:
    """In double precision only the order of sums differs, so after 50 steps nine digits agree."""
    found = network(text, "f64")
    numpy = Engine(lambda size: lower(found.model, found.graph, batch=size), batch=17, seed=3)
    batches = (17,) * STEPS
    expected, made = trained(numpy, batches), trained(native(compiler, text), batches)
    for name, array in expected.items():
        np.testing.assert_allclose(made[name], array, rtol=1e-9, atol=1e-11, err_msg=name)


@pytest.mark.parametrize("text", NETWORKS)
def test_any_number_of_threads_gives_the_same_bits(compiler: PlanCompiler, text: str) -> None:
    first = trained(native(compiler, text, "f32", shards=4))
    for workers in (2, 4):
        other = trained(native(compiler, text, "f32", shards=4, workers=workers))
        for name, array in first.items():
            assert array.tobytes() == other[name].tobytes(), name


@pytest.mark.parametrize("text", [DENSE, NORM, TABLE])
def test_shards_compute_what_the_whole_batch_does(compiler: PlanCompiler, text: str) -> None:
    whole = trained(native(compiler, text))
    divided = trained(native(compiler, text, shards=3, workers=2))
    for name, array in whole.items():
        if not name.startswith("out :"):
            # Adam divides small numbers by small numbers, which makes a few more digits differ
            np.testing.assert_allclose(divided[name], array, rtol=1e-7, atol=1e-9, err_msg=name)


def test_shards_give_the_gradients_of_the_whole_batch(compiler: PlanCompiler) -> None:
    """Of plans that compute nothing but gradients."""
    found = network(DENSE, "f64")

    def gradients(shards: int) -> dict[str, np.ndarray]:
        engine = NativeEngine(
            lambda size, total: lower(
                found.model, found.graph, batch=size, total_batch=total, purpose="gradients",
                choices=Choices(native=True),
            ),
            compiler, batch=17, largest=17, shards=shards, workers=shards, seed=3,
        )  # fmt: skip
        fill(engine, np.random.default_rng(0))
        engine.gradient_step()
        arrays = {name: array.copy() for name, array in engine.gradients().items()}
        arrays |= {"the loss": np.array(engine.loss())}
        arrays |= {"the output": engine.outputs["softmax1"].copy()}
        engine.close()
        return arrays

    whole, divided = gradients(1), gradients(2)
    assert set(whole) == set(divided)
    for name, array in whole.items():
        # sums of 17 numbers in two orders, in double precision
        np.testing.assert_allclose(divided[name], array, rtol=1e-12, atol=1e-14, err_msg=name)


@pytest.mark.parametrize("shards", [1, 2])
def test_a_training_goes_on_from_its_state(compiler: PlanCompiler, shards: int) -> None:
    def steps(engine: NativeEngine, first: int, last: int) -> None:
        for number in range(first, last):
            fill(engine, np.random.default_rng(number))
            engine.train_step(0.01)

    whole = native(compiler, DROPOUT, "f32", shards, shards)
    steps(whole, 0, 6)
    begun = native(compiler, DROPOUT, "f32", shards, shards)
    steps(begun, 0, 3)
    state = begun.state()
    begun.close()
    continued = native(compiler, DROPOUT, "f32", shards, 1)
    continued.restore(state)
    steps(continued, 3, 6)
    for name, array in whole.parameters().items():
        assert array.tobytes() == continued.parameters()[name].tobytes(), name
    whole.close()
    continued.close()


def test_closing_ends_the_threads_and_keeps_the_parameters(compiler: PlanCompiler) -> None:
    before = threading.active_count()
    engine = native(compiler, DENSE, shards=2, workers=2)
    fill(engine, np.random.default_rng(0))
    engine.train_step(0.01)
    assert threading.active_count() == before + 1
    engine.close()
    engine.close()
    assert threading.active_count() == before
    assert all(np.isfinite(array).all() for array in engine.parameters().values())


def test_threads_share_batches_where_processes_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    graph = network("input 784 -> dense 128 -> dense 10; loss mse", "f32").graph
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    assert choose_shards(graph, 64, 2) == 1
    assert choose_shards(graph, 64, 2, threads=True) == 2


def test_a_larger_batch_than_expected_is_taken(compiler: PlanCompiler) -> None:
    engine = native(compiler, DENSE)
    made = trained(engine, (17, 40, 17))
    assert np.isfinite(made["losses"]).all()


def test_an_engine_that_nobody_closes_ends_its_threads(compiler: PlanCompiler) -> None:
    before = threading.active_count()
    engine = native(compiler, DENSE, shards=2, workers=2)
    fill(engine, np.random.default_rng(0))
    engine.train_step(0.01)
    (worker,) = (thread for thread in threading.enumerate() if thread.name == "netc worker")
    del engine
    gc.collect()
    worker.join(30)
    assert threading.active_count() == before


def test_a_closed_engine_can_go_on(compiler: PlanCompiler) -> None:
    def losses(close: bool) -> list[float]:
        engine = native(compiler, DENSE, shards=2, workers=2)
        made = []
        for seed in range(3):
            fill(engine, np.random.default_rng(seed))
            engine.train_step(0.01)
            made.append(engine.loss())
            if close:
                engine.close()
        engine.close()
        return made

    assert losses(close=True) == losses(close=False)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are never forked here")
def test_a_forked_process_has_threads_of_its_own(compiler: PlanCompiler) -> None:
    engine = native(compiler, DENSE, shards=2, workers=2)
    fill(engine, np.random.default_rng(0))
    engine.train_step(0.01)

    def step(queue: Queue[float]) -> None:
        engine.train_step(0.01)
        queue.put(engine.loss())
        engine.close()

    context = get_context("fork")
    queue = context.Queue()
    child = context.Process(target=step, args=(queue,))
    child.start()
    found = queue.get(timeout=60)
    child.join(60)
    assert child.exitcode == 0
    engine.train_step(0.01)
    assert engine.loss() == found
    engine.close()


def test_no_more_threads_work_than_there_are_cores(
    compiler: PlanCompiler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "count_cores", lambda: 2)
    found = network(DENSE, "f32")
    options = EngineOptions(batch=17, largest=17, seed=0, shards=4)
    engine = build.build_native(found.model, found.graph, options, compiler=compiler, workers=4)
    assert (engine.workers, engine.shards) == (2, 4)
    engine.close()


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="signals do not reach threads here")
def test_an_interrupt_ends_compilers_of_other_threads(
    compiler: PlanCompiler, tmp_path: Path
) -> None:
    noted = tmp_path / "pid"
    hangs = (
        'if grep -q pool_serve unit0.c; then exec $CC "$@"; fi\n'
        f"echo $$ > {noted}.part; mv {noted}.part {noted}; sleep 600"
    )
    slow = replace(compiler, toolchain=acting(tmp_path / "cc", hangs), folder=tmp_path / "kept")
    engine = native(slow, DENSE)
    main = threading.get_ident()

    def interrupt() -> None:
        while not noted.exists():
            sleep(0.01)
        signal.pthread_kill(main, signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        engine.compile(BatchSizes((17, 5), (17,)), at_once=2)
    assert ends(int(noted.read_text()))
    assert not slow.cancelled.is_set()
