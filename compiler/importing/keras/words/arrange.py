"""Layers that arrange positions, and noise."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ....layers.arrange import Border, Crop, Flatten, Pad, Reshape, Upsample
from ....layers.layer import Layer
from ....layers.noise import Dropout, GaussianDropout, GaussianNoise
from ..fields import UnsupportedError, is_whole, plain_sizes, shown
from .piece import KerasPiece, LayerFields, LayerReader


def _flatten(fields: LayerFields) -> list[KerasPiece]:
    fields.channels_last()
    return [KerasPiece(Flatten())] if len(fields.shape) > 1 else []


def _reshape(fields: LayerFields) -> list[KerasPiece]:
    value = fields.take("target_shape")
    if not isinstance(value, list) or not value or not all(is_whole(size) for size in value):
        raise fields.wrong("target_shape", "whole numbers")
    shape = tuple(None if size == -1 else size for size in value)
    return [KerasPiece(fields.make(Reshape, shape=shape))]


def _border(fields: LayerFields, word: type[Border], name: str, axes: int) -> list[KerasPiece]:
    """Zeros around an image, or rows and columns less: one number, one for each axis, or both ends
    of each axis."""
    fields.channels_last()
    fields.positions(axes)
    value = fields.take(name)
    ends = [value] * axes if is_whole(value) or (axes == 1 and _is_pair(value)) else value
    if not isinstance(ends, list) or len(ends) != axes:
        raise fields.wrong(name, f"sizes for {axes} axes")
    pairs = [[end, end] if is_whole(end) else end for end in ends]
    if not all(_is_pair(pair) for pair in pairs):
        raise fields.wrong(name, f"sizes for {axes} axes")
    before, after = (tuple(pair[side] for pair in pairs) for side in (0, 1))
    options: dict[str, Any] = {"sizes": plain_sizes(before)}
    if before != after:
        options["after"] = plain_sizes(after)
    return [KerasPiece(fields.make(word, **options))]


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(map(is_whole, value))


def _upsample(fields: LayerFields, axes: int) -> list[KerasPiece]:
    fields.channels_last()
    fields.positions(axes)
    fields.expect("interpolation", "nearest", ("nearest",), "netc repeats the nearest position")
    factor = fields.sizes("size", axes, 2)
    return [KerasPiece(fields.make(Upsample, factor=plain_sizes(factor)))]


def _noise(
    fields: LayerFields, word: Callable[..., Layer], option: str, name: str
) -> list[KerasPiece]:
    fields.take("seed")
    noise = fields.take("noise_shape")
    if isinstance(noise, list) and noise[:1] == [None] and set(noise[1:]) == {1}:
        # stochastic depth, behind the branches of residual blocks
        fields.take(name)
        fields.notes.append("it drops whole samples in training, and netc does not")
        return []
    if noise is not None:
        why = "netc draws a number for each value"
        raise UnsupportedError(f"`noise_shape` is {shown(noise)}; {why}")
    return [KerasPiece(fields.make(word, **{option: fields.real(name)}))]


def _identity(fields: LayerFields) -> list[KerasPiece]:
    if len(fields.shapes) != 1:
        raise UnsupportedError(f"it reads {len(fields.shapes)} tensors, not one")
    return []


LAYERS: dict[str, LayerReader] = {
    "Flatten": _flatten,
    "Reshape": _reshape,
    "ZeroPadding1D": partial(_border, word=Pad, name="padding", axes=1),
    "ZeroPadding2D": partial(_border, word=Pad, name="padding", axes=2),
    "Cropping1D": partial(_border, word=Crop, name="cropping", axes=1),
    "Cropping2D": partial(_border, word=Crop, name="cropping", axes=2),
    "UpSampling1D": partial(_upsample, axes=1),
    "UpSampling2D": partial(_upsample, axes=2),
    "Dropout": partial(_noise, word=Dropout, option="rate", name="rate"),
    "GaussianDropout": partial(_noise, word=GaussianDropout, option="rate", name="rate"),
    "GaussianNoise": partial(_noise, word=GaussianNoise, option="std", name="stddev"),
    "Identity": _identity,
}
