"""One layer of Keras as layers of netc in a chain, and the arrays of its group in HDF5."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ....layers.layer import Layer, Learning
from ....shapes import Shape
from ..fields import Fields, UnsupportedError, is_from_keras, is_real, shortest, shown

L = TypeVar("L", bound=Layer)


@dataclass(frozen=True, slots=True)
class KerasVariable:
    """Where the values of a parameter of netc are. Its numbers are those of the array in their
    order, whatever the shapes."""

    parameter: str
    index: int | None
    """The number of the variable; None: the values are `fill`."""
    stored: tuple[int, ...] = ()
    """The shape of the variable."""
    fill: tuple[float, ...] = (0.0,)
    """One for all, or one for each."""


@dataclass(frozen=True, slots=True)
class KerasPiece:
    """A layer of netc with its arrays."""

    layer: Layer
    part: str = ""
    """What it is besides the layer itself, such as its activation."""
    arrays: tuple[KerasVariable, ...] = ()
    alone: int | None = None
    """The input that it reads by itself, before the next piece reads it with the others."""


@dataclass(slots=True)
class LayerFields(Fields):
    """The options of a layer, and the shapes of what it reads."""

    shapes: tuple[Shape, ...] = ()
    trainable: bool = True
    is_keras_2: bool = False
    """Whether Keras 2 wrote the file, where some names mean other formulas."""
    variables: int = 0
    """How many variables its group has, as far as they have been asked for."""

    def inner(self, what: str, values: dict[str, Any]) -> LayerFields:
        """The options of an object that is one of its options."""
        return LayerFields(what, values, shapes=self.shapes, is_keras_2=self.is_keras_2)

    @property
    def shape(self) -> Shape:
        """That of its only input."""
        if len(self.shapes) != 1:
            raise UnsupportedError(f"it reads {len(self.shapes)} tensors, not one")
        return self.shapes[0]

    def known(self, size: int | None, what: str) -> int:
        if size is None:
            raise UnsupportedError(f"{what} is not known")
        return size

    def positions(self, axes: int) -> Shape:
        """The sizes of the positions of an input with so many axes of them."""
        if len(self.shape) != axes + 1:
            wanted = "a sequence" if axes == 1 else "an image"
            raise UnsupportedError(f"it reads {shown(self.shape)}, not {wanted}")
        return self.shape[:-1]

    def channels(self) -> int:
        return self.known(self.shape[-1], "the number of channels")

    def variable(self, parameter: str, *stored: int) -> KerasVariable:
        """The next variable of the group."""
        self.variables += 1
        return KerasVariable(parameter, self.variables - 1, stored)

    def layer(self, word: Callable[..., L], /, **options: Any) -> L:
        """A layer of netc that keeps its parameters where Keras does not train it."""
        if not self.trainable and isinstance(word, type) and issubclass(word, Learning):
            options["freeze"] = True
        return self.make(word, **options)

    def penalties(self, name: str) -> dict[str, float]:
        """`l1` and `l2` of netc. Keras adds l2 * sum of w^2 to the loss, netc half of that."""
        value = self.take(name)
        if value is None:
            return {}
        config = value.get("config") if isinstance(value, dict) and is_from_keras(value) else None
        factors = config if isinstance(config, dict) else {"": None}
        if factors.keys() - {"l1", "l2"} or not all(map(is_real, factors.values())):
            self.notes.append(f"`{name}` is not imported")
            return {}
        found = {key: shortest(float(factor)) for key, factor in factors.items() if factor}
        return {key: 2 * factor if key == "l2" else factor for key, factor in found.items()}

    def on_last_axis(self, name: str = "axis", default: Any = -1) -> None:
        """Refuses an axis other than the channels."""
        value = self.take(name, default)
        axes = value if isinstance(value, list) else [value]
        if axes not in ([-1], [len(self.shapes[0])]):
            raise UnsupportedError(f"`{name}` is {shown(value)}; netc has the last axis only")


LayerReader = Callable[[LayerFields], list[KerasPiece]]
"""The chain of netc's layers; none where the layer changes nothing."""
