"""Runs instructions as C: many at a time from one library. Each array is an allocation of its own,
so that a sanitizer sees what reads or writes beyond it; without one, bytes behind it guard it."""

from __future__ import annotations

import ctypes
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from netc.compiler.lower.isa import ROWS
from netc.compiler.lower.pattern import Operand, expand, shape_of
from netc.compiler.lower.plan import Buffer, Plan, Step
from netc.compiler.native.lower import lower_to_c
from netc.compiler.native.program import NativeUnit
from netc.compiler.native.target import CTarget
from netc.runtime.array_types import Array
from netc.runtime.kernels import KERNELS
from numpy.typing import DTypeLike

COMPILER = os.environ.get("NETC_CC", "gcc")
FLAGS = ("-std=gnu11", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-Wno-psabi")
SANITIZE = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
GUARD = 64
"""Bytes behind an array that nobody may change."""
APART = 1 << 40
"""Between the places of two arrays in a plan: no array is so long."""

Sizes = Mapping[str, int | tuple[int, ...]]
Make = Callable[[np.random.Generator, tuple[int, ...]], Array]


@dataclass(frozen=True, slots=True)
class Case:
    """One instruction of a row, its sizes and attributes."""

    row: str
    sizes: Sizes
    """Of all letters of the row's pattern: `...` is a tuple."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Make] = field(default_factory=dict)
    """How operands are made that are not normally distributed numbers."""
    count: int = 1
    """How many operands there are for `*`."""
    in_place: str = ""
    """The operand whose memory the first result takes."""

    def __str__(self) -> str:
        sizes = ",".join(
            f"{name}{'x'.join(map(str, size)) if isinstance(size, tuple) else size}"
            for name, size in self.sizes.items()
        )
        attributes = ",".join(f"{name}={value}" for name, value in self.attributes.items())
        text = f"{self.row}[{sizes} {attributes}]".replace(" ", "")
        return f"{text} in {self.in_place}" if self.in_place else text

    def operands(self) -> tuple[Operand, ...]:
        pattern = ROWS[self.row].pattern
        return expand(pattern.operands, len(pattern.operands) - 1 + self.count)


def draw_operands(case: Case, precision: str, seed: int = 0) -> list[Array]:
    """Operands of a case, in the order of its pattern. They are numbers of single precision in
    both precisions."""
    rng = np.random.default_rng(seed)
    drawn = []
    for operand in case.operands():
        make = case.values.get(operand.name, lambda rng, shape: rng.normal(size=shape))
        value = np.asarray(make(rng, shape_of(operand, case.sizes)))
        if operand.dtype == "f":
            value = value.astype(np.float32)
        drawn.append(np.array(value, _dtype(operand.dtype, precision), order="C"))
    return drawn


def run_kernel(case: Case, operands: Sequence[Array], precision: str) -> dict[str, Array]:
    """The results of the NumPy kernel, and the operands that it changes."""
    pattern = ROWS[case.row].pattern
    many = bool(pattern.operands) and pattern.operands[0].many
    named: dict[str, Any] = {}
    copies = [
        np.array(value, _dtype(operand.dtype, precision))
        for operand, value in zip(case.operands(), operands, strict=True)
    ]
    for operand, value in zip(case.operands(), copies, strict=True):
        if many and operand.name == pattern.operands[0].name:
            named[operand.name] = (*named.get(operand.name, ()), value)
        else:
            named[operand.name] = value
    for operand in (*pattern.results, *pattern.scratch):
        named[operand.name] = _junk(shape_of(operand, case.sizes), operand.dtype, precision)
    for call in KERNELS[case.row](**named, **case.attributes):
        call()
    return {name: named[name] for name in _written(case.row)}


def run_row(
    row: str,
    operands: Sequence[Array],
    sizes: Sizes,
    attributes: Mapping[str, Any],
    *,
    target: CTarget,
) -> dict[str, Array]:
    """The results of one instruction in C, and the operands that it changes."""
    case = Case(row, sizes, attributes, count=len(operands) - len(ROWS[row].pattern.operands) + 1)
    return Library((case,), target).run(0, operands)


class Library:
    """Cases compiled to one library."""

    def __init__(
        self,
        cases: Sequence[Case],
        target: CTarget,
        flags: Sequence[str] = ("-O1",),
        *,
        parts: int = 1,
    ) -> None:
        self.cases = cases
        self.target = target
        plan, self.places = _plan_of(cases, target.precision)
        self.native = lower_to_c(plan, target, plan.programs, parts=parts)
        self.functions = ctypes.CDLL(str(compile_texts(self.native.sources, (*FLAGS, *flags))))
        self.guard = 0 if flags == SANITIZE else GUARD
        self.workspace, _ = _guarded(np.empty(self.native.workspace_bytes, np.uint8), self.guard)

    def divides(self, number: int) -> bool:
        """Whether the work of a case is divided."""
        (phase,) = self.native.programs[f"case{number}"]
        return any(isinstance(unit, NativeUnit) and unit.divided for unit in phase)

    def covers(self, number: int) -> bool:
        """Whether a case has a template, so that no NumPy kernel runs."""
        (phase,) = self.native.programs[f"case{number}"]
        return all(isinstance(unit, NativeUnit) for unit in phase)

    def run(
        self,
        number: int,
        operands: Sequence[Array],
        stream: np.random.Generator | None = None,
        *,
        part: int = 0,
    ) -> dict[str, Array]:
        """The results of a case, or of a part of its work, and the operands that it changes. A
        random row draws from `stream`, whose name is its attribute `stream`."""
        case, precision = self.cases[number], self.target.precision
        results = ROWS[case.row].pattern.results
        arrays: list[tuple[str, Array, Array]] = []
        for operand, value in zip(case.operands(), operands, strict=True):
            name = results[0].name if operand.name == case.in_place else operand.name
            arrays.append((name, *_guarded(value, self.guard)))
        for operand in results[1 if case.in_place else 0 :]:
            junk = _junk(shape_of(operand, case.sizes), operand.dtype, precision)
            arrays.append((operand.name, *_guarded(junk, self.guard)))
        state = stream.bit_generator.ctypes.state_address if stream is not None else 0
        self._call(number, [array for _, array, _ in arrays], state, part)
        for name, _, guard in arrays:
            assert (guard == self.guard).all(), f"{case} writes beyond {name}"
        written = set(_written(case.row))
        for (name, array, _), value in zip(arrays, operands, strict=False):
            assert name in written or array.tobytes() == value.tobytes(), f"{case} changes {name}"
        return {name: array for name, array, _ in arrays if name in written}

    def _call(self, number: int, arrays: Sequence[Array], stream: int, part: int) -> None:
        addresses = {
            f"feed:{index}": array.ctypes.data
            for index, array in zip(self.places[number], arrays, strict=True)
        }
        addresses["workspace"] = self.workspace.ctypes.data
        addresses[f"stream:{self.cases[number].attributes.get('stream')}"] = stream
        pointers = (ctypes.c_void_p * len(self.native.pointers))(
            *(addresses.get(name, 0) for name in self.native.pointers)
        )
        for phase in self.native.programs[f"case{number}"]:
            for unit in phase:
                assert isinstance(unit, NativeUnit), f"no template for {self.cases[number]}"
                getattr(self.functions, unit.function)(
                    pointers, ctypes.c_int64(part), ctypes.c_int64(1)
                )


def _plan_of(cases: Sequence[Case], precision: str) -> tuple[Plan, list[list[int]]]:
    """A plan with one program for each case, all of whose arrays are fed; and the buffers of
    each case."""
    buffers: list[Buffer] = []
    programs: dict[str, tuple[Step, ...]] = {}
    places: list[list[int]] = []

    def add(operand: Operand, case: Case) -> int:
        index = len(buffers)
        shape = shape_of(operand, case.sizes)
        buffers.append(Buffer("feeds", index * APART, shape, operand.dtype, index))
        return index

    for number, case in enumerate(cases):
        operands = [add(operand, case) for operand in case.operands()]
        names = [operand.name for operand in case.operands()]
        shared = [operands[names.index(case.in_place)]] if case.in_place else []
        own = ROWS[case.row].pattern.results[len(shared) :]
        results = [add(operand, case) for operand in own]
        attributes = tuple(case.attributes.items())
        step = Step(case.row, tuple(operands), (*shared, *results), (), attributes, "", None)
        programs[f"case{number}"] = (step,)
        places.append(operands + results)
    feeds = {str(index): index for index in range(len(buffers))}
    return Plan(precision, 1, tuple(buffers), programs, {}, feeds, (), {}, {}, 0), places


def _dtype(kind: str, precision: str) -> DTypeLike:
    named = {
        "f32": np.float32,
        "f64": np.float64,
        "i64": np.int64,
        "u8": np.uint8,
        "bool": np.bool_,
    }
    return named[precision if kind == "f" else kind]


def _written(row: str) -> list[str]:
    pattern = ROWS[row].pattern
    return [o.name for o in pattern.operands if o.changed] + [o.name for o in pattern.results]


def _junk(shape: tuple[int, ...], kind: str, precision: str) -> Array:
    """What memory may hold before anything is written to it."""
    made = np.empty(shape, _dtype(kind, precision))
    made.fill(np.nan if made.dtype.kind == "f" else 1)
    return made


def _guarded(value: Array, guard: int) -> tuple[Array, Array]:
    """A copy of an array in memory of its own, and the bytes behind it. With a guard it begins at a
    cache line, as those of an engine do; without one the memory is exactly as long as it."""
    memory = np.full(value.nbytes + 2 * guard, guard, np.uint8)
    start = -memory.ctypes.data % guard if guard else 0
    copy = memory[start : start + value.nbytes].view(value.dtype).reshape(value.shape)
    copy[...] = value
    return copy, memory[start + value.nbytes :]


@cache
def _folder() -> Path:
    """Where libraries are kept while the tests run."""
    return Path(_temporary().name)


@cache
def _temporary() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="netc-native-")


def compile_texts(texts: Sequence[str], flags: Sequence[str]) -> Path:
    """A shared library, compiled once for its text and flags."""
    key = hashlib.sha256("\0".join((COMPILER, *flags, *texts)).encode()).hexdigest()[:20]
    path = _folder() / f"{key}.so"
    if not path.exists():
        files = []
        for number, text in enumerate(texts):
            files.append(path.with_name(f"{key}-{number}.c"))
            files[-1].write_text(text, encoding="utf-8")
        command = [COMPILER, *flags, "-shared", "-fPIC", "-o", str(path), *map(str, files), "-lm"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[:4000]
    return path


def check_alone(cases: Sequence[Case], target: CTarget) -> str:
    """What the compiler says of each row, in a text without other rows."""
    cases = {case.row: case for case in cases}.values()
    files = []
    with tempfile.TemporaryDirectory(prefix="netc-native-") as folder:
        for case in cases:
            plan, _ = _plan_of((case,), target.precision)
            functions, _program = lower_to_c(plan, target, plan.programs).sources
            files.append(Path(folder, f"{case.row}.c"))
            files[-1].write_text(functions, encoding="utf-8")
        command = [COMPILER, *FLAGS, "-fsyntax-only", "-Werror=implicit-function-declaration"]
        return subprocess.run(
            [*command, *map(str, files)], capture_output=True, text=True, check=False
        ).stderr


def run_sanitized(case_module: str, precision: str, vector_bytes: int) -> str:
    """What AddressSanitizer and UndefinedBehaviorSanitizer say of all cases of a module, in a
    process that has their library loaded."""
    library = subprocess.run(
        [COMPILER, "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    script = (
        f"import native_rows, {case_module} as cases\n"
        f"from netc.compiler.native.target import CTarget\n"
        f"target = CTarget({precision!r}, {vector_bytes}, {32 if vector_bytes == 64 else 16})\n"
        "library = native_rows.Library(cases.CASES, target, native_rows.SANITIZE)\n"
        "for number, case in enumerate(cases.CASES):\n"
        "    library.run(number, native_rows.draw_operands(case, target.precision))\n"
    )
    environment = {
        **os.environ,
        "LD_PRELOAD": library,
        "ASAN_OPTIONS": "detect_leaks=0",
        "PYTHONPATH": str(Path(__file__).parent),
        "PYTHONMALLOC": "malloc",
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr + ("" if done.returncode == 0 else f"exit {done.returncode}")
