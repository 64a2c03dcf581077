"""What a layer is in PyTorch: a module that is constructed, an expression, and its weights.

`torch_layer` is one function of a layer's class for all layers; `words/` has what it does for each
class. A class without a row of its own takes that of its base. Code from elsewhere that brings a
layer brings its row by `torch_layer.register`.

Tensors are channels first, as PyTorch's users expect: images N x C x H x W, sequences N x C x L.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import NamedTuple

from ...grammar.numbers import shortest
from ..graph import GraphNode
from ..layers.layer import Layer
from ..shapes import Shape

ArgumentValue = bool | int | float | str | tuple[int, ...] | None


def constant_text(value: ArgumentValue) -> str:
    """A constant as Python text."""
    if isinstance(value, float):
        text = shortest(value) if abs(value) < float("inf") else f'float("{value}")'
        return text if set(text) & set(".eif") else f"{text}.0"
    if isinstance(value, str):
        return f'"{value}"'
    return repr(value)


class ModuleArgument(NamedTuple):
    """An argument of a module's class. It is left out where it equals the default."""

    name: str
    value: ArgumentValue
    default: ArgumentValue | type = type
    """`type`: it has no default, and is given by position."""
    role: str = ""
    """What it is called as the parameter of a class whose instances differ in it."""

    @property
    def is_positional(self) -> bool:
        return self.default is type

    @property
    def is_usual(self) -> bool:
        """Whether it equals the default."""
        return type(self.value) is type(self.default) and self.value == self.default


@dataclass(frozen=True, slots=True)
class Construction:
    """The construction of a module: `nn.Conv2d(3, 16, kernel_size=3)`."""

    cls: str
    arguments: tuple[ModuleArgument, ...] = ()


class WeightTurn(NamedTuple):
    """How netc's array becomes PyTorch's: it is reshaped from `origin` to `split`, its axes are put
    in another order, and the result is reshaped to `shape`."""

    origin: tuple[int, ...]
    split: tuple[int, ...]
    order: tuple[int, ...]
    shape: tuple[int, ...]


class ModuleWeight(NamedTuple):
    """A parameter or a buffer of a module."""

    name: str
    """The layer's parameter: `w`."""
    own: str
    """What the module calls it: `weight`."""
    turn: WeightTurn


@dataclass(frozen=True, slots=True)
class TorchLayer:
    """A layer in PyTorch."""

    expression: str
    """A template: `{0}`, `{1}`, ... are its inputs, `{all}` all of them with commas, `{self}` its
    module. `{0:atom}` puts parentheses around an input that needs them there."""
    module: Construction | None = None
    weights: tuple[ModuleWeight, ...] = ()
    is_atom: bool = True
    """False where the expression ends in an operator: `{0:atom} + {1:atom}`."""
    as_module: Construction | None = None
    """Of an expression without a module: one that computes the same. Classes whose instances
    differ in its numbers use it."""
    helper: str | None = None
    """The class that the file must define, where PyTorch has none."""
    frozen: bool = False
    """Whether its parameters are constants."""


@dataclass(frozen=True, slots=True)
class LayerPlace:
    """A layer in the network, with the shapes that the spec says: channels last."""

    node: GraphNode
    shapes: tuple[Shape, ...]
    """Those of its inputs."""
    flattened: tuple[int, ...] | None = None
    """What was flattened on the way to a dense layer whose weights follow PyTorch's order."""
    channels_first: bool = False
    """Of a `flatten`: whether what reads it follows PyTorch's order. Otherwise the numbers keep the
    order of the spec."""
    whole_tokens: bool = False
    """Of an `embed`: whether what it reads are whole numbers."""

    @property
    def axes(self) -> int:
        """How many axes are positions."""
        return len(self.shapes[0]) - 1

    @property
    def channels(self) -> int:
        """Those of the first input, which must be known."""
        size = self.shapes[0][-1]
        assert size is not None
        return size


class NoCounterpartError(Exception):
    """Why a network cannot be written in PyTorch. `advice` says what would help."""

    def __init__(self, node: str, reason: str, advice: str) -> None:
        super().__init__(reason)
        self.node, self.reason, self.advice = node, reason, advice


@singledispatch
def torch_layer(layer: Layer, place: LayerPlace) -> TorchLayer:
    """The layer at a place. Raises NoCounterpartError."""
    raise NoCounterpartError(
        place.node.name,
        f"there is no PyTorch code for `{layer.word}`",
        "register its PyTorch form with `netc.compiler.torch.layer.torch_layer.register`",
    )


def as_it_is(name: str, own: str, shape: Sequence[int]) -> ModuleWeight:
    """A weight with the same axes on both sides."""
    sizes = tuple(shape)
    return ModuleWeight(name, own, WeightTurn(sizes, sizes, tuple(range(len(sizes))), sizes))


def one_or_each(sizes: Sequence[int]) -> int | tuple[int, ...]:
    """`3` for 3 x 3, `(3, 5)` for 3 x 5."""
    return sizes[0] if len(set(sizes)) == 1 else tuple(sizes)


def call_text(function: str, *values: str, **options: tuple[ArgumentValue, ArgumentValue]) -> str:
    """A call as text; options are given as their value and their default."""
    written = [
        f"{name}={constant_text(value)}"
        for name, (value, usual) in options.items()
        if value != usual or type(value) is not type(usual)
    ]
    return f"{function}({', '.join([*values, *written])})"
