"""Pools: of windows, and of all positions."""

from __future__ import annotations

from .....compiler.geometry import Axis, padding_after, same_padding
from .....compiler.layers.arrange import Flatten
from .....compiler.layers.pool import AvgPool, GlobalAveragePool, MaxPool
from ..file import FileNode
from ..reader import FileTensor, NetworkReader, NoLayerError
from .placement import borders, file_axes, padded_apart, placed, sizes_of


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
        if ends == "same" or not _is_positive(r, x):
            raise NoLayerError(f"its padding {ends} differs at the ends")
        x, padding = padded_apart(r, node, x, kernel, stride, ends, ceil=ceil)
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
    padded = ends == "same" or any(before or after for before, after in ends)
    if padded and not node.attributes.get("count_include_pad", 0):
        raise NoLayerError(
            "it does not count the padding, and `avgpool` does",
            "pool with `count_include_pad=True`, or without padding",
        )
    if ends == "same" and any(k < s for k, s in zip(kernel, stride, strict=True)):
        # by the formula the padding is then less than nothing, which shifts the windows
        raise NoLayerError("with `auto_pad` its windows are smaller than their stride")
    padding = placed(x.shape, kernel, stride, ends, ceil=ceil)
    if padding is not None and ends != "same" and None not in x.shape[:-1]:
        axes_of_file = file_axes(x.shape, kernel, stride, ends, ceil=ceil)
        if not _averages_alike(axes_of_file, same=padding["pad"] == "same"):
            padding = None
    if padded and (padding is None or padding.get("round") == "ceil"):
        # runtimes differ in whether a position beyond the padding counts; in netc it does not
        assert ends != "same"
        x, padding = padded_apart(r, node, x, kernel, stride, ends, ceil=ceil)
    if padding is None or (padded and padding.get("round") == "ceil"):
        raise NoLayerError("its last windows are not those of `avgpool`")
    r.put(node, AvgPool(kernel=kernel, stride=stride, **padding), (x,))


def _averages_alike(axes: list[Axis], *, same: bool) -> bool:
    """Whether as many positions count in the last windows of `avgpool`, whose padding behind is
    that in front, or that of `pad=same`, as in those of the file."""
    for axis in axes:
        reach = padding_after(axis)
        after = same_padding(axis.size, axis.window, axis.stride)[1] if same else axis.before
        if min(reach, after) != min(reach, axis.after):
            return False
    return True


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
        raise NoLayerError("it pools over an unknown number of positions")
    layer = MaxPool(kernel=tuple(size or 0 for size in sizes))
    name = r.add(f"{node.outputs[0]}/window", layer, (x,))
    pooled = FileTensor(name, r.shape_after(layer, (x,)), x.axes)
    r.put(node, Flatten(), (pooled,), axes=axes)


POOLS = {
    "MaxPool": maxpool,
    "AveragePool": avgpool,
    "GlobalAveragePool": global_average,
    "GlobalMaxPool": global_maximum,
}
