"""What a layer is in PyTorch: a module, and where its weights come from.

Tensors there have their channels before their positions, [N, C, ...]; a layer that works on the
last axis is put between two moves of that axis, as a user of PyTorch does.
PyTorch is imported when a network is compared with it, and is `torch: Any` here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ...compiler.graph import GraphNode
from ..array_types import Array

FixedSizes = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Weight:
    """One parameter: its name here and there, and how its axes are turned."""

    name: str
    own: str
    to: Callable[[Array], Array]
    back: Callable[[Array], Array]


@dataclass(frozen=True, slots=True, eq=False)
class Twin:
    """A module and where its weights come from."""

    module: Any
    weights: tuple[Weight, ...] = ()


@dataclass(frozen=True, slots=True)
class LayerSource:
    """A layer and what flows into it, as the spec says it: channels last."""

    node: GraphNode
    shapes: tuple[FixedSizes, ...]
    flattened: FixedSizes | None
    """What was flattened on the way to its input. PyTorch has it channels first, so that the
    weights that read it are put in another order."""
    reorders: bool = False
    """Of a `flatten`: whether such weights read it. Otherwise it keeps the order of the spec."""

    @property
    def layer(self) -> Any:
        return self.node.layer


def unchanged(array: Array) -> Array:
    """The weights of a vector are the same on both sides."""
    return array


def vectors(*names: tuple[str, str]) -> tuple[Weight, ...]:
    """Weights that are vectors, by their names here and there."""
    return tuple(Weight(name, own, unchanged, unchanged) for name, own in names)


def bias_of(layer: Any) -> tuple[Weight, ...]:
    """The bias of a layer that may have one."""
    return vectors(("b", "bias")) if layer.bias else ()


def placed(weights: tuple[Weight, ...], within: str) -> tuple[Weight, ...]:
    """The weights of a module that is part of another one."""
    return tuple(replace(weight, own=f"{within}.{weight.own}") for weight in weights)


def function(torch: Any, call: Callable[..., Any]) -> Any:
    """A module without weights."""

    class Function(torch.nn.Module):  # type: ignore[misc]
        def forward(self, *values: Any) -> Any:
            return call(*values)

    return Function()


def channels_first(x: Any) -> Any:
    """[N, ..., C] as [N, C, ...]."""
    return x.movedim(-1, 1)


def channels_last(x: Any) -> Any:
    """[N, C, ...] as [N, ..., C]."""
    return x.movedim(1, -1)


def on_channels(
    torch: Any, place: LayerSource, module: Any, weights: tuple[Weight, ...] = ()
) -> Twin:
    """A module that works on the last axis, at every position."""
    if len(place.shapes[0]) == 1:
        return Twin(module, weights)
    moves = function(torch, channels_last), module, function(torch, channels_first)
    return Twin(torch.nn.Sequential(*moves), placed(weights, "1"))
