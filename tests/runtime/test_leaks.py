"""A process that compiles and checks much keeps nothing: no descriptor, thread or memory."""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import netc
import numpy as np
import pytest
import threadpoolctl

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(sys.platform != "linux", reason="a process is looked at in /proc"),
]

SPEC = "input 300 -> dense 400 relu -> dense 10 softmax; loss ce; opt adam; train epochs=1 batch=64"
MOST_GROWTH = 8.0
"""MiB in the second half of all rounds: a leak of 30 KB each would be 15 MiB in 500."""


@dataclass(frozen=True)
class Held:
    """What a process holds."""

    children: str
    descriptors: int
    threads: int
    blas: tuple[int, ...]
    libraries: int


def held() -> Held:
    gc.collect()
    maps = Path("/proc/self/maps").read_text()
    return Held(
        Path("/proc/thread-self/children").read_text(),
        len(os.listdir("/proc/self/fd")),
        threading.active_count(),
        tuple(item["num_threads"] for item in threadpoolctl.threadpool_info()),
        len({line.split()[-1] for line in maps.splitlines() if ".so" in line}),
    )


def resident() -> float:
    """MiB in memory."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / 2**20


def assert_flat(rounds: int, work: Callable[[int], object]) -> None:
    """Whether a process is after many rounds as it was after a few."""
    for number in range(rounds // 10):
        work(number)
    before = held()
    for number in range(rounds // 2):
        work(number)
    half = resident()
    for number in range(rounds // 2):
        work(number)
    assert held() == before
    assert resident() - half < MOST_GROWTH


def test_a_thousand_compiles() -> None:
    assert_flat(1000, lambda number: netc.compile(SPEC.replace("400", str(400 + number))))


def test_a_thousand_checks_of_a_wrong_spec() -> None:
    assert_flat(1000, lambda number: netc.check(SPEC.replace("dense", f"dense{number}")))


SMALL = (
    "input 4 -> dense 8 relu -> dense 3 softmax; loss ce; opt sgd lr={}; train epochs=1 batch=32"
)
X = np.random.default_rng(0).random((60, 4))
Y = np.arange(60) % 3


def fail(number: int) -> None:
    """A `fit` that fails: in its data, in its first steps, or in the program that watches it."""

    def watch(event: object) -> None:
        if kind == 2:
            raise KeyError(event)

    kind = number % 4
    x = np.where(kind == 0, np.nan, X)
    model = netc.compile(SMALL.format("1e30" if kind == 1 else "0.1"))
    workers = 2 if number % 20 in (1, 2) else 1
    fails = (netc.DataError, netc.TrainingError, KeyError, ValueError)
    with pytest.raises(fails):
        model.fit(x, Y[:-1] if kind == 3 else Y, workers=workers, reporter=watch)


def test_a_thousand_fits_that_fail() -> None:
    assert_flat(1000, fail)


def test_two_hundred_fits() -> None:
    def fit(number: int) -> None:
        model = netc.compile(SMALL.format("0.1"))
        model.fit(X, Y, workers=1 + (number % 10 == 0))
        model.predict(X)

    assert_flat(200, fit)
