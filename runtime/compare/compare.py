"""How quick netc is beside other libraries on the same network, and how far from its floor."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Literal

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from ...compiler.language.frozen import change
from ...compiler.lower.context import Purpose
from ...compiler.lower.lower import lower
from ..analysis.machine_limits import measure_limits
from ..analysis.profile import plan_floor
from ..array_types import Array
from ..engine.native.compiled import PlanCompiler
from .case import Case, Side, TwinError, make_case
from .interleave import SECONDS, TRIALS, Timings, interleave
from .netc_side import NetcSide, Shown, differ, show
from .sklearn_side import SklearnSide
from .textbook import TextbookSide
from .torch_side import TorchSide

NETC = "netc"
NATIVE = "netc_native"
CORE_VARIABLE = "OPENBLAS_CORETYPE"
"""Makes OpenBLAS use the kernels of another processor than this one."""
TOLERANCE = 1e-4
"""How far gradients may lie apart, relative to the largest of a tensor."""

PACKAGES = {
    "torch": "torch",
    "torch_cl": "torch",
    "torch_compile": "torch",
    "sklearn": "scikit-learn",
    "textbook": None,
}
"""Every rival, and the package it needs."""


@dataclass(frozen=True, slots=True)
class Against:
    """How one rival did."""

    name: str
    seconds: float
    """Of one step, the median."""
    ratio: float
    """Its time over netc's: the median of the rounds."""
    low: float
    high: float
    """The quartiles of the rounds' ratios."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """A rival that was not timed, and why."""

    name: str
    reason: str
    wrong: bool = False
    """True when its gradients were not netc's."""


EngineNames = tuple[Literal["numpy", "native"], ...]


@dataclass(frozen=True, slots=True)
class EngineTimes:
    """How one engine of netc did."""

    name: str
    seconds: float
    """Of one step, the median."""
    workers: int
    rivals: tuple[Against, ...]
    """The same as others see it, the other engine among them."""


@dataclass(frozen=True, slots=True)
class BenchResult:
    """What came out. What is said of netc without its engine is that of the first one."""

    batch: int
    trains: bool
    threads: int
    workers: int
    rounds: int
    seconds: float
    """Of one step of netc, the median."""
    floor: float | None
    """The least seconds of a step on one core; None with more cores, which share the work."""
    rivals: tuple[Against, ...]
    skipped: tuple[Skipped, ...]
    disturbed: int
    samples: int
    blas: str
    """What multiplies NumPy's matrices, and with the kernels of which processor."""
    engines: tuple[EngineTimes, ...]
    compiler: str
    """Of the native engine; empty where it was not asked for."""


def blas_in_use() -> str:
    """`openblas 0.3.31, kernels for Haswell (OPENBLAS_CORETYPE)`: NumPy's, as it was loaded."""
    for item in threadpool_info():
        if item["user_api"] == "blas" and "numpy" in item["filepath"]:
            text = f"{item['internal_api']} {item['version']}"
            if "architecture" in item:
                text += f", kernels for {item['architecture']}"
            set_by = CORE_VARIABLE if os.environ.get(CORE_VARIABLE) else None
            return text if set_by is None else f"{text} ({set_by})"
    return "a library that is not known"


