"""Layers with windows as modules of PyTorch: convolutions and pooling, on images and sequences."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...compiler.layers.conv import Depthwise
from ...compiler.layers.images import Walked
from ...compiler.layers.pool import MaxPool
from ...compiler.layers.sliding_window import spread
from ..array_types import Array
from .case import TwinError
from .torch_twin import FixedSizes, LayerSource, Twin, Weight, bias_of, placed


def _margins(walked: Walked, axes: int) -> list[int]:
    """The padding that a module lays: of the last axis first, as PyTorch wants it. Positions that
    no window reaches need not be dropped."""
    ends = reversed(walked.margins[:axes])
    return [max(0, size) for before, after in ends for size in (before, after)]


def _reach(walked: Walked, axes: int, *, ceil: bool) -> FixedSizes:
    """How many windows PyTorch sees with the same padding on both sides."""
    found = []
    for axis in range(axes):
        before, stride = walked.margins[axis][0], walked.stride[axis]
        span = walked.dilation[axis] * (walked.kernel[axis] - 1) + 1
        room = walked.size[axis] + 2 * before - span
        count = -(-room // stride) + 1 if ceil else room // stride + 1
        # no window begins beyond the padding on the left and the input
        if ceil and (count - 1) * stride >= walked.size[axis] + before:
            count -= 1
        found.append(count)
    return tuple(found)


def _of_axes(torch: Any, name: str, axes: int) -> Any:
    """`Conv1d` or `Conv2d`."""
    return getattr(torch.nn, f"{name}{axes}d")


def _filters(wide: bool) -> Weight:
    """[K..., I, O] is [O, I, K...] there; with one filter for each channel [K..., O] is
    [O, 1, K...]."""

    def to(w: Array) -> Array:
        return np.moveaxis(w, -1, 0)[:, None] if wide else np.moveaxis(w, (-1, -2), (0, 1))

    def back(w: Array) -> Array:
        return np.moveaxis(w[:, 0], 0, -1) if wide else np.moveaxis(w, (0, 1), (-1, -2))

    return Weight("w", "weight", to, back)


def conv(torch: Any, place: LayerSource) -> Twin:
    """`conv` and `depthwise`."""
    layer, shape = place.layer, place.shapes[0]
    axes, walked = len(shape) - 1, layer.walk_over(shape)
    before = tuple(ends[0] for ends in walked.margins[:axes])
    even = _reach(walked, axes, ceil=False) == walked.places[:axes]
    wide = isinstance(layer, Depthwise)
    module = _of_axes(torch, "Conv", axes)(
        shape[-1],
        place.node.shape[-1],
        walked.kernel[:axes],
        walked.stride[:axes],
        before if even else 0,
        walked.dilation[:axes],
        groups=shape[-1] if wide else layer.groups,
        bias=layer.bias,
    )
    weights = (_filters(wide), *bias_of(layer))
    if even:
        return Twin(module, weights)
    pad = _of_axes(torch, "ZeroPad", axes)(_margins(walked, axes))
    return Twin(torch.nn.Sequential(pad, module), placed(weights, "1"))


def deconv(torch: Any, place: LayerSource) -> Twin:
    """The transposed convolution, whose weights are those of the convolution that it transposes."""
    layer, shape = place.layer, place.shapes[0]
    axes = len(shape) - 1
    module = _of_axes(torch, "ConvTranspose", axes)(
        shape[-1],
        layer.filters,
        spread(layer.kernel, axes),
        spread(layer.stride, axes),
        spread(layer.pad, axes),
        spread(layer.output_pad, axes),
        groups=layer.groups,
        bias=layer.bias,
        dilation=spread(layer.dilation, axes),
    )
    return Twin(module, (_filters(False), *bias_of(layer)))


def pool(torch: Any, place: LayerSource) -> Twin:
    """`maxpool` and `avgpool`. PyTorch pads both sides alike and by half a window at most; other
    padding is laid by a module before."""
    layer, shape = place.layer, place.shapes[0]
    axes, walked = len(shape) - 1, layer.walk_over(shape)
    before = tuple(ends[0] for ends in walked.margins[:axes])
    largest = isinstance(layer, MaxPool)
    kind = _of_axes(torch, "MaxPool" if largest else "AvgPool", axes)
    kernel, stride = walked.kernel[:axes], walked.stride[:axes]
    if all(2 * pad <= size for pad, size in zip(before, kernel, strict=True)):
        # zeros of `pad=same` count, what a window covers by rounding up does not
        for ceil in (False, True) if largest or layer.round == "ceil" else (False,):
            if _reach(walked, axes, ceil=ceil) == walked.places[:axes]:
                return Twin(kind(kernel, stride, before, ceil_mode=ceil))
    if not largest and layer.round == "ceil":
        raise TwinError(f"PyTorch cannot pad `{place.node.name}` like this")
    value = float("-inf") if largest else 0.0
    pad = _of_axes(torch, "ConstantPad", axes)(_margins(walked, axes), value)
    return Twin(torch.nn.Sequential(pad, kind(kernel, stride)))
