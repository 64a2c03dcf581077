"""Normalisations."""

from __future__ import annotations

from ....layers.norm import BatchNorm, GroupNorm, LayerNorm
from ..fields import one_minus
from .piece import KerasPiece, KerasVariable, LayerFields, LayerReader


def _scale_and_shift(fields: LayerFields) -> list[KerasVariable]:
    """gamma and beta. Where Keras leaves one out, netc has one that changes nothing, and trains
    it."""
    channels, found = fields.channels(), []
    for option, parameter, fill in (("scale", "gamma", 1.0), ("center", "beta", 0.0)):
        if fields.flag(option, True):
            found.append(fields.variable(parameter, channels))
        else:
            found.append(KerasVariable(parameter, None, fill=fill))
            fields.notes.append(f"it has no `{parameter}`; that of netc starts at {fill:g}")
    return found


def _batch(fields: LayerFields) -> list[KerasPiece]:
    """The moving averages of Keras keep `momentum` of the old, those of netc take it of the new."""
    fields.on_last_axis()
    fields.expect("renorm", False, (False,), "netc has no batch renormalisation")
    fields.expect("virtual_batch_size", None, (None,), "netc has no virtual batches")
    for name in ("renorm_clipping", "renorm_momentum", "synchronized", "fused"):
        fields.take(name)
    arrays = _scale_and_shift(fields)
    channels = fields.channels()
    arrays += [fields.variable("mean", channels), fields.variable("var", channels)]
    momentum = one_minus(fields.real("momentum", 0.99))
    layer = fields.layer(BatchNorm, momentum=momentum, eps=fields.real("epsilon", 1e-3))
    return [KerasPiece(layer, "", tuple(arrays))]


def _layer(fields: LayerFields) -> list[KerasPiece]:
    fields.on_last_axis()
    fields.expect("rms_scaling", False, (False,), "netc subtracts the mean")
    arrays = _scale_and_shift(fields)
    layer = fields.layer(LayerNorm, eps=fields.real("epsilon", 1e-3))
    return [KerasPiece(layer, "", tuple(arrays))]


def _group(fields: LayerFields) -> list[KerasPiece]:
    fields.on_last_axis()
    groups = fields.whole("groups", 32)
    arrays = _scale_and_shift(fields)
    # each channel for itself: instance normalisation
    groups = fields.channels() if groups == -1 else groups
    layer = fields.layer(GroupNorm, groups=groups, eps=fields.real("epsilon", 1e-3))
    return [KerasPiece(layer, "", tuple(arrays))]


LAYERS: dict[str, LayerReader] = {
    "BatchNormalization": _batch,
    "LayerNormalization": _layer,
    "GroupNormalization": _group,
}
