"""The variables of a model from the HDF5 file of its weights.

The file is untrusted: only what the JSON asks for is looked up, in the shape that it must have, so
nothing can ask for more memory than the network needs. Links to other places or files, data in
other files and types other than floating-point numbers are refused.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from ....compiler.importing.keras.reading import KerasArray
from ...array_types import Array
from ...data.bounded_reading import RefusedError
from .hdf5 import dataset_in, group_in, opened
from .legacy import legacy_dataset

LARGEST_CHUNK = 2**27
"""Bytes that are unpacked together at most."""
NUMBERS = (2, 4, 8)
"""Bytes of the floating-point numbers that are read."""


def read_variables(
    data: bytes, arrays: tuple[KerasArray, ...], *, is_legacy: bool = False
) -> dict[str, dict[str, Array]]:
    """The parameters of each step in netc's layout, in single precision. Raises
    `RefusedError` for a file that is damaged or has not what the network needs, `ImportError`
    without the package `h5py`."""
    find = legacy_dataset if is_legacy else _dataset
    found: dict[str, dict[str, Array]] = {}
    with opened(data, "the HDF5 file of its weights") as file:
        for array in arrays:
            values = _values(file, array, find)
            found.setdefault(array.step, {})[array.parameter] = values
    return found


def _values(file: Any, array: KerasArray, find: Callable[[Any, KerasArray, str], Any]) -> Array:
    where = f"`{array.layer}`: variable {array.index} of `{array.group}`"
    if array.index is None:
        stored = np.array(array.fill)
        where = f"`{array.layer}`: an option"
    else:
        dataset = find(file, array, where)
        _check(dataset, array, where)
        stored = np.asarray(dataset[()])
    with np.errstate(over="ignore"):
        values = stored.astype(np.float32)
    if not np.isfinite(values).all():
        raise RefusedError(f"{where} holds numbers that are not finite in f32")
    if array.index is None:
        values = np.broadcast_to(values, array.shape)
    return np.ascontiguousarray(values.reshape(array.shape))


def _dataset(file: Any, array: KerasArray, where: str) -> Any:
    return dataset_in(_group(file, array), str(array.index), where)


def _group(file: Any, array: KerasArray) -> Any:
    """The variables of a layer, if these are all of them and the layer is the right one."""
    group = file
    where = f"`{array.layer}`: `{array.group}`"
    for part in (*array.group.split("/"), "vars"):
        group = group_in(group, part, where)
    if len(group) != array.variables:
        raise RefusedError(
            f"{where} has {len(group)} variables, and the layer needs {array.variables}"
        )
    name = group.attrs.get("name")
    # files of early versions do not say it
    if isinstance(name, str) and name != array.layer:
        raise RefusedError(f"{where} has the variables of another layer, `{name[:60]}`")
    return group


def _check(dataset: Any, array: KerasArray, where: str) -> None:
    if dataset.dtype.kind != "f" or dataset.dtype.itemsize not in NUMBERS:
        raise RefusedError(f"{where} is of type {dataset.dtype}, and netc reads f16, f32 and f64")
    if dataset.shape != array.stored:
        raise RefusedError(
            f"{where} has the shape {_text(dataset.shape)}, and the layer needs "
            f"{_text(array.stored)}"
        )
    if dataset.is_virtual or dataset.external:
        raise RefusedError(f"{where} is in another file, which netc does not open")
    chunk = prod(dataset.chunks or ()) * dataset.dtype.itemsize
    if chunk > LARGEST_CHUNK and chunk > 2 * dataset.nbytes:
        raise RefusedError(f"{where} is stored in parts of {chunk:,} bytes")


def _text(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape)) or "of a single number"
