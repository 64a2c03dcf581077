"""What is interrupted at any moment leaves the process as it was."""

from __future__ import annotations

import gc
import platform
from collections.abc import Iterator

import netc
import numpy as np
import pytest
from interrupts import interrupt_everywhere, process_state
from netc.runtime.engine.selection import closing_after
from netc.runtime.engine.synchronization import WorkerError, is_sound
from netc.runtime.events import EpochDone, EpochStarted, Event, Started
from threadpoolctl import ThreadpoolController
from worker_engines import DENSE, shared

pytestmark = pytest.mark.skipif(
    not is_sound(platform.system(), platform.machine()), reason="no worker processes on this system"
)

ENGINE = (
    "engine/sharded.py",
    "engine/children.py",
    "engine/blas.py",
    "engine/selection.py",
    "runtime/held_state.py",
)
SPEC = "input 8x8x1 -> conv 16 3x3 pad=1 relu -> flatten -> dense 10 softmax; loss ce; opt adam"


@pytest.fixture(autouse=True)
def _two_blas_threads() -> Iterator[None]:
    """Also on a machine with one core, where there is nothing to restore otherwise."""
    with ThreadpoolController().limit(limits=2, user_api="blas"):
        yield


def test_an_interrupt_at_any_moment_of_an_engine_leaves_nothing_behind() -> None:
    def work() -> None:
        engine = shared(DENSE, shards=2, workers=2)

        def steps() -> None:
            engine.start()
            engine.train_step(0.01)
            engine.evaluate_step()

        closing_after(engine, steps)

    assert interrupt_everywhere(work, ENGINE) > 50


class StopError(Exception):
    """What a callback raises."""


@pytest.mark.parametrize("kind", [Started, EpochStarted, EpochDone])
@pytest.mark.parametrize("error", [KeyboardInterrupt, StopError])
def test_what_a_callback_raises_ends_a_fit_and_leaves_only_its_weights(
    kind: type[Event], error: type[BaseException]
) -> None:
    random = np.random.default_rng(0)
    x, y = random.random((128, 8, 8, 1)), random.integers(0, 10, 128)
    model, before = netc.compile(SPEC), process_state()
    during: list[list[str]] = []

    def report(event: Event) -> None:
        if isinstance(event, kind):
            during.append(process_state()["children"])
            raise error

    with pytest.raises(error):
        model.fit(x, y, epochs=1, workers=2, reporter=report)
    assert process_state() == before
    assert model.trained == (kind is EpochDone)
    assert len(during) == 1


def test_an_interrupt_where_a_fit_opens_and_closes_its_engine_leaves_nothing_behind() -> None:
    random = np.random.default_rng(0)
    x, y = random.random((64, 8, 8, 1)), random.integers(0, 10, 64)
    model = netc.compile(SPEC)
    places = interrupt_everywhere(
        lambda: model.fit(x, y, epochs=1, validation=0, workers=2),
        ("training/fitting.py", "engine/selection.py"),
    )
    assert places > 20


def test_engines_that_end_in_another_order_restore_the_libraries() -> None:
    before = process_state()
    first, second = (shared(DENSE, shards=2, workers=1) for _ in range(2))
    assert process_state() == before
    first.train_step(0.01)
    second.train_step(0.01)
    first.close()
    during = process_state()["BLAS threads"]
    second.close()
    second.close()
    assert process_state() == before
    assert during != before["BLAS threads"]


def test_an_engine_that_nobody_closes_restores_the_libraries() -> None:
    before = process_state()
    engine = shared(DENSE, shards=2, workers=1)
    engine.train_step(0.01)
    assert process_state() != before
    del engine
    gc.collect()
    assert process_state() == before


def test_an_engine_whose_start_was_interrupted_takes_no_orders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fork() -> int:
        raise KeyboardInterrupt

    engine = shared(DENSE, shards=2, workers=2)
    monkeypatch.setattr("os.fork", fork)
    with pytest.raises(KeyboardInterrupt):
        engine.train_step(0.01)
    with pytest.raises(WorkerError):
        engine.train_step(0.01)
