"""Where the time of a training step goes: every call of the plan by the clock.

The plan of a whole batch is bound twice over one memory, once as it trains and once with a clock
around each call, and both run in turns on the batches of an epoch, so that caches, branches and
denormals are those of training. Times of calls are medians over the steps; a clock costs about a
tenth of a microsecond a call, which the plain binding shows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import cycle
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from ...compiler.lower.plan import Plan, Step
from ...compiler.work import work_of
from ..engine.engine import Engine, ShardContext, bind
from ..engine.native.engine import NativeEngine
from ..kernels.kernel import Call
from ..training.objectives.batches import EncodedSplit, epoch_order, fill
from .machine_limits import MachineLimits, measure_limits
from .native_profile import NativeClocks
from .timed import Timed

WARM_UP = 2
LEAST_STEPS = 5
MOST_STEPS = 400
SECONDS = 3.0
"""How long a profile measures, within the bounds above."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What was measured. All times are seconds of one step."""

    batch: int
    steps: int
    instructions: tuple[Timed, ...]
    step: float
    """The whole step as it trains, without clocks: the median."""
    reading: float
    """Bringing the samples of a batch to where the step reads them."""
    limits: MachineLimits

    @property
    def floor(self) -> float:
        """The sum of what every instruction needs at least."""
        return sum(item.floor for item in self.instructions)

    @property
    def in_calls(self) -> float:
        """The sum of all instructions, clocks included."""
        return sum(item.seconds for item in self.instructions)

    @property
    def in_numpy(self) -> float:
        """The sum of what is not in C."""
        return sum(item.seconds for item in self.instructions if not item.compiled)

    @property
    def multiply_adds(self) -> int:
        return sum(item.work.multiply_adds or 0 for item in self.instructions)


def profile_training(
    engine: Engine | NativeEngine,
    part: EncodedSplit,
    *,
    rate: float,
    seed: int,
    seconds: float = SECONDS,
) -> Profile:
    """Measures training steps of an engine on the samples of a part. The parameters change."""
    dtype = next(iter(engine.feeds.values())).dtype
    limits = measure_limits(dtype)
    found = _measure_steps(engine, part, rate, seed, seconds)
    limits = limits.or_better(measure_limits(dtype))
    return Profile(
        engine.plan.batch,
        len(found.plain),
        tuple(found.clocks.timed(engine.plan, limits)),
        median(found.plain),
        median(found.reading),
        limits,
    )


@dataclass(frozen=True, slots=True)
class StepSeconds:
    """How long a step takes, and each of its layers."""

    steps: int
    step: float
    """The whole step without clocks: the median."""
    layers: dict[str, float]
    """By node, or "" for what belongs to none; clocks included."""


def time_layers(
    engine: Engine, part: EncodedSplit, *, rate: float, seed: int, seconds: float
) -> StepSeconds:
    """The same by layer, without what the machine can do. The parameters change."""
    found = _measure_steps(engine, part, rate, seed, seconds)
    layers: defaultdict[str, float] = defaultdict(float)
    assert isinstance(found.clocks, _Clocks)
    for step, taken in found.clocks.seconds():
        layers[step.layer] += taken
    return StepSeconds(len(found.plain), median(found.plain), dict(layers))


@dataclass(frozen=True, slots=True)
class _Measured:
    """Seconds of steps, and of bringing their samples, with the clocks of every call."""

    clocks: _Clocks | NativeClocks
    plain: list[float]
    reading: list[float]


def _measure_steps(
    engine: Engine | NativeEngine, part: EncodedSplit, rate: float, seed: int, seconds: float
) -> _Measured:
    plan = engine.plan
    clocks = _Clocks(engine) if isinstance(engine, Engine) else NativeClocks(engine)
    order = epoch_order(seed, 1, len(part), shuffle=True)
    batches = [order[at : at + plan.batch] for at in range(0, len(order), plan.batch)]
    whole = [rows for rows in batches if len(rows) == plan.batch]
    plain: list[float] = []
    reading: list[float] = []
    end = perf_counter() + seconds
    with np.errstate(all="ignore"):
        for number, rows in enumerate(cycle(whole)):
            enough = number >= WARM_UP + 2 * LEAST_STEPS and perf_counter() > end
            if enough or number >= WARM_UP + 2 * MOST_STEPS:
                break
            start = perf_counter()
            fill(engine.feeds, part, rows, len(rows))
            begin = perf_counter()
            if number < WARM_UP or number % 2:
                engine.train_step(rate)
                if number >= WARM_UP:
                    plain.append(perf_counter() - begin)
                    reading.append(begin - start)
            else:
                clocks.run()
    return _Measured(clocks, plain, reading)


def plan_floor(plan: Plan, limits: MachineLimits, program: str = "train") -> float:
    """The least seconds of a program on a machine: each instruction at its ceiling."""
    return sum(limits.least_seconds(work_of(plan, step)) for step in plan.programs[program])


class _Clocks:
    """One clock for each call, and what they showed in each step."""

    def __init__(self, engine: Engine) -> None:
        plan = engine.plan
        self._steps = plan.programs["train"]
        self._numbers = {id(step): at for at, step in enumerate(self._steps)}
        self._owners: list[int] = []
        """The instruction of every call."""
        self._now: list[float] = []
        self._shown: list[list[float]] = []
        place = ShardContext(engine.feeds)
        self._binding = bind(plan, engine.memory, place, ("train",), self._around)

    def _around(self, step: Step, call: Call) -> Call:
        """The call with a clock around it."""
        at = len(self._owners)
        self._owners.append(self._numbers[id(step)])
        self._now.append(0.0)
        shown = self._now

        def clocked() -> Any:
            start = perf_counter()
            call()
            shown[at] = perf_counter() - start

        return clocked

    def run(self) -> None:
        """Takes a step."""
        for phase in self._binding.phases["train"]:
            for call in phase:
                call()
        self._shown.append(self._now.copy())

    def timed(self, plan: Plan, limits: MachineLimits) -> Iterable[Timed]:
        """Every instruction with the sum of the medians of its calls."""
        calls: defaultdict[int, int] = defaultdict(int)
        for owner in self._owners:
            calls[owner] += 1
        for at, (step, taken) in enumerate(self.seconds()):
            work = work_of(plan, step)
            yield Timed(
                at, step.row, step.layer, calls[at], taken, work, limits.least_seconds(work)
            )

    def seconds(self) -> Iterable[tuple[Step, float]]:
        """Every instruction with the sum of the medians of its calls."""
        seconds: defaultdict[int, float] = defaultdict(float)
        for owner, times in zip(self._owners, zip(*self._shown, strict=True), strict=True):
            seconds[owner] += median(times)
        for at, step in enumerate(self._steps):
            yield step, seconds[at]
