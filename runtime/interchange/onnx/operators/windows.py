"""Convolutions, and what adds or removes positions."""

from __future__ import annotations

import numpy as np

from .....compiler.geometry import extent
from .....compiler.layers.arrange import Crop, Pad, Upsample
from .....compiler.layers.conv import Conv, Depthwise
from .....compiler.layers.deconv import Deconv
from .....compiler.layers.layer import Layer
from .....compiler.shapes import Shape
from ..file import FileNode
from ..reader import FileTensor, NetworkReader, NoLayerError
from .placement import borders, padded_apart, placed, sizes_of


def conv(r: NetworkReader, node: FileNode) -> None:
    x = r.image(node.inputs[0])
    w = r.needed(node, 1)
    axes = len(x.shape) - 1
    if w.ndim != axes + 2:
        raise NoLayerError(f"its weights have {w.ndim} axes")
    kernel = w.shape[2:]
    stride, dilation = sizes_of(node, "strides", axes), sizes_of(node, "dilations", axes)
    groups = int(node.attributes.get("group", 1))
    spans = [extent(k, d) for k, d in zip(kernel, dilation, strict=True)]
    ends = borders(node, x.shape, spans, stride)
    padding = placed(x.shape, spans, stride, ends, ceil=False)
    if padding is None:
        assert ends != "same"
        x, padding = padded_apart(r, node, x, spans, stride, ends, ceil=False)
    bias = r.constant(node, 2)
    options = {
        "kernel": kernel,
        "stride": stride,
        "dilation": dilation,
        "bias": bias is not None,
        **padding,
    }
    channels = x.shape[-1]
    layer: Layer
    if groups > 1 and groups == channels and len(w) % groups == 0:
        layer = Depthwise(multiplier=len(w) // groups, **options)
        arranged = np.moveaxis(w[:, 0], 0, -1)
    else:
        layer = Conv(filters=len(w), groups=groups, **options)
        arranged = np.moveaxis(w, (0, 1), (-1, -2))
    weights = {"w": arranged, **({} if bias is None else {"b": bias})}
    r.put(node, layer, (x,), weights, stored_names(node, 1))


def stored_names(node: FileNode, start: int) -> tuple[str, ...]:
    """The names of the weights of a node."""
    return tuple(node.inputs[start:])


def deconv(r: NetworkReader, node: FileNode) -> None:
    x = r.image(node.inputs[0])
    w = r.needed(node, 1)
    axes = len(x.shape) - 1
    if w.ndim != axes + 2:
        raise NoLayerError(f"its weights have {w.ndim} axes")
    if node.attributes.get("output_shape") or node.attributes.get("auto_pad", "NOTSET") != "NOTSET":
        raise NoLayerError("its padding depends on the requested output size")
    stride, dilation = sizes_of(node, "strides", axes), sizes_of(node, "dilations", axes)
    ends = borders(node, x.shape, w.shape[2:], stride)
    extra = sizes_of(node, "output_padding", axes, 0)
    assert ends != "same"
    # fewer positions removed at the end are positions added there
    extra = tuple(more + before - after for more, (before, after) in zip(extra, ends, strict=True))
    if min(extra) < 0:
        raise NoLayerError("it removes more positions at the end than at the beginning")
    groups = int(node.attributes.get("group", 1))
    bias = r.constant(node, 2)
    layer = Deconv(
        filters=w.shape[1] * groups,
        kernel=w.shape[2:],
        stride=stride,
        dilation=dilation,
        pad=tuple(before for before, _ in ends),
        output_pad=extra,
        groups=groups,
        bias=bias is not None,
    )
    arranged = np.moveaxis(w, (0, 1), (-1, -2))
    weights = {"w": arranged, **({} if bias is None else {"b": bias})}
    r.put(node, layer, (x,), weights, stored_names(node, 1))


def pad(r: NetworkReader, node: FileNode) -> None:
    x = r.tensor(node.inputs[0])
    if node.attributes.get("mode", "constant") != "constant":
        raise NoLayerError(f"it pads by {node.attributes['mode']}, and `pad` with zeros")
    value = r.constant(node, 2) if len(node.inputs) > 1 else node.attributes.get("value", 0.0)
    if value is not None and np.any(np.asarray(value) != 0):
        raise NoLayerError("it pads with a number that is not 0")
    pads = r.needed(node, 1) if len(node.inputs) > 1 else np.array(node.attributes.get("pads", ()))
    rank = len(x.axes) + 1
    chosen = r.constant(node, 3) if len(node.inputs) > 3 else None
    axes = list(range(rank)) if chosen is None else [int(axis) % rank for axis in chosen]
    if len(pads) != 2 * len(axes):
        raise NoLayerError(f"`pads` has {len(pads)} sizes for {len(axes)} axes")
    ends = {axis: (int(pads[at]), int(pads[len(axes) + at])) for at, axis in enumerate(axes)}
    _border(r, node, x, {x.axis(axis): pair for axis, pair in ends.items() if any(pair)})


def _border(
    r: NetworkReader, node: FileNode, x: FileTensor, ends: dict[int, tuple[int, int]]
) -> None:
    """Positions that are added, or removed where a number is below 0."""
    positions = len(x.shape) - 1
    if any(not 0 <= axis < positions for axis in ends):
        raise NoLayerError("it changes something other than positions")
    if not ends:
        return r.same(node, x)
    pairs = [ends.get(axis, (0, 0)) for axis in range(positions)]
    if min(min(pair) for pair in pairs) < 0 < max(max(pair) for pair in pairs):
        raise NoLayerError("it adds positions at one end and removes some at another")
    kind = Crop if min(min(pair) for pair in pairs) < 0 else Pad
    before, after = tuple(abs(a) for a, _ in pairs), tuple(abs(b) for _, b in pairs)
    layer = kind(sizes=before, after=None if before == after else after)
    return r.put(node, layer, (x,))


def slice_(r: NetworkReader, node: FileNode) -> None:
    x = r.tensor(node.inputs[0])
    starts, ends = _slice_bounds(r, node, 1, "starts"), _slice_bounds(r, node, 2, "ends")
    chosen = _slice_bounds(r, node, 3, "axes") or list(range(len(starts)))
    steps = _slice_bounds(r, node, 4, "steps") or [1] * len(starts)
    if any(step != 1 for step in steps):
        raise NoLayerError("it takes every second position, or fewer")
    removed: dict[int, tuple[int, int]] = {}
    for start, end, axis in zip(starts, ends, chosen, strict=True):
        at = x.axis(axis)
        size = r.file.batch if at == -2 else (1 if at < 0 else x.shape[at])
        if size is None:
            before, after = start, -end if end < 0 else 0
            if start < 0 or 0 <= end < 2**31 - 1:
                raise NoLayerError("what it keeps depends on an unknown size")
        else:
            first_, last = (min(max(v + size if v < 0 else v, 0), size) for v in (start, end))
            before, after = first_, size - last
        if before or after:
            removed[at] = (-before, -after)
    _border(r, node, x, removed)


def _slice_bounds(r: NetworkReader, node: FileNode, index: int, name: str) -> list[int]:
    found = r.constant(node, index) if len(node.inputs) > index else None
    if found is None:
        return [int(value) for value in node.attributes.get(name) or ()]
    return [int(value) for value in np.atleast_1d(found)]


def resize(r: NetworkReader, node: FileNode) -> None:
    x = r.image(node.inputs[0])
    if node.attributes.get("mode", "nearest") != "nearest":
        raise NoLayerError(
            f"it interpolates ({node.attributes['mode']}), and `upsample` repeats positions",
            "upsample by `nearest`, or with a transposed convolution",
        )
    factors: list[int] = []
    for scale in _scales(r, node, x.shape[:-1]):
        if scale != int(scale) or scale < 1:
            raise NoLayerError(f"it scales positions by {scale:g}, which is not a whole number")
        factors.append(int(scale))
    mode = node.attributes.get("coordinate_transformation_mode", "half_pixel")
    rounding = node.attributes.get("nearest_mode", "round_prefer_floor")
    if node.op == "Upsample" or len(node.inputs) == 2:  # as before opset 11
        mode, rounding = "asymmetric", "floor"
    repeats = mode == "asymmetric" and rounding == "floor"
    halves = (
        mode in ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric")
        and "prefer" in rounding
    )
    if not repeats and not halves:
        raise NoLayerError(f"it picks neighbours by `{mode}` and `{rounding}`")
    r.put(node, Upsample(factor=tuple(factors)), (x,))


def _scales(r: NetworkReader, node: FileNode, positions: Shape) -> list[float]:
    """How much each axis of positions grows: as the file says, or from its sizes."""
    scales = r.constant(node, 1 if len(node.inputs) == 2 else 2)
    if scales is not None and scales.size:
        # sizes are these, rounded: they say less
        rank = len(positions) + 2
        axes = node.attributes.get("axes") or range(rank)
        whole = dict.fromkeys(range(rank), 1.0)
        whole |= {int(axis) % rank: float(scale) for axis, scale in zip(axes, scales, strict=True)}
        if (whole[0], whole[1]) != (1, 1):
            raise NoLayerError("it scales something other than positions")
        return [whole[axis] for axis in range(2, rank)]
    said = r.file.shapes.get(node.outputs[0])
    wanted = None if said is None else said[2:]
    if wanted is None or None in (*wanted, *positions):
        raise NoLayerError("how much it scales depends on an unknown size")
    return [(new or 0) / (old or 1) for new, old in zip(wanted, positions, strict=True)]


WINDOWS = {
    "Conv": conv,
    "ConvTranspose": deconv,
    "Pad": pad,
    "Slice": slice_,
    "Resize": resize,
    "Upsample": resize,
}
