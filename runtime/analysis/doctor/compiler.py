"""The C compiler of the native engine, and whether what it compiles can be loaded."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ....compiler.problems.native import ANOTHER, CompilerMissing
from ...native.failure import NativeError
from ...native.flags import choose_flags
from ...native.objects import build_objects, load_library
from ...native.processor import find_processor
from ...native.toolchain import COMPILER_VARIABLE, find_toolchain
from .installation import Trouble

SMALL = """\
#include <math.h>
int netc_doctor(int n) { return (int)sqrt((double)n * n) + 1; }
"""


@dataclass(frozen=True, slots=True)
class CompilerState:
    """What the native engine would compile with."""

    command: tuple[str, ...]
    """Empty where no compiler is found."""
    version: str
    """With its family: `gcc (Debian 12.2.0-14) 12.2.0`."""
    by_variable: bool
    """Whether `NETC_CC` says so."""
    vector: int
    """Bits of the vectors that code is made for."""
    seconds: float | None
    """How long a small file takes; None where it does not compile or cannot be loaded."""
    problem: str
    """Why the compiler cannot be used; empty where it can, and where there is none."""
    help: str
    """What to do then."""


def look_at_compiler(environment: Mapping[str, str]) -> CompilerState:
    """Compiles, loads and calls a small file; nothing stays on the disk."""
    with tempfile.TemporaryDirectory(prefix="netc-", ignore_cleanup_errors=True) as there:
        return _try_out(environment, Path(there))


def _try_out(environment: Mapping[str, str], folder: Path) -> CompilerState:
    processor = find_processor(environment)
    by_variable = bool(environment.get(COMPILER_VARIABLE, "").strip())
    command: tuple[str, ...] = ()
    version, seconds, problem, way = "", None, "", ""
    try:
        toolchain = find_toolchain(environment, folder)
        command, version = toolchain.command, f"{toolchain.family} {toolchain.version}"
        flags = choose_flags(toolchain, processor)
        built = build_objects([SMALL], toolchain, flags, folder, processor=processor)
        if load_library(built).netc_doctor(41) == 42:
            seconds = built.seconds
        else:
            problem, way = "code that it compiles is wrong", ANOTHER
    except NativeError as error:
        way = error.problem.help()[-2]  # before the one that names another engine
        if not isinstance(error.problem, CompilerMissing):
            said = error.problem.label()
            problem = f"{error}: {said}" if said else str(error)
    return CompilerState(command, version, by_variable, 8 * processor.width, seconds, problem, way)


def compiler_troubles(compiler: CompilerState) -> Iterator[Trouble]:
    """A compiler that does not work. That there is none is no trouble: only the native engine
    needs one."""
    if compiler.problem:
        yield Trouble(compiler.problem, compiler.help, False)
