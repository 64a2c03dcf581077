"""Every row in C gives what its NumPy kernel gives, for all widths of vectors and both precisions.

The reference is the kernel in double precision: what differs is the rounding of the C text alone.
"""

from __future__ import annotations

import numpy as np
import pytest
from native_row_cases import CASES
from native_rows import Case, Library, draw_operands, run_kernel
from netc.compiler.native.target import CTarget
from netc.runtime.array_types import Array

TARGETS = [
    CTarget(precision, width, registers)
    for precision in ("f32", "f64")
    for width, registers in ((64, 32), (32, 16), (16, 16))
]
ROUNDINGS = 400
"""Roundings of the largest number of a result: sums of some thousand products, whose errors grow as
the square root of how many there are."""


@pytest.mark.parametrize("target", TARGETS, ids=lambda t: f"{t.precision}-{t.vector_bytes}")
def test_rows_in_c_give_what_their_kernels_give(target: CTarget) -> None:
    library = Library(CASES, target)  # one compilation for all rows
    wrong = []
    for number, case in enumerate(CASES):
        operands = draw_operands(case, target.precision)
        found = library.run(number, operands)
        wrong.extend(differences(case, found, run_kernel(case, operands, "f64")))
    assert wrong == []


def differences(case: Case, found: dict[str, Array], expected: dict[str, Array]) -> list[str]:
    """What is wrong with the results of a case."""
    wrong = []
    for name, value in expected.items():
        if value.dtype.kind == "f":
            allowed = ROUNDINGS * np.finfo(found[name].dtype).eps
            scale = max(1.0, float(np.abs(value).max(initial=0)))
            apart = np.abs(found[name] - value)
            if not (apart <= allowed * scale).all():  # NaN is wrong as well
                wrong.append(f"{case} {name}: up to {apart.max()} of {scale}")
        elif not np.array_equal(found[name], value):
            wrong.append(f"{case} {name}")
    return wrong
