"""Windows that slide over positions: convolutions and pools."""

from __future__ import annotations

from functools import partial
from typing import Any

from ....geometry import Axis, extent, fits, room, same_padding
from ....layers.arrange import Crop, Flatten, Pad, Reshape
from ....layers.conv import Conv, Depthwise
from ....layers.deconv import Deconv
from ....layers.pool import AvgPool, GlobalAveragePool, MaxPool
from ....shapes import Shape
from ..fields import UnsupportedError, plain_sizes
from .activations import activation_of
from .piece import KerasPiece, LayerFields, LayerReader


def _windows(
    fields: LayerFields, kernel: tuple[int, ...], axes: int, strides: Any = 1
) -> tuple[dict[str, Any], list[KerasPiece]]:
    """The options of a sliding window in netc, and what has to come before it."""
    stride = fields.sizes("strides", axes, strides)
    dilation = fields.sizes("dilation_rate", axes, 1)
    padding = fields.text("padding", "valid").lower()
    places = fields.positions(axes)
    spans = tuple(extent(k, d) for k, d in zip(kernel, dilation, strict=True))
    before: list[KerasPiece] = []
    options: dict[str, Any] = {"kernel": kernel}
    if set(stride) != {1}:
        options["stride"] = plain_sizes(stride)
    if set(dilation) != {1}:
        options["dilation"] = plain_sizes(dilation)
    if padding == "same":
        pads = _equal_padding(places, spans, stride)
        if pads is None:
            options["pad"] = "same"
        elif set(pads) != {0}:
            options["pad"] = plain_sizes(pads)
    elif padding == "causal" and axes == 1:
        before.append(KerasPiece(fields.make(Pad, sizes=(spans[0] - 1,), after=(0,)), "pad"))
        places = tuple(None if n is None else n + spans[0] - 1 for n in places)
    elif padding != "valid":
        raise fields.wrong("padding", "`valid` or `same`")
    if padding != "same" and not _reads_everything(places, spans, stride):
        options["round"] = "floor"
    return options, before


def _equal_padding(
    places: Shape, spans: tuple[int, ...], stride: tuple[int, ...]
) -> tuple[int, ...] | None:
    """What `same` adds on both sides of each axis; None where the sides differ or a size is
    free."""
    found: list[int] = []
    for size, span, step in zip(places, spans, stride, strict=True):
        if size is None:
            return None
        before, after = same_padding(size, span, step)
        if before != after:
            return None
        found.append(before)
    return tuple(found)


def _reads_everything(places: Shape, spans: tuple[int, ...], stride: tuple[int, ...]) -> bool:
    """Whether netc accepts the window without `round`. Of a free size nobody knows."""
    for size, span, step in zip(places, spans, stride, strict=True):
        if size is None:
            if step > 1:
                return False
            continue
        axis = Axis(size, span, step, 0, 0)
        if room(axis) >= 0 and not fits(axis):
            return False
    return True


