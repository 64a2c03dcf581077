"""The variables of a model from the HDF5 file of its weights.

The file is untrusted: only what the JSON asks for is looked up, in the shape that it must have, so
nothing can ask for more memory than the network needs. Links to other places or files, data in
other files and types other than floating-point numbers are refused.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from typing import Any

import numpy as np

from ....compiler.importing.keras.reading import KerasArray
from ...array_types import Array
from ...data.bounded_reading import DAMAGE, RefusedError, reason_of

LARGEST_CHUNK = 2**27
"""Bytes that are unpacked together at most."""
NUMBERS = (2, 4, 8)
"""Bytes of the floating-point numbers that are read."""


def read_variables(data: bytes, arrays: tuple[KerasArray, ...]) -> dict[str, dict[str, Array]]:
    """The parameters of each step in netc's layout, in single precision. Raises
    `RefusedError` for a file that is damaged or has not what the network needs, `ImportError`
    without the package `h5py`."""
    import h5py  # a package of the extra `keras`

    found: dict[str, dict[str, Array]] = {}
    with _refusing(), h5py.File(io.BytesIO(data), "r") as file:
        for array in arrays:
            values = _values(file, array, h5py)
            found.setdefault(array.step, {})[array.parameter] = values
    return found


@contextmanager
def _refusing() -> Iterator[None]:
    """Turns what h5py raises for a damaged file into one reason."""
    try:
        yield
    except DAMAGE as error:
        if isinstance(error, RefusedError):
            raise
        # its own texts name addresses inside the library
        said = reason_of(error, "the file") if isinstance(error, MemoryError) else ""
        raise RefusedError(said or "the HDF5 file of its weights is damaged") from None


def _values(file: Any, array: KerasArray, h5py: Any) -> Array:
    where = f"`{array.layer}`: variable {array.index} of `{array.group}`"
    if array.index is None:
        stored = np.array(array.fill)
        where = f"`{array.layer}`: an option"
    else:
        dataset = _child(_group(file, array, h5py), str(array.index), h5py.Dataset, where, h5py)
        _check(dataset, array, where)
        stored = np.asarray(dataset[()])
    with np.errstate(over="ignore"):
        values = stored.astype(np.float32)
    if not np.isfinite(values).all():
        raise RefusedError(f"{where} holds numbers that are not finite in f32")
    if array.index is None:
        values = np.broadcast_to(values, array.shape)
    return np.ascontiguousarray(values.reshape(array.shape))


def _group(file: Any, array: KerasArray, h5py: Any) -> Any:
    """The variables of a layer, if these are all of them and the layer is the right one."""
    group = file
    where = f"`{array.layer}`: `{array.group}`"
    for part in (*array.group.split("/"), "vars"):
        group = _child(group, part, h5py.Group, where, h5py)
    if len(group) != array.variables:
        raise RefusedError(
            f"{where} has {len(group)} variables, and the layer needs {array.variables}"
        )
    name = group.attrs.get("name")
    # files of early versions do not say it
    if isinstance(name, str) and name != array.layer:
        raise RefusedError(f"{where} has the variables of another layer, `{name[:60]}`")
    return group


def _child(group: Any, name: str, kind: type, where: str, h5py: Any) -> Any:
    """What a group holds under a name, in this file and this place."""
    if name not in group:
        raise RefusedError(f"{where} is missing in its weights")
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise RefusedError(f"{where} is a link, which netc does not follow")
    child = group[name]
    if not isinstance(child, kind):
        raise RefusedError(f"{where} is damaged")
    return child


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
