"""The threads of a native engine. Each is inside one call of C, without the interpreter's lock, and
waits there for orders; see `compiler/native/c/pool.c`."""

from __future__ import annotations

import ctypes
import os
import threading
import weakref
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from ...array_types import Array
from ..memory import allocate_bytes

CHOICE = 8
"""Whole numbers that C keeps for a shared order, at least: its `pool_choice`."""


class PoolCall(NamedTuple):
    """A call of a function."""

    function: int
    """Its address."""
    table: Array
    """The addresses that it gets, as whole numbers."""
    number: int
    parts: int
    """Which of how many parts of the work it does."""
    library: object
    """What the function is in, which is unloaded when nobody has it any more."""


PoolStage = tuple[PoolCall, ...]
"""What is run at once, on as many workers as there are: at most 255 parts."""


class PoolOrder:
    """Stages that run one after the other, laid out as C reads them."""

    def __init__(self, stages: Sequence[PoolStage], *, shared: bool = False) -> None:
        """Each worker has its parts of a stage; of a `shared` one a part falls to whoever is there
        first, or all to the first worker where that is quicker."""
        self.shared = shared
        parts = [part for stage in stages for part in stage]
        self._held = [(part.table, part.library) for part in parts]
        calls = [(p.function, p.table.ctypes.data, p.number, p.parts) for p in parts]
        self._parts = np.array(calls, np.int64).reshape(-1, 4)
        ends = accumulate(len(stage) for stage in stages)
        first, each = self._parts.ctypes.data, self._parts.strides[0]
        rows = [
            (first + (end - len(stage)) * each, len(stage))
            for end, stage in zip(ends, stages, strict=True)
        ]
        self._stages = np.array(rows, np.int64).reshape(-1, 2)
        self._choice = np.zeros(CHOICE, np.int64)
        self.address = self._stages.ctypes.data
        self.choice = self._choice.ctypes.data
        self.count = len(stages)


class ThreadPool:
    """Workers: the thread that gives orders, and others that wait for them in C. They end with the
    pool, also if nobody stops it."""

    def __init__(self, library: ctypes.CDLL, workers: int) -> None:
        """`library` is that of `pool.c`."""
        self.workers = workers
        self.refused = ""
        """Why there are fewer than were asked for."""
        self._library = library
        for name in ("pool_open", "pool_run", "pool_share", "pool_serve", "pool_stop"):
            getattr(library, name).restype = None
        library.pool_bytes.restype = ctypes.c_int64
        pointer, number = ctypes.c_void_p, ctypes.c_int64
        library.pool_run.argtypes = [pointer, pointer, number]
        library.pool_share.argtypes = [pointer, pointer, number, pointer]
        library.pool_open.argtypes = [ctypes.c_void_p, ctypes.c_int64]
        library.pool_serve.argtypes = [ctypes.c_void_p, ctypes.c_int64]
        library.pool_stop.argtypes = [ctypes.c_void_p]
        self._open()

    def _open(self) -> None:
        self._process = os.getpid()
        self._serving = False
        memory = allocate_bytes(self._library.pool_bytes())
        self._address = memory.ctypes.data
        self._library.pool_open(self._address, self.workers)
        # the threads hold the memory that they look at
        self._threads = [
            threading.Thread(
                target=_serve, args=(self._library, memory, worker), daemon=True, name="netc worker"
            )
            for worker in range(1, self.workers)
        ]
        # joining them could wait for a lock of the thread that collects the garbage
        self._end = weakref.finalize(self, _stop, self._library, memory)
        self._end.atexit = False

    @property
    def serves(self) -> bool:
        """Whether the workers have been started, in this process."""
        return self._serving and self._process == os.getpid()

    def start(self) -> None:
        """Starts the other workers, unless they work already. A process that was forked from theirs
        has none of them, and gets its own."""
        if self.serves:
            return
        if self._process != os.getpid() or not self._end.alive:
            self._end.detach()
            self._open()
        try:
            for thread in self._threads:
                if thread.ident is None:
                    thread.start()
        except RuntimeError as error:  # no more threads are to be had
            self.refused = str(error)
            workers = 1 + sum(thread.ident is not None for thread in self._threads)
            self.stop()
            self.workers = workers
            self.start()
            return
        self._serving = True

    def run(self, order: PoolOrder) -> None:
        """Returns when all stages are done. The workers must have been started."""
        if order.shared:
            self._library.pool_share(self._address, order.address, order.count, order.choice)
        else:
            self._library.pool_run(self._address, order.address, order.count)

    def stop(self) -> None:
        """Ends the other workers, between two orders; can be called again."""
        self._serving = False
        self._end()
        while self._threads:
            if self._threads[-1].ident is not None:
                self._threads[-1].join()
            self._threads.pop()


def _serve(library: ctypes.CDLL, memory: Array, worker: int) -> None:
    library.pool_serve(memory.ctypes.data, worker)


def _stop(library: ctypes.CDLL, memory: Array) -> None:
    library.pool_stop(memory.ctypes.data)
