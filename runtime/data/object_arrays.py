"""Arrays of Python's own values: what they hold, and the same as arrays of numbers or texts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..array_types import Array


def plain_array(array: Array) -> Array:
    """An array of Python objects of one kind as an array of that kind, as tables hand over."""
    flat = array.ravel().tolist()
    if flat and all(isinstance(item, str) for item in flat):
        return array.astype(np.str_)
    if flat and all(isinstance(item, bool | np.bool_) for item in flat):
        return array.astype(np.bool_)
    try:
        if flat and all(isinstance(item, int | np.integer) for item in flat):
            return array.astype(np.int64)
        if flat and all(isinstance(item, int | float | np.integer | np.floating) for item in flat):
            return array.astype(np.float64)
    except OverflowError:
        return array
    return array


def holds_numbers(array: Array) -> bool:
    """Whether all values are numbers."""
    return bool(array.size) and all(isinstance(item, int | float) for item in array.flat)


def holds_texts(given: Any) -> bool:
    """Whether all values are texts. NumPy converts values in the same list as a text to text."""
    if not isinstance(given, list | tuple):
        return True
    return all(isinstance(item, str | bytes) for item in np.array(given, object).flat)
