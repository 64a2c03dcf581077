"""The type of the numbers that a model works in."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...compiler.ir import Model


def float_type(model: Model) -> np.dtype[Any]:
    """What `train precision=` says: float32 without it."""
    double = model.train.precision == "f64"
    return np.dtype(np.float64 if double else np.float32)


def name_of(dtype: np.dtype[Any]) -> str:
    """What the language calls it: `f32` or `f64`."""
    return f"f{8 * dtype.itemsize}"