def _convolution(fields: LayerFields, axes: int) -> list[KerasPiece]:
    fields.channels_last()
    filters, kernel = fields.whole("filters"), fields.sizes("kernel_size", axes)
    groups, bias = fields.whole("groups", 1), fields.flag("use_bias", True)
    fields.expect("lora_rank", None, (None,), "netc has no low-rank updates")
    options, before = _windows(fields, kernel, axes)
    channels = fields.channels()
    if groups < 1 or channels % groups:
        raise UnsupportedError(f"its {groups} groups do not divide {channels} channels")
    if groups > 1:
        options["groups"] = groups
    arrays = [fields.variable("w", *kernel, channels // groups, filters)]
    if bias:
        arrays.append(fields.variable("b", filters))
    options |= fields.penalties("kernel_regularizer")
    layer = fields.layer(Conv, filters=filters, bias=bias, **options)
    return [*before, KerasPiece(layer, "", tuple(arrays)), *activation_of(fields)]


def _depthwise(fields: LayerFields, axes: int) -> list[KerasPiece]:
    fields.channels_last()
    kernel, bias = fields.sizes("kernel_size", axes), fields.flag("use_bias", True)
    multiplier = fields.whole("depth_multiplier", 1)
    # Keras 2 keeps the options of the convolution that it is a special case of
    fields.expect("groups", 1, (1,), "a depthwise convolution has no groups")
    options, before = _windows(fields, kernel, axes)
    channels = fields.channels()
    arrays = [fields.variable("w", *kernel, channels, multiplier)]
    if bias:
        arrays.append(fields.variable("b", channels * multiplier))
    options |= fields.penalties("depthwise_regularizer")
    layer = fields.layer(Depthwise, multiplier=multiplier, bias=bias, **options)
    return [*before, KerasPiece(layer, "", tuple(arrays)), *activation_of(fields)]


def _separable(fields: LayerFields, axes: int) -> list[KerasPiece]:
    """A depthwise convolution without a bias, then a 1x1 convolution."""
    fields.channels_last()
    filters, kernel = fields.whole("filters"), fields.sizes("kernel_size", axes)
    bias, multiplier = fields.flag("use_bias", True), fields.whole("depth_multiplier", 1)
    fields.expect("groups", 1, (1,), "a separable convolution has no groups")
    options, before = _windows(fields, kernel, axes)
    channels = fields.channels()
    own = (fields.variable("w", *kernel, channels, multiplier),)
    options |= fields.penalties("depthwise_regularizer")
    depthwise = fields.layer(Depthwise, multiplier=multiplier, bias=False, **options)
    arrays = [fields.variable("w", *(1,) * axes, channels * multiplier, filters)]
    if bias:
        arrays.append(fields.variable("b", filters))
    factors = fields.penalties("pointwise_regularizer")
    pointwise = fields.layer(Conv, filters=filters, kernel=(1,) * axes, bias=bias, **factors)
    return [
        *before,
        KerasPiece(depthwise, "depthwise", own),
        KerasPiece(pointwise, "pointwise", tuple(arrays)),
        *activation_of(fields),
    ]


def _transposed(fields: LayerFields, axes: int) -> list[KerasPiece]:
    fields.channels_last()
    filters, kernel = fields.whole("filters"), fields.sizes("kernel_size", axes)
    stride, bias = fields.sizes("strides", axes, 1), fields.flag("use_bias", True)
    dilation = fields.sizes("dilation_rate", axes, 1)
    fields.expect("groups", 1, (1,), "a transposed convolution of Keras has no groups")
    padding = fields.text("padding", "valid").lower()
    if padding not in ("valid", "same"):
        raise fields.wrong("padding", "`valid` or `same`")
    extra = fields.take("output_padding")
    extras = (None,) * axes if extra is None else fields.sizes("output_padding", axes)
    fields.positions(axes)
    channels = fields.channels()
    sides = [
        _removed(extent(k, d), s, padding == "same", e)
        for k, d, s, e in zip(kernel, dilation, stride, extras, strict=True)
    ]
    added = tuple(max(0, start - end) for start, end in sides)
    crop = tuple(max(0, end - start) for start, end in sides)
    options: dict[str, Any] = {"kernel": kernel}
    for name, sizes, usual in (
        ("stride", stride, 1),
        ("pad", tuple(start for start, _ in sides), 0),
        ("output_pad", added, 0),
        ("dilation", dilation, 1),
    ):
        if set(sizes) != {usual}:
            options[name] = plain_sizes(sizes)
    arrays = [fields.variable("w", *kernel, filters, channels)]
    if bias:
        arrays.append(fields.variable("b", filters))
    options |= fields.penalties("kernel_regularizer")
    layer = fields.layer(Deconv, filters=filters, bias=bias, **options)
    after: list[KerasPiece] = []
    if any(crop):
        after.append(KerasPiece(Crop(sizes=(0,), after=plain_sizes(crop)), "crop"))
    return [KerasPiece(layer, "", tuple(arrays)), *after, *activation_of(fields)]


def _removed(span: int, stride: int, same: bool, extra: int | None) -> tuple[int, int]:
    """How many positions Keras removes at the start and at the end of all that the filters reach,
    (n - 1) stride + span; fewer than none at the end are zeros. The sizes that it wants are
    n stride for `same`, and (n - 1) stride + max(span, stride) else; with an `output_padding`,
    (n - 1) stride + span mod 2 + extra, and (n - 1) stride + span + extra. The odd one of `same` is
    removed at the end."""
    if not same:
        return 0, -(max(span, stride) - span if extra is None else extra)
    total = span - stride if extra is None else span - span % 2 - extra
    start = max(0, total // 2)
    return start, total - start


def _pool(fields: LayerFields, word: type[MaxPool | AvgPool], axes: int) -> list[KerasPiece]:
    fields.channels_last()
    kernel = fields.sizes("pool_size", axes, 2)
    if fields.values.get("strides") is None:
        fields.values = {**fields.values, "strides": list(kernel)}
    options, before = _windows(fields, kernel, axes)
    stride = fields.sizes("strides", axes)
    options.pop("stride", None)
    if stride != kernel:
        options["stride"] = plain_sizes(stride)
    if word is AvgPool and "pad" in options:
        raise UnsupportedError(
            "its windows reach beyond the edge, where Keras averages what is inside and netc "
            "counts zeros"
        )
    return [*before, KerasPiece(fields.make(word, **options))]


def _global_average(fields: LayerFields, axes: int) -> list[KerasPiece]:
    fields.channels_last()
    fields.positions(axes)
    own = [KerasPiece(GlobalAveragePool())]
    if fields.flag("keepdims", False):
        shape = (*(1,) * axes, fields.channels())
        own.append(KerasPiece(fields.make(Reshape, shape=shape), "keepdims"))
    return own


def _global_maximum(fields: LayerFields, axes: int) -> list[KerasPiece]:
    """A pool whose window is the whole image."""
    fields.channels_last()
    sizes = tuple(fields.known(size, "the size of its window") for size in fields.positions(axes))
    own = [KerasPiece(fields.make(MaxPool, kernel=sizes))]
    return own if fields.flag("keepdims", False) else [*own, KerasPiece(Flatten(), "flatten")]


LAYERS: dict[str, LayerReader] = {}
for _axes in (1, 2):
    LAYERS |= {
        f"Conv{_axes}D": partial(_convolution, axes=_axes),
        f"DepthwiseConv{_axes}D": partial(_depthwise, axes=_axes),
        f"SeparableConv{_axes}D": partial(_separable, axes=_axes),
        f"Conv{_axes}DTranspose": partial(_transposed, axes=_axes),
        f"MaxPooling{_axes}D": partial(_pool, word=MaxPool, axes=_axes),
        f"AveragePooling{_axes}D": partial(_pool, word=AvgPool, axes=_axes),
        f"GlobalAveragePooling{_axes}D": partial(_global_average, axes=_axes),
        f"GlobalMaxPooling{_axes}D": partial(_global_maximum, axes=_axes),
    }
