"""Zeros around an image, as an option of the convolution behind them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ...language.frozen import change
from ...layers.arrange import Pad
from ...layers.conv import Conv, Depthwise
from ...layers.layer import Layer
from ...shapes import Shape
from ..network import ImportedStep

OutputShape = Callable[[Layer, Sequence[Shape]], Shape | None]
"""The shape that flows out of a layer; None where the layer does not accept what flows in."""


def join_padding(
    steps: tuple[ImportedStep, ...],
    ends: tuple[str, ...],
    shapes: Mapping[str, Shape | None],
    output_shape: OutputShape,
) -> tuple[ImportedStep, ...]:
    """The steps without a `pad` that is equal on both sides and that one convolution alone reads:
    it is the `pad=` of that."""
    reads = Counter([*ends, *(name for step in steps for name in step.inputs)])
    pads = {
        step.name: step
        for step in steps
        if isinstance(step.layer, Pad) and step.layer.after is None and reads[step.name] == 1
    }
    joined: dict[str, ImportedStep] = {}
    gone: set[str] = set()
    for step in steps:
        before = pads.get(step.inputs[0])
        if before is None or not isinstance(step.layer, Conv | Depthwise):
            continue
        inputs, wanted = shapes[before.inputs[0]], shapes[step.name]
        layer = _padded(step.layer, before.layer, inputs, wanted, output_shape)
        if layer is not None:
            joined[step.name] = replace(step, layer=layer, inputs=before.inputs)
            gone.add(before.name)
    return tuple(joined.get(step.name, step) for step in steps if step.name not in gone)


def _padded(
    layer: Conv | Depthwise,
    pad: Layer,
    inputs: Shape | None,
    wanted: Shape | None,
    output_shape: OutputShape,
) -> Layer | None:
    """The convolution with the padding; None where it would give another shape. Without `round`
    where only padding is left over, as far as the sizes are known."""
    if not isinstance(pad, Pad) or layer.pad != (0,) or inputs is None:
        return None
    roundings = (layer.round,) if None in inputs else (None, layer.round)
    for rounding in roundings:
        padded = change(layer, pad=pad.sizes, round=rounding)
        if output_shape(padded, [inputs]) == wanted:
            return padded
    return None
