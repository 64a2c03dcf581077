"""How worker processes meet: counters in shared memory, spinning first and sleeping later.

A meeting takes about a microsecond while all are busy. A worker that waits long sleeps, so that
an idle engine costs nothing. Whoever waits also looks whether the others are still alive.
"""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from ...compiler.lower.plan import ALIGNMENT

Array = np.ndarray[Any, Any]

LINE = 8
"""Numbers of 8 bytes in a cache line: no two workers write to the same one."""
SPINS = 2_000
"""Looks before the processor is offered to others."""
PATIENCE = 20_000
"""Looks before sleeping."""
NAP = 0.000_2
"""Seconds."""
REPORT = 8_192
"""Bytes for what a worker has to say when it fails."""


class WorkerError(RuntimeError):
    """A worker process ended before its work was done."""


def shared_bytes(size: int) -> Array:
    """Zeroed memory that worker processes share with the one that forked them."""
    return np.frombuffer(mmap.mmap(-1, max(size, 1) + ALIGNMENT), np.uint8)[:size]


@dataclass(slots=True, eq=False)
class Control:
    """What the workers of an engine tell each other."""

    workers: int
    numbers: Array
    rates: Array
    """The learning rate of the step."""
    report: Array

    @classmethod
    def create(cls, workers: int) -> Control:
        numbers = shared_bytes((workers + len(_WORDS)) * LINE * 8).view(np.int64)
        return cls(workers, numbers, shared_bytes(8).view(np.float64), shared_bytes(REPORT))

    def get(self, word: str) -> int:
        """One of the numbers that the first worker sets: see `_WORDS`."""
        return int(self.numbers[(self.workers + _WORDS.index(word)) * LINE])

    def set(self, word: str, value: int) -> None:
        self.numbers[(self.workers + _WORDS.index(word)) * LINE] = value

    def has_turned(self, done: int) -> bool:
        """Whether there is an order behind the first `done`."""
        return self.get("turn") > done

    def has_come(self, worker: int, times: int) -> bool:
        """Whether a worker has come to a meeting that often."""
        return bool(self.numbers[worker * LINE] >= times)

    def meet(self, worker: int, is_lost: Callable[[], None]) -> None:
        """Returns when all workers have come here as often as this one.

        `is_lost` is called now and then; it raises or exits when waiting has become useless.
        """
        self.numbers[worker * LINE] += 1
        times = int(self.numbers[worker * LINE])
        for other in range(self.workers):
            wait(partial(self.has_come, other, times), is_lost)

    def tell(self, message: str) -> None:
        """Leaves a message for the first worker."""
        data = message.encode()[-REPORT:]
        self.report[: len(data)] = np.frombuffer(data, np.uint8)

    def told(self) -> str:
        return bytes(self.report).rstrip(b"\0").decode(errors="replace")


_WORDS = ("turn", "program", "batch", "version", "stop")
"""`turn` counts the orders; the others say what the order is."""


def wait(is_done: Callable[[], bool], is_lost: Callable[[], None]) -> None:
    """Waits until a condition holds."""
    looks = 0
    while not is_done():
        looks += 1
        if looks > PATIENCE:
            is_lost()
            time.sleep(NAP)
        elif looks > SPINS:
            os.sched_yield()
