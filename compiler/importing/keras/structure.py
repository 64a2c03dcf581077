"""Models and their layers as the JSON nests them -> calls of layers, each after what it reads.

A `Sequential` has no calls: each layer reads the one before. A
model may be a layer of another; its layers are called in its place.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Any

from ....grammar.text import listed
from .calls import (
    NO_ARGUMENTS,
    LayerUse,
    MisshapenError,
    TensorReference,
    list_at,
    object_at,
    references_of,
    uses_of,
)
from .fields import UnsupportedError, is_from_keras, shown

MODELS = ("Functional", "Model", "Sequential")
"""The classes of models whose JSON says what they compute."""
DEEPEST, MOST_CALLS, MOST_LAYERS = 32, 10_000, 100_000
"""Models in models, calls of layers, and layers that are read at most. Those of a model count each
time that it is called."""


@dataclass(frozen=True, slots=True)
class KerasLayer:
    """A layer, an operation or an input of the file."""

    name: str
    """With those of the models around it: `encoder/dense`."""
    value: dict[str, Any]
    """Its object."""
    place: str
    """Its path in the JSON."""
    store: str
    """The group of the HDF5 file that has its arrays."""

    @property
    def class_name(self) -> str:
        return str(self.value.get("class_name"))

    @property
    def own_name(self) -> str:
        return self.name.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class KerasCall:
    """One use of a layer."""

    name: str
    """That of the layer, for later uses with a number."""
    layer: KerasLayer
    inputs: tuple[str, ...]
    """Names of calls and of inputs."""
    first: str
    """The name of the first use."""
    error: UnsupportedError | None = None
    """What its arguments ask for that has no counterpart."""
    evaluates: bool = False
    """Whether it, or a model around it, is called with `training=False`."""
    shapes: tuple[Any, ...] = ()
    """Those of the inputs, as far as the file says them."""


@dataclass(slots=True)
class KerasCalls:
    """A model without models in it."""

    inputs: list[KerasLayer] = field(default_factory=list)
    calls: list[KerasCall] = field(default_factory=list)
    outputs: tuple[str, ...] = ()
    uses: dict[str, int] = field(default_factory=dict)
    """How often each layer has been called."""
    layers: int = 0
    """How many layers have been read, those of a model each time that it is called."""
    evaluating: int = 0
    """How many of the models that are being read are called with `training=False`."""


def calls_of(value: Any) -> KerasCalls:
    """The calls of the model that a JSON text holds. Raises `MisshapenError`."""
    found = KerasCalls()
    model = object_at(value, "the file")
    if model.get("class_name") not in MODELS or not is_from_keras(model):
        name = shown(model.get("class_name"))
        reason = f"it is not a `Sequential` or `Functional` model but {name}"
        raise MisshapenError("class_name", reason)
    root = KerasLayer("", model, "", "")
    found.outputs = _expand(root, None, found, 0)
    return found


def _expand(
    model: KerasLayer, feeds: tuple[str, ...] | None, found: KerasCalls, depth: int
) -> tuple[str, ...]:
    """Adds the calls of a model, and gives the names of its outputs. `feeds` are the tensors that
    it reads; None: its own inputs."""
    if depth > DEEPEST:
        raise MisshapenError(model.place, f"more than {DEEPEST} models in each other")
    place = f"{model.place}.config" if model.place else "config"
    config = object_at(model.value.get("config"), place)
    found.layers += 1 + len(list_at(config.get("layers"), f"{place}.layers"))
    if found.layers > MOST_LAYERS:
        raise MisshapenError(place, f"more than {MOST_LAYERS:,} layers in all of its models")
    layers = list(_layers(model, config, place))
    if model.class_name == "Sequential":
        return _expand_sequence(config, layers, feeds, found, depth)
    return _expand_graph(config, place, layers, feeds, found, depth)


def _layers(model: KerasLayer, config: dict[str, Any], place: str) -> Iterator[KerasLayer]:
    """The layers, with the groups of the HDF5 file that Keras gives them: by their classes and
    their order, not by their names."""
    used: dict[str, int] = {}
    names: set[str] = set()
    for index, item in enumerate(list_at(config.get("layers"), f"{place}.layers")):
        at = f"{place}.layers[{index}]"
        value = object_at(item, at)
        class_name = value.get("class_name")
        if not isinstance(class_name, str):
            raise MisshapenError(at, "its `class_name` is not text")
        name = object_at(value.get("config"), f"{at}.config").get("name", value.get("name"))
        if not isinstance(name, str) or not name:
            raise MisshapenError(at, "its `name` is not text")
        if name in names:
            raise MisshapenError(at, f"two layers are called `{name}`")
        names.add(name)
        group = snake_case(class_name)
        count = used.get(group, 0)
        # operations, such as the sum of two tensors, are no layers and have no group
        if not is_operation(value):
            used[group] = count + 1
        store = f"{model.store}/layers/{group}" + (f"_{count}" if count else "")
        full = f"{model.name}/{name}" if model.name else name
        yield KerasLayer(full, value, at, store.removeprefix("/"))


def is_operation(value: dict[str, Any]) -> bool:
    """Whether an object is a function of `keras.ops`."""
    return str(value.get("module")).startswith(("keras.src.ops", "keras.ops"))


def snake_case(name: str) -> str:
    """`Conv2DTranspose` as `conv2d_transpose`, `PReLU` as `p_re_lu`."""
    return re.sub(r"(?<=.)(?=[A-Z][a-z])|(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _expand_sequence(
    config: dict[str, Any],
    layers: list[KerasLayer],
    feeds: tuple[str, ...] | None,
    found: KerasCalls,
    depth: int,
) -> tuple[str, ...]:
    if layers and layers[0].class_name == "InputLayer":
        source, layers = layers[0], layers[1:]
    else:
        source = _source_of(config, layers)
    if feeds is None:
        found.inputs.append(source)
        feeds = (source.name,)
    for layer in layers:
        feeds = _call(layer, feeds, NO_ARGUMENTS, found, depth)
    return feeds


def _source_of(config: dict[str, Any], layers: list[KerasLayer]) -> KerasLayer:
    """The input that a sequence without one has, of a shape that it or its first layer knows."""
    shape = config.get("build_input_shape")
    if layers:
        own = object_at(layers[0].value.get("config"), layers[0].place)
        shape = own.get("batch_shape", own.get("batch_input_shape", shape))
    value = {"class_name": "InputLayer", "config": {"batch_shape": shape}}
    return KerasLayer("input", value, "config", "")


def _call(
    layer: KerasLayer, inputs: tuple[str, ...], use: LayerUse, found: KerasCalls, depth: int
) -> tuple[str, ...]:
    """Adds a call of a layer, or those of a model; gives the names of what it gives out."""
    if len(found.calls) >= MOST_CALLS:
        raise MisshapenError(layer.place, f"more than {MOST_CALLS:,} calls of layers")
    if layer.class_name in MODELS and is_from_keras(layer.value) and use.error is None:
        found.evaluating += use.evaluates
        outputs = _expand(layer, inputs, found, depth + 1)
        found.evaluating -= use.evaluates
        return outputs
    count = found.uses[layer.name] = found.uses.get(layer.name, 0) + 1
    name = layer.name if count == 1 else f"{layer.name}:{count}"
    evaluates = use.evaluates or found.evaluating > 0
    built = layer.value.get("build_config")
    shapes = use.shapes or ((built.get("input_shape"),) if isinstance(built, dict) else ())
    found.calls.append(KerasCall(name, layer, inputs, layer.name, use.error, evaluates, shapes))
    return (name,)


def _expand_graph(
    config: dict[str, Any],
    place: str,
    layers: list[KerasLayer],
    feeds: tuple[str, ...] | None,
    found: KerasCalls,
    depth: int,
) -> tuple[str, ...]:
    by_name = {layer.own_name: layer for layer in layers}
    positions = {layer.own_name: index for index, layer in enumerate(layers)}
    uses = {name: uses_of(layer.value, layer.place) for name, layer in by_name.items()}
    sources = [_source(ref, by_name, place) for ref in references_of(config, "input_layers", place)]
    ends = [
        _found(ref, uses, by_name, f"{place}.output_layers", is_output=True)
        for ref in references_of(config, "output_layers", place)
    ]
    if feeds is None:
        found.inputs.extend(by_name[source.layer] for source in sources)
        feeds = tuple(by_name[source.layer].name for source in sources)
    if len(feeds) != len(sources):
        reason = f"it is called with {len(feeds)} tensors and has {len(sources)} inputs"
        raise MisshapenError(place, reason)
    made: dict[tuple[str, int], tuple[str, ...]] = dict(
        zip(((own.layer, 0) for own in sources), ((feed,) for feed in feeds), strict=True)
    )
    for name, index in _in_order(ends, made, uses, by_name, positions, place):
        use = uses[name][index]
        at = by_name[name].place
        refs = [_found(ref, uses, by_name, at, is_output=False) for ref in use.reads]
        tensors = tuple(_output(made[ref.layer, ref.call], ref, at) for ref in refs)
        made[name, index] = _call(by_name[name], tensors, use, found, depth)
    return tuple(_output(made[ref.layer, ref.call], ref, place) for ref in ends)


def _output(outputs: tuple[str, ...], ref: TensorReference, place: str) -> str:
    if ref.output >= len(outputs):
        raise MisshapenError(place, f"`{ref.layer}` has no output {ref.output}")
    return outputs[ref.output]


def _in_order(
    ends: list[TensorReference],
    made: dict[tuple[str, int], tuple[str, ...]],
    uses: dict[str, list[LayerUse]],
    by_name: dict[str, KerasLayer],
    positions: dict[str, int],
    place: str,
) -> list[tuple[str, int]]:
    """The calls that the outputs need, each after those that it reads, else as the file has
    them."""
    readers: dict[tuple[str, int], list[tuple[str, int]]] = {}
    waiting: dict[tuple[str, int], int] = {}
    todo = [(ref.layer, ref.call) for ref in ends]
    while todo:
        key = todo.pop()
        if key in waiting or key in made:
            continue
        at = by_name[key[0]].place
        if by_name[key[0]].class_name == "InputLayer":
            raise MisshapenError(at, "it is not an input of its model")
        use = uses[key[0]][key[1]]
        refs = [_found(ref, uses, by_name, at, is_output=False) for ref in use.reads]
        reads = {(ref.layer, ref.call) for ref in refs} - made.keys()
        waiting[key] = len(reads)
        for read in reads:
            readers.setdefault(read, []).append(key)
        todo.extend(reads)
    ready = [(positions[key[0]], key) for key, count in waiting.items() if not count]
    heapify(ready)
    order: list[tuple[str, int]] = []
    while ready:
        _, key = heappop(ready)
        order.append(key)
        for reader in readers.get(key, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                heappush(ready, (positions[reader[0]], reader))
    if len(order) < len(waiting):
        stuck = sorted(
            {key[0] for key, count in waiting.items() if count}, key=positions.__getitem__
        )
        raise MisshapenError(
            place, f"its layers read each other in a cycle: {listed(stuck, most=4)}"
        )
    return order


def _source(ref: TensorReference, by_name: dict[str, KerasLayer], place: str) -> TensorReference:
    layer = by_name.get(ref.layer)
    if layer is None or layer.class_name != "InputLayer":
        raise MisshapenError(f"{place}.input_layers", f"there is no input `{ref.layer}`")
    return ref


def _found(
    ref: TensorReference,
    uses: dict[str, list[LayerUse]],
    by_name: dict[str, KerasLayer],
    place: str,
    *,
    is_output: bool,
) -> TensorReference:
    """The reference with the number of the call among those of the file.

    Models count from 1 in the files of Keras 2, and in the outputs of Keras 3.
    """
    layer = by_name.get(ref.layer)
    if layer is None:
        raise MisshapenError(place, f"there is no layer `{ref.layer}`")
    if layer.class_name == "InputLayer":
        return TensorReference(ref.layer, 0, ref.output)
    own, call = uses[ref.layer], ref.call
    is_old = bool(own) and own[0].is_old
    if layer.class_name in MODELS and (is_old or (is_output and layer.class_name != "Sequential")):
        call -= 1
        # Keras takes the last call where this gives -1
        call = len(own) - 1 if call < 0 else call
    if not 0 <= call < len(own):
        raise MisshapenError(place, f"`{ref.layer}` has no call {ref.call}")
    return TensorReference(ref.layer, call, ref.output)
