"""Where the matrix product of the OpenBLAS that NumPy has loaded is in memory. Code that calls it
needs no BLAS library of its own."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

SPELLINGS = (("scipy_", "64_"), ("", "64_"), ("scipy_", ""), ("", ""))
"""What precedes and follows the name of a function: NumPy's wheels have an OpenBLAS of their own,
whose names are told apart from those of others, and integers of 64 bits."""
WIDE = b"USE64BITINT"
"""In the description of an OpenBLAS with such integers, whatever its functions are called."""


@dataclass(frozen=True, slots=True)
class MatrixProduct:
    """Functions with the arguments of `cblas_sgemm` and `cblas_dgemm`."""

    single: int
    """Addresses."""
    double: int
    integer_bits: int
    """Of sizes and strides: 64 or 32."""
    path: Path
    """The library."""


def find_matrix_product() -> MatrixProduct | None:
    """The products of NumPy's OpenBLAS; None where NumPy multiplies with something else."""
    libraries = [
        Path(item["filepath"]) for item in threadpool_info() if item["internal_api"] == "openblas"
    ]
    # another package may have loaded one of its own, whose threads are not those of NumPy
    libraries.sort(key=lambda path: not _is_of_numpy(path))
    return next((found for path in libraries if (found := _look_into(path)) is not None), None)


def _is_of_numpy(path: Path) -> bool:
    """Whether a library comes with NumPy: wheels have it beside or inside the package."""
    package = Path(np.__file__).parent
    return path.is_relative_to(package) or path.is_relative_to(package.parent / "numpy.libs")


def _look_into(path: Path) -> MatrixProduct | None:
    try:
        library = ctypes.CDLL(str(path))  # loaded already: this finds it
    except OSError:
        return None
    for before, after in SPELLINGS:
        single = _find(library, f"{before}cblas_sgemm{after}")
        double = _find(library, f"{before}cblas_dgemm{after}")
        if single is None or double is None:
            continue
        wide = after == "64_" or WIDE in _description(library, before, after)
        return MatrixProduct(_address(single), _address(double), 64 if wide else 32, path)
    return None


def _description(library: ctypes.CDLL, before: str, after: str) -> bytes:
    describe = _find(library, f"{before}openblas_get_config{after}")
    if describe is None:
        return b""
    describe.restype = ctypes.c_char_p
    return describe() or b""


def _find(library: ctypes.CDLL, name: str) -> Any | None:
    """The function of a name, if the library has it."""
    return getattr(library, name, None)


def _address(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0
