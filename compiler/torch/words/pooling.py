"""Pooling: functions of PyTorch."""

from __future__ import annotations

from ...geometry import count
from ...layers.pool import AvgPool, GlobalAveragePool, MaxPool, Pool
from ...layers.sliding_window import spread
from ..layer import (
    Construction,
    LayerPlace,
    ModuleArgument,
    TorchLayer,
    call_text,
    constant_text,
    one_or_each,
    torch_layer,
)
from .arrangement import edges
from .window import WindowLayout, window_layout


def _pool(kind: str, place: LayerPlace, window: WindowLayout, *, ceil: bool = False) -> TorchLayer:
    """A pool whose padding PyTorch lays itself."""
    axes = place.axes
    stride = None if window.stride == window.kernel else window.stride
    padding = one_or_each(window.before)
    cls = {"max": f"nn.MaxPool{axes}d", "avg": f"nn.AvgPool{axes}d"}[kind]
    return TorchLayer(
        call_text(
            f"F.{kind}_pool{axes}d", "{0}", constant_text(window.kernel),
            stride=(stride, None), padding=(padding, 0), ceil_mode=(ceil, False),
        ),
        as_module=Construction(
            cls,
            (
                ModuleArgument("kernel_size", window.kernel, type, "kernel_size"),
                ModuleArgument("stride", stride, None, "stride"),
                ModuleArgument("padding", padding, 0, "padding"),
                ModuleArgument("ceil_mode", ceil, False, "ceil_mode"),
            ),
        ),
    )  # fmt: skip


def _half_at_most(layer: Pool, place: LayerPlace, window: WindowLayout) -> bool:
    """Whether PyTorch takes the padding: half of the window at most."""
    kernel = spread(layer.kernel, place.axes)
    return all(2 * pad <= size for pad, size in zip(window.before, kernel, strict=True))


@torch_layer.register
def _(layer: MaxPool, place: LayerPlace) -> TorchLayer:
    window = window_layout(layer.sliding_window(), place)
    if _half_at_most(layer, place, window):
        ceils = (True,) if None in window.axes and layer.round == "ceil" else (False, True)
        for ceil in ceils:
            if window.reaches(ceil=ceil) and (window.padding is not None or ceil):
                return _pool("max", place, window, ceil=ceil)
    padded = f"F.pad({{0}}, {edges(window.margins)}, value=-torch.inf)"
    return TorchLayer(_call("max", place, window, padded))


@torch_layer.register
def _(layer: AvgPool, place: LayerPlace) -> TorchLayer:
    """Zeros of the padding count, what a window covers by rounding up does not."""
    window = window_layout(layer.sliding_window(), place)
    rounds_up = layer.round == "ceil"
    if _half_at_most(layer, place, window):
        ceils = (True,) if None in window.axes and rounds_up else (False, True)
        for ceil in ceils if rounds_up else (False,):
            if window.reaches(ceil=ceil) and (window.padding is not None or ceil):
                return _pool("avg", place, window, ceil=ceil)
    if not rounds_up:
        padded = f"F.pad({{0}}, {edges(window.margins)})"
        return TorchLayer(_call("avg", place, window, padded))
    padded = f"F.pad({{0}}, {edges(tuple((pad, pad) for pad in window.before))})"
    # A window that begins in the padding at the end counts there.
    sizes = [f":{count(axis)}" if axis is not None else ":" for axis in window.axes]
    return TorchLayer(f"{_call('avg', place, window, padded, ceil=True)}[:, :, {', '.join(sizes)}]")


def _call(
    kind: str, place: LayerPlace, window: WindowLayout, padded: str, *, ceil: bool = False
) -> str:
    stride = None if window.stride == window.kernel else window.stride
    return call_text(
        f"F.{kind}_pool{place.axes}d", padded, constant_text(window.kernel),
        stride=(stride, None), ceil_mode=(ceil, False),
    )  # fmt: skip


@torch_layer.register
def _(layer: GlobalAveragePool, place: LayerPlace) -> TorchLayer:
    axes = ", ".join(str(axis) for axis in range(2, place.axes + 2))
    return TorchLayer(f"{{0:atom}}.mean(({axes}))" if place.axes > 1 else "{0:atom}.mean(2)")
