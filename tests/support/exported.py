"""Exported networks in tests: compiled without a warning, and called."""

from __future__ import annotations

import ctypes
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import netc
import numpy as np
import pytest
from netc.compiler.language.frozen import change
from netc.compiler.native.export.source import ExportedFiles
from netc.grammar.problem import Problems
from netc.runtime.array_types import Array
from netc.runtime.model.export import export_model, write_files
from netc.runtime.model.model import Model
from netc.runtime.training.trained_state import TrainedState

STRICT = ("-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror")
COMPILERS = ("gcc", "clang", "zig")


def compiler_of(family: str) -> list[str]:
    """The command of a compiler; the test is skipped where there is none."""
    if family == "zig":
        if find_spec("ziglang") is None:
            pytest.skip("the package `ziglang` is not installed")
        return [sys.executable, "-m", "ziglang", "cc"]
    if shutil.which(family) is None:
        pytest.skip(f"{family} is not installed")
    return [family]


def any_compiler() -> list[str]:
    """A C compiler; the test is skipped where there is none."""
    found = next((name for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
    if found is None:
        pytest.skip("no C compiler is installed")
    return [found]


def untrained(path: Path, seed: int = 1) -> Model:
    """The network of a spec with the weights that training starts from, its biases and statistics
    moved, as if it were trained. NumPy computes it without Winograd's algorithm, which rounds."""
    model = netc.compile(path)
    rng = np.random.default_rng(seed)
    weights = {
        name: array + rng.uniform(0.01, 0.1, array.shape).astype(array.dtype)
        if array.ndim == 1
        else array
        for name, array in model.weights.items()
    }
    state = TrainedState(weights, (), (), ())
    spec = model.as_spec()
    exact = change(spec.model, train=change(spec.model.train, exact=True))
    return Model(exact, spec.graph, spec.spans, spec.source, model.spec, state)


@dataclass(slots=True)
class CompiledExport:
    """A library of an exported network."""

    files: ExportedFiles
    library: ctypes.CDLL

    def predict(self, *inputs: Array) -> list[Array]:
        """The outputs for one sample; raises ValueError with the status of what is refused."""
        network = self.files.network
        dtype = np.float32 if network.precision == "f32" else np.float64
        given = [np.ascontiguousarray(x, dtype) for x in inputs]
        found = [np.zeros(output.shape, dtype) for output in network.outputs]
        addresses = [ctypes.c_void_p(array.ctypes.data) for array in (*given, *found)]
        status = self.library.netc_predict(*addresses)
        if status:
            raise ValueError(status)
        return found


def export(model: Model, folder: Path, *, apart: bool = False) -> ExportedFiles:
    """The files `model.c`, `model.h` and, with `apart`, `model.bin` of a model."""
    problems = Problems()
    files = export_model(model, "a network", "model.c", problems, apart=apart)
    assert files is not None, [problem.message() for problem in problems]
    weights = folder / "model.bin" if apart else None
    write_files(files, folder / "model.c", folder / "model.h", weights)
    return files


def compile_c(command: list[str], folder: Path, *arguments: str) -> None:
    """Runs a compiler; what it says fails the test."""
    done = subprocess.run([*command, *arguments], cwd=folder, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, ""), shlex.join([*command, *arguments])


def compiled_export(
    model: Model, folder: Path, command: list[str], *, apart: bool = False, level: str = "-O2"
) -> CompiledExport:
    """A model as a library."""
    files = export(model, folder, apart=apart)
    options = (*STRICT, level, "-shared", "-fPIC", "model.c", "-o", "model.so", "-lm")
    compile_c(command, folder, *options)
    library = ctypes.CDLL(str(folder / "model.so"))
    if apart:
        assert library.netc_load(str(folder / "model.bin").encode()) == 0
    return CompiledExport(files, library)


def some_inputs(files: ExportedFiles, seed: int = 2) -> list[Array]:
    """Random samples of each input, and tokens where it reads these; one of each."""
    rng = np.random.default_rng(seed)
    return [
        rng.normal(size=own.shape)
        if own.tokens is None
        else rng.integers(0, own.tokens, own.shape).astype(np.float64)
        for own in files.network.inputs
    ]


def difference(model: Model, compiled: CompiledExport, inputs: list[Array]) -> float:
    """The largest difference to what NumPy computes, relative to the largest output."""
    samples = tuple(np.asarray(x, np.float32)[None] for x in inputs)
    expected = model.outputs(samples[0] if len(samples) == 1 else samples)
    found = compiled.predict(*(x[0] for x in samples))
    return max(
        float(np.abs(own - expected[output.name][0]).max() / np.abs(expected[output.name]).max())
        for output, own in zip(compiled.files.network.outputs, found, strict=True)
    )
