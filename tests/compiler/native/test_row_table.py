"""Every row in C gives what its NumPy kernel gives, for all widths of vectors and both precisions.

The reference is the kernel in double precision: what differs is the rounding of the C text alone.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from native_row_cases import CASES
from native_rows import Library, draw_operands, run_kernel
from netc.compiler.native.target import CTarget

TARGETS = [
    CTarget(precision, width, registers)
    for precision in ("f32", "f64")
    for width, registers in ((64, 32), (32, 16), (16, 16))
]
ROUNDINGS = 400
"""Roundings of the largest number of a result: sums of some thousand products, whose errors grow as
the square root of how many there are."""


@cache
def library(target: CTarget) -> Library:
    return Library(CASES, target)


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: f"{t.precision}-{t.vector_bytes}")
@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda n: str(CASES[n]))
def test_a_row_in_c_gives_what_its_kernel_gives(number: int, target: CTarget) -> None:
    case = CASES[number]
    operands = draw_operands(case, target.precision)
    found = library(target).run(number, operands)
    expected = run_kernel(case, operands, "f64")
    for name, value in expected.items():
        if value.dtype.kind != "f":
            np.testing.assert_array_equal(found[name], value, err_msg=f"{case} {name}")
            continue
        scale = max(1.0, float(np.abs(value).max(initial=0)))
        rounding = np.finfo(found[name].dtype).eps * scale
        np.testing.assert_allclose(
            found[name], value, rtol=0, atol=ROUNDINGS * rounding, err_msg=f"{case} {name}"
        )
