"""The parts into which the work of an instruction is divided: each result is computed by one of
them, with the bits that undivided work gives."""

from __future__ import annotations

import native_product_cases
import numpy as np
import pytest
from native_product_cases import SAME3, window_case
from native_rows import Case, Library, draw_operands
from native_winograd_cases import Tiled, tiled_case
from netc.compiler.native import writer
from netc.compiler.native.target import CTarget

ROWS = (
    "matmul", "matmul_bias", "matmul_packed", "matmul_packed_bias", "conv2d", "conv2d_bias",
    "conv2d_packed", "conv2d_packed_bias", "winograd2d_once", "winograd2d_bias",
)  # fmt: skip
MORE = [
    *(Case("matmul", {"M": m, "N": n, "K": k}) for m, n, k in ((1, 521, 30), (3, 1037, 1100))),
    *(
        # fewer panels than parts, though there are enough vectors
        Case("matmul_packed", {"M": 9, "N": 16 * panels, "K": 40, "F": panels})
        for panels in (1, 2, 3)
    ),
    window_case("conv2d", (2, 7, 9, 24), (3, 3), 100, margins=SAME3, groups=1),
    window_case("conv2d", (1, 4, 9, 24), (3, 3), 65, margins=SAME3, groups=1),
    window_case("conv2d", (3, 13, 8, 12), (3, 2), 20, stride=(2, 1), groups=2),
    *(
        tiled_case("winograd2d_once", Tiled((n, 14, 13, channels), filters, SAME3))
        for n in (1, 5)
        for channels, filters in ((20, 33), (33, 100), (16, 96), (8, 128))
    ),
]
CASES = [*MORE, *(case for case in native_product_cases.CASES if case.row in ROWS)]


TARGETS = [
    CTarget("f32", 64, 32),
    CTarget("f32", 32, 16),
    CTarget("f32", 16, 16),
    CTarget("f64", 64, 32),
    CTarget("f64", 32, 16),
    CTarget("f64", 16, 32),
]
QUICK = {(TARGETS[0], 2), (TARGETS[0], 3), (TARGETS[0], 4), (TARGETS[-1], 3)}
"""What is tried outside the long group, with the number of parts."""


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        pytest.param(
            target,
            parts,
            id=f"{target.precision}-{target.vector_bytes}-{parts}",
            marks=() if (target, parts) in QUICK else pytest.mark.heavy,
        )
        for target in TARGETS
        for parts in (2, 3, 4)
    ],
)
def test_parts_compute_results_of_their_own(
    monkeypatch: pytest.MonkeyPatch, target: CTarget, parts: int
) -> None:
    alone = Library(CASES, target)
    monkeypatch.setattr(writer, "LEAST_DIVIDED", 0)
    divided = Library(CASES, target, parts=parts)
    numbers = [number for number in range(len(CASES)) if divided.divides(number)]
    assert {CASES[number].row for number in numbers} == set(ROWS)
    for number in numbers:
        case = CASES[number]
        operands = draw_operands(case, target.precision)
        ((name, expected),) = alone.run(number, operands).items()
        made = np.full_like(expected, np.nan)
        for part in range(parts):
            divided.workspace[:] = 255
            own = divided.run(number, operands, part=part)[name]
            written = ~np.isnan(own)  # results are NaN until someone writes them
            assert np.isnan(made[written]).all(), f"two parts compute the same of {case}"
            made[written] = own[written]
        assert made.tobytes() == expected.tobytes(), case
