"""Normalisations."""

from __future__ import annotations

from ....layers.norm import BatchNorm, GroupNorm, LayerNorm
from ..fields import UnsupportedError, is_real, one_minus, shown
from .piece import KerasPiece, KerasVariable, LayerFields, LayerReader


def _scale_and_shift(fields: LayerFields) -> list[KerasVariable]:
    """gamma and beta. Where Keras leaves one out, netc has one that changes nothing, and trains
    it."""
    channels, found = fields.channels(), []
    for option, parameter, fill in (("scale", "gamma", 1.0), ("center", "beta", 0.0)):
        if fields.flag(option, True):
            found.append(fields.variable(parameter, channels))
        else:
            found.append(KerasVariable(parameter, None, fill=(fill,)))
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


def _rescaling(fields: LayerFields) -> list[KerasPiece]:
    """x scale + offset: a batch normalisation that nothing trains, with mean 0 and variance 1."""
    scale, offset = _constants(fields, "scale", 1.0), _constants(fields, "offset", 0.0)
    layer = fields.make(BatchNorm, freeze=True)
    return [_constant_norm(layer, gamma=scale, beta=offset, mean=(0.0,), var=(1.0 - layer.eps,))]


def _normalization(fields: LayerFields) -> list[KerasPiece]:
    """(x - mean) / max(sqrt(var), 1e-7), with numbers of the data or of the program."""
    value = fields.take("axis", -1)
    if value not in (-1, [-1], len(fields.shape), [len(fields.shape)]):
        raise UnsupportedError(f"`axis` is {shown(value)}; netc has the last axis only")
    fields.expect("invert", False, (False,), "netc divides by the deviation")
    channels = fields.channels()
    layer = fields.make(BatchNorm, freeze=True, eps=SMALLEST)
    if fields.values.get("mean") is not None:
        mean, var = _constants(fields, "mean", 0.0), _constants(fields, "variance", 1.0)
        return [_constant_norm(layer, gamma=(1.0,), beta=(0.0,), mean=mean, var=var)]
    fields.take("mean")
    fields.take("variance")
    own = [fields.variable("mean", channels), fields.variable("var", channels)]
    fields.variables += 1  # the number of samples
    scale = (KerasVariable("gamma", None, fill=(1.0,)), KerasVariable("beta", None))
    return [KerasPiece(layer, "", (*scale, *own))]


SMALLEST = 1e-14
"""The square of the smallest deviation that Keras divides by."""


def _constants(fields: LayerFields, name: str, default: float) -> tuple[float, ...]:
    """A number for all channels, or one for each."""
    value = fields.take(name, default)
    numbers = value if isinstance(value, list) else [value]
    if len(numbers) not in (1, fields.channels()) or not all(map(is_real, numbers)):
        raise fields.wrong(name, "a number, or one for each channel")
    return tuple(float(number) for number in numbers)


def _constant_norm(layer: BatchNorm, **fills: tuple[float, ...]) -> KerasPiece:
    arrays = tuple(KerasVariable(name, None, fill=fill) for name, fill in fills.items())
    return KerasPiece(layer, "", arrays)


LAYERS: dict[str, LayerReader] = {
    "BatchNormalization": _batch,
    "LayerNormalization": _layer,
    "GroupNormalization": _group,
    "Rescaling": _rescaling,
    "Normalization": _normalization,
}
