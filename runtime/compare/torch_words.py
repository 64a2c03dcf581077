"""Layer words as modules of PyTorch, with their weights.

PyTorch is imported when a network is compared with it, and is `torch: Any` here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce
from math import prod
from typing import Any

import numpy as np

from ...compiler.graph import GraphNode
from ...compiler.layers.arrange import Flatten
from ...compiler.layers.conv import Depthwise
from ...compiler.layers.dense import Dense
from ...compiler.layers.images import Walked
from ...compiler.layers.layer import Layer, Learning, Trainable
from ...compiler.layers.pool import MaxPool
from ..array_types import Array
from .case import TwinError

FixedSizes = tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Weight:
    """One parameter: its name here and there, and how its axes are turned."""

    name: str
    own: str
    to: Callable[[Array], Array]
    back: Callable[[Array], Array]


@dataclass(frozen=True, slots=True, eq=False)
class Twin:
    """A module and where its weights come from."""

    module: Any
    weights: tuple[Weight, ...] = ()


@dataclass(frozen=True, slots=True)
class LayerSource:
    """A layer and what flows into it, as the spec says it: channels last."""

    node: GraphNode
    shapes: tuple[FixedSizes, ...]
    flattened: FixedSizes | None
    """The image that was flattened on the way to its input. PyTorch has it channels first, so
    that the weights that read it are put in another order."""

    @property
    def layer(self) -> Any:
        return self.node.layer


def _same(array: Array) -> Array:
    return array


def _vectors(*names: tuple[str, str]) -> tuple[Weight, ...]:
    return tuple(Weight(name, own, _same, _same) for name, own in names)


def _bias(layer: Any) -> tuple[Weight, ...]:
    return _vectors(("b", "bias")) if layer.bias else ()


def dense(torch: Any, place: LayerSource) -> Twin:
    layer = place.layer
    inputs, outputs = place.shapes[0][-1], place.node.shape[-1]
    if len(place.shapes[0]) != 1:
        raise TwinError("`dense` reads positions")
    image = place.flattened

    def to(w: Array) -> Array:
        if image is not None:
            w = w.reshape(*image, -1).transpose(2, 0, 1, 3).reshape(inputs, -1)
        return w.T

    def back(w: Array) -> Array:
        w = w.T
        if image is None:
            return w
        height, width, channels = image
        return w.reshape(channels, height, width, -1).transpose(1, 2, 0, 3).reshape(inputs, -1)

    module = torch.nn.Linear(inputs, outputs, bias=layer.bias)
    return Twin(module, (Weight("w", "weight", to, back), *_bias(layer)))


def _pads(torch: Any, walked: Walked) -> tuple[FixedSizes, Any]:
    """The padding as a convolution takes it, or zeros laid by a module before it."""
    (top, bottom), (left, right) = walked.margins
    reaches = []
    for axis, before in enumerate((top, left)):
        span = walked.dilation[axis] * (walked.kernel[axis] - 1) + 1
        reaches.append((walked.size[axis] + 2 * before - span) // walked.stride[axis] + 1)
    if tuple(reaches) == walked.places:
        return (top, left), None
    return (0, 0), torch.nn.ZeroPad2d((left, right, top, bottom))


def conv(torch: Any, place: LayerSource) -> Twin:
    layer, shape = place.layer, place.shapes[0]
    if len(shape) != 3:
        raise TwinError(f"`{layer.word}` reads a sequence")
    walked = layer.walk_over(shape)
    padding, before = _pads(torch, walked)
    wide = isinstance(layer, Depthwise)
    outputs = place.node.shape[-1]
    module = torch.nn.Conv2d(
        shape[-1],
        outputs,
        walked.kernel,
        walked.stride,
        padding,
        walked.dilation,
        groups=shape[-1] if wide else layer.groups,
        bias=layer.bias,
    )

    def to(w: Array) -> Array:
        return w.transpose(2, 0, 1)[:, None] if wide else w.transpose(3, 2, 0, 1)

    def back(w: Array) -> Array:
        return w[:, 0].transpose(1, 2, 0) if wide else w.transpose(2, 3, 1, 0)

    if before is None:
        return Twin(module, (Weight("w", "weight", to, back), *_bias(layer)))
    biased = _vectors(("b", "1.bias")) if layer.bias else ()
    weight = Weight("w", "1.weight", to, back)
    return Twin(torch.nn.Sequential(before, module), (weight, *biased))


def pool(torch: Any, place: LayerSource) -> Twin:
    layer, shape = place.layer, place.shapes[0]
    if len(shape) != 3:
        raise TwinError(f"`{layer.word}` reads a sequence")
    walked = layer.walk_over(shape)
    padding, before = _pads(torch, walked)
    half = all(2 * pad <= size for pad, size in zip(padding, walked.kernel, strict=True))
    if before is not None or not half:
        raise TwinError(f"PyTorch cannot pad `{place.node.name}` like this")
    kind = torch.nn.MaxPool2d if isinstance(layer, MaxPool) else torch.nn.AvgPool2d
    return Twin(kind(walked.kernel, walked.stride, padding))


def bn(torch: Any, place: LayerSource) -> Twin:
    layer, shape = place.layer, place.shapes[0]
    kind = torch.nn.BatchNorm2d if len(shape) == 3 else torch.nn.BatchNorm1d
    module = kind(shape[-1], eps=layer.eps, momentum=layer.momentum)
    names = (
        ("gamma", "weight"), ("beta", "bias"), ("mean", "running_mean"), ("var", "running_var"),
    )  # fmt: skip
    return Twin(module, _vectors(*names))


def ln(torch: Any, place: LayerSource) -> Twin:
    if len(place.shapes[0]) != 1:
        raise TwinError("`ln` reads positions")
    module = torch.nn.LayerNorm(place.shapes[0][-1], eps=place.layer.eps)
    return Twin(module, _vectors(("gamma", "weight"), ("beta", "bias")))


def gn(torch: Any, place: LayerSource) -> Twin:
    layer = place.layer
    module = torch.nn.GroupNorm(layer.groups, place.shapes[0][-1], eps=layer.eps)
    return Twin(module, _vectors(("gamma", "weight"), ("beta", "bias")))


def lrn(torch: Any, place: LayerSource) -> Twin:
    layer = place.layer
    # There alpha is divided by the size of the window.
    alpha = layer.alpha * layer.size
    return Twin(torch.nn.LocalResponseNorm(layer.size, alpha, layer.beta, layer.k))


def upsample(torch: Any, place: LayerSource) -> Twin:
    factor = place.layer.factor
    return Twin(torch.nn.Upsample(scale_factor=tuple(map(float, factor * (2 // len(factor))))))


def gap(torch: Any, place: LayerSource) -> Twin:
    return Twin(torch.nn.Sequential(torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten()))


def prelu(torch: Any, place: LayerSource) -> Twin:
    module = torch.nn.PReLU(place.shapes[0][-1])
    return Twin(module, _vectors(("a", "weight")))


def merge(torch: Any, place: LayerSource) -> Twin:
    """The merges, as modules of several inputs."""
    joined: dict[str, Callable[[Any], Any]] = {
        "add": sum,
        "mul": prod,
        "max": partial(reduce, torch.maximum),
        "avg": lambda values: sum(values) / len(values),
        "concat": lambda values: torch.cat(values, 1),
    }
    join = joined[place.layer.word]

    class Merge(torch.nn.Module):  # type: ignore[misc]
        def forward(self, *values: Any) -> Any:
            return join(values)

    return Twin(Merge())


def _plain(name: str, *options: str) -> Callable[[Any, LayerSource], Twin]:
    """A module without weights that takes some options of the layer in order."""

    def build(torch: Any, place: LayerSource) -> Twin:
        values = [getattr(place.layer, option) for option in options]
        return Twin(getattr(torch.nn, name)(*values))

    return build


def softmax(torch: Any, place: LayerSource) -> Twin:
    return Twin(torch.nn.Softmax(1))


WORDS: dict[str, Callable[[Any, LayerSource], Twin]] = {
    "id": _plain("Identity"),
    "expect": _plain("Identity"),
    "dense": dense,
    "conv": conv,
    "depthwise": conv,
    "maxpool": pool,
    "avgpool": pool,
    "gap": gap,
    "flatten": _plain("Flatten"),
    "upsample": upsample,
    "bn": bn,
    "ln": ln,
    "gn": gn,
    "lrn": lrn,
    "dropout": _plain("Dropout", "rate"),
    "add": merge,
    "mul": merge,
    "max": merge,
    "avg": merge,
    "concat": merge,
    "relu": _plain("ReLU"),
    "leaky": _plain("LeakyReLU", "slope"),
    "elu": _plain("ELU", "alpha"),
    "prelu": prelu,
    "selu": _plain("SELU"),
    "gelu": _plain("GELU"),
    "silu": _plain("SiLU"),
    "tanh": _plain("Tanh"),
    "sigmoid": _plain("Sigmoid"),
    "softplus": _plain("Softplus"),
    "softmax": softmax,
}


def _keeps_order(layer: Layer) -> bool:
    """Whether numbers flow out in the order in which they flow in."""
    return layer.elementwise or layer.passes_through or layer.random


def twin_of(torch: Any, place: LayerSource) -> Twin:
    """The module of a layer. Raises TwinError with the reason when there is none."""
    layer = place.layer
    if layer.word not in WORDS:
        raise TwinError(f"PyTorch has no equivalent of `{layer.word}`")
    if place.node.shares is not None:
        raise TwinError(f"`{place.node.name}` shares its parameters")
    if isinstance(layer, Learning) and (layer.freeze or layer.lr != 1.0):
        raise TwinError(f"`{place.node.name}` has a learning rate of its own")
    if isinstance(layer, Trainable) and (layer.l1 is not None or layer.l2 is not None):
        raise TwinError(f"`{place.node.name}` has a penalty of its own")
    if place.flattened is not None and not (_keeps_order(layer) or isinstance(layer, Dense)):
        raise TwinError(f"`{place.node.name}` reads a flattened image")
    return WORDS[layer.word](torch, place)


def flattened_by(place: LayerSource) -> FixedSizes | None:
    """The image whose flattened numbers flow out of a layer, where PyTorch's order differs."""
    shape = place.shapes[0] if place.shapes else ()
    if (
        isinstance(place.layer, Flatten)
        and len(shape) == 3
        and prod(shape[:2]) > 1
        and shape[2] > 1
    ):
        return shape
    return place.flattened if _keeps_order(place.layer) else None


def as_numbers(tensor: Any) -> Array:
    """A tensor's numbers."""
    array: Array = np.asarray(tensor.detach().contiguous().numpy())
    return array
