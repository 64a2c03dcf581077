"""Looking into an untrusted file of HDF5."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...data.bounded_reading import DAMAGE, RefusedError, reason_of


@contextmanager
def opened(data: bytes, what: str) -> Iterator[Any]:
    """A file of HDF5. Whatever h5py raises for a damaged one becomes a `RefusedError`. Raises
    `ImportError` without the package."""
    import h5py  # a package of the extra `keras`

    try:
        with h5py.File(io.BytesIO(data), "r") as file:
            yield file
    except DAMAGE as error:
        if isinstance(error, RefusedError):
            raise
        # its own texts name addresses inside the library
        said = reason_of(error, "the file") if isinstance(error, MemoryError) else ""
        raise RefusedError(said or f"{what} is damaged") from None


def group_in(group: Any, name: str, where: str) -> Any:
    """What a group holds under a name, in this file and this place."""
    import h5py

    return _child(group, name, h5py.Group, where)


def dataset_in(group: Any, name: str, where: str) -> Any:
    import h5py

    return _child(group, name, h5py.Dataset, where)


def _child(group: Any, name: str, kind: type, where: str) -> Any:
    import h5py

    if name not in group:
        raise RefusedError(f"{where} is missing in its weights")
    if not isinstance(group.get(name, getlink=True), h5py.HardLink):
        raise RefusedError(f"{where} is a link, which netc does not follow")
    child = group[name]
    if not isinstance(child, kind):
        raise RefusedError(f"{where} is damaged")
    return child
