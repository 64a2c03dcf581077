"""How long the native engine compiles a network, and how long it takes where the code is cached.

    python benchmarks/native_compiling.py [--repeats 3]

What is compiled is a training step and the evaluation of a batch, in an empty folder, with the
compiler of `NETC_CC` or the one that is found. Times are those of the processor, of all compilers
together: several work at once, so by the clock it is less. Cached, they are those of making the C
text, whose hash is the name of the library, and of checking and loading that. The least of the
repeats counts. Ends with status 1 when a goal is missed.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

from netc.compiler.language.builtin import BUILTIN
from netc.compiler.lower.context import Choices
from netc.compiler.lower.lower import lower
from netc.compiler.lower.plan import Plan
from netc.compiler.pipeline import check
from netc.compiler.reading import read_source, source_of
from netc.runtime.engine.native.compiled import PlanCompiler
from netc.runtime.engine.native.engine import EVALUATION, TRAINING
from netc.runtime.native.flags import choose_flags
from netc.runtime.native.processor import find_processor
from netc.runtime.native.toolchain import find_toolchain

ROOT = Path(__file__).parents[1]
NETS = (
    ("MLP 784-128-64-10", "benchmarks/nets/mlp128.net", 32, 3.0),
    ("LeNet-5", "benchmarks/nets/lenet5.net", 64, 3.0),
    ("residual, 16 to 64 channels", "benchmarks/nets/resnet_cifar.net", 128, 10.0),
    ("U-Net, 16 to 64 channels", "benchmarks/nets/unet.net", 16, 10.0),
    ("ResNet-50", "specs/resnet50.net", 8, 10.0),
)
"""A name, the spec, the batch, and the most seconds that compiling it may take."""
CACHED = 0.05
"""The most seconds where it is cached."""


def plan_of(spec: str, batch: int) -> Plan:
    """The native plan of a spec."""
    checked = check(source_of((ROOT / spec).read_text("utf-8")), BUILTIN, read_source)
    return lower(checked.model, checked.graph, batch=batch, choices=Choices(native=True))


def spent(who: int) -> float:
    """Seconds of the processor, of this process or of those that it has started."""
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def compile_plan(compiler: PlanCompiler, plan: Plan) -> None:
    """A training step and an evaluation."""
    for programs in (TRAINING, EVALUATION):
        compiler.compile(plan, programs, sharded=False)


def measure(compiler: PlanCompiler, plan: Plan) -> tuple[float, float, float]:
    """Seconds of the compilers, by the clock, and of netc once the code is cached."""
    for path in compiler.folder.glob("*.so"):
        path.unlink()
    clock, before = time.perf_counter(), spent(resource.RUSAGE_CHILDREN)
    compile_plan(compiler, plan)
    cold, clock = spent(resource.RUSAGE_CHILDREN) - before, time.perf_counter() - clock
    before = time.process_time()
    compile_plan(compiler, plan)
    return cold, clock, time.process_time() - before


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    folder = Path(tempfile.mkdtemp(prefix="netc-compiling-"))
    missed = 0
    try:
        toolchain, processor = find_toolchain(os.environ, folder), find_processor(os.environ)
        flags = choose_flags(toolchain, processor)
        compiler = PlanCompiler(toolchain, processor, flags, folder)
        compiler.pool_library()  # zig first compiles a library of its own
        print(f"{toolchain.name}, {processor.vectors}")
        print(f"{'net':<28} {'compilers':>10} {'clock':>8} {'cached':>9}")
        for name, spec, batch, goal in NETS:
            plan = plan_of(spec, batch)
            rounds = [measure(compiler, plan) for _ in range(repeats)]
            cold, clock, cached = (min(column) for column in zip(*rounds, strict=True))
            missed += cold > goal or cached > CACHED
            print(f"{name:<28} {cold:>8.2f} s {clock:>6.2f} s {1e3 * cached:>6.1f} ms", flush=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