def compare(
    case: Case,
    rivals: tuple[str, ...],
    *,
    threads: int = 1,
    rounds: int = 7,
    seconds: float = SECONDS,
    trials: int = TRIALS,
    engines: EngineNames = ("numpy",),
) -> BenchResult:
    """Checks that the rivals compute what netc does, then times all of them in turns. The native
    engine is a rival of the NumPy engine in this, too.

    A case that trains must have a loss and an optimizer that takes steps. Raises NativeError.
    """
    compiler = PlanCompiler.of_this_machine() if "native" in engines else None
    with use_cores(threads), np.errstate(all="ignore"), ExitStack() as stack:
        own = _netc_sides(case, threads, engines, compiler)
        for side in own.values():
            stack.callback(side.close)
        sides: dict[str, Side] = {**own}
        parameters = next(iter(own.values())).parameters()
        shown = show(case, parameters)
        skipped: list[Skipped] = []
        if compiler is not None:
            gap = _gap(shown, show(case, parameters, compiler))
            if gap is not None:
                skipped.append(Skipped(NATIVE, gap, wrong=True))
                if NETC in sides:
                    del sides[NATIVE]
        for name in rivals:
            try:
                rival, gap = _open(name, case, parameters, shown, threads)
            except TwinError as reason:
                skipped.append(Skipped(name, str(reason)))
                continue
            if gap is None:
                sides[name] = rival
            else:
                skipped.append(Skipped(name, gap, wrong=True))
        processes = tuple(process for side in own.values() for process in side.processes)
        timings = interleave(
            sides, rounds=rounds, processes=processes, seconds=seconds, trials=trials
        )
        workers = {name: side.engine.workers for name, side in own.items()}
        floor = _floor(case) if threads == 1 else None
    timed = tuple(
        EngineTimes(name, median(timings.seconds[name]), workers[name], _against(name, timings))
        for name in own
        if name in sides
    )
    return BenchResult(
        case.batch, case.trains, threads, timed[0].workers, rounds, timed[0].seconds, floor,
        timed[0].rivals, tuple(skipped), timings.disturbed, timings.samples,
        blas_in_use(), timed, "" if compiler is None else compiler.toolchain.name,
    )  # fmt: skip


def _netc_sides(
    case: Case, threads: int, engines: EngineNames, compiler: PlanCompiler | None
) -> dict[str, NetcSide]:
    """netc with each engine. The one that may fork is the first."""
    sides = {}
    if "numpy" in engines:
        sides[NETC] = NetcSide(case, threads=threads)
    if compiler is not None:
        sides[NATIVE] = NetcSide(case, threads=threads, compiler=compiler)
    return sides


def _against(name: str, timings: Timings) -> tuple[Against, ...]:
    """How the others did beside one engine."""
    base = timings.seconds[name]
    found = []
    for other, times in timings.seconds.items():
        if other != name:
            ratios = sorted(there / here for there, here in zip(times, base, strict=True))
            low, high = np.quantile(ratios, (0.25, 0.75))
            found.append(Against(other, median(times), median(ratios), float(low), float(high)))
    return tuple(found)


def _open(
    name: str, case: Case, parameters: dict[str, Array], shown: Shown, threads: int
) -> tuple[Side, str | None]:
    """A rival, and where it computes something other than netc."""
    if name == "sklearn":
        other = SklearnSide(case, parameters, threads=threads)
        # It shows no gradients, so its predictions are compared with those of netc.
        answering = make_case(case.model, case.graph, case.batch, trains=False)
        answering.inputs.update(case.inputs)
        (wanted,) = show(answering, parameters).values.values()
        there = Shown({"the answers": other.answers()})
        return other, _gap(Shown({"the answers": wanted}), there)
    side: TextbookSide | TorchSide
    if name == "textbook":
        side = TextbookSide(case, parameters, threads=threads)
    else:
        side = TorchSide(
            case,
            parameters,
            threads=threads,
            channels_last=name == "torch_cl",
            compiles=name == "torch_compile",
        )
    return side, _gap(shown, side.show())


def _gap(here: Shown, there: Shown) -> str | None:
    where, gap = differ(here, there)
    if gap <= TOLERANCE:
        return None
    return f"not the same network: {where} differs by {gap:.1e}"


@contextmanager
def use_cores(threads: int) -> Iterator[None]:
    """So many cores for this process and those that it starts."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, set(sorted(before)[:threads]))
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _floor(case: Case) -> float:
    """The least seconds of a step on one core of this machine."""
    model = case.model if case.trains else change(case.model, losses=())
    purpose: Purpose = "step" if case.trains else "evaluate"
    plan = lower(model, case.graph, batch=case.batch, purpose=purpose)
    with threadpool_limits(1, user_api="blas"):
        dtype = next(iter(case.inputs.values())).dtype
        limits = measure_limits(dtype).or_better(measure_limits(dtype))
    return plan_floor(plan, limits, "train" if case.trains else "evaluate")
