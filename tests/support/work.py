"""How much work a function does, in calls: the same on a quiet and on a busy machine."""

from __future__ import annotations

import cProfile
import math
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

HANGS = 600.0
"""Seconds after which a process is taken to hang. None takes nearly so long on a busy machine."""


def counted(function: Callable[[], T]) -> tuple[T, int]:
    """What a function returns, and how many calls of Python and of C functions it made."""
    profile = cProfile.Profile()
    result = profile.runcall(function)
    return result, sum(entry.callcount for entry in profile.getstats())


def time_ratio(small: Callable[[], object], large: Callable[[], object], enough: float) -> float:
    """How many times the processor time of `small` does `large` take?

    For what is a single call however long it takes: a regular expression, a slice, a join. Other
    programs can only lengthen a measurement, so the least of several counts, and measuring ends
    once the ratio is at most `enough`. The small one is run before it is measured, lest what only
    the first run does makes the ratio smaller.
    """
    small()
    best = [math.inf, math.inf]
    for _ in range(8):
        for index, function in enumerate((small, large)):
            start = time.process_time()
            function()
            best[index] = min(best[index], time.process_time() - start)
        if best[1] <= enough * best[0]:
            break
    return best[1] / best[0]
