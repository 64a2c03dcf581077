"""The rows of all families but products give in C what their NumPy kernels give, for all widths of
vectors and both precisions, compiled as the engine compiles them: optimisers have mistakes too.

The reference is the kernel in double precision: what differs is the rounding of the C text alone.
"""

from __future__ import annotations

import native_array_cases
import native_element_cases
import numpy as np
import pytest
from native_engines import plan_compiler
from native_rows import Case, Library, draw_operands, run_kernel, run_sanitized
from netc.compiler.lower.isa import ROWS
from netc.compiler.native.target import CTarget
from netc.compiler.native.templates import TEMPLATES
from netc.compiler.native.templates.elementwise import ELEMENTWISE

FAMILIES = {"elements": native_element_cases.CASES, "arrays": native_array_cases.CASES}
ROUNDINGS = 16
"""Roundings of the largest number of a result: sums of 8,400 numbers here come to 8 of them."""
TARGETS = [
    pytest.param(CTarget("f32", 64, 32), id="f32-64"),
    pytest.param(CTarget("f64", 16, 16), id="f64-16"),
    *(
        pytest.param(CTarget(precision, width, 16), id=f"{precision}-{width}", marks=heavy)
        for heavy in [pytest.mark.heavy]
        for precision, width in (("f32", 32), ("f32", 16), ("f64", 64), ("f64", 32))
    ),
]
ELSEWHERE = {"sum_shards"}
"""What the programs do themselves: the shards meet there."""


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("family", FAMILIES)
def test_rows_in_c_give_what_their_kernels_give(family: str, target: CTarget) -> None:
    cases = FAMILIES[family]
    library = Library(cases, target, plan_compiler().flags.compile)
    wrong = [
        message
        for number, case in enumerate(cases)
        for message in _differences(library, number, case)
    ]
    assert not wrong, "\n".join(wrong)


def _differences(library: Library, number: int, case: Case) -> list[str]:
    operands = draw_operands(case, library.target.precision)
    found = library.run(number, operands)
    wrong = []
    for name, value in run_kernel(case, operands, "f64").items():
        if value.dtype.kind != "f":
            if not np.array_equal(found[name], value):
                wrong.append(f"{case}: {name} is another")
            continue
        most = float(np.abs(value).max(initial=0))
        apart = float(np.abs(found[name] - value).max(initial=0))
        if not apart <= ROUNDINGS * np.finfo(found[name].dtype).eps * most:
            wrong.append(f"{case}: {name} differs by {apart:.3g}, the largest number is {most:.3g}")
    return wrong


def test_every_row_is_compared() -> None:
    compared = {case.row for cases in FAMILIES.values() for case in cases}
    drawn = {name for name, row in ROWS.items() if row.random}
    written = (TEMPLATES.keys() | ELEMENTWISE.keys()) - drawn
    products = {name for name in ROWS if name.startswith(PRODUCTS)}
    assert not written - compared - products


PRODUCTS = ("matmul", "conv2d", "depthwise2d", "winograd", "rotate_weights")
"""Rows whose own tests compare them."""


def test_every_row_is_written_in_c() -> None:
    missing = ROWS.keys() - TEMPLATES.keys() - ELEMENTWISE.keys() - ELSEWHERE
    assert not {name for name in missing if not name.startswith(PRODUCTS)}


@pytest.mark.heavy
@pytest.mark.parametrize("module", ["native_element_cases", "native_array_cases"])
@pytest.mark.parametrize("precision", ["f32", "f64"])
def test_sanitizers_find_nothing(module: str, precision: str) -> None:
    assert run_sanitized(module, precision, 16) == ""
