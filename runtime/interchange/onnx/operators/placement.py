"""Where the windows of a file stand, in the options of netc: padding, rounding, and padding as a
layer of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from .....compiler.geometry import Axis, Rounding, count, fits, same_padding
from .....compiler.layers.arrange import Pad
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
        raise NoLayerError("its padding depends on an unknown size")
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
    if ends == "same":
        return {"pad": "same"}
    if None in shape[:-1]:
        if any(before != after for before, after in ends):
            return None
        return {"pad": tuple(before for before, _ in ends)} | _rounded(stride, ceil)
    axes = file_axes(shape, kernel, stride, ends, ceil=ceil)
    return _chosen(shape, kernel, stride, [before for before, _ in ends], list(map(count, axes)))


def _rounded(stride: Sequence[int], ceil: bool) -> WindowOptions:
    """What happens to positions left over at the end, where there may be any."""
    if ceil:
        return {"round": "ceil"}
    return {"round": "floor"} if any(step > 1 for step in stride) else {}


def file_axes(
    shape: Shape, kernel: Sequence[int], stride: Sequence[int], ends: EndPairs, *, ceil: bool
) -> list[Axis]:
    """The axes as ONNX has them."""
    rounding: Rounding = "ceil" if ceil else "floor"
    return [
        Axis(shape[at] or 0, kernel[at], stride[at], *pair, rounding)
        for at, pair in enumerate(ends)
    ]


def _chosen(
    shape: Shape,
    kernel: Sequence[int],
    stride: Sequence[int],
    before: list[int],
    counts: list[int],
) -> WindowOptions | None:
    """The options with which so many windows begin so far before the first position."""
    wanted = list(zip(before, counts, strict=True))
    for options, axes in _choices(shape, kernel, stride, before):
        begins = [(axis.before, count(axis)) for axis in axes]
        if all(fits(axis) for axis in axes) and begins == wanted:
            return options
    return None


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


def padded_apart(
    r: NetworkReader,
    node: FileNode,
    x: FileTensor,
    kernel: Sequence[int],
    stride: Sequence[int],
    ends: EndPairs,
    *,
    ceil: bool,
) -> tuple[FileTensor, WindowOptions]:
    """The input behind a layer that pads it, and the options with which the windows are those of
    the file. Raises NoLayerError."""
    before, after = tuple(a for a, _ in ends), tuple(b for _, b in ends)
    layer = Pad(sizes=before, after=after)
    name = r.add(f"{node.outputs[0]}/padded", layer, (x,))
    padded = FileTensor(name, r.shape_after(layer, (x,)), x.axes)
    nothing = [0] * len(ends)
    if None not in x.shape[:-1]:
        # a window may begin on padding in front only: behind the layer all of it is positions
        axes = file_axes(x.shape, kernel, stride, ends, ceil=ceil)
        options = _chosen(padded.shape, kernel, stride, nothing, list(map(count, axes)))
    else:
        options = None if ceil else {"pad": tuple(nothing)} | _rounded(stride, ceil)
    if options is None:
        raise NoLayerError("no layer of netc has its windows and padding")
    return padded, options
