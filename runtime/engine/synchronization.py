"""How worker processes wait for each other: counters in shared memory, spinning first and sleeping
later.

A barrier takes about a microsecond while all are busy. A worker that waits long sleeps, so that
an idle engine costs nothing. Whoever waits also looks whether the others are still alive.

Counters are written by plain stores. What a worker wrote before it raised its counter must be
visible to whoever sees the counter: x86-64 guarantees that (total store order), ARM and others do
not without fences, which Python cannot issue. `is_sound` says where such barriers hold.
"""

from __future__ import annotations

import mmap
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from ...compiler.lower.plan import ALIGNMENT
from ..array_types import Array

LINE = 8
"""Numbers of 8 bytes in a cache line: no two workers write to the same one."""
SPINS = 2_000
"""Looks before the processor is offered to others."""
LOOKS = 20_000
"""Looks before sleeping."""
SLEEP = 0.000_2
"""Seconds between two looks."""
REPORT = 8_192
"""Bytes for what a worker has to say when it fails."""


def is_sound(system: str, machine: str) -> bool:
    """Whether workers may share memory under this operating system, on this processor (as the
    module `platform` names them). macOS is left out for its libraries, which may crash in a
    process that was forked."""
    return system == "Linux" and machine == "x86_64"


class WorkerError(RuntimeError):
    """A worker process ended before its work was done."""


def shared_bytes(size: int) -> Array:
    """Zeroed memory that worker processes share with the one that forked them."""
    return np.frombuffer(mmap.mmap(-1, max(size, 1) + ALIGNMENT), np.uint8)[:size]


@dataclass(slots=True, eq=False)
class Control:
    """What the workers of an engine tell each other."""

    workers: int
    """Fewer than there is room for, where no more could be started."""
    room: int
    numbers: Array
    rates: Array
    """The learning rate of the step."""
    report: Array

    @classmethod
    def create(cls, workers: int) -> Control:
        numbers = shared_bytes((workers + len(_FIELDS)) * LINE * 8).view(np.int64)
        return cls(
            workers, workers, numbers, shared_bytes(8).view(np.float64), shared_bytes(REPORT)
        )

    def get(self, word: str) -> int:
        """One of the numbers that the first worker sets: see `_FIELDS`."""
        return int(self.numbers[(self.room + _FIELDS.index(word)) * LINE])

    def set(self, word: str, value: int) -> None:
        self.numbers[(self.room + _FIELDS.index(word)) * LINE] = value

    def has_order(self, done: int) -> bool:
        """Whether there is an order after the first `done`."""
        return self.get("turn") > done

    def has_arrived(self, worker: int, times: int) -> bool:
        """Whether a worker has arrived at barriers that often."""
        return bool(self.numbers[worker * LINE] >= times)

    def barrier(self, worker: int, is_lost: Callable[[], None]) -> None:
        """Returns when all workers have arrived here as often as this one.

        `is_lost` is called now and then; it raises or exits when waiting has become useless.
        """
        self.numbers[worker * LINE] += 1
        times = int(self.numbers[worker * LINE])
        for other in range(self.workers):
            wait(partial(self.has_arrived, other, times), is_lost)

    def report_failure(self, message: str) -> None:
        """Leaves a message for the first worker."""
        data = message.encode()[-REPORT:]
        self.report[: len(data)] = np.frombuffer(data, np.uint8)

    def failure(self) -> str:
        """The message of a worker that failed; empty without one."""
        return bytes(self.report).rstrip(b"\0").decode(errors="replace")


_FIELDS = ("turn", "program", "batch", "workers", "version", "stop")
"""`turn` counts the orders; the others say what the order is."""


def wait(is_done: Callable[[], bool], is_lost: Callable[[], None]) -> None:
    """Waits until a condition holds."""
    looks = 0
    while not is_done():
        looks += 1
        if looks > LOOKS:
            is_lost()
            time.sleep(SLEEP)
        elif looks > SPINS:
            os.sched_yield()
