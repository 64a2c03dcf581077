"""The threads of a native engine. Each is inside one call of C, without the interpreter's lock, and
waits there for orders; see `compiler/native/c/pool.c`."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from ...array_types import Array
from ..memory import allocate_bytes


class PoolCall(NamedTuple):
    """A call of a function."""

    function: int
    """Its address."""
    table: Array
    """The addresses that it gets, as whole numbers."""
    number: int
    parts: int
    """Which of how many parts of the work it does."""


PoolStage = tuple[PoolCall, ...]
"""What is run at once, on as many workers as there are."""


class PoolOrder:
    """Stages that run one after the other, laid out as C reads them."""

    def __init__(self, stages: Sequence[PoolStage]) -> None:
        parts = [part for stage in stages for part in stage]
        self._tables = [part.table for part in parts]
        calls = [(p.function, p.table.ctypes.data, p.number, p.parts) for p in parts]
        self._parts = np.array(calls, np.int64).reshape(-1, 4)
        ends = accumulate(len(stage) for stage in stages)
        first, each = self._parts.ctypes.data, self._parts.strides[0]
        rows = [
            (first + (end - len(stage)) * each, len(stage))
            for end, stage in zip(ends, stages, strict=True)
        ]
        self._stages = np.array(rows, np.int64).reshape(-1, 2)
        self.address = self._stages.ctypes.data
        self.count = len(stages)


class ThreadPool:
    """Workers: the thread that gives orders, and others that wait for them in C."""

    def __init__(self, library: ctypes.CDLL, workers: int) -> None:
        """`library` is that of `pool.c`."""
        self.workers = workers
        self._library = library
        for name in ("pool_open", "pool_run", "pool_serve", "pool_stop"):
            getattr(library, name).restype = None
        library.pool_bytes.restype = ctypes.c_int64
        library.pool_run.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64]
        library.pool_open.argtypes = [ctypes.c_void_p, ctypes.c_int64]
        library.pool_serve.argtypes = [ctypes.c_void_p, ctypes.c_int64]
        library.pool_stop.argtypes = [ctypes.c_void_p]
        self._memory = allocate_bytes(library.pool_bytes())
        self._address = self._memory.ctypes.data
        library.pool_open(self._address, workers)
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Starts the other workers, unless they have been started."""
        while len(self._threads) < self.workers - 1:
            arguments = (self._address, len(self._threads) + 1)
            thread = threading.Thread(
                target=self._library.pool_serve, args=arguments, daemon=True, name="netc worker"
            )
            self._threads.append(thread)
            thread.start()

    def run(self, order: PoolOrder) -> None:
        """Returns when all stages are done."""
        self._library.pool_run(self._address, order.address, order.count)

    def stop(self) -> None:
        """Ends the other workers, between two orders; can be called again."""
        self._library.pool_stop(self._address)
        while self._threads:
            self._threads[-1].join()
            self._threads.pop()
