"""NaN, infinities and huge numbers go through the rows in C as through their NumPy kernels."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from native_element_cases import one_hot
from native_rows import Case, Library, draw_operands, run_kernel
from netc.compiler.native.target import CTarget


def special(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    kinds = np.array([np.nan, np.inf, -np.inf, 0, -0.0, 1e30, -1e30, 1e-42, 1, -2])
    return rng.choice(kinds, shape)


def with_nan(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return np.where(rng.random(shape) < 0.1, np.nan, rng.normal(size=shape))


def huge(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    """Numbers whose exponentials overflow or vanish; some rows have a NaN or an infinity."""
    numbers = rng.choice([-1000.0, -90.0, 0.0, 88.0, 1000.0, 1e30], shape)
    numbers[::5, 0] = np.nan
    numbers[1::5, 0] = np.inf
    return numbers


MATRIX = {"...": (40,), "C": 70, "R": 40, "n": 40}
NARROW = {"...": (40,), "C": 10, "R": 40, "n": 40}
IMAGE = dict(zip("NHWCPQ", (1, 6, 6, 70, 3, 3), strict=True))
WINDOW = {"kernel": (2, 2), "stride": (2, 2), "margins": ((0, 0), (0, 0))}
WIDE_IMAGE = {**IMAGE, "P": 6, "Q": 6}
WIDE_WINDOW = {"kernel": (3, 3), "stride": (1, 1), "margins": ((1, 1), (1, 1))}

CASES = [
    *(Case(row, {"...": (300,)}, {}, {"x": special})
      for row in ("relu", "tanh", "sigmoid", "softplus", "silu", "hardsigmoid", "hardswish",
                  "sign", "step")),
    Case("clipped_relu", {"...": (300,)}, {"most": 6.0}, {"x": special}),
    Case("hardswish_grad", {"...": (300,)}, {}, {"x": special}),
    Case("leaky", {"...": (300,)}, {"slope": 0.1}, {"x": special}),
    Case("elu", {"...": (300,)}, {"alpha": 1.0, "scale": 1.0}, {"x": special}),
    Case("maximum", {"...": (300,)}, {}, {"a": special, "b": special}),
    Case("add_row_relu", MATRIX, {}, {"x": special}),
    *(Case(row, sizes, {}, {"x": huge, "t": one_hot})
      for row in ("softmax", "softmax_ce", "sigmoid_bce") for sizes in (MATRIX, NARROW)),
    *(Case(row, sizes, window, {"x": with_nan})
      for row in ("maxpool2d", "maxpool2d_indices")
      for sizes, window in ((IMAGE, WINDOW), (WIDE_IMAGE, WIDE_WINDOW))),
    Case("batchnorm", NARROW, {"share": 0.1, "eps": 1e-5, "step": 8, "relu": True},
         {"x": with_nan, "squares": lambda rng, shape: np.ones(shape)}),
    Case("take_rows", {"V": 7, "D": 3, "...": (5,)}, {},
         {"ids": lambda rng, shape: np.array([-1, 0, 6, 7, 1e9])}),
    Case("clip_factor", {"n": 100}, {"most": 1.0}, {"g": with_nan}),
    Case("flush", {"n": 100}, {"least": 0.5, "every": 1},
         {"x": with_nan, "steps": lambda rng, shape: np.ones(shape)}),
]  # fmt: skip


@cache
def library(precision: str) -> Library:
    return Library(CASES, CTarget(precision, 16, 16))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("precision", ["f32", "f64"])
@pytest.mark.parametrize("number", range(len(CASES)), ids=lambda n: str(CASES[n]))
def test_special_values_are_those_of_the_kernel(number: int, precision: str) -> None:
    """Within the roundings of a few operations on the number or, where they cancel, on numbers of
    the size of 1; sums here are of at most 70 numbers."""
    operands = draw_operands(CASES[number], precision)
    found = library(precision).run(number, operands)
    for name, value in run_kernel(CASES[number], operands, precision).items():
        rounding = np.finfo(found[name].dtype).eps if value.dtype.kind == "f" else 0
        np.testing.assert_allclose(
            found[name], value, rtol=16 * rounding, atol=16 * rounding, err_msg=name
        )
