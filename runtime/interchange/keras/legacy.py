"""Models as Keras 2 saves them, and Keras 3 with `model.save("model.h5")`: all in one file of HDF5.

The JSON is an attribute. The variables of a layer are in its group of `model_weights`, whose
attribute `weight_names` has their paths in order; those of a model in the model are all in the
group of that.
"""

from __future__ import annotations

from typing import Any

from ....compiler.importing.keras.reading import KerasArray
from ...data.bounded_reading import RefusedError
from .hdf5 import dataset_in, group_in, opened

SIGNATURE = b"\x89HDF\r\n\x1a\n"
WEIGHTS = "model_weights"


def legacy_texts(data: bytes) -> dict[str, str]:
    """The attributes with JSON: `model_config` and, of a compiled model, `training_config`, and the
    version of Keras. Raises `RefusedError`."""
    with opened(data, "the HDF5 file") as file:
        found = {
            name: text
            for name in ("model_config", "training_config", "keras_version")
            if (text := _text(file.attrs.get(name))) is not None
        }
    if "model_config" not in found:
        raise RefusedError(
            "it has no `model_config`, so it holds weights without their model: save the model "
            "with `model.save`"
        )
    return found


def legacy_dataset(file: Any, array: KerasArray, where: str) -> Any:
    """The variable of an array. Raises `RefusedError`."""
    weights = group_in(file, WEIGHTS, f"`{WEIGHTS}`")
    group, paths = _variables(weights, array)
    if len(paths) != array.variables:
        raise RefusedError(
            f"{where}: the file has {len(paths)} variables of the layer, which needs "
            f"{array.variables}"
        )
    found = group_in(weights, group, where)
    *folders, last = paths[array.index or 0].split("/")
    for folder in folders:
        found = group_in(found, folder, where)
    return dataset_in(found, last, where)


def _variables(weights: Any, array: KerasArray) -> tuple[str, list[str]]:
    """The group with the variables of a layer, and their paths in it."""
    if array.group.count("/") == 1:
        return array.layer, _paths(weights, array.layer)
    # in a model in the model: a path has the name of the layer before that of the variable
    found = []
    for name in weights:
        paths = [path for path in _paths(weights, name) if _owner(path) == array.layer]
        if name != array.layer and paths:
            found.append((name, paths))
    if len(found) != 1:
        raise RefusedError(
            f"`{array.layer}`: {len(found) or 'no'} models in the model have variables of this "
            "name: save the model as `.keras`"
        )
    return found[0]


def _owner(path: str) -> str:
    return path.rpartition("/")[0].rpartition("/")[2]


def _paths(weights: Any, name: str) -> list[str]:
    """The paths of the variables in a group. Long lists are in several attributes."""
    attributes = group_in(weights, name, f"`{name}`").attrs
    whole = attributes.get("weight_names")
    listed = [] if whole is None else [whole]
    while (part := attributes.get(f"weight_names{len(listed)}")) is not None:
        listed.append(part)
    paths = [_text(path) for part in listed for path in part]
    if None in paths:
        raise RefusedError(f"`{name}`: its `weight_names` are not text")
    return [path for path in paths if path]


def _text(value: Any) -> str | None:
    """An attribute that is a text; Keras 2 writes bytes."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value) if isinstance(value, str) else None
