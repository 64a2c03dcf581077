"""Arrays of Python's own values: what they hold, and the same as arrays of numbers or texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...grammar.text import counted
from ..array_types import Array
from .tables.values import cell_text

TOO_LARGE = "it holds whole numbers of more than 64 bits"


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


def spelled(labels: Array, names: Array) -> Array:
    """Booleans as the classes spell them, where they are true and false, or 1 and 0."""
    lower = [name.lower() for name in names.tolist()]
    for true, false in (("true", "false"), ("1", "0")):
        if set(lower) <= {true, false}:
            spelling = dict(zip(lower, names.tolist(), strict=True))
            return np.array(
                [spelling.get(true if one else false, "") for one in labels.flat]
            ).reshape(labels.shape)
    return labels


def is_whole(array: Array) -> bool:
    """Whether all values are whole numbers."""
    if array.dtype.kind != "f":
        return array.dtype.kind in "iu"
    return bool((np.isfinite(array) & (array == np.round(array))).all())


def why_unusable(given: Any, array: Array) -> str:
    """Why an array that NumPy made of an object cannot be samples or targets; empty where it can
    be."""
    if np.ma.is_masked(given):
        return "some of its values are masked"
    if array.dtype.kind in "US" and not holds_texts(given):
        return why_mixed(given)
    if array.dtype.names:
        return "it is a structured array: `pandas.DataFrame` makes columns of it"
    if array.dtype == object and holds_numbers(array):
        return TOO_LARGE
    if array.dtype == object:
        return why_no_array(given) if array.ndim == 0 else why_objects(array)
    if array.ndim == 0:
        return "it is a single value"
    return "" if len(array) else "it holds no samples"


def why_no_array(given: Any) -> str:
    """Why NumPy makes no array of an object, and what to hand over instead."""
    kind = type(given).__name__
    if hasattr(given, "toarray"):
        return f"it is a sparse matrix (`{kind}`): its `toarray()` can be used"
    if isinstance(given, Iterator):
        return f"it is an iterator (`{kind}`): `list` makes a list of it"
    return f"it is a `{kind}`, not an array"


def why_mixed(given: Any) -> str:
    """Why a list of texts and other values holds no data."""
    reason = why_objects(np.array(given, object))
    return reason if "missing" in reason else "it mixes text with other values"


def why_objects(array: Array) -> str:
    """Why an array of Python objects holds no data."""
    absent = [i for i, item in enumerate(array.ravel().tolist()) if not cell_text(item)]
    if not absent:
        return "it holds values of mixed or unsupported types"
    sample = absent[0] * len(array) // array.size + 1
    return f"it has {counted(len(absent), 'missing value')}, the first in sample {sample}"
