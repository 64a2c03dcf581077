"""Merges: operators of tensors."""

from __future__ import annotations

from ...layers.merge import Add, Average, Concat, Maximum, Multiply
from ..layer import LayerPlace, TorchLayer, torch_layer


def _joined(operator: str, place: LayerPlace) -> str:
    return operator.join(f"{{{at}:atom}}" for at in range(len(place.shapes)))


@torch_layer.register
def _(layer: Add, place: LayerPlace) -> TorchLayer:
    return TorchLayer(_joined(" + ", place), is_atom=len(place.shapes) == 1)


@torch_layer.register
def _(layer: Multiply, place: LayerPlace) -> TorchLayer:
    return TorchLayer(_joined(" * ", place), is_atom=len(place.shapes) == 1)


@torch_layer.register
def _(layer: Average, place: LayerPlace) -> TorchLayer:
    return TorchLayer(f"({_joined(' + ', place)}) / {len(place.shapes)}", is_atom=False)


@torch_layer.register
def _(layer: Maximum, place: LayerPlace) -> TorchLayer:
    text = "{0}"
    for at in range(1, len(place.shapes)):
        text = f"torch.maximum({text}, {{{at}}})"
    return TorchLayer(text)


@torch_layer.register
def _(layer: Concat, place: LayerPlace) -> TorchLayer:
    return TorchLayer("torch.cat([{all}], dim=1)")
