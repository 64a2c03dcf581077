"""A system that starts no more processes or threads: fewer workers, the same bits, a warning."""

from __future__ import annotations

import errno
import os
import platform
import signal
import threading
from pathlib import Path
from threading import Barrier
from typing import Any

import netc
import numpy as np
import pytest
from netc.runtime.engine.synchronization import is_sound
from netc.runtime.events import Event, Started, Warned
from netc.runtime.threads import WillingThreads
from worker_engines import DENSE, shared, trained

needs_workers = pytest.mark.skipif(
    not is_sound(platform.system(), platform.machine()), reason="no worker processes on this system"
)
SPEC = "input 300 -> dense 400 relu -> dense 10 softmax; loss ce; opt adam; train epochs=1"
X, Y = np.random.default_rng(0).random((128, 300)), np.arange(128) % 10


def refuse_forks(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    real, forks = os.fork, []

    def fork() -> int:
        if len(forks) >= after:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        forks.append(1)
        return real()

    monkeypatch.setattr("os.fork", fork)


def refuse_threads(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    real, threads = threading.Thread.start, []

    def start(thread: threading.Thread) -> None:
        if len(threads) >= after:
            raise RuntimeError("can't start new thread")
        threads.append(1)
        real(thread)

    monkeypatch.setattr("threading.Thread.start", start)


@needs_workers
@pytest.mark.parametrize("after", [0, 1, 2])
def test_fewer_processes_give_the_same_bits(after: int, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = trained(shared(DENSE, shards=4, workers=1))
    refuse_forks(monkeypatch, after)
    engine = shared(DENSE, shards=4, workers=4)
    engine.start()
    assert engine.workers == 1 + after == 1 + len(engine.children)
    assert engine.refused == "resource temporarily unavailable"
    assert all(array.tobytes() == whole[name].tobytes() for name, array in trained(engine).items())


def fitted(engine: str) -> tuple[list[Event], dict[str, Any]]:
    events: list[Event] = []
    model = netc.compile(SPEC)
    model.fit(X, Y, workers=2, engine=engine, reporter=events.append)
    return events, model.weights


def refused(events: list[Event]) -> str:
    (message,) = [
        event.problem.message()
        for event in events
        if isinstance(event, Warned) and event.problem.code == "W0613"
    ]
    assert [event.workers for event in events if isinstance(event, Started)] == [1]
    return message


@needs_workers
def test_a_fit_without_processes_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netc.runtime.engine.selection.count_cores", lambda: 2)
    usual, weights = fitted("numpy")
    assert [event.workers for event in usual if isinstance(event, Started)] == [2]
    refuse_forks(monkeypatch, 0)
    events, alone = fitted("numpy")
    assert refused(events) == ("1 of 2 workers could be started: resource temporarily unavailable")
    assert all(array.tobytes() == alone[name].tobytes() for name, array in weights.items())


def test_a_fit_in_c_without_threads_warns(
    native_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for place in ("selection", "native.build"):
        monkeypatch.setattr(f"netc.runtime.engine.{place}.count_cores", lambda: 2)
    _, weights = fitted("native")
    refuse_threads(monkeypatch, 0)
    events, alone = fitted("native")
    assert refused(events) == "1 of 2 workers could be started: can't start new thread"
    assert all(array.tobytes() == alone[name].tobytes() for name, array in weights.items())


@pytest.mark.parametrize("after", [0, 1])
def test_a_pool_without_threads_does_the_work_itself(
    after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_threads(monkeypatch, after)
    done: list[int] = []
    # the one thread that there is waits until the work that had none is done
    meet = Barrier(1 + after)

    def work(number: int) -> int:
        if after and number == 0:
            meet.wait()
        done.append(number)
        return number * number

    with WillingThreads(4) as pool:
        futures = [pool.submit(work, number) for number in range(6)]
        if after:
            meet.wait()
        assert [future.result() for future in futures] == [0, 1, 4, 9, 16, 25]
        failing = pool.submit(int, "x")
        with pytest.raises(ValueError, match="invalid literal"):
            failing.result()
    assert sorted(done) == [0, 1, 2, 3, 4, 5]
    with pytest.raises(RuntimeError, match="shutdown"):
        pool.submit(work, 7)


@needs_workers
def test_a_worker_that_somebody_has_stopped_does_not_keep_the_engine_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("netc.runtime.engine.children.PATIENCE", 0.05)
    engine = shared(DENSE, shards=2, workers=2)
    engine.train_step(0.01)
    (child,) = engine.children
    os.kill(child, signal.SIGSTOP)
    engine.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
