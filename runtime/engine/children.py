"""Processes that this one has forked: why the system starts no more, and how they end."""

from __future__ import annotations

import errno
import os
import signal
from contextlib import suppress
from time import monotonic, sleep

NO_ROOM = frozenset({errno.EAGAIN, errno.ENOMEM})
"""Why a system that works starts no more processes."""
PATIENCE = 2.0
"""Seconds in which workers end by themselves. One that somebody has stopped never does."""
LOOK = 0.000_5
"""Seconds between two looks whether they have."""


def end_children(children: list[int]) -> None:
    """Waits for processes that were told to end, and kills those that do not. They leave the list
    one by one: where an interrupt comes into it, it can be called again."""
    patient_until = monotonic() + PATIENCE
    while children:
        if has_ended(children[-1]):
            children.pop()
            continue
        if monotonic() >= patient_until:
            with suppress(ProcessLookupError):
                os.kill(children[-1], signal.SIGKILL)
        sleep(LOOK)


def has_ended(child: int) -> bool:
    """Whether a child is no more; one that was waited for before an interrupt is none."""
    try:
        return os.waitpid(child, os.WNOHANG)[0] != 0
    except ChildProcessError:  # where the program has SIGCHLD ignored, nobody need wait for it
        return True
