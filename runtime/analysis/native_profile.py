"""Where the time of a compiled training step goes: clocks in C around each call, and in Python
around what still runs in NumPy."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median
from time import perf_counter
from typing import Any

from ...compiler.lower.plan import Plan, Step
from ...compiler.work import Work, work_of
from ..engine.native.engine import NativeEngine
from ..kernels.kernel import Call
from .machine_limits import MachineLimits
from .timed import Timed

MOST_NAMED = 3
"""Instructions of one loop that are named."""


class NativeClocks:
    """A training step with clocks, and what they showed in each run."""

    def __init__(self, engine: NativeEngine) -> None:
        """Raises NativeError."""
        self._numbers = {id(step): at for at, step in enumerate(engine.plan.programs["train"])}
        self._owners: list[Step] = []
        self._now: list[float] = []
        self._program = engine.bind_timed("train", self._around)
        self._compiled: list[list[float]] = []
        self._called: list[list[float]] = []

    def _around(self, step: Step, call: Call) -> Call:
        at = len(self._owners)
        self._owners.append(step)
        self._now.append(0.0)

        def clocked() -> Any:
            start = perf_counter()
            call()
            self._now[at] = perf_counter() - start

        return clocked

    def run(self) -> None:
        """Takes a step."""
        self._program.run()
        self._compiled.append(self._program.seconds.tolist())
        self._called.append(self._now.copy())

    def timed(self, plan: Plan, limits: MachineLimits) -> Iterable[Timed]:
        """Each call in C, and each instruction in NumPy, with the median of its times."""
        found: list[tuple[tuple[Step, ...], float, bool]] = []
        for steps, times in zip(
            self._program.clocks, zip(*self._compiled, strict=True), strict=False
        ):
            found.append((steps, median(times), True))
        kernels: dict[int, tuple[Step, float]] = {}
        for step, times in zip(self._owners, zip(*self._called, strict=True), strict=True):
            before = kernels.get(id(step), (step, 0.0))[1]
            kernels[id(step)] = step, before + median(times)
        found += [((step,), seconds, False) for step, seconds in kernels.values()]
        for steps, seconds, compiled in sorted(found, key=lambda item: self._number(item[0][0])):
            works = [work_of(plan, step) for step in steps]
            products = [item.multiply_adds for item in works if item.multiply_adds is not None]
            yield Timed(
                self._number(steps[0]),
                _named(steps),
                steps[0].layer,
                1,
                seconds,
                Work(sum(products) if products else None, max(item.bytes for item in works)),
                # what one of them needs, all of them need
                max(limits.least_seconds(item) for item in works),
                compiled,
            )

    def _number(self, step: Step) -> int:
        return self._numbers[id(step)]


def _named(steps: tuple[Step, ...]) -> str:
    """`add_bias + relu`."""
    rows = list(dict.fromkeys(step.row for step in steps))
    more = f" + {len(rows) - MOST_NAMED} more" if len(rows) > MOST_NAMED else ""
    return " + ".join(rows[:MOST_NAMED]) + more
