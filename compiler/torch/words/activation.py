"""Activations: functions of PyTorch. `prelu` has weights, and is a module."""

from __future__ import annotations

from ...layers.activation import Activation
from ...layers.relu import Elu, Leaky, Prelu, Relu, Selu
from ...layers.sigmoid import Gelu, HardSigmoid, HardSwish, Sigmoid, Silu, Softplus, Tanh
from ...layers.sign import Sign, UnitStep
from ...layers.softmax import Softmax
from ..layer import (
    Construction,
    LayerPlace,
    ModuleArgument,
    TorchLayer,
    as_it_is,
    call_text,
    torch_layer,
)

FUNCTIONS: dict[type[Activation], str] = {
    Selu: "F.selu({0})",
    Gelu: "F.gelu({0})",
    Silu: "F.silu({0})",
    Tanh: "torch.tanh({0})",
    Sigmoid: "torch.sigmoid({0})",
    # The derivative of `F.hardsigmoid` is 1/6 of single precision, also in double.
    HardSigmoid: "(F.relu6({0:atom} + 3) / 6)",
    HardSwish: "F.hardswish({0})",
    # Beyond the threshold, 20 by default, PyTorch gives x alone: exact from 40 on.
    Softplus: "F.softplus({0}, threshold=40)",
    Softmax: "F.softmax({0}, dim=1)",
    Sign: "torch.sign({0})",
}


def _function(layer: Activation, place: LayerPlace) -> TorchLayer:
    return TorchLayer(FUNCTIONS[type(layer)])


for _cls in FUNCTIONS:
    torch_layer.register(_cls, _function)


@torch_layer.register
def _(layer: Relu, place: LayerPlace) -> TorchLayer:
    if layer.max is None:
        return TorchLayer("F.relu({0})")
    if layer.max == 6:
        return TorchLayer("F.relu6({0})")
    return TorchLayer(call_text("F.hardtanh", "{0}", min_val=(0.0, -1.0), max_val=(layer.max, 1.0)))


@torch_layer.register
def _(layer: UnitStep, place: LayerPlace) -> TorchLayer:
    return TorchLayer("({0:atom} >= 0).to({0:atom}.dtype)")


@torch_layer.register
def _(layer: Leaky, place: LayerPlace) -> TorchLayer:
    return TorchLayer(
        call_text("F.leaky_relu", "{0}", negative_slope=(layer.slope, 0.01)),
        as_module=Construction(
            "nn.LeakyReLU", (ModuleArgument("negative_slope", layer.slope, 0.01, "slope"),)
        ),
    )


@torch_layer.register
def _(layer: Elu, place: LayerPlace) -> TorchLayer:
    return TorchLayer(
        call_text("F.elu", "{0}", alpha=(layer.alpha, 1.0)),
        as_module=Construction("nn.ELU", (ModuleArgument("alpha", layer.alpha, 1.0, "alpha"),)),
    )


@torch_layer.register
def _(layer: Prelu, place: LayerPlace) -> TorchLayer:
    channels = place.channels
    return TorchLayer(
        "{self}({0})",
        Construction("nn.PReLU", (ModuleArgument("num_parameters", channels, type, "channels"),)),
        (as_it_is("a", "weight", (channels,)),),
        frozen=layer.freeze,
    )
