"""Windows in ONNX: convolutions and pools."""

from __future__ import annotations

from ...geometry import padding_after
from ...graph import GraphNode
from ...layers.conv import Conv, Depthwise
from ...layers.deconv import Deconv
from ...layers.pool import AvgPool, MaxPool
from ...layers.sliding_window import SlidingWindow, axes_of, positions, spread
from ...layers.weights import known
from ...shapes import Shape
from ..graph import AttributeValue, AxisOrder
from ..writer import FIRST, OnnxWriter, UnwritableLayer
from .folding import bias, folded_norm

WindowAttributes = dict[str, AttributeValue]


def conv(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    layer, source = node.layer, node.inputs[0]
    assert isinstance(layer, Conv | Depthwise)
    shape = w.shapes[source]
    axes, channels = len(shape) - 1, known(shape[-1])
    window = layer.sliding_window()
    norm = folded_norm(w, node, axis=-1)
    filters = known(node.shape[-1])
    groups = layer.groups if isinstance(layer, Conv) else channels
    kernel = spread(window.kernel, axes)
    weight = w.weight(
        node,
        "w",
        (*kernel, channels // groups, filters),
        (axes + 1, axes, *range(axes)),
        norm=norm,
    )
    operands = (w.read(source, FIRST), weight, *bias(w, node, filters, norm))
    settings: WindowAttributes = {
        "kernel_shape": kernel,
        "strides": spread(window.stride, axes),
        "dilations": spread(window.dilation, axes),
        "group": groups,
    }
    return FIRST, w.make("Conv", operands, settings | padding(window, shape))


def deconv(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    layer, source = node.layer, node.inputs[0]
    assert isinstance(layer, Deconv)
    shape = w.shapes[source]
    axes, channels = len(shape) - 1, known(shape[-1])
    norm = folded_norm(w, node, axis=-2)
    kernel = spread(layer.kernel, axes)
    split = (*kernel, layer.filters // layer.groups, channels)
    weight = w.weight(node, "w", split, (axes + 1, axes, *range(axes)), norm=norm)
    operands = (w.read(source, FIRST), weight, *bias(w, node, layer.filters, norm))
    extra = spread(layer.output_pad, axes)
    return FIRST, w.emit(
        "ConvTranspose",
        *operands,
        kernel_shape=kernel,
        strides=spread(layer.stride, axes),
        dilations=spread(layer.dilation, axes),
        group=layer.groups,
        pads=spread(layer.pad, axes) * 2,
        output_padding=extra if any(extra) else None,
    )


def maxpool(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    layer, source = node.layer, node.inputs[0]
    assert isinstance(layer, MaxPool)
    shape = w.shapes[source]
    window = layer.sliding_window()
    covered = _covers_plainly(window, shape)
    settings = padding(window._replace(rounding="floor") if covered else window, shape)
    settings |= _window(window, shape) | ({"ceil_mode": 1} if covered else {})
    return FIRST, w.make("MaxPool", (w.read(source, FIRST),), settings)


def avgpool(w: OnnxWriter, node: GraphNode) -> tuple[AxisOrder, str]:
    """Of windows that reach beyond the padding, each sum is divided by the positions that count:
    ONNX divides by the whole window, which a factor for each position corrects."""
    layer, source = node.layer, node.inputs[0]
    assert isinstance(layer, AvgPool)
    shape = w.shapes[source]
    window = layer.sliding_window()
    x, sizes = w.read(source, FIRST), _window(window, shape)
    if window.pad == (0,) and _covers_plainly(window, shape):
        # without padding the positions that count are the real ones
        zeros = (0,) * (2 * len(shape) - 2)
        return FIRST, w.make("AveragePool", (x,), sizes | {"pads": zeros, "ceil_mode": 1})
    settings = sizes | padding(window, shape)
    if _is_padded(settings):
        settings["count_include_pad"] = 1
    factors = _corrections(window, shape)
    if factors is None:
        return FIRST, w.make("AveragePool", (x,), settings)
    mean = w.make("AveragePool", (x,), settings, "mean")
    values, places = factors
    return FIRST, w.emit("Mul", mean, w.numbers("factor", values, shape=(1, 1, *places)))


def _window(window: SlidingWindow, shape: Shape) -> WindowAttributes:
    axes = len(shape) - 1
    return {"kernel_shape": spread(window.kernel, axes), "strides": spread(window.stride, axes)}


def padding(window: SlidingWindow, shape: Shape) -> WindowAttributes:
    """The padding of a window as attributes: numbers where sizes are known."""
    axes = axes_of(window, shape)
    if None in axes:
        if window.pad == "same":
            return {"auto_pad": "SAME_UPPER"}
        if window.rounding == "ceil":
            raise UnwritableLayer("`round=ceil` needs a known size in ONNX")
        return {"pads": spread(window.pad, len(axes)) * 2}
    known_axes = [axis for axis in axes if axis is not None]
    before = tuple(axis.before for axis in known_axes)
    after = tuple(
        max(axis.after, padding_after(axis)) if axis.rounding == "ceil" else axis.after
        for axis in known_axes
    )
    return {"pads": (*before, *after)}


def _is_padded(settings: WindowAttributes) -> bool:
    pads = settings.get("pads")
    return not isinstance(pads, tuple) or any(pads)


def _covers_plainly(window: SlidingWindow, shape: Shape) -> bool:
    """Whether `round=ceil` is what `ceil_mode` means to every runtime: the last window begins on
    the input or on the padding before it, as all of them would have it begin."""
    if window.rounding != "ceil":
        return False
    axes = axes_of(window, shape)
    return all(
        axis is not None
        and (count - 1) * axis.stride < axis.size + axis.before
        and count == -(-(axis.size + axis.before + axis.after - axis.window) // axis.stride) + 1
        for axis, count in zip(axes, (known(size) for size in positions(axes)), strict=True)
    )


def _corrections(
    window: SlidingWindow, shape: Shape
) -> tuple[tuple[float, ...], tuple[int, ...]] | None:
    """For each position, the size of the window over how much of it counts; None where all is."""
    axes = axes_of(window, shape)
    if window.rounding != "ceil" or None in axes:
        return None
    shares: list[list[float]] = []
    for axis in (axis for axis in axes if axis is not None):
        end = axis.size + axis.before + axis.after
        count = known(positions((axis,))[0])
        starts = [number * axis.stride for number in range(count)]
        shares.append([axis.window / (min(start + axis.window, end) - start) for start in starts])
    if all(share == 1 for axis_shares in shares for share in axis_shares):
        return None
    places = tuple(len(axis_shares) for axis_shares in shares)
    if len(shares) == 1:
        return tuple(shares[0]), places
    return tuple(row * column for row in shares[0] for column in shares[1]), places


WINDOWS = {
    "conv": conv,
    "depthwise": conv,
    "deconv": deconv,
    "maxpool": maxpool,
    "avgpool": avgpool,
}
