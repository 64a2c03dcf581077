"""Layers on vectors and tokens: `dense`, `poly`, `embed`."""

from __future__ import annotations

from ...layers.dense import Dense, Embed, Poly
from ..layer import (
    Construction,
    LayerPlace,
    ModuleArgument,
    ModuleWeight,
    TorchLayer,
    WeightTurn,
    as_it_is,
    torch_layer,
)


@torch_layer.register
def _(layer: Dense, place: LayerPlace) -> TorchLayer:
    """Its weights are those of `nn.Linear`, transposed; after a flatten that goes channel by
    channel, the inputs are in that order."""
    inputs, units = place.channels, layer.units
    assert units is not None  # widths that are left to the data were refused
    *places, channels = place.flattened or (inputs,)
    axes = len(places)
    turn = WeightTurn(
        (inputs, units),
        (*places, channels, units),
        (axes + 1, axes, *range(axes)),
        (units, inputs),
    )
    bias = (as_it_is("b", "bias", (units,)),) if layer.bias else ()
    return TorchLayer(
        "{self}({0})",
        Construction(
            "nn.Linear",
            (
                ModuleArgument("in_features", inputs, type, "in_features"),
                ModuleArgument("out_features", units, type, "units"),
                ModuleArgument("bias", layer.bias, True, "bias"),
            ),
        ),
        (ModuleWeight("w", "weight", turn), *bias),
        frozen=layer.freeze,
    )


@torch_layer.register
def _(layer: Poly, place: LayerPlace) -> TorchLayer:
    if layer.degree == 1:
        return TorchLayer("{0}")
    powers = ["{0}", *(f"{{0:atom}}**{power}" for power in range(2, layer.degree + 1))]
    return TorchLayer(f"torch.cat([{', '.join(powers)}], dim=1)")


@torch_layer.register
def _(layer: Embed, place: LayerPlace) -> TorchLayer:
    """PyTorch has the vectors in the last axis: the channels of a sequence are before it."""
    tokens = "{0}" if place.whole_tokens else "{0:atom}.long()"
    return TorchLayer(
        f"{{self}}({tokens}).movedim(-1, 1)",
        Construction(
            "nn.Embedding",
            (
                ModuleArgument("num_embeddings", layer.tokens, type, "tokens"),
                ModuleArgument("embedding_dim", layer.width, type, "width"),
            ),
        ),
        (as_it_is("w", "weight", (layer.tokens, layer.width)),),
        frozen=layer.freeze,
    )
