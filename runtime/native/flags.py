"""What a compiler is called with.

No flag lets it change the order of operations: there is no `-ffast-math`. It may contract
`a * b + c` to one rounding (a fused multiply-add), and need not set `errno` or floating-point
flags, which nobody reads.
"""

from __future__ import annotations

import sys
from typing import NamedTuple

from .processor import Processor
from .toolchain import Toolchain

ARITHMETIC = ("-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast")
OPTIMIZATION = ("-O2", "-ftree-vectorize")
GCC = (
    "-fvect-cost-model=dynamic",  # with -O2 alone, only loops of a known multiple are vectorized
    "-fno-semantic-interposition",
    "-Wno-psabi",  # notes on vectors as arguments, which never leave their file
)
SANITIZE = ("-g", "-fno-omit-frame-pointer", "-fno-sanitize-recover=all")
SUFFIXES = {"win32": ".dll", "darwin": ".dylib"}
"""Of shared libraries, by `sys.platform`; `.so` elsewhere."""


class Flags(NamedTuple):
    """Of the two calls of a compiler."""

    compile: tuple[str, ...]
    link: tuple[str, ...]
    """Of the second one alone, which gets the others as well."""


def choose_flags(
    toolchain: Toolchain,
    processor: Processor,
    *,
    sanitize: tuple[str, ...] = (),
    system: str = sys.platform,
) -> Flags:
    """The flags for a compiler, a processor and an operating system. `sanitize` names what is
    watched in tests: `("address", "undefined")`."""
    position = () if system == "win32" else ("-fPIC",)  # Windows code can be moved as it is
    family = GCC if toolchain.family == "gcc" else ()
    watched = (f"-fsanitize={','.join(sanitize)}",) if sanitize else ()
    if toolchain.family == "zig" and not sanitize:
        watched = ("-fno-sanitize=undefined",)  # which zig switches on by itself
    compiled = (
        *("-std=gnu11", *OPTIMIZATION, *position, *_target(toolchain, processor)),
        *(*ARITHMETIC, *family, *watched, *(SANITIZE if sanitize else ())),
    )
    mathematics = () if system == "win32" else ("-lm",)
    return Flags(compiled, ("-shared", *mathematics))


def _target(toolchain: Toolchain, processor: Processor) -> tuple[str, ...]:
    """The processor that the code is for."""
    if processor.machine == "arm64":
        return ("-mcpu=native",)
    if processor.machine != "x86-64":
        return ()
    march = processor.march
    if toolchain.family == "zig":
        march = march.replace("-", "_")
    return (f"-march={march}", f"-mprefer-vector-width={8 * processor.width}")


def library_suffix(system: str = sys.platform) -> str:
    """The end of the name of a shared library."""
    return SUFFIXES.get(system, ".so")
