"""Threads on a system that may refuse to start any more."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import Any

NO_ROOM = "thread"
"""In what Python raises where no thread can be started, and not where the pool was shut down."""


class WillingThreads(ThreadPoolExecutor):
    """A pool whose work is done in the calling thread where the system starts no others."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """As of any executor."""
        job = _Job(fn, args, kwargs)
        try:
            return super().submit(job)
        except RuntimeError as error:
            if NO_ROOM not in str(error):
                raise
            # the job is in the queue by now: a thread that runs already may take it, too
            done: Future[Any] = Future()
            try:
                done.set_result(job())
            except Exception as failure:
                done.set_exception(failure)
            return done


class _Job:
    """A call that is done once, whoever asks for its result."""

    def __init__(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._call = function, args, kwargs
        self._lock = Lock()
        self._results: list[Any] = []

    def __call__(self) -> Any:
        with self._lock:
            if not self._results:
                function, args, kwargs = self._call
                self._results.append(function(*args, **kwargs))
            return self._results[0]
