"""The shape that flows out of every layer, and how many parameters it has, worked out anew.

Nothing of the compiler's arithmetic is used: windows are counted by sliding them.
"""

from __future__ import annotations

from math import prod
from typing import Any

from netc.compiler.graph import Graph

Shape = tuple[int, ...]
SAME = (
    "id", "expect", "bn", "ln", "gn", "lrn", "dropout", "gaussian_dropout", "gaussian_noise",
    "relu", "leaky", "elu", "prelu", "selu", "gelu", "silu", "tanh", "sigmoid", "softplus",
    "hardsigmoid", "hardswish", "softmax", "sign", "step", "add", "mul", "max", "avg",
)  # fmt: skip


def shape_of(word: str, options: dict[str, Any], inputs: list[Shape]) -> Shape:
    """The shape that a layer must give."""
    shape = inputs[0] if inputs else ()
    places, channels = shape[:-1], shape[-1] if shape else 0
    match word:
        case "input":
            return tuple(options["shape"])
        case "dense":
            return (*places, options["units"])
        case "poly":
            return (channels * options["degree"],)
        case "embed":
            return (*shape, options["width"])
        case "conv":
            return (*windows(options, places), options["filters"])
        case "depthwise":
            return (*windows(options, places), channels * options["multiplier"])
        case "maxpool" | "avgpool":
            return (*windows(options, places), channels)
        case "deconv":
            return (*spread_out(options, places), options["filters"])
        case "gap":
            return (channels,)
        case "flatten":
            return (prod(shape),)
        case "reshape":
            known = prod(size for size in options["shape"] if size is not None)
            return tuple(prod(shape) // known if s is None else s for s in options["shape"])
        case "pad" | "crop":
            return (*edges(options, places, 1 if word == "pad" else -1), channels)
        case "upsample":
            factors = each(options["factor"], places)
            return (*(n * k for n, k in zip(places, factors, strict=True)), channels)
        case "concat":
            return (*places, sum(one[-1] for one in inputs))
        case _ if word in SAME:
            return shape
    raise AssertionError(f"no formula for {word}")


def each(sizes: Any, places: Shape) -> Shape:
    """One size for each axis."""
    return tuple(sizes) * len(places) if len(sizes) == 1 else tuple(sizes)


def windows(options: dict[str, Any], places: Shape) -> Shape:
    """How many windows there are on each axis, by sliding one."""
    kernel = each(options["kernel"], places)
    stride = each(options["stride"] or options["kernel"], places)
    dilation = each(options.get("dilation") or (1,), places)
    pad = options.get("pad", (0,))
    pads = (None,) * len(places) if pad == "same" else each(pad, places)
    return tuple(
        _slide(size, (k - 1) * d + 1, s, p, options.get("round"))
        for size, k, s, d, p in zip(places, kernel, stride, dilation, pads, strict=True)
    )


def _slide(size: int, window: int, stride: int, pad: int | None, rounding: str | None) -> int:
    if pad is None:
        return -(-size // stride)
    start, count, end = -pad, 0, size + pad
    while start + window <= end:
        start, count = start + stride, count + 1
    covered = start - stride + window
    return count + (rounding == "ceil" and covered < end and start < size)


def spread_out(options: dict[str, Any], places: Shape) -> Shape:
    """The sizes of a transposed convolution: where its last window ends, less the padding."""
    names = ("kernel", "stride", "pad", "output_pad", "dilation")
    values = [each(options[name], places) for name in names]
    return tuple(
        max(p * s for p in range(n)) + (k - 1) * d + 1 - 2 * pad + more
        for n, k, s, pad, more, d in zip(places, *values, strict=True)
    )


def edges(options: dict[str, Any], places: Shape, sign: int) -> Shape:
    before = each(options["sizes"], places)
    after = before if options["after"] is None else each(options["after"], places)
    return tuple(n + sign * (b + a) for n, b, a in zip(places, before, after, strict=True))


def parameters_of(word: str, options: dict[str, Any], inputs: list[Shape], out: Shape) -> int:
    """How many trained numbers a layer has, as papers count them."""
    shape = inputs[0] if inputs else ()
    channels = shape[-1] if shape else 0
    bias = out[-1] if options.get("bias") else 0
    groups = options.get("groups", 1)
    window = prod(each(options.get("kernel", (1,)), shape[:-1]))
    return {
        "dense": channels * out[-1] + bias,
        "conv": window * (channels // groups) * out[-1] + bias,
        "deconv": window * channels * (out[-1] // groups) + bias,
        "depthwise": window * out[-1] + bias,
        "embed": options.get("tokens", 0) * options.get("width", 0),
        "prelu": channels,
        "bn": 2 * channels,
        "gn": 2 * channels,
        "ln": 2 * channels,
    }.get(word, 0)


def follows_formulas(graph: Graph) -> None:
    """Every layer of a network has the shape and the parameters of its formula."""
    shapes: dict[str, Shape] = {}
    for node in graph.nodes:
        inputs = [shapes[name] for name in node.inputs]
        options = node.layer.model_dump(by_alias=True)
        found = shape_of(node.layer.word, options, inputs)
        assert node.shape == found, f"{node.layer.heading()} of {inputs}: {node.shape}, not {found}"
        shapes[node.name] = found
        counted = 0 if node.shares else parameters_of(node.layer.word, options, inputs, found)
        count = node.parameter_count()
        assert count == counted, f"{node.layer.heading()} of {inputs}: {count}, not {counted}"
