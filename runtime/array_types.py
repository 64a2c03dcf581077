"""Arrays and the type of the numbers that a model works in."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..compiler.ir import Model

Array = NDArray[Any]
Floats = NDArray[Any]
"""Numbers in the type that the network works in: float32, or float64 for `precision=f64`."""
Doubles = NDArray[np.float64]
Labels = NDArray[np.int64]
"""Class indices."""
FLOAT = np.dtype(np.float32)


def float_type(model: Model) -> np.dtype[Any]:
    """What `train precision=` says: float32 without it."""
    double = model.train.precision == "f64"
    return np.dtype(np.float64) if double else FLOAT


def precision_of(dtype: np.dtype[Any]) -> str:
    """What the language calls it: `f32` or `f64`."""
    return f"f{8 * dtype.itemsize}"
