"""Dense layers and look-up tables."""

from __future__ import annotations

from ....layers.conv import Conv
from ....layers.dense import Dense, Embed
from ..fields import UnsupportedError
from .activations import activation_of
from .piece import KerasPiece, LayerFields, LayerReader


def _dense(fields: LayerFields) -> list[KerasPiece]:
    """On a sequence or an image, Keras maps the channels of each position: a 1x1 convolution."""
    units, bias = fields.whole("units"), fields.flag("use_bias", True)
    fields.expect("lora_rank", None, (None,), "netc has no low-rank updates")
    width = fields.channels()
    arrays = [fields.variable("w", width, units)]
    if bias:
        arrays.append(fields.variable("b", units))
    options = fields.penalties("kernel_regularizer")
    axes = len(fields.shape) - 1
    if axes:
        kernel = (1,) * axes
        layer = fields.layer(Conv, filters=units, kernel=kernel, bias=bias, **options)
        return [KerasPiece(layer, "", tuple(arrays)), *activation_of(fields)]
    return [
        KerasPiece(fields.layer(Dense, units=units, bias=bias, **options), "", tuple(arrays)),
        *activation_of(fields),
    ]


def _embedding(fields: LayerFields) -> list[KerasPiece]:
    tokens, width = fields.whole("input_dim"), fields.whole("output_dim")
    fields.expect("mask_zero", False, (False,), "netc has no masks for the layers after it")
    fields.expect("lora_rank", None, (None,), "netc has no low-rank updates")
    fields.take("input_length")
    if len(fields.shape) != 1:
        raise UnsupportedError("it looks up more than a sequence of tokens")
    options = fields.penalties("embeddings_regularizer")
    layer = fields.layer(Embed, tokens=tokens, width=width, **options)
    return [KerasPiece(layer, "", (fields.variable("w", tokens, width),))]


LAYERS: dict[str, LayerReader] = {"Dense": _dense, "Embedding": _embedding}
