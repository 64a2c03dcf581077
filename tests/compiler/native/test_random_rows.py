"""Random rows in C draw what NumPy draws from the same stream, and leave it as NumPy leaves it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from native_rows import Case, Library
from netc.compiler.native.target import CTarget
from netc.runtime.array_types import Array
from netc.runtime.kernels import KERNELS

SIZES = (1, 7, 8, 1_000_003)
"""Odd sizes leave half of a random number of 64 bits to the next draw."""
ATTRIBUTES: dict[str, dict[str, Any]] = {
    "dropout_mask": {"rate": 0.3},
    "gaussian": {"std": 0.7},
    "gaussian_mask": {"std": 0.7},
}
RESULT = {"dropout_mask": "mask", "gaussian": "noise", "gaussian_mask": "mask"}


@cache
def library(precision: str) -> Library:
    cases = [
        Case(row, {"...": (size,)}, {**attributes, "stream": "s"})
        for row, attributes in ATTRIBUTES.items()
        for size in SIZES
    ]
    return Library(cases, CTarget(precision, 16, 16), ("-O2",))


def stream() -> np.random.Generator:
    return np.random.Generator(np.random.SFC64(7))


def drawn(row: str, precision: str) -> tuple[list[Array], np.random.Generator]:
    compiled, generator = library(precision), stream()
    found = []
    for number, case in enumerate(compiled.cases):
        if case.row == row:
            x = np.zeros(case.sizes["..."], {"f32": np.float32, "f64": np.float64}[precision])
            found.append(compiled.run(number, [x], generator)[RESULT[row]])
    return found, generator


def drawn_by_numpy(row: str, precision: str) -> tuple[list[Array], np.random.Generator]:
    generator = stream()
    found = []
    for size in SIZES:
        x = np.zeros(size, {"f32": np.float32, "f64": np.float64}[precision])
        out = np.empty_like(x)
        scratch = {"kept": np.empty(size, np.bool_)} if row == "dropout_mask" else {}
        arrays: dict[str, Any] = {"x": x, RESULT[row]: out, **scratch}
        for call in KERNELS[row](**arrays, **ATTRIBUTES[row], generator=generator):
            call()
        found.append(out)
    return found, generator


@pytest.mark.parametrize("precision", ["f32", "f64"])
@pytest.mark.parametrize("row", ATTRIBUTES)
def test_the_numbers_and_the_state_are_those_of_numpy(row: str, precision: str) -> None:
    found, generator = drawn(row, precision)
    expected, other = drawn_by_numpy(row, precision)
    for one, two in zip(found, expected, strict=True):
        if row == "gaussian_mask":  # 1 + std · noise may be rounded once or twice
            assert np.abs(one - two).max() <= np.finfo(one.dtype).eps * np.abs(two).max()
        else:
            np.testing.assert_array_equal(one, two)
    assert str(generator.bit_generator.state) == str(other.bit_generator.state)
