"""The functions of one number in C, over all kinds of numbers, against double precision."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from math import erfc, sqrt

import numpy as np
import pytest
from native_rows import FLAGS, compile_texts
from netc.compiler.native.target import CTarget
from netc.compiler.native.writer import FunctionWriter, SourceWriter
from netc.runtime.array_types import Array

Reference = Callable[[Array], Array]


def _sigmoid(x: Array) -> Array:
    small = np.exp(-np.abs(x))
    return np.where(x < 0, small, 1) / (1 + small)


def _normal_cdf(x: Array) -> Array:
    return np.array([erfc(-value / sqrt(2)) / 2 for value in x])


FUNCTIONS: dict[str, tuple[str, Reference, float]] = {
    "EXP": ("EXP(x)", np.exp, 2),
    "LOG": ("LOG(x)", np.log, 2),
    "LOG1P": ("LOG1P(x)", np.log1p, 2),
    "EXPM1": ("EXPM1(x)", np.expm1, 2),
    "tanh": ("tanh_real(x)", np.tanh, 4),
    "sigmoid": ("sigmoid_real(x)", _sigmoid, 4),
    "softplus": ("softplus_real(x)", lambda x: np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0), 4),
}
"""What is called, what it is in double precision, and its largest error in units in the last place:
one or two of a polynomial, and those of the divisions and sums behind it."""
TARGETS = {"f32": CTarget("f32", 16, 16), "f64": CTarget("f64", 16, 16)}


@cache
def library(precision: str) -> ctypes.CDLL:
    source = SourceWriter(TARGETS[precision])
    writer = FunctionWriter(source)
    writer.use("functions.h")
    calls = {name: text for name, (text, _, _) in FUNCTIONS.items()} | {"cdf": "normal_cdf(x)"}
    loops = [
        f"void {name}_of(const real *a, real *y, int64_t n) {{\n"
        f"for (int64_t i = 0; i < n; i++) {{ const real x = a[i]; y[i] = {text}; }}\n}}"
        for name, text in calls.items()
    ]
    text = "\n".join([source.preamble(writer.needs), *loops])
    return ctypes.CDLL(str(compile_texts([text], (*FLAGS, "-O2", "-ftree-vectorize"))))


def values(name: str, precision: str, x: Array) -> Array:
    y = np.empty_like(x)
    function = getattr(library(precision), f"{name}_of")
    function(ctypes.c_void_p(x.ctypes.data), ctypes.c_void_p(y.ctypes.data), ctypes.c_int64(x.size))
    return y


def numbers(name: str) -> Array:
    """Of single precision: every 4,001st there is, among them NaN, infinities and denormal ones,
    and many between -100 and 100."""
    all_bits = np.arange(0, 2**32, 4001, dtype=np.uint64).astype(np.uint32).view(np.float32)
    edges = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 88.73, -87.4, -104], np.float32)
    near = np.random.default_rng(0).uniform(-104, 89, 300_000).astype(np.float32)
    x = np.concatenate([edges, all_bits, near, near / 50])
    keep = {"LOG1P": (x >= 0) & (x <= 1), "EXPM1": ~(x > 0)}.get(name, np.full(x.shape, True))
    return np.ascontiguousarray(x[keep])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_in_single_precision(name: str) -> None:
    _, reference, most = FUNCTIONS[name]
    x = numbers(name)
    expected = reference(x.astype(np.float64))
    rounded = expected.astype(np.float32)
    found = values(name, "f32", x)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(rounded))
    finite = np.isfinite(rounded)
    np.testing.assert_array_equal(found[np.isinf(rounded)], rounded[np.isinf(rounded)])
    unit = np.spacing(np.abs(rounded[finite]))
    assert (np.abs(found[finite] - expected[finite]) / unit).max() <= most


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_in_double_precision(name: str) -> None:
    """Both are within a unit in the last place, or two where a division follows."""
    x = numbers(name)[::7].astype(np.float64)
    expected = FUNCTIONS[name][1](x)
    np.testing.assert_allclose(values(name, "f64", x), expected, rtol=1e-15, atol=5e-324)


@pytest.mark.parametrize("precision", ["f32", "f64"])
def test_the_normal_distribution_function(precision: str) -> None:
    """Its errors are a few units in the last place of 1, which it ends at."""
    dtype = np.dtype({"f32": np.float32, "f64": np.float64}[precision])
    x = np.linspace(-40, 40, 200_001).astype(dtype)
    apart = np.abs(values("cdf", precision, x) - _normal_cdf(x.astype(np.float64)))
    assert apart.max() <= 2 * np.finfo(dtype).eps
    ends = values("cdf", precision, np.array([-np.inf, np.inf, np.nan], dtype))
    np.testing.assert_array_equal(ends, [0, 1, np.nan])
