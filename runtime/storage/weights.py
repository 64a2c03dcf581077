"""Files of weights: the safetensors format, with what netc needs to use them again.

Tensors are named `node.parameter`, in the precision of the network; running moments and frozen
layers are among them. Fitted preparations are tensors too: `prep:INPUT:STEP:FIELD`. The header's
metadata holds one entry, `netc`: a JSON text with the record (the version, the spec, the model,
the classes, ...) and the SHA-256 of the record and of all tensors. One entry, because the order
of several is not the same in every process, and equal training shall give equal files.

A file from elsewhere has no record; its tensors can be loaded into a network that a spec names.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as encode_tensors

from ...compiler.graph import Graph
from ...compiler.ir import Model
from ...compiler.lower.layout import lay_out
from ...compiler.lower.plan import Slot
from ...compiler.problems.weights import (
    TensorMissing,
    TensorNotFinite,
    TensorShapeDiffers,
    TensorTypeDiffers,
    TensorUnexpected,
    WeightsDamaged,
    WeightsMissing,
)
from ...compiler.shapes import may_be_equal
from ...compiler.spans import Place
from ...compiler.suggest.spelling import closest
from ...grammar.problem import Problem, Problems
from ..array_types import Array, float_type, precision_of
from .files import place_of

KEY = "netc"
"""The one entry of the metadata."""

READABLE = {"F32": "f32", "F64": "f64"}
"""The types of numbers that networks work in, as the format calls them."""

LARGEST_HEADER = 100_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Tensors:
    """The content of a file of weights."""

    tensors: dict[str, Array]
    record: dict[str, Any] | None
    """What netc wrote beside them; None in a file from elsewhere."""

    def parameters(self) -> dict[str, Array]:
        """The tensors without those of fitted preparations."""
        return {name: array for name, array in self.tensors.items() if name[:5] != "prep:"}


def encode(tensors: Mapping[str, Array], record: Mapping[str, Any]) -> bytes:
    """The bytes of a file. The record must be what JSON can hold."""
    # An array that is not contiguous would be written in the order of its memory.
    whole = {
        name: np.ascontiguousarray(tensors[name]).reshape(tensors[name].shape)
        for name in sorted(tensors)
    }
    sealed = {"record": record, "sha256": _digest(whole, record)}
    return bytes(encode_tensors(whole, {KEY: json.dumps(sealed)}))


def read_weights(path: Path, shown: str, place: Place, problems: Problems) -> Tensors | None:
    """The content of the file that the author called `shown`; None after a problem."""

    def refuse(reason: str) -> None:
        problems.add(WeightsDamaged(at=place, path=shown, reason=reason))

    try:
        exists = path.exists()
    except OSError as error:  # a name that is too long, for one
        refuse((error.strerror or "it cannot be opened").lower())
        return None
    if not exists:
        problems.add(WeightsMissing(at=place, path=shown))
        return None
    if not path.is_file():
        refuse("it is a folder" if path.is_dir() else "it is not a file")
        return None
    try:
        reason = _damage(path)
        if reason:
            refuse(reason)
            return None
        with safe_open(path, framework="np") as file:
            metadata: dict[str, str] = file.metadata() or {}
            tensors: dict[str, Array] = {}
            for name in file.keys():  # noqa: SIM118 (it is no mapping)
                kind = file.get_slice(name).get_dtype()
                if kind not in READABLE:
                    refuse(f"`{name}` is {kind}; netc reads F32 and F64")
                    return None
                tensors[name] = file.get_tensor(name)
    except OSError as error:
        refuse((error.strerror or type(error).__name__).lower())
        return None
    except SafetensorError:
        refuse("its header is damaged")
        return None
    if KEY not in metadata:
        return Tensors(tensors, None)
    record = open_record(metadata[KEY], tensors)
    if record is None:
        refuse("it was changed after netc wrote it: its checksum differs")
        return None
    return Tensors(tensors, record)


def compare(
    tensors: Mapping[str, Array],
    model: Model,
    graph: Graph,
    shown: str,
    place: Place,
    problems: Problems,
) -> bool:
    """Whether the tensors are the parameters of a network, each once, of finite
    numbers. The first difference, in
    the order of the network, becomes a problem."""
    layout = lay_out(model, graph)
    slots = layout.trained + layout.kept
    found = _first_difference(tensors, slots, float_type(model), shown, place)
    if found is not None:
        problems.add(found)
        return False
    names = {slot.name for slot in slots}
    extra = [name for name in tensors if name not in names]
    if extra:
        problems.add(
            TensorUnexpected(
                at=place,
                path=shown,
                name=extra[0],
                shape=tensors[extra[0]].shape,
                others=len(extra) - 1,
            )
        )
    return not extra


def _first_difference(
    tensors: Mapping[str, Array],
    slots: Sequence[Slot],
    dtype: np.dtype[Any],
    shown: str,
    place: Place,
) -> Problem | None:
    for slot in slots:
        if slot.name not in tensors:
            missing = [other for other in slots if other.name not in tensors]
            names = {other.name for other in slots}
            free = tuple(name for name in tensors if name not in names)
            return TensorMissing(
                at=place,
                path=shown,
                name=slot.name,
                shape=slot.shape,
                nearest=closest(slot.name, free),
                others=len(missing) - 1,
            )
        tensor = tensors[slot.name]
        wanted = slot.parameter.shape
        if not may_be_equal(wanted, tensor.shape):
            return TensorShapeDiffers(
                at=place, path=shown, name=slot.name, here=wanted, there=tensor.shape
            )
        if tensor.dtype != dtype:
            there = (
                f"F{8 * tensor.dtype.itemsize}" if tensor.dtype.kind == "f" else tensor.dtype.name
            )
            return TensorTypeDiffers(
                at=place, path=shown, name=slot.name, here=precision_of(dtype), there=there
            )
        finite = np.isfinite(tensor)
        if not finite.all():
            return TensorNotFinite(
                at=place,
                path=shown,
                name=slot.name,
                count=int(finite.size - finite.sum()),
                size=int(finite.size),
            )
    return None


def _digest(tensors: Mapping[str, Array], record: Mapping[str, Any]) -> str:
    total = hashlib.sha256(json.dumps(record, sort_keys=True).encode())
    for name in sorted(tensors):
        array = tensors[name]
        total.update(f"\n{name} {array.dtype.str} {array.shape}\n".encode())
        total.update(np.ascontiguousarray(array).tobytes())
    return total.hexdigest()


def open_record(text: str, tensors: Mapping[str, Array]) -> dict[str, Any] | None:
    """The record, or None when it or a tensor is not what was written."""
    try:
        sealed = json.loads(text)
        if not isinstance(sealed, dict) or not isinstance(sealed.get("record"), dict):
            return None
        record: dict[str, Any] = sealed["record"]
        return record if sealed.get("sha256") == _digest(tensors, record) else None
    except (ValueError, RecursionError):
        return None


def _damage(path: Path) -> str:
    """Why a file cannot be read at all, or nothing. The format: the length of the header as a
    64-bit number, the header as JSON, the bytes of the tensors."""
    size = path.stat().st_size
    with open(path, "rb") as file:
        start = file.read(9)
        if len(start) < 9 or start[8:] != b"{":
            return "it is not a safetensors file"
        (length,) = struct.unpack("<Q", start[:8])
        if length > LARGEST_HEADER:
            return "it is not a safetensors file"
        if 8 + length > size:
            return f"it is cut short: its header has {length:,} bytes, the file {size:,}"
        file.seek(8)
        try:
            header = json.loads(file.read(length))
            ends = [item["data_offsets"][1] for key, item in header.items() if key[:2] != "__"]
            held, wanted = size - 8 - length, int(max(ends, default=0))
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError):
            return "its header is damaged"
    if held != wanted:
        state = "is cut short" if held < wanted else "is too long"
        return f"it {state}: its tensors have {wanted:,} bytes, it holds {held:,}"
    return ""


def user_weights(
    weights: Mapping[str, Any], model: Model, graph: Graph, problems: Problems
) -> dict[str, Array]:
    """The weights of a program in the precision of a network; what does not fit is a problem."""
    if not isinstance(weights, Mapping):
        raise TypeError(f"weights must be a dict of arrays by name, not {type(weights).__name__}")
    arrays = {}
    for name, array in weights.items():
        try:
            arrays[name] = np.asarray(array)
        except ValueError:
            raise ValueError(f"the rows of the weights {name!r} have different lengths") from None
    with np.errstate(over="ignore"):
        arrays = {
            name: array.astype(float_type(model)) if array.dtype.kind in "fiu" else array
            for name, array in arrays.items()
        }
    compare(arrays, model, graph, "weights", place_of(Path("weights")), problems)
    return arrays
