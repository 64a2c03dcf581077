"""Normalisation: modules with a scale and a shift, and running statistics."""

from __future__ import annotations

from ...layers.norm import BatchNorm, GroupNorm, LayerNorm, LocalResponseNorm
from ..layer import (
    Construction,
    LayerPlace,
    ModuleArgument,
    ModuleWeight,
    TorchLayer,
    as_it_is,
    call_text,
    torch_layer,
)


def _scale_and_shift(channels: int) -> tuple[ModuleWeight, ...]:
    return as_it_is("gamma", "weight", (channels,)), as_it_is("beta", "bias", (channels,))


def _channels(place: LayerPlace, name: str) -> ModuleArgument:
    return ModuleArgument(name, place.channels, type, "channels")


@torch_layer.register
def _(layer: BatchNorm, place: LayerPlace) -> TorchLayer:
    rank = 2 if place.axes == 2 else 1
    channels = place.channels
    cls = f"FrozenBatchNorm{rank}d" if layer.freeze else f"nn.BatchNorm{rank}d"
    options = (
        _channels(place, "num_features"),
        ModuleArgument("eps", layer.eps, 1e-5, "eps"),
        ModuleArgument("momentum", layer.momentum, 0.1, "momentum"),
    )
    statistics = (
        as_it_is("mean", "running_mean", (channels,)),
        as_it_is("var", "running_var", (channels,)),
    )
    return TorchLayer(
        "{self}({0})",
        Construction(cls, options),
        (*_scale_and_shift(channels), *statistics),
        helper=cls if layer.freeze else None,
        frozen=layer.freeze,
    )


@torch_layer.register
def _(layer: LayerNorm, place: LayerPlace) -> TorchLayer:
    """Over the last axis there, which is the channels of a vector only."""
    return TorchLayer(
        "{self}({0:atom}.movedim(1, -1)).movedim(-1, 1)" if place.axes else "{self}({0})",
        Construction(
            "nn.LayerNorm",
            (_channels(place, "normalized_shape"), ModuleArgument("eps", layer.eps, 1e-5, "eps")),
        ),
        _scale_and_shift(place.channels),
        frozen=layer.freeze,
    )


@torch_layer.register
def _(layer: GroupNorm, place: LayerPlace) -> TorchLayer:
    groups = ModuleArgument("num_groups", layer.groups, type, "groups")
    eps = ModuleArgument("eps", layer.eps, 1e-5, "eps")
    return TorchLayer(
        "{self}({0})",
        Construction("nn.GroupNorm", (groups, _channels(place, "num_channels"), eps)),
        _scale_and_shift(place.channels),
        frozen=layer.freeze,
    )


@torch_layer.register
def _(layer: LocalResponseNorm, place: LayerPlace) -> TorchLayer:
    # There alpha is divided by the size of the window.
    alpha = layer.alpha * layer.size
    return TorchLayer(
        call_text(
            "F.local_response_norm", "{0}", str(layer.size),
            alpha=(alpha, 1e-4), beta=(layer.beta, 0.75), k=(layer.k, 1.0),
        ),
        as_module=Construction(
            "nn.LocalResponseNorm",
            (
                ModuleArgument("size", layer.size, type, "size"),
                ModuleArgument("alpha", alpha, 1e-4, "alpha"),
                ModuleArgument("beta", layer.beta, 0.75, "beta"),
                ModuleArgument("k", layer.k, 1.0, "k"),
            ),
        ),
    )  # fmt: skip
