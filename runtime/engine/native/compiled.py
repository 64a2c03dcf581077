"""Plans compiled to libraries of C functions."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TypeVar

from .... import __version__
from ....compiler.lower.plan import Plan
from ....compiler.native.lower import lower_to_c
from ....compiler.native.program import NativePlan
from ....compiler.native.target import CTarget
from ....compiler.native.writer import read_header
from ...native.flags import Flags, choose_flags
from ...native.folder import native_folder
from ...native.objects import BuiltLibrary, build_objects, load_library
from ...native.processor import Processor, find_processor
from ...native.toolchain import Toolchain, find_toolchain
from ...threads import WillingThreads

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True, eq=False)
class CompiledPlan:
    """Programs of a plan, and the library of their functions."""

    native: NativePlan
    library: ctypes.CDLL
    built: BuiltLibrary

    def address(self, function: str) -> int:
        """The address of a function."""
        return ctypes.cast(getattr(self.library, function), ctypes.c_void_p).value or 0


@dataclass(slots=True)
class PlanCompiler:
    """Compiles plans for this machine. Raises NativeError without a compiler, or when it fails."""

    toolchain: Toolchain
    processor: Processor
    flags: Flags
    folder: Path
    """Where libraries are kept."""
    built: list[BuiltLibrary] = field(default_factory=list)
    """What was compiled, or found."""
    cancelled: Event = field(default_factory=Event)
    """Ends compilers that other threads have started: they raise CancelledError."""

    @classmethod
    def of_this_machine(cls) -> PlanCompiler:
        """With the compiler that is found first."""
        folder = native_folder()
        toolchain = find_toolchain(os.environ, folder)
        processor = find_processor(os.environ)
        flags = choose_flags(toolchain, processor)
        return cls(toolchain, processor, flags, folder)

    @property
    def identity(self) -> str:
        """What the bits of its results depend on, beside the plan."""
        flags = " ".join(self.flags.compile)
        parts = (f"netc {__version__}", self.toolchain.identity, flags, self.processor.identity)
        return "; ".join(parts)

    def target(self, precision: str) -> CTarget:
        """What texts are written for."""
        return CTarget(precision, self.processor.width, self.processor.registers)

    def compile(
        self,
        plan: Plan,
        programs: Iterable[str],
        *,
        sharded: bool,
        timed: bool = False,
        parts: int = 1,
    ) -> CompiledPlan:
        """The library of the named programs of a plan. With `timed`, each call is timed; with
        `parts`, the work of large instructions is divided."""
        target = self.target(plan.precision)
        native = lower_to_c(plan, target, programs, sharded=sharded, timed=timed, parts=parts)
        library, built = self._build(native.sources)
        return CompiledPlan(native, library, built)

    def compile_together(
        self, work: Mapping[Key, Callable[[], CompiledPlan]], at_once: int
    ) -> dict[Key, CompiledPlan]:
        """The results of calls that compile with this, so many at a time. Where one fails, or the
        calling thread is interrupted, the compilers of the others are ended."""
        # most of the time is that of compilers, which are processes of their own
        threads = WillingThreads(at_once)
        try:
            futures = {key: threads.submit(call) for key, call in work.items()}
            return {key: future.result() for key, future in futures.items()}
        except BaseException:
            # an interrupt comes to this thread alone, and the others wait for their compilers
            self.cancelled.set()
            raise
        finally:
            threads.shutdown(cancel_futures=True)
            self.cancelled.clear()

    def pool_library(self) -> ctypes.CDLL:
        """The library of the pool of threads."""
        # its threads are in it until they end, which nobody waits for where an engine is forgotten
        source = read_header("clock.h") + read_header("pool.c")
        return self._build((source,), stays=True)[0]

    def _build(
        self, sources: Sequence[str], *, stays: bool = False
    ) -> tuple[ctypes.CDLL, BuiltLibrary]:
        built = build_objects(
            sources,
            self.toolchain,
            self.flags,
            self.folder,
            processor=self.processor,
            cancelled=self.cancelled,
        )
        self.built.append(built)
        return load_library(built, stays=stays), built
