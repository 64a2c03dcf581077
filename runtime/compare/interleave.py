"""Timing sides in turns, so that whatever else the machine does meets all of them.

A round runs every side once, for about the same time. What is compared are the ratios of one
round; a sample in which other programs took much of the cores is taken again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter

from threadpoolctl import ThreadpoolController

from .case import Side

SECONDS = 0.25
"""Of one sample, long enough for the kernel's count of processor time, which is in hundredths."""
TRIALS = 4
"""How often a sample is taken before one under other load is kept."""
FOREIGN = 0.15
"""Cores that others may take of a sample."""


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds of one step: for each side one figure a round."""

    seconds: dict[str, tuple[float, ...]]
    disturbed: int
    """Samples that were kept although other programs ran."""
    samples: int


def interleave(
    sides: Mapping[str, Side],
    *,
    rounds: int,
    processes: tuple[int, ...] = (),
    seconds: float = SECONDS,
    trials: int = TRIALS,
) -> Timings:
    """Times all sides, after one warm-up of each. `processes` are those that work for them
    besides this one."""
    controller = ThreadpoolController()
    steps = {}
    for side in sides.values():
        side.rest()
    for name, side in sides.items():
        _sample(controller, side, 2)
        once = _sample(controller, side, 3) / 3
        steps[name] = max(1, round(seconds / once))
    found: dict[str, list[float]] = {name: [] for name in sides}
    disturbed = 0
    for number in range(rounds):
        # every other round in the other order: no side is always the first
        names = list(sides)[:: 1 if number % 2 == 0 else -1]
        for name in names:
            for _ in range(trials):
                before, began = _load(processes), perf_counter()
                elapsed = _sample(controller, sides[name], steps[name])
                foreign = (_load(processes) - before) / (perf_counter() - began)
                if foreign <= FOREIGN:
                    break
            else:
                disturbed += 1
            found[name].append(elapsed / steps[name])
    for side in sides.values():
        side.wake()
    times = {name: tuple(values) for name, values in found.items()}
    return Timings(times, disturbed, rounds * len(sides))


def _sample(controller: ThreadpoolController, side: Side, steps: int) -> float:
    side.wake()
    with controller.limit(limits=side.threads, user_api="blas"):
        # what woke up, and the caches, belong to nobody's time
        side.run(1)
        start = perf_counter()
        side.run(steps)
        elapsed = perf_counter() - start
    side.rest()
    return elapsed


def _load(processes: tuple[int, ...]) -> float:
    """Seconds that other programs have taken so far of the cores that this process may use; 0
    where nobody counts."""
    try:
        own_cores = {f"cpu{core}" for core in os.sched_getaffinity(0)}
        with open("/proc/stat") as file:
            lines = [line.split() for line in file if line.startswith("cpu")]
        busy = 0
        for name, *counts in lines:
            if name in own_cores:
                # user, nice, system, idle, waiting, interrupts, soft interrupts, stolen
                busy += sum(map(int, (*counts[:3], *counts[5:8])))
        own = sum(_used(process) for process in (os.getpid(), *processes))
        return (busy - own) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, AttributeError):
        return 0.0


def _used(process: int) -> int:
    """Ticks of the processor that a process has used."""
    with open(f"/proc/{process}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
