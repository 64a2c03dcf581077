"""From the JSON of a Keras model to a network of netc, and where its arrays are."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from ...shapes import LARGEST, Shape
from ..network import ImportedInput, ImportedNetwork, ImportedStep
from ..shapes import output_shape
from .calls import MisshapenError
from .compiled import KerasHead, with_training
from .fields import UnsupportedError, code_error, is_from_keras, is_whole, shown
from .padding import join_padding
from .structure import KerasCall, KerasCalls, KerasLayer, calls_of, is_operation
from .words import LAYERS, OPERATIONS
from .words.piece import KerasPiece, KerasVariable, LayerFields, LayerReader


@dataclass(frozen=True, slots=True)
class KerasRefusal:
    """A layer of the file, or the file itself, that netc has no counterpart of."""

    place: str
    """Its path in the JSON: `config.layers[3]`."""
    layer: str
    """Its name and class, `conv (Conv3D)`; empty for the file."""
    reason: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class KerasNote:
    """Something that is not imported, and changes no output."""

    layer: str
    """As in a refusal; empty for what is said of the model."""
    text: str


@dataclass(frozen=True, slots=True)
class KerasArray:
    """Where the values of a parameter are in the HDF5 file of the weights."""

    step: str
    parameter: str
    shape: tuple[int, ...]
    """In netc."""
    layer: str
    """The name of the layer in the file."""
    group: str
    """The group of the layer: `layers/conv2d`."""
    variables: int
    """How many variables the group has."""
    index: int | None
    """The number of the variable; None: the values are `fill`."""
    stored: tuple[int, ...]
    fill: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class KerasNetwork:
    """What the JSON of a model says."""

    network: ImportedNetwork | None
    """None after a refusal."""
    arrays: tuple[KerasArray, ...]
    refusals: tuple[KerasRefusal, ...]
    notes: tuple[KerasNote, ...]


def read_keras_model(value: Any) -> KerasNetwork:
    """The network of the parsed JSON of a model, or a refusal for each layer that netc has no
    counterpart of. What is only about training becomes notes."""
    try:
        calls = calls_of(value)
        found = _Network(calls, _is_keras_2(value))
        for source in calls.inputs:
            found.add_input(source)
        for call in calls.calls:
            found.add_call(call)
        return found.finish(value)
    except MisshapenError as error:
        return KerasNetwork(None, (), (KerasRefusal(error.place, "", error.reason),), ())


def _is_keras_2(value: Any) -> bool:
    """Whether the JSON says that Keras 2 wrote it; the newer one has the version in a file of its
    own."""
    return isinstance(value, dict) and str(value.get("keras_version", "")).startswith("2.")


@dataclass(slots=True)
class _Network:
    """The network as far as it has been read."""

    calls: KerasCalls
    is_keras_2: bool
    inputs: list[ImportedInput] = field(default_factory=list)
    steps: list[ImportedStep] = field(default_factory=list)
    arrays: list[KerasArray] = field(default_factory=list)
    refusals: list[KerasRefusal] = field(default_factory=list)
    notes: list[KerasNote] = field(default_factory=list)
    made: dict[str, str] = field(default_factory=dict)
    """The step that computes the output of each call."""
    shapes: dict[str, Shape | None] = field(default_factory=dict)
    """Of steps and inputs; None after a refusal."""

    def add_input(self, layer: KerasLayer) -> None:
        try:
            shape = _input_shape(layer)
        except UnsupportedError as error:
            self._refuse(layer, error)
            shape = None
        self._claim(layer.name, layer.place)
        self.made[layer.name] = layer.name
        self.shapes[layer.name] = shape
        if shape is not None:
            self.inputs.append(ImportedInput(layer.name, shape))

    def add_call(self, call: KerasCall) -> None:
        inputs = tuple(self.made[name] for name in call.inputs)
        shapes = tuple(self.shapes[name] for name in inputs)
        if None in shapes:
            # behind a layer that is refused, for what else has no counterpart
            shapes = tuple(map(_recorded, call.shapes))
        known = tuple(shape for shape in shapes if shape is not None)
        try:
            fields, pieces = _pieces(
                call,
                known,
                is_complete=len(known) == len(inputs),
                is_keras_2=self.is_keras_2,
            )
        except UnsupportedError as error:
            # a layer that is called again is refused once
            if call.name == call.first:
                self._refuse(call.layer, error)
            pieces = None
        if pieces is None:
            self.made[call.name] = call.name
            self.shapes[call.name] = None
            return
        self.notes.extend(KerasNote(_named(call.layer), note) for note in fields.notes)
        self._add_pieces(call, pieces, inputs, known, fields.variables)

    def _add_pieces(
        self,
        call: KerasCall,
        pieces: list[KerasPiece],
        inputs: tuple[str, ...],
        shapes: tuple[Shape, ...],
        variables: int,
    ) -> None:
        for piece in pieces:
            name = f"{call.name}/{piece.part}" if piece.part else call.name
            self._claim(name, call.layer.place)
            at = piece.alone
            own = inputs if at is None else (inputs[at],)
            read = shapes if at is None else (shapes[at],)
            shape, reason = output_shape(piece.layer, read)
            if shape is None:
                self._refuse(call.layer, UnsupportedError(reason))
                self.made[call.name], self.shapes[call.name] = call.name, None
                return
            first = f"{call.first}/{piece.part}" if piece.part else call.first
            shares = None if call.name == call.first or not piece.arrays else first
            self.steps.append(ImportedStep(name, piece.layer, own, shares))
            self.shapes[name] = shape
            if shares is None:
                self._add_arrays(call.layer, piece, name, read, variables)
            if at is None:
                inputs, shapes = (name,), (shape,)
            else:
                inputs = (*inputs[:at], name, *inputs[at + 1 :])
                shapes = (*shapes[:at], shape, *shapes[at + 1 :])
            if call.evaluates and (piece.layer.random or piece.layer.uses_batch_statistics()):
                note = "it is called with `training=False`, and netc trains it as any other"
                self.notes.append(KerasNote(_named(call.layer), note))
        self.made[call.name] = inputs[0]

    def _add_arrays(
        self,
        layer: KerasLayer,
        piece: KerasPiece,
        step: str,
        shapes: tuple[Shape, ...],
        variables: int,
    ) -> None:
        parameters = {parameter.name: parameter for parameter in piece.layer.parameters(shapes)}
        for array in piece.arrays:
            shape = tuple(size or 0 for size in parameters[array.parameter].shape)
            self.arrays.append(_array(layer, array, step, shape, variables))

    def _claim(self, name: str, place: str) -> None:
        if name in self.shapes:
            raise MisshapenError(place, f"two layers are called `{name}`")

    def _refuse(self, layer: KerasLayer, error: UnsupportedError) -> None:
        refusal = KerasRefusal(layer.place, _named(layer), error.reason, error.advice)
        self.refusals.append(refusal)

    def finish(self, value: dict[str, Any]) -> KerasNetwork:
        """All of it, with what the model was compiled with."""
        if self.refusals:
            return KerasNetwork(None, (), tuple(self.refusals), tuple(self.notes))
        ends = tuple(self.made[name] for name in self.calls.outputs)
        steps, owners = _needed(self.steps, ends)
        steps = join_padding(steps, ends, self.shapes, lambda *given: output_shape(*given)[0])
        arrays = tuple(
            replace(array, step=owners[array.step]) for array in self.arrays if array.step in owners
        )
        network = ImportedNetwork(tuple(self.inputs), steps, ends)
        config = value.get("compile_config") or value.get("training_config")
        if isinstance(config, dict):
            notes: list[str] = []
            network = with_training(network, self._heads(), config, notes)
            self.notes.extend(KerasNote("", note) for note in notes)
        return KerasNetwork(network, arrays, (), tuple(self.notes))

    def _heads(self) -> dict[str, KerasHead]:
        """The outputs by the names of their layers in the file."""
        layers = {step.name: step.layer for step in self.steps}
        heads: dict[str, KerasHead] = {}
        for name in self.calls.outputs:
            step = self.made[name]
            heads[name.rpartition("/")[2]] = KerasHead(step, layers.get(step))
        return heads


def _needed(
    steps: list[ImportedStep], ends: tuple[str, ...]
) -> tuple[tuple[ImportedStep, ...], dict[str, str]]:
    """The steps that the outputs need, and by step with parameters the one that has them now: a
    model that is called for one of its outputs computes no other, and what is left out shares
    nothing."""
    needed = set(ends)
    for step in reversed(steps):
        if step.name in needed:
            needed.update(step.inputs)
    kept: list[ImportedStep] = []
    owners: dict[str, str] = {}
    for step in steps:
        if step.name not in needed:
            continue
        owner = owners.setdefault(step.shares or step.name, step.name)
        kept.append(replace(step, shares=None if owner == step.name else owner))
    return tuple(kept), owners


def _named(layer: KerasLayer) -> str:
    return f"{layer.name} ({layer.class_name})"


def _array(
    layer: KerasLayer, array: KerasVariable, step: str, shape: tuple[int, ...], variables: int
) -> KerasArray:
    return KerasArray(
        step, array.parameter, shape, layer.own_name, layer.store, variables,
        array.index, array.stored, array.fill,
    )  # fmt: skip


def _pieces(
    call: KerasCall, shapes: tuple[Shape, ...], *, is_complete: bool, is_keras_2: bool
) -> tuple[LayerFields, list[KerasPiece] | None]:
    """The layers of netc for a call; None where the shapes of its inputs are not known, so that
    only what needs none of them is refused."""
    layer = call.layer
    reader = _reader(layer)
    if call.error is not None:
        raise call.error
    if not call.inputs:
        raise UnsupportedError("it reads no tensor")
    config = dict(layer.value["config"])
    config.pop("name", None)
    precision = _precision(config.pop("dtype", None))
    trainable = config.pop("trainable", True)
    # the shape of an input, where the layer is the first of its model
    config.pop("batch_input_shape", None)
    config.pop("batch_shape", None)
    fields = LayerFields(
        layer.class_name,
        config,
        shapes=shapes,
        trainable=trainable is not False,
        is_keras_2=is_keras_2,
    )
    if precision in OTHERS:
        fields.notes.append(f"it computes with {precision} numbers, and the spec in f32")
    if not is_complete:
        return fields, None
    pieces = reader(fields)
    fields.finish()
    return fields, pieces


def _reader(layer: KerasLayer) -> LayerReader:
    value, name = layer.value, layer.class_name
    if name == "Lambda":
        raise code_error("a `Lambda`")
    if not is_from_keras(value):
        registered = value.get("registered_name") or f"{value.get('module')}.{name}"
        raise code_error(f"the class {shown(str(registered))}")
    table = OPERATIONS if is_operation(value) else LAYERS
    reader = table.get(name)
    if reader is None:
        kind = f"the operation `{name}`" if is_operation(value) else f"`{name}`"
        advice = next((text for start, text in ADVICE.items() if name.startswith(start)), "")
        raise UnsupportedError(f"netc has no counterpart of {kind}", advice)
    return reader


ONLY_TRAINED = "it changes nothing in prediction: save the model without it"
ADVICE = {
    **dict.fromkeys(("SpatialDropout", "AlphaDropout", "ActivityRegularization"), ONLY_TRAINED),
    "Random": "it changes nothing in prediction: save the model without it, and use `augment`",
}
"""By the beginning of the class."""


OTHERS = ("float64", "mixed_float16", "mixed_bfloat16", "float16", "bfloat16")
"""Precisions and policies whose numbers are floating-point ones; quantised ones are not."""


def _precision(value: Any) -> str:
    """The name of the precision of a layer, or of its policy."""
    if isinstance(value, dict):
        config = value.get("config")
        named = config.get("name") if isinstance(config, dict) else value.get("class_name")
        value = named if str(value.get("class_name")) in POLICIES else value.get("class_name")
    if value not in (None, "float32", *OTHERS):
        raise UnsupportedError(f"its numbers are {shown(value)}, and netc's f32 or f64")
    return str(value)


POLICIES = ("DTypePolicy", "Policy", "FloatDTypePolicy")


def _input_shape(layer: KerasLayer) -> Shape:
    """The shape of one sample."""
    config = layer.value["config"]
    shape = config.get("batch_shape", config.get("batch_input_shape"))
    if config.get("sparse") or config.get("ragged"):
        raise UnsupportedError("its samples are sparse or ragged")
    if shape is None:
        advice = "give the model a `keras.Input`, or call it once, before it is saved"
        raise UnsupportedError("the file does not say what shape it has", advice)
    if not isinstance(shape, list) or not all(_is_size(size) for size in shape):
        raise UnsupportedError(f"{shown(shape)} is no shape")
    if not 1 <= len(shape) - 1 <= 3:
        raise UnsupportedError(f"a sample of {shown(shape[1:])} is not a vector, sequence or image")
    return tuple(shape[1:])


def _recorded(shape: Any) -> Shape | None:
    """The shape of a sample as the file says it."""
    if not isinstance(shape, list) or not 1 <= len(shape) - 1 <= 3:
        return None
    return tuple(shape[1:]) if all(map(_is_size, shape)) else None


def _is_size(size: Any) -> bool:
    return size is None or (is_whole(size) and 1 <= size <= LARGEST)
