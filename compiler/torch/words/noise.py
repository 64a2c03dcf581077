"""Noise: modules, because training and evaluation differ."""

from __future__ import annotations

from ...layers.noise import Dropout, GaussianDropout, GaussianNoise
from ..layer import Construction, LayerPlace, ModuleArgument, TorchLayer, torch_layer


def _module(cls: str, name: str, value: float, helper: str | None = None) -> TorchLayer:
    argument = ModuleArgument(name, value, type, name)
    return TorchLayer("{self}({0})", Construction(cls, (argument,)), helper=helper)


@torch_layer.register
def _(layer: Dropout, place: LayerPlace) -> TorchLayer:
    return _module("nn.Dropout", "rate", layer.rate)


@torch_layer.register
def _(layer: GaussianDropout, place: LayerPlace) -> TorchLayer:
    return _module("GaussianDropout", "rate", layer.rate, "GaussianDropout")


@torch_layer.register
def _(layer: GaussianNoise, place: LayerPlace) -> TorchLayer:
    return _module("GaussianNoise", "std", layer.std, "GaussianNoise")
