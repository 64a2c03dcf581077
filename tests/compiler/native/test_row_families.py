"""The rows of all families give in C what their NumPy kernels give, for all widths of vectors and
both precisions, compiled as the engine compiles them: optimisers have mistakes too.

The reference is the kernel in double precision: what differs is the rounding of the C text alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import native_array_cases
import native_element_cases
import native_product_cases
import numpy as np
import pytest
from native_engines import plan_compiler
from native_rows import Case, Library, check_alone, draw_operands, run_kernel, run_sanitized
from netc.compiler.lower.isa import ROWS
from netc.compiler.native.target import CTarget
from netc.compiler.native.templates import TEMPLATES
from netc.compiler.native.templates.elementwise import ELEMENTWISE


class Family(NamedTuple):
    """Cases that are compiled to one library."""

    cases: Sequence[Case]
    roundings: int
    """Of the largest number of a result, by which others may differ."""


FAMILIES = {
    # sums of 8,400 numbers here come to 8 roundings
    "elements": Family(native_element_cases.CASES, 16),
    "arrays": Family(native_array_cases.CASES, 16),
    # sums of some thousand products, and Winograd's maps, whose intermediate numbers are larger
    "products": Family(native_product_cases.CASES, 400),
}
TARGETS = [
    pytest.param(CTarget("f32", 64, 32), id="f32-64"),
    pytest.param(CTarget("f64", 16, 16), id="f64-16"),
    *(
        pytest.param(CTarget(precision, width, registers), id=f"{precision}-{width}", marks=heavy)
        for heavy in [pytest.mark.heavy]
        for precision, width, registers in (
            ("f32", 32, 16),
            ("f32", 16, 16),
            ("f64", 64, 32),
            ("f64", 32, 16),
        )
    ),
]
ELSEWHERE = {"sum_shards"}
"""What the programs do themselves: the shards meet there."""


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("family", FAMILIES)
def test_rows_in_c_give_what_their_kernels_give(family: str, target: CTarget) -> None:
    cases, roundings = FAMILIES[family]
    library = Library(cases, target, plan_compiler().flags.compile)
    wrong = [
        message
        for number, case in enumerate(cases)
        for message in _differences(library, number, case, roundings)
    ]
    assert not wrong, "\n".join(wrong)


def _differences(library: Library, number: int, case: Case, roundings: int) -> list[str]:
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
        if not apart <= roundings * np.finfo(found[name].dtype).eps * most:  # nor with NaN
            wrong.append(f"{case}: {name} differs by {apart:.3g}, the largest number is {most:.3g}")
    return wrong


@pytest.mark.parametrize("family", FAMILIES)
def test_a_row_on_its_own_has_all_that_it_calls(family: str) -> None:
    """Above, a row may call what is there for another one only."""
    assert check_alone(FAMILIES[family].cases, CTarget("f64", 16, 16)) == ""


def test_every_row_is_compared() -> None:
    compared = {case.row for family in FAMILIES.values() for case in family.cases}
    drawn = {name for name, row in ROWS.items() if row.random}  # see test_random_rows.py
    assert (TEMPLATES.keys() | ELEMENTWISE.keys()) - drawn == compared


def test_every_row_is_written_in_c() -> None:
    assert ROWS.keys() - TEMPLATES.keys() - ELEMENTWISE.keys() == ELSEWHERE


@pytest.mark.heavy
@pytest.mark.parametrize("family", ["element", "array", "product"])
@pytest.mark.parametrize("precision", ["f32", "f64"])
@pytest.mark.parametrize("vector_bytes", [64, 16])
def test_sanitizers_find_nothing(family: str, precision: str, vector_bytes: int) -> None:
    """No row reads or writes beyond an array, and none does what C leaves undefined."""
    assert run_sanitized(f"native_{family}_cases", precision, vector_bytes) == ""
