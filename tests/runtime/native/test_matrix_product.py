"""The matrix product of NumPy's OpenBLAS, called by its address."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from netc.runtime.native import blas
from netc.runtime.native.blas import MatrixProduct, find_matrix_product

ROW_MAJOR, AS_IT_IS = 101, 111


@pytest.fixture
def product() -> MatrixProduct:
    found = find_matrix_product()
    if found is None:
        pytest.skip("NumPy's library of matrix products is not OpenBLAS")
    return found


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_the_address_is_that_of_the_product(product: MatrixProduct, kind: str) -> None:
    address = product.single if kind == "float32" else product.double
    number = ctypes.c_float if kind == "float32" else ctypes.c_double
    whole = ctypes.c_int64 if product.integer_bits == 64 else ctypes.c_int32
    enumeration, array = ctypes.c_int, ctypes.c_void_p
    types = [enumeration] * 3 + [whole] * 3 + [number, array, whole, array, whole]
    call = ctypes.CFUNCTYPE(None, *types, number, array, whole)(address)
    random = np.random.default_rng(0)
    a = random.integers(-9, 9, (5, 7)).astype(kind)
    b = random.integers(-9, 9, (7, 3)).astype(kind)
    out = np.ones((5, 3), kind)
    call(
        *(ROW_MAJOR, AS_IT_IS, AS_IT_IS, 5, 3, 7),
        *(1.0, a.ctypes.data, 7, b.ctypes.data, 3, 0.0, out.ctypes.data, 3),
    )
    assert np.array_equal(out, a @ b)


def test_numpys_own_library_is_preferred(
    product: MatrixProduct, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {"filepath": "/elsewhere/libopenblas.so", "internal_api": "openblas"}
    own = {"filepath": str(product.path), "internal_api": "openblas"}
    monkeypatch.setattr(blas, "threadpool_info", lambda: [other, own])
    assert find_matrix_product() == product


@pytest.mark.parametrize("library", ["mkl", "blis", "openblas"])
def test_other_libraries_are_not_called(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    other: dict[str, Any] = {"filepath": str(Path(blas.__file__)), "internal_api": library}
    monkeypatch.setattr(blas, "threadpool_info", lambda: [other])
    assert find_matrix_product() is None
