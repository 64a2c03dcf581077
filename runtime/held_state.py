"""A state of the whole process that is changed for as long as anyone holds it.

Who saves such a state and restores what it saved leaves another one behind when two do so in two
threads, and the later one ends first. So the holders are counted: the first one changes the state,
and the last one to go restores it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

State = TypeVar("State")


class HeldState(Generic[State]):
    """The state, and who holds it.

    An interrupt may come at any moment, so every step leaves what `release` can undo: the state is
    noted before it changes, and forgotten after it is restored. Holding and releasing twice is the
    same as once.
    """

    def __init__(
        self,
        read: Callable[[], State],
        change: Callable[[State], None],
        restore: Callable[[State], None],
    ) -> None:
        """`read` gives what `change` and `restore` need, which may be called twice."""
        self._read, self._change, self._restore = read, change, restore
        # garbage that holds it may be collected, and release it, while this thread has the lock
        self._lock = threading.RLock()
        self._holders: set[int] = set()
        self._before: State | None = None

    def hold(self, holder: object) -> None:
        """Changes the state, if nobody has."""
        with self._lock:
            self._holders.add(id(holder))
            if self._before is None:
                self._before = self._read()
            self._change(self._before)

    def release(self, holder: object) -> None:
        """Restores the state, if nobody else holds it."""
        with self._lock:
            self._holders.discard(id(holder))
            if self._before is not None and not self._holders:
                self._restore(self._before)
                self._before = None


class Holding:
    """Holds a state in a `with` statement. Entered twice (`with held, held:`) it is released even
    if an interrupt comes before the first statement of the inner exit."""

    __slots__ = ("_state",)

    def __init__(self, state: HeldState[State]) -> None:
        self._state = state

    def __enter__(self) -> None:
        self._state.hold(self)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._state.release(self)
