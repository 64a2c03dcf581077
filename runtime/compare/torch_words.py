"""Layer words as modules of PyTorch, with their weights."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, reduce
from math import prod, sqrt
from typing import Any

import numpy as np

from ...compiler.layers.arrange import Crop, Flatten
from ...compiler.layers.sliding_window import spread
from ..array_types import Array
from .case import TwinError
from .torch_twin import (
    FixedSizes,
    LayerSource,
    Twin,
    Weight,
    bias_of,
    channels_first,
    channels_last,
    function,
    on_channels,
    unchanged,
    vectors,
)
from .torch_windows import conv, deconv, pool


def dense(torch: Any, place: LayerSource) -> Twin:
    layer, image = place.layer, place.flattened
    inputs, outputs = place.shapes[0][-1], place.node.shape[-1]

    def to(w: Array) -> Array:
        if image is not None:
            w = np.moveaxis(w.reshape(*image, -1), -2, 0).reshape(inputs, -1)
        return w.T

    def back(w: Array) -> Array:
        w = w.T
        if image is None:
            return w
        *places, channels = image
        return np.moveaxis(w.reshape(channels, *places, -1), 0, -2).reshape(inputs, -1)

    module = torch.nn.Linear(inputs, outputs, bias=layer.bias)
    return on_channels(torch, place, module, (Weight("w", "weight", to, back), *bias_of(layer)))


def poly(torch: Any, place: LayerSource) -> Twin:
    powers = range(1, place.layer.degree + 1)
    return Twin(function(torch, lambda x: torch.cat([x**power for power in powers], 1)))


def embed(torch: Any, place: LayerSource) -> Twin:
    """Tokens are whole numbers there; what else reads them makes them real numbers."""
    layer = place.layer

    class Embedding(torch.nn.Embedding):  # type: ignore[misc]
        def forward(self, tokens: Any) -> Any:
            return channels_first(super().forward(tokens.long()))

    module = Embedding(layer.tokens, layer.width)
    return Twin(module, (Weight("w", "weight", unchanged, unchanged),))


def flatten(torch: Any, place: LayerSource) -> Twin:
    if place.reorders or flattened_by(place) is None:
        return Twin(torch.nn.Flatten())
    return Twin(function(torch, lambda x: channels_last(x).flatten(1)))


def reshape(torch: Any, place: LayerSource) -> Twin:
    shape = place.node.shape

    def arrange(x: Any) -> Any:
        x = channels_last(x).reshape(len(x), *shape)
        return channels_first(x).contiguous() if len(shape) > 1 else x

    return Twin(function(torch, arrange))


def border(torch: Any, place: LayerSource) -> Twin:
    """`pad` and `crop`."""
    axes = len(place.shapes[0]) - 1
    sign = -1 if isinstance(place.layer, Crop) else 1
    ends = [sign * size for pair in reversed(place.layer.ends(axes)) for size in pair]
    return Twin(function(torch, lambda x: torch.nn.functional.pad(x, ends)))


def upsample(torch: Any, place: LayerSource) -> Twin:
    factor = spread(place.layer.factor, len(place.shapes[0]) - 1)
    return Twin(torch.nn.Upsample(scale_factor=tuple(map(float, factor))))


def gap(torch: Any, place: LayerSource) -> Twin:
    axes = len(place.shapes[0]) - 1
    mean = getattr(torch.nn, f"AdaptiveAvgPool{axes}d")(1)
    return Twin(torch.nn.Sequential(mean, torch.nn.Flatten()))


def bn(torch: Any, place: LayerSource) -> Twin:
    layer, shape = place.layer, place.shapes[0]
    kind = torch.nn.BatchNorm2d if len(shape) == 3 else torch.nn.BatchNorm1d

    class Norm(kind):  # type: ignore[misc, valid-type]
        def train(self, mode: bool = True) -> Any:
            return super().train(mode and not layer.freeze)

    module = Norm(shape[-1], eps=layer.eps, momentum=layer.momentum)
    names = (
        ("gamma", "weight"), ("beta", "bias"), ("mean", "running_mean"), ("var", "running_var"),
    )  # fmt: skip
    return Twin(module, vectors(*names))


def ln(torch: Any, place: LayerSource) -> Twin:
    module = torch.nn.LayerNorm(place.shapes[0][-1], eps=place.layer.eps)
    return on_channels(torch, place, module, vectors(("gamma", "weight"), ("beta", "bias")))


def gn(torch: Any, place: LayerSource) -> Twin:
    layer = place.layer
    module = torch.nn.GroupNorm(layer.groups, place.shapes[0][-1], eps=layer.eps)
    return Twin(module, vectors(("gamma", "weight"), ("beta", "bias")))


def lrn(torch: Any, place: LayerSource) -> Twin:
    layer = place.layer
    # There alpha is divided by the size of the window.
    alpha = layer.alpha * layer.size
    return Twin(torch.nn.LocalResponseNorm(layer.size, alpha, layer.beta, layer.k))


def noise(torch: Any, place: LayerSource) -> Twin:
    """Normal noise, which PyTorch has no module for."""
    layer = place.layer
    multiplies = layer.multiplicative_noise
    std = sqrt(layer.rate / (1 - layer.rate)) if multiplies else layer.std

    class Noise(torch.nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            if not self.training:
                return x
            drawn = std * torch.randn_like(x)
            return x * (1 + drawn) if multiplies else x + drawn

    return Twin(Noise())


def prelu(torch: Any, place: LayerSource) -> Twin:
    module = torch.nn.PReLU(place.shapes[0][-1])
    return Twin(module, vectors(("a", "weight")))


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
    return Twin(function(torch, lambda *values: join(values)))


def _plain(name: str, *options: str) -> Callable[[Any, LayerSource], Twin]:
    """A module without weights that takes some options of the layer in order."""

    def build(torch: Any, place: LayerSource) -> Twin:
        values = [getattr(place.layer, option) for option in options]
        return Twin(getattr(torch.nn, name)(*values))

    return build


def softmax(torch: Any, place: LayerSource) -> Twin:
    return Twin(torch.nn.Softmax(1))


def sign(torch: Any, place: LayerSource) -> Twin:
    return Twin(function(torch, torch.sign))


def step(torch: Any, place: LayerSource) -> Twin:
    return Twin(function(torch, lambda x: (x >= 0).to(x.dtype)))


WORDS: dict[str, Callable[[Any, LayerSource], Twin]] = {
    "id": _plain("Identity"),
    "expect": _plain("Identity"),
    "dense": dense,
    "poly": poly,
    "embed": embed,
    "conv": conv,
    "deconv": deconv,
    "depthwise": conv,
    "maxpool": pool,
    "avgpool": pool,
    "gap": gap,
    "flatten": flatten,
    "reshape": reshape,
    "pad": border,
    "crop": border,
    "upsample": upsample,
    "bn": bn,
    "ln": ln,
    "gn": gn,
    "lrn": lrn,
    "dropout": _plain("Dropout", "rate"),
    "gaussian_dropout": noise,
    "gaussian_noise": noise,
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
    "sign": sign,
    "step": step,
}
"""Every layer but `input`, which is an argument of the network."""


def twin_of(torch: Any, place: LayerSource) -> Twin:
    """The module of a layer. Raises TwinError with the reason when there is none."""
    if place.layer.word not in WORDS:
        raise TwinError(f"PyTorch has no equivalent of `{place.layer.word}`")
    return WORDS[place.layer.word](torch, place)


def flattened_by(place: LayerSource) -> FixedSizes | None:
    """What a `flatten` flattens, where PyTorch's order of the numbers differs."""
    shape = place.shapes[0] if place.shapes else ()
    differs = len(shape) > 1 and prod(shape[:-1]) > 1 and shape[-1] > 1
    return shape if isinstance(place.layer, Flatten) and differs else None
