"""Interrupts at each place where Python may raise one, one after the other, without a clock."""

from __future__ import annotations

import signal
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import threadpoolctl

Place = tuple[str, int, str]


def process_state() -> dict[str, Any]:
    """What belongs to the whole process, and to its user."""
    return {
        "BLAS threads": [item["num_threads"] for item in threadpoolctl.threadpool_info()],
        "handlers": [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)],
        "children": Path("/proc/thread-self/children").read_text().split(),
        "filters": list(warnings.filters),
    }


@dataclass(slots=True, eq=False)
class _Interrupt:
    """Raises KeyboardInterrupt at the `number`th place in some files: where a function begins and
    where a call of C has returned, which is where Python looks for signals."""

    number: int
    files: tuple[str, ...]
    seen: set[Place] = field(default_factory=set)
    place: Place | None = None

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        if event not in ("call", "c_return") or self.place is not None:
            return
        path = frame.f_code.co_filename
        place = (path, frame.f_lineno, event)
        if place in self.seen or not path.endswith(self.files):
            return
        self.seen.add(place)
        if len(self.seen) == self.number:
            self.place = place
            raise KeyboardInterrupt


def interrupt_everywhere(work: Callable[[], object], files: tuple[str, ...]) -> int:
    """Does some work again and again, each time interrupted at the next place of these files, and
    asserts that the process is as it was: already while the interrupt is handled. Gives the number
    of places."""
    work()
    before = process_state()
    number = 0
    while True:
        number += 1
        interrupt = _Interrupt(number, files)
        sys.setprofile(interrupt)
        try:
            work()
        except KeyboardInterrupt:
            assert process_state() == before, interrupt.place
        finally:
            sys.setprofile(None)
        if interrupt.place is None:
            return number - 1
        assert process_state() == before, interrupt.place
