"""Convolutions. PyTorch pads both sides alike; other padding is laid before the convolution."""

from __future__ import annotations

from ...layers.conv import Conv, Depthwise, Filtering
from ...layers.deconv import Deconv
from ...layers.layer import Layer
from ...layers.sliding_window import spread
from ..layer import (
    Construction,
    LayerPlace,
    ModuleArgument,
    ModuleWeight,
    TorchLayer,
    WeightTurn,
    as_it_is,
    one_or_each,
    torch_layer,
)
from .arrangement import edges
from .window import WindowLayout, window_layout


def _weights(layer: Filtering, place: LayerPlace, *, own_filters: bool) -> tuple[ModuleWeight, ...]:
    """[K..., I, O] is [O, I, K...] there; with filters of its own for each channel, [K..., O] is
    [O, 1, K...]."""
    axes = place.axes
    shape = layer.weight_shape(place.channels, axes)
    split = (*shape[:-1], 1, shape[-1]) if own_filters else shape
    order = (axes + 1, axes, *range(axes))
    turn = WeightTurn(shape, split, order, tuple(split[at] for at in order))
    weight = ModuleWeight("w", "weight", turn)
    filters = layer.output_channels(place.channels)
    if not layer.has_bias() or filters is None:
        return (weight,)
    return weight, as_it_is("b", "bias", (filters,))


def _convolution(
    layer: Conv | Depthwise, place: LayerPlace, groups: int, *, own_filters: bool
) -> TorchLayer:
    axes, window = place.axes, window_layout(layer.sliding_window(), place)
    padding: int | str | tuple[int, ...] = 0
    given = _input(layer, place)
    if window.padding is None:
        given = f"F.pad({given}, {edges(window.margins)})"
    else:
        padding = window.padding
    options = (
        ModuleArgument("in_channels", place.channels, type, "in_channels"),
        ModuleArgument("out_channels", layer.output_channels(place.channels), type, "out_channels"),
        *_window_arguments(window),
        ModuleArgument("padding", padding, 0, "padding"),
        ModuleArgument("dilation", one_or_each(spread(layer.dilation, axes)), 1, "dilation"),
        ModuleArgument("groups", groups, 1, "groups"),
        ModuleArgument("bias", layer.bias, True, "bias"),
    )
    weights = _weights(layer, place, own_filters=own_filters)
    module = Construction(f"nn.Conv{axes}d", options)
    return TorchLayer(f"{{self}}({given})", module, weights, frozen=layer.freeze)


def _window_arguments(window: WindowLayout) -> tuple[ModuleArgument, ...]:
    return (
        ModuleArgument("kernel_size", window.kernel, None, "kernel_size"),
        ModuleArgument("stride", window.stride, 1, "stride"),
    )


NARROW = 16
"""Channels of a vector of AVX-512, of which oneDNN takes as many at once."""


def oversteps_memory(layer: Layer, channels: int) -> bool:
    """Whether PyTorch, on processors, writes beyond its memory in the gradient of a layer's weights
    if the channels come last in memory: for a window of one place with a stride over fewer than 16
    channels of a group, which are those that it reads, or gives where it is transposed.
    https://github.com/uxlfoundation/oneDNN/issues/6035
    """
    match layer:
        case Conv():
            own = channels // layer.groups
        case Depthwise():
            own = 1
        case Deconv():
            own = layer.filters // layer.groups
        case _:
            return False
    return set(layer.kernel) == {1} and set(layer.stride) != {1} and own < NARROW


def _input(layer: Layer, place: LayerPlace) -> str:
    """The input as the module gets it: channels first in memory where the other order is not safe.
    In a module that is itself moved to channels last, it still is not."""
    return "{0:atom}.contiguous()" if oversteps_memory(layer, place.channels) else "{0}"


@torch_layer.register
def _(layer: Conv, place: LayerPlace) -> TorchLayer:
    return _convolution(layer, place, layer.groups, own_filters=False)


@torch_layer.register
def _(layer: Depthwise, place: LayerPlace) -> TorchLayer:
    return _convolution(layer, place, place.channels, own_filters=True)


@torch_layer.register
def _(layer: Deconv, place: LayerPlace) -> TorchLayer:
    """Its weights are those of the convolution that it transposes, on both sides."""
    axes = place.axes

    def each(sizes: tuple[int, ...]) -> int | tuple[int, ...]:
        return one_or_each(spread(sizes, axes))

    options = (
        ModuleArgument("in_channels", place.channels, type, "in_channels"),
        ModuleArgument("out_channels", layer.filters, type, "out_channels"),
        ModuleArgument("kernel_size", each(layer.kernel), None, "kernel_size"),
        ModuleArgument("stride", each(layer.stride), 1, "stride"),
        ModuleArgument("padding", each(layer.pad), 0, "padding"),
        ModuleArgument("output_padding", each(layer.output_pad), 0, "output_padding"),
        ModuleArgument("groups", layer.groups, 1, "groups"),
        ModuleArgument("bias", layer.bias, True, "bias"),
        ModuleArgument("dilation", each(layer.dilation), 1, "dilation"),
    )
    module = Construction(f"nn.ConvTranspose{axes}d", options)
    weights = _weights(layer, place, own_filters=False)
    return TorchLayer(f"{{self}}({_input(layer, place)})", module, weights, frozen=layer.freeze)
