"""The calls of a layer as the JSON has them: which tensors they read, and what else they ask for.

Keras 3 keeps the arguments of a call with tensors in them, Keras 2 a list of
`[layer, call, output, options]`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeGuard

from .fields import UnsupportedError, is_whole, shown


class MisshapenError(Exception):
    """The JSON is not that of a Keras model; `place` is a path in it."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(reason)
        self.place = place
        self.reason = reason


@dataclass(frozen=True, slots=True)
class TensorReference:
    """A tensor: the output of a call."""

    layer: str
    call: int
    output: int


@dataclass(frozen=True, slots=True)
class LayerUse:
    """The arguments of a call."""

    reads: tuple[TensorReference, ...]
    error: UnsupportedError | None
    evaluates: bool
    """Whether it is called with `training=False`."""
    is_old: bool
    """Whether it is written as Keras 2 does."""
    shapes: tuple[Any, ...] = ()
    """Those of the tensors, as far as the file says them."""


NO_ARGUMENTS = LayerUse((), None, evaluates=False, is_old=False)


def references_of(config: dict[str, Any], name: str, place: str) -> list[TensorReference]:
    """The tensors of a model's inputs or outputs, which may be nested in lists and objects."""
    at = f"{place}.{name}"
    found: list[TensorReference] = []
    todo = [config.get(name)]
    while todo:
        value = todo.pop()
        if _is_reference(value):
            found.append(TensorReference(value[0], value[1], value[2]))
        elif isinstance(value, dict):
            todo.extend(reversed(value.values()))
        elif isinstance(value, list):
            todo.extend(reversed(value))
        else:
            raise MisshapenError(at, f"{shown(value)} is no `[layer, call, output]`")
    if not found:
        raise MisshapenError(at, "it is empty")
    return found


def _is_reference(value: Any) -> TypeGuard[list[Any]]:
    if not isinstance(value, list) or len(value) < 3 or not isinstance(value[0], str):
        return False
    return all(is_whole(number) and number >= 0 for number in value[1:3])


def uses_of(value: dict[str, Any], place: str) -> list[LayerUse]:
    """All calls of a layer, in order."""
    at = f"{place}.inbound_nodes"
    nodes = list_at(value.get("inbound_nodes", []), at)
    if nodes and isinstance(nodes[0], dict):
        return [_new_use(object_at(node, at), at) for node in nodes]
    return [_old_use(list_at(node, at), at) for node in nodes]


def _new_use(node: dict[str, Any], place: str) -> LayerUse:
    """As Keras 3 writes a call: `{"args": [...], "kwargs": {...}}`."""
    reads: list[TensorReference] = []
    shapes: list[Any] = []
    error = None
    todo = list(reversed(list_at(node.get("args", []), place)))
    while todo:
        value = todo.pop()
        if isinstance(value, list):
            todo.extend(reversed(value))
        elif isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            reads.append(_tensor(value, place))
            shapes.append(value["config"].get("shape"))
        elif value is not None:
            error = UnsupportedError(f"it is called with {shown(value)} besides tensors")
    kwargs = object_at(node.get("kwargs", {}), place)
    evaluates = kwargs.get("training") is False
    error = error or _asked(kwargs)
    return LayerUse(tuple(reads), error, evaluates, is_old=False, shapes=tuple(shapes))


def _tensor(value: dict[str, Any], place: str) -> TensorReference:
    history = object_at(value.get("config"), place).get("keras_history")
    if not _is_reference(history):
        raise MisshapenError(place, f"{shown(history)} is no `[layer, call, output]`")
    return TensorReference(history[0], history[1], history[2])


def _old_use(node: list[Any], place: str) -> LayerUse:
    """As Keras 2 writes a call: `[["a", 0, 0, {}], ["b", 0, 0, {}]]`."""
    reads: list[TensorReference] = []
    error, evaluates = None, False
    for value in node:
        if not _is_reference(value) or len(value) > 4:
            raise MisshapenError(place, f"{shown(value)} is no `[layer, call, output, options]`")
        reads.append(TensorReference(value[0], value[1], value[2]))
        kwargs = object_at(value[3] if len(value) == 4 else {}, place)
        error = error or _asked(kwargs)
        evaluates = evaluates or kwargs.get("training") is False
    return LayerUse(tuple(reads), error, evaluates, is_old=True)


def _asked(kwargs: dict[str, Any]) -> UnsupportedError | None:
    """What the named arguments of a call ask for that netc has no counterpart of. `training` is
    what netc decides for the whole network: only `true` changes outputs."""
    for name, value in kwargs.items():
        values = value if isinstance(value, list) else [value]
        is_none = all(item is None for item in values)
        if not is_none and not (name == "training" and value is False):
            return UnsupportedError(f"it is called with `{name}={shown(value)}`")
    return None


def object_at(value: Any, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MisshapenError(place, f"{shown(value)} is no object")
    return value


def list_at(value: Any, place: str) -> list[Any]:
    if not isinstance(value, list):
        raise MisshapenError(place, f"{shown(value)} is no list")
    return value
