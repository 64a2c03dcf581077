"""Native engines for tests, compiled by the compiler of this machine."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from compilers import any_toolchain
from netc.compiler.lower.context import Choices
from netc.compiler.lower.lower import lower
from netc.compiler.pipeline import Checked
from netc.runtime.engine.native.compiled import PlanCompiler
from netc.runtime.engine.native.engine import NativeEngine
from netc.runtime.native.flags import Flags, choose_flags
from netc.runtime.native.processor import find_processor

NATIVE = Choices(native=True)


@cache
def plan_compiler(*, quick: bool = False) -> PlanCompiler:
    """What compiles plans here; the test is skipped without a compiler. A quick one hardly
    optimises: for many networks that run for a few steps."""
    folder = Path(tempfile.mkdtemp(prefix="netc-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    toolchain, processor = any_toolchain(folder), find_processor({})
    flags = choose_flags(toolchain, processor)
    if quick:
        compiled = tuple("-O1" if flag == "-O2" else flag for flag in flags.compile)
        flags = Flags(compiled, flags.link)
    return PlanCompiler(toolchain, processor, flags, folder)


def native_engine(
    checked: Checked,
    compiler: PlanCompiler,
    *,
    batch: int,
    choices: Choices = NATIVE,
    seed: int = 0,
) -> NativeEngine:
    """An engine for whole batches."""
    return NativeEngine(
        lambda size, total: lower(
            checked.model, checked.graph, batch=size, total_batch=total, choices=choices
        ),
        compiler,
        batch=batch,
        largest=batch,
        seed=seed,
    )
