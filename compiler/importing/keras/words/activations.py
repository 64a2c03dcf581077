"""Activations: as layers, as options of layers, and as functions of `keras.ops`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ....layers.layer import Layer
from ....layers.relu import Elu, Leaky, Prelu, Relu, Selu
from ....layers.sigmoid import Gelu, HardSigmoid, HardSwish, Sigmoid, Silu, Softplus, Tanh
from ....layers.softmax import Softmax
from ..fields import UnsupportedError, code_error, is_from_keras, shown
from .piece import KerasPiece, LayerFields, LayerReader

KERAS_LEAKY_SLOPE = 0.2
"""The slope of the function `leaky_relu`; the layer `LeakyReLU` has 0.3."""

FUNCTIONS: dict[str, Callable[[], Layer]] = {
    "relu": Relu,
    "relu6": lambda: Relu(max=6.0),
    "leaky_relu": lambda: Leaky(slope=KERAS_LEAKY_SLOPE),
    "elu": Elu,
    "selu": Selu,
    "gelu": Gelu,
    "silu": Silu,
    "swish": Silu,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "hard_sigmoid": HardSigmoid,
    "hard_silu": HardSwish,
    "hard_swish": HardSwish,
    "softplus": Softplus,
    "softmax": Softmax,
}
"""By the name that an option `activation` has."""

UNCHANGED = (None, "linear")


def activation_of(fields: LayerFields, name: str = "activation") -> list[KerasPiece]:
    """The activation that an option of a layer names: nothing where it is linear."""
    value = fields.take(name)
    if isinstance(value, dict):
        return _activation_object(value, fields)
    if value in UNCHANGED:
        return []
    make = FUNCTIONS.get(value) if isinstance(value, str) else None
    if value == "hard_sigmoid" and fields.is_keras_2:
        raise UnsupportedError("in Keras 2 it is 0.2 x + 1/2, and `hardsigmoid` is x / 6 + 1/2")
    if make is None:
        raise UnsupportedError(f"netc has no activation like {shown(value)}")
    return [KerasPiece(make(), str(value))]


def _activation_object(value: dict[str, Any], fields: LayerFields) -> list[KerasPiece]:
    """A layer of activation as an option, or a function by name."""
    class_name, config = value.get("class_name"), value.get("config")
    named = isinstance(class_name, str) and class_name != "__lambda__"
    if not named or not is_from_keras(value):
        registered = value.get("registered_name") or class_name
        shown_name = f" {shown(registered)}" if isinstance(registered, str) else ""
        raise code_error(f"its activation{shown_name}")
    if class_name == "function":
        # without a module it may be any function of the program that wrote the file
        if value.get("module") is None or not isinstance(config, str):
            raise code_error(f"its activation {shown(config)}")
        inner = fields.inner("activation", {"activation": config})
        return activation_of(inner)
    reader = WITHOUT_WEIGHTS.get(str(class_name))
    if reader is None or not isinstance(config, dict):
        raise UnsupportedError(f"netc has no activation like `{class_name}`")
    own = {name: item for name, item in config.items() if name not in ("name", "dtype")}
    inner = fields.inner(str(class_name), own)
    inner.take("trainable")
    pieces = reader(inner)
    inner.finish()
    return [KerasPiece(piece.layer, "activation") for piece in pieces]


def _plain(word: Callable[[], Layer], fields: LayerFields) -> list[KerasPiece]:
    return [KerasPiece(word())]


def _activation(fields: LayerFields) -> list[KerasPiece]:
    return [KerasPiece(piece.layer) for piece in activation_of(fields)]


def _relu(fields: LayerFields) -> list[KerasPiece]:
    bounded = fields.take("max_value") is not None
    most = fields.real("max_value", 0.0) if bounded else None
    fields.expect("threshold", 0, (0, 0.0), "netc's rectifiers bend at 0")
    slope = fields.real("negative_slope", 0.0)
    if slope and bounded:
        raise UnsupportedError("netc's `leaky` has no upper bound")
    if slope:
        return [KerasPiece(fields.make(Leaky, slope=slope))]
    return [KerasPiece(fields.make(Relu, max=most))]


def _leaky(fields: LayerFields, default: float) -> list[KerasPiece]:
    old = fields.take("alpha")
    name = "negative_slope" if old is None else "alpha"
    return [KerasPiece(fields.make(Leaky, slope=fields.real(name, default)))]


def _elu(fields: LayerFields) -> list[KerasPiece]:
    return [KerasPiece(fields.make(Elu, alpha=fields.real("alpha", 1.0)))]


def _gelu(fields: LayerFields) -> list[KerasPiece]:
    why = "netc's `gelu` is the exact one"
    fields.expect("approximate", True, (False,), why)
    return [KerasPiece(Gelu())]


def _softmax(fields: LayerFields) -> list[KerasPiece]:
    fields.on_last_axis()
    return [KerasPiece(Softmax())]


def _prelu(fields: LayerFields) -> list[KerasPiece]:
    """One slope for each channel: all other axes are shared."""
    channels, axes = fields.channels(), len(fields.shape) - 1
    shared = fields.take("shared_axes")
    if (shared or []) != list(range(1, axes + 1)):
        reason = f"`shared_axes` is {shown(shared)}, and netc has one slope for each channel"
        raise UnsupportedError(reason)
    layer = fields.layer(Prelu)
    return [KerasPiece(layer, "", (fields.variable("a", *(1,) * axes, channels),))]


WITHOUT_WEIGHTS: dict[str, LayerReader] = {
    "ReLU": _relu,
    "LeakyReLU": partial(_leaky, default=0.3),
    "ELU": _elu,
    "Softmax": _softmax,
}

LAYERS: dict[str, LayerReader] = {**WITHOUT_WEIGHTS, "Activation": _activation, "PReLU": _prelu}

OPERATIONS: dict[str, LayerReader] = {
    "Relu": partial(_plain, Relu),
    "LeakyRelu": partial(_leaky, default=KERAS_LEAKY_SLOPE),
    "Elu": _elu,
    "Selu": partial(_plain, Selu),
    "Gelu": _gelu,
    "Silu": partial(_plain, Silu),
    "Tanh": partial(_plain, Tanh),
    "Sigmoid": partial(_plain, Sigmoid),
    "Relu6": lambda fields: [KerasPiece(Relu(max=6.0))],
    "HardSigmoid": partial(_plain, HardSigmoid),
    "HardSilu": partial(_plain, HardSwish),
    "HardSwish": partial(_plain, HardSwish),
    "Softplus": partial(_plain, Softplus),
    "Softmax": _softmax,
}
