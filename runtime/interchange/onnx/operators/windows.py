"""Windows: convolutions, pools, and what adds or removes positions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np

from .....compiler.geometry import Axis, Rounding, count, extent, fits, same_padding
from .....compiler.layers.arrange import Crop, Flatten, Pad, Upsample
from .....compiler.layers.conv import Conv, Depthwise
from .....compiler.layers.deconv import Deconv
from .....compiler.layers.layer import Layer
from .....compiler.layers.pool import AvgPool, GlobalAveragePool, MaxPool
from .....compiler.shapes import Shape
from ..file import FileNode
from ..reader import FileTensor, NetworkReader, NoLayerError

WindowOptions = dict[str, Any]
EndPairs = list[tuple[int, int]]


def sizes_of(node: FileNode, name: str, axes: int, usual: int = 1) -> tuple[int, ...]:
    """An attribute with a number for each axis."""
    found = node.attributes.get(name)
    sizes = tuple(int(size) for size in found) if found else (usual,) * axes
    if len(sizes) != axes:
        raise NoLayerError(f"`{name}` has {len(sizes)} sizes for {axes} axes")
    return sizes


def borders(
    node: FileNode, shape: Shape, kernel: Sequence[int], stride: Sequence[int]
) -> EndPairs | Literal["same"]:
    """The padding before and after each axis."""
    axes = len(shape) - 1
    auto = node.attributes.get("auto_pad", "NOTSET")
    if auto == "NOTSET":
        pads = node.attributes.get("pads") or (0,) * 2 * axes
        if len(pads) != 2 * axes:
            raise NoLayerError(f"`pads` has {len(pads)} sizes for {axes} axes")
        return [(int(pads[at]), int(pads[axes + at])) for at in range(axes)]
    if auto == "VALID":
        return [(0, 0)] * axes
    if auto == "SAME_UPPER":
        return "same"
    if None in shape[:-1]:
        raise NoLayerError("its padding depends on a size that is free")
    ends = (
        same_padding(size or 0, k, s) for size, k, s in zip(shape, kernel, stride, strict=False)
    )
    return [(after, before) for before, after in ends]


def placed(
    shape: Shape,
    kernel: Sequence[int],
    stride: Sequence[int],
    ends: EndPairs | Literal["same"],
    *,
    ceil: bool,
) -> WindowOptions | None:
    """The options `pad` and `round` with which windows of this extent begin where those of the file
    do, as many of them; None where there are none."""
    axes = len(shape) - 1
    if ends == "same":
        return {"pad": "same"}
    if None in shape[:-1]:
        equal = all(before == after for before, after in ends)
        return (
            {"pad": tuple(before for before, _ in ends), **({"round": "ceil"} if ceil else {})}
            if equal
            else None
        )
    wanted = [
        (before, _count(shape[at] or 0, kernel[at], stride[at], before, after, ceil=ceil))
        for at, (before, after) in enumerate(ends)
    ]
    for options, windows in _choices(shape, kernel, stride, [before for before, _ in ends]):
        begins = [(axis.before, count(axis)) for axis in windows]
        if len(windows) == axes and all(fits(axis) for axis in windows) and begins == wanted:
            return options
    return None


def _count(size: int, window: int, stride: int, before: int, after: int, *, ceil: bool) -> int:
    """How many windows ONNX has."""
    rounding: Rounding = "ceil" if ceil else "floor"
    return count(Axis(size, window, stride, before, after, rounding))


def _choices(
    shape: Shape, kernel: Sequence[int], stride: Sequence[int], before: list[int]
) -> Iterator[tuple[WindowOptions, list[Axis]]]:
    """Every way to say a padding, the plainest first."""
    places = [(shape[at] or 0, kernel[at], stride[at]) for at in range(len(shape) - 1)]
    roundings: tuple[Rounding, ...] = (None, "floor", "ceil")
    for rounding in roundings:
        said: WindowOptions = {"round": rounding} if rounding else {}
        own = [Axis(*place, pad, pad, rounding) for place, pad in zip(places, before, strict=True)]
        yield {"pad": tuple(before), **said}, own
    same = [Axis(*place, *same_padding(*place)) for place in places]
    yield {"pad": "same"}, same


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
        x = _padded(r, node, x, ends)
        padding = placed(x.shape, spans, stride, [(0, 0)] * axes, ceil=False) or {}
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


def _padded(
    r: NetworkReader, node: FileNode, x: FileTensor, ends: EndPairs | Literal["same"]
) -> FileTensor:
    assert ends != "same"
    before, after = tuple(a for a, _ in ends), tuple(b for _, b in ends)
    layer = Pad(sizes=before, after=after)
    name = r.add(f"{node.outputs[0]}/padded", layer, (x,))
    return FileTensor(name, r.shape_after(layer, (x,)), x.axes)


def deconv(r: NetworkReader, node: FileNode) -> None:
    x = r.image(node.inputs[0])
    w = r.needed(node, 1)
    axes = len(x.shape) - 1
    if w.ndim != axes + 2:
        raise NoLayerError(f"its weights have {w.ndim} axes")
    if node.attributes.get("output_shape") or node.attributes.get("auto_pad", "NOTSET") != "NOTSET":
        raise NoLayerError("its padding follows from the size that it should give")
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


def maxpool(r: NetworkReader, node: FileNode) -> None:
    if len(node.outputs) > 1 and r.uses[node.outputs[1]]:
        raise NoLayerError("the places of the largest numbers are read")
    x = r.image(node.inputs[0])
    axes = len(x.shape) - 1
    if any(size != 1 for size in sizes_of(node, "dilations", axes)):
        raise NoLayerError("pools of netc have no dilation")
    kernel, stride = _kernel(node, axes)
    ends = borders(node, x.shape, kernel, stride)
    ceil = bool(node.attributes.get("ceil_mode", 0))
    padding = placed(x.shape, kernel, stride, ends, ceil=ceil)
    if padding is None:
        if not _is_positive(r, x):
            raise NoLayerError(f"its padding {ends} differs at the ends")
        x = _padded(r, node, x, ends)
        padding = placed(x.shape, kernel, stride, [(0, 0)] * axes, ceil=ceil) or {}
    r.put(node, MaxPool(kernel=kernel, stride=stride, **padding), (x,))


def _is_positive(r: NetworkReader, x: FileTensor) -> bool:
    """Whether all numbers are at least 0, so that a zero beside them is never the largest."""
    step = r.steps.get(x.step)
    return step is not None and (step.layer.dies or step.layer.probabilities)


def _kernel(node: FileNode, axes: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if not node.attributes.get("kernel_shape"):
        raise NoLayerError("it has no `kernel_shape`")
    return sizes_of(node, "kernel_shape", axes), sizes_of(node, "strides", axes)


def avgpool(r: NetworkReader, node: FileNode) -> None:
    x = r.image(node.inputs[0])
    axes = len(x.shape) - 1
    kernel, stride = _kernel(node, axes)
    if any(size != 1 for size in sizes_of(node, "dilations", axes)):
        raise NoLayerError("pools of netc have no dilation")
    ends = borders(node, x.shape, kernel, stride)
    ceil = bool(node.attributes.get("ceil_mode", 0))
    padding = placed(x.shape, kernel, stride, ends, ceil=ceil)
    padded = ends == "same" or any(before or after for before, after in ends)
    if padded and not node.attributes.get("count_include_pad", 0):
        raise NoLayerError(
            "it does not count the padding, and `avgpool` does",
            "pool with `count_include_pad=True`, or without padding",
        )
    if padded and (padding is None or padding.get("round") == "ceil"):
        # what a window covers beyond the padding counts in the file, and not in netc
        x = _padded(r, node, x, ends)
        padding = placed(x.shape, kernel, stride, [(0, 0)] * axes, ceil=ceil)
    if padding is None or (padded and padding.get("round") == "ceil"):
        raise NoLayerError("its last windows are not those of `avgpool`")
    r.put(node, AvgPool(kernel=kernel, stride=stride, **padding), (x,))


def global_average(r: NetworkReader, node: FileNode) -> None:
    x = r.image(node.inputs[0])
    r.put(node, GlobalAveragePool(), (x,), axes=(0, *(-1,) * (len(x.shape) - 1)))


def global_maximum(r: NetworkReader, node: FileNode) -> None:
    x = r.image(node.inputs[0])
    largest(r, node, x, (0, *(-1,) * (len(x.shape) - 1)))


def largest(r: NetworkReader, node: FileNode, x: FileTensor, axes: tuple[int, ...]) -> None:
    """The largest number of each channel, over all positions, as a vector with these axes."""
    sizes = x.shape[:-1]
    if None in sizes:
        raise NoLayerError("it pools over positions whose number is free")
    layer = MaxPool(kernel=tuple(size or 0 for size in sizes))
    name = r.add(f"{node.outputs[0]}/window", layer, (x,))
    pooled = FileTensor(name, r.shape_after(layer, (x,)), x.axes)
    r.put(node, Flatten(), (pooled,), axes=axes)


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
        raise NoLayerError("it changes something else than positions")
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
                raise NoLayerError("what it keeps depends on a size that is free")
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
            raise NoLayerError(f"it scales positions by {scale:g}, which is no whole number")
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
        return [float(scale) for scale in scales[2:]]
    said = r.file.shapes.get(node.outputs[0])
    wanted = None if said is None else said[2:]
    if wanted is None or None in (*wanted, *positions):
        raise NoLayerError("how much it scales depends on a size that is free")
    return [(new or 0) / (old or 1) for new, old in zip(wanted, positions, strict=True)]


WINDOWS = {
    "Conv": conv,
    "ConvTranspose": deconv,
    "MaxPool": maxpool,
    "AveragePool": avgpool,
    "GlobalAveragePool": global_average,
    "GlobalMaxPool": global_maximum,
    "Pad": pad,
    "Slice": slice_,
    "Resize": resize,
    "Upsample": resize,
}
