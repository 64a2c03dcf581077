"""Layers that arrange positions anew. What the spec counts channels last is moved there first."""

from __future__ import annotations

from math import prod

from ...layers.arrange import Crop, Flatten, Pad, Reshape, Upsample
from ...layers.sliding_window import spread
from ...layers.source import Identity
from ...shapes import Shape
from ..layer import (
    Construction,
    LayerPlace,
    ModuleArgument,
    TorchLayer,
    call_text,
    one_or_each,
    torch_layer,
)


@torch_layer.register
def _(layer: Identity, place: LayerPlace) -> TorchLayer:
    """`id`, and `expect`, which checks no more than shapes."""
    return TorchLayer("{0}")


def differs_flattened(shape: Shape) -> bool:
    """Whether the numbers of a shape have another order channel by channel."""
    one_place = len(shape) == 1 or all(size == 1 for size in shape[:-1])
    return not one_place and shape[-1] != 1


@torch_layer.register
def _(layer: Flatten, place: LayerPlace) -> TorchLayer:
    if not place.axes:
        return TorchLayer("{0}")
    if place.channels_first or not differs_flattened(place.shapes[0]):
        return TorchLayer("{0:atom}.flatten(1)")
    return TorchLayer("{0:atom}.movedim(1, -1).flatten(1)")


@torch_layer.register
def _(layer: Reshape, place: LayerPlace) -> TorchLayer:
    old = tuple(size or 0 for size in place.shapes[0])
    new = tuple(size or 0 for size in place.node.shape)
    # Moves of axes that change nothing are left out.
    moved = "{0:atom}.movedim(1, -1)" if differs_flattened(old) else "{0:atom}"
    if len(new) == 1:
        return TorchLayer(f"{moved}.flatten(1)" if len(old) > 1 else "{0}")
    if not differs_flattened(new):
        return TorchLayer(f"{moved}.reshape(-1, {', '.join(map(str, (new[-1], *new[:-1])))})")
    return TorchLayer(f"{moved}.reshape(-1, {', '.join(map(str, new))}).movedim(-1, 1)")


def edges(ends: tuple[tuple[int, int], ...]) -> str:
    """The numbers that `F.pad` takes: those of the last axis first."""
    numbers = [size for pair in reversed(ends) for size in pair]
    return f"({', '.join(map(str, numbers))})"


@torch_layer.register
def _(layer: Pad, place: LayerPlace) -> TorchLayer:
    return TorchLayer(f"F.pad({{0}}, {edges(layer.ends(place.axes))})")


@torch_layer.register
def _(layer: Crop, place: LayerPlace) -> TorchLayer:
    slices = (
        f"{before or ''}:{-after if after else ''}" for before, after in layer.ends(place.axes)
    )
    return TorchLayer(f"{{0:atom}}[:, :, {', '.join(slices)}]")


@torch_layer.register
def _(layer: Upsample, place: LayerPlace) -> TorchLayer:
    factor = one_or_each(spread(layer.factor, place.axes))
    if prod(layer.factor) == 1:
        return TorchLayer("{0}")
    return TorchLayer(
        call_text("F.interpolate", "{0}", scale_factor=(factor, None)),
        as_module=Construction(
            "nn.Upsample", (ModuleArgument("scale_factor", factor, None, "factor"),)
        ),
    )
