"""The processor as compiled code sees it: how wide its vectors are, how many registers hold them,
and a text that differs where code for one machine may not run on the other."""

from __future__ import annotations

import ctypes
import hashlib
import platform
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

VECTOR_VARIABLE = "NETC_NATIVE_VECTOR"
"""Narrows the vectors to so many bytes: 64, 32 or 16."""

AVX512 = frozenset({"avx512f", "avx512bw", "avx512dq", "avx512vl"})
AVX2 = frozenset({"avx2", "fma"})

REGISTERS = {64: 32, 32: 16, 16: 16}
"""Of an x86-64 processor, by the bytes of its vectors."""
VECTORS = {("x86-64", 64): "AVX-512", ("x86-64", 32): "AVX2", ("x86-64", 16): "SSE2"}
"""By the machine and the bytes of a vector."""
ARM = frozenset({"aarch64", "arm64"})
ARM_REGISTERS = 32
X86 = frozenset({"x86_64", "amd64", "x64"})

CPU_INFO = Path("/proc/cpuinfo")
HEAD = 1 << 14
"""Characters of it that hold the first processor: the system makes the text while it is read."""
OF_THE_CODE = (
    *("vendor_id", "cpu family", "model", "flags"),
    *("CPU implementer", "CPU architecture", "CPU part", "Features", "isa"),
)
"""Its lines on which the generated code depends."""

SYSCTL = ("machdep.cpu.brand_string", "machdep.cpu.features", "machdep.cpu.leaf7_features")
"""What macOS says of the processor. Those that it does not have are left out."""

PF_AVX2, PF_AVX512F = 40, 41
"""Numbers of features for `IsProcessorFeaturePresent` of Windows."""


@dataclass(frozen=True, slots=True)
class Processor:
    """What generated code has to fit."""

    machine: str
    """`x86-64`, `arm64`, or what the system calls it."""
    width: int
    """Bytes of a vector."""
    registers: int
    """Vector registers."""
    is_narrowed: bool
    """Whether its vectors are wider than `width`."""
    identity: str
    """Code for another identity may not run here."""

    @property
    def vectors(self) -> str:
        """What its instructions for vectors are called; empty where that is not known."""
        return "NEON" if self.machine == "arm64" else VECTORS.get((self.machine, self.width), "")

    @property
    def march(self) -> str:
        """The architecture that the compiler is asked for: `native`, or the first processor with
        vectors of this width and no wider ones. Empty where compilers have no such names."""
        if not self.is_narrowed:
            return "native"
        if self.machine != "x86-64":
            return ""
        return "haswell" if self.width == 32 else "x86-64"


def find_processor(environment: Mapping[str, str]) -> Processor:
    """The processor of this machine, its vectors not wider than `NETC_NATIVE_VECTOR` allows."""
    described, features = _describe()
    return narrow(classify(platform.machine(), described, features), environment)


def classify(machine: str, described: str, features: frozenset[str]) -> Processor:
    """The processor of a machine with these features, such as `avx2`."""
    name = machine.lower()
    kind = "x86-64" if name in X86 else "arm64" if name in ARM else name
    width = 16
    if kind == "x86-64" and features >= AVX2:
        width = 64 if features >= AVX512 else 32
    registers = ARM_REGISTERS if kind == "arm64" else REGISTERS[width]
    digest = hashlib.sha256(described.encode()).hexdigest()[:16]
    return Processor(kind, width, registers, False, f"{kind} {8 * width} bits {digest}")


def narrow(processor: Processor, environment: Mapping[str, str]) -> Processor:
    """A processor with the vectors that `NETC_NATIVE_VECTOR` asks for, if its own are wider. Other
    values than 64, 32 and 16 are ignored."""
    asked = environment.get(VECTOR_VARIABLE, "").strip()
    width = int(asked) if asked in {"64", "32", "16"} else processor.width
    if width >= processor.width:
        return processor
    return replace(
        processor,
        width=width,
        registers=REGISTERS[width],
        is_narrowed=True,
        identity=f"{processor.identity} narrowed to {8 * width}",
    )


def _describe() -> tuple[str, frozenset[str]]:
    """All that the system says of the processor on which code depends, and its features."""
    if sys.platform == "darwin":
        return parse_sysctl(_run_sysctl())
    with suppress(OSError), open(CPU_INFO, encoding="utf-8", errors="replace") as file:
        return parse_cpuinfo(file.read(HEAD))
    named = platform.processor() or platform.machine()
    return named, _windows_features() if sys.platform == "win32" else frozenset()


def parse_cpuinfo(text: str) -> tuple[str, frozenset[str]]:
    """The first processor of Linux' list."""
    pairs = (line.partition(":") for line in text.split("\n\n")[0].splitlines())
    known = {name.strip(): " ".join(value.split()) for name, _, value in pairs}
    described = "\n".join(f"{name}: {known[name]}" for name in OF_THE_CODE if name in known)
    return described, frozenset(known.get("flags", "").split())


def parse_sysctl(text: str) -> tuple[str, frozenset[str]]:
    """macOS writes `AVX2` and `AVX512F` in capitals."""
    return text, frozenset(text.lower().split())


def _run_sysctl() -> str:
    with suppress(OSError, subprocess.TimeoutExpired):
        command = ["/usr/sbin/sysctl", "-n", *SYSCTL]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        return done.stdout
    return platform.machine()


def _windows_features() -> frozenset[str]:
    """Windows names the foundation of AVX-512 only; every processor that runs Windows and has it
    has the other three as well, and each one with AVX2 has FMA."""
    is_present = getattr(ctypes, "windll").kernel32.IsProcessorFeaturePresent  # noqa: B009 - no such name elsewhere
    found = AVX2 if is_present(PF_AVX2) else frozenset()
    return found | AVX512 if is_present(PF_AVX512F) else found
