"""Every layer word in PyTorch, written by hand, and a graph walked with them.

Tensors are channels-last, as in a spec; each function puts the channels where PyTorch wants them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from netc.compiler.graph import Graph

F = torch.nn.functional

torch.set_num_threads(1)
"""These tensors are small, and threads that wait for one another cost more than they save."""

Tensor = torch.Tensor
Parameters = dict[str, Tensor]
Word = Callable[[Any, list[Tensor], Parameters, bool], Tensor]


def first(x: Tensor) -> Tensor:
    """[N, ..., C] as [N, C, ...]."""
    return x.movedim(-1, 1)


def last(x: Tensor) -> Tensor:
    """[N, C, ...] as [N, ..., C]."""
    return x.movedim(1, -1)


def each(sizes: tuple[int, ...], axes: int) -> list[int]:
    """One size for every axis."""
    return list(sizes) if len(sizes) == axes else list(sizes) * axes


def filters(w: Tensor) -> Tensor:
    """[K..., I, O] as [O, I, K...]."""
    return w.permute(w.ndim - 1, w.ndim - 2, *range(w.ndim - 2)).contiguous()


def ends(layer: Any, x: Tensor, spans: list[int], stride: list[int]) -> list[tuple[int, int]]:
    """Padding before and after each axis, that of `pad=same` and `round=ceil` included."""
    found = []
    sizes = x.shape[2:]
    for axis, size in enumerate(sizes):
        step, span = stride[axis], spans[axis]
        if layer.pad == "same":
            missing = max(0, ((size + step - 1) // step - 1) * step + span - size)
            found.append((missing // 2, missing - missing // 2))
            continue
        pad = each(layer.pad, len(sizes))[axis]
        after = pad
        if layer.round == "ceil":
            windows = -(-(size + 2 * pad - span) // step) + 1
            if (windows - 1) * step >= size + pad:
                windows -= 1
            after = max(pad, (windows - 1) * step + span - size - pad)
        found.append((pad, after))
    return found


def laid(x: Tensor, around: list[tuple[int, int]], value: float = 0.0) -> Tensor:
    """x[N, C, ...] with numbers around its positions."""
    return F.pad(x, [size for pair in reversed(around) for size in pair], value=value)


def conv(layer: Any, xs: list[Tensor], p: Parameters, training: bool) -> Tensor:
    x = first(xs[0])
    axes = x.ndim - 2
    stride, dilation = each(layer.stride, axes), each(layer.dilation, axes)
    kernel = each(layer.kernel, axes)
    spans = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    if layer.word == "depthwise":
        w, groups = p["w"].movedim(-1, 0).unsqueeze(1), x.shape[1]
    else:
        w, groups = filters(p["w"]), layer.groups
    call = (F.conv1d, F.conv2d)[axes - 1]
    padded = laid(x, ends(layer, x, spans, stride))
    return last(call(padded, w, p.get("b"), stride, 0, dilation, groups))


def deconv(layer: Any, xs: list[Tensor], p: Parameters, training: bool) -> Tensor:
    x = first(xs[0])
    axes = x.ndim - 2
    sizes = (each(getattr(layer, name), axes) for name in ("stride", "pad", "output_pad"))
    call = (F.conv_transpose1d, F.conv_transpose2d)[axes - 1]
    dilation = each(layer.dilation, axes)
    return last(call(x, filters(p["w"]), p.get("b"), *sizes, layer.groups, dilation))


def pool(layer: Any, xs: list[Tensor], p: Parameters, training: bool) -> Tensor:
    x = first(xs[0])
    axes = x.ndim - 2
    kernel = each(layer.kernel, axes)
    stride = each(layer.stride or layer.kernel, axes)
    largest = layer.word == "maxpool"
    calls = (F.max_pool1d, F.max_pool2d) if largest else (F.avg_pool1d, F.avg_pool2d)
    call = calls[axes - 1]
    around = [] if layer.pad == "same" else each(layer.pad, axes)
    if around and all(2 * pad <= k for pad, k in zip(around, kernel, strict=True)):
        return last(call(x, kernel, stride, around, ceil_mode=layer.round == "ceil"))
    # PyTorch pads by half a window at most.
    assert largest or layer.round != "ceil"
    padded = laid(x, ends(layer, x, kernel, stride), float("-inf") if largest else 0.0)
    return last(call(padded, kernel, stride))


def bn(layer: Any, xs: list[Tensor], p: Parameters, training: bool) -> Tensor:
    follows = training and not layer.freeze
    return last(
        F.batch_norm(
            first(xs[0]), p["mean"], p["var"], p["gamma"], p["beta"], follows,
            layer.momentum, layer.eps,
        )
    )  # fmt: skip


def lrn(layer: Any, xs: list[Tensor], p: Parameters, training: bool) -> Tensor:
    # There alpha is divided by the size of the window.
    alpha = layer.alpha * layer.size
    return last(F.local_response_norm(first(xs[0]), layer.size, alpha, layer.beta, layer.k))


def border(layer: Any, xs: list[Tensor], p: Parameters, training: bool) -> Tensor:
    x = first(xs[0])
    axes = x.ndim - 2
    before = each(layer.sizes, axes)
    after = before if layer.after is None else each(layer.after, axes)
    sign = 1 if layer.word == "pad" else -1
    return last(laid(x, [(sign * a, sign * b) for a, b in zip(before, after, strict=True)]))


def noise(layer: Any, xs: list[Tensor], p: Parameters, training: bool) -> Tensor:
    amount = layer.std if layer.word == "gaussian_noise" else layer.rate
    assert amount == 0 or not training, "random numbers are not compared"
    return xs[0]


def product(xs: list[Tensor]) -> Tensor:
    result = xs[0]
    for x in xs[1:]:
        result = result * x
    return result


def largest(xs: list[Tensor]) -> Tensor:
    result = xs[0]
    for x in xs[1:]:
        result = torch.maximum(result, x)
    return result


WORDS: dict[str, Word] = {
    "expect": lambda o, xs, p, t: xs[0],
    "id": lambda o, xs, p, t: xs[0],
    "dense": lambda o, xs, p, t: F.linear(xs[0], p["w"].T, p.get("b")),
    "poly": lambda o, xs, p, t: torch.cat([xs[0] ** (d + 1) for d in range(o.degree)], -1),
    "embed": lambda o, xs, p, t: F.embedding(xs[0].long(), p["w"]),
    "conv": conv,
    "deconv": deconv,
    "depthwise": conv,
    "maxpool": pool,
    "avgpool": pool,
    "gap": lambda o, xs, p, t: first(xs[0]).flatten(2).mean(-1),
    "flatten": lambda o, xs, p, t: xs[0].flatten(1),
    "reshape": lambda o, xs, p, t: xs[0].reshape(len(xs[0]), *(s or -1 for s in o.shape)),
    "pad": border,
    "crop": border,
    "upsample": lambda o, xs, p, t: last(
        F.interpolate(first(xs[0]), scale_factor=tuple(each(o.factor, xs[0].ndim - 2)))
    ),
    "bn": bn,
    "ln": lambda o, xs, p, t: F.layer_norm(xs[0], xs[0].shape[-1:], p["gamma"], p["beta"], o.eps),
    "gn": lambda o, xs, p, t: last(
        F.group_norm(first(xs[0]), o.groups, p["gamma"], p["beta"], o.eps)
    ),
    "lrn": lrn,
    "dropout": noise,
    "gaussian_dropout": noise,
    "gaussian_noise": noise,
    "add": lambda o, xs, p, t: torch.stack(xs).sum(0),
    "mul": lambda o, xs, p, t: product(xs),
    "max": lambda o, xs, p, t: largest(xs),
    "avg": lambda o, xs, p, t: torch.stack(xs).mean(0),
    "concat": lambda o, xs, p, t: torch.cat(xs, -1),
    "relu": lambda o, xs, p, t: F.hardtanh(xs[0], 0, o.max) if o.max else F.relu(xs[0]),
    "leaky": lambda o, xs, p, t: F.leaky_relu(xs[0], o.slope),
    "elu": lambda o, xs, p, t: F.elu(xs[0], o.alpha),
    "prelu": lambda o, xs, p, t: last(F.prelu(first(xs[0]), p["a"])),
    "selu": lambda o, xs, p, t: F.selu(xs[0]),
    "gelu": lambda o, xs, p, t: F.gelu(xs[0]),
    "silu": lambda o, xs, p, t: F.silu(xs[0]),
    "tanh": lambda o, xs, p, t: torch.tanh(xs[0]),
    "sigmoid": lambda o, xs, p, t: torch.sigmoid(xs[0]),
    "hardsigmoid": lambda o, xs, p, t: torch.clamp(xs[0] / 6 + 0.5, 0, 1),
    "hardswish": lambda o, xs, p, t: F.hardswish(xs[0]),
    # F.softplus is linear from 20 on, which is 2e-9 off.
    "softplus": lambda o, xs, p, t: torch.logaddexp(xs[0], torch.zeros_like(xs[0])),
    "softmax": lambda o, xs, p, t: F.softmax(xs[0], -1),
    "sign": lambda o, xs, p, t: torch.sign(xs[0]).detach(),
    "step": lambda o, xs, p, t: (xs[0] >= 0).to(xs[0].dtype),
}


def leaves(parameters: dict[str, Any], *, kept: set[str]) -> Parameters:
    """Parameters as tensors in double precision; those that are not only kept have gradients."""
    return {
        name: torch.tensor(value, dtype=torch.float64, requires_grad=name not in kept)
        for name, value in parameters.items()
    }


def walk(
    graph: Graph, feeds: dict[str, Any], parameters: Parameters, *, training: bool
) -> dict[str, Tensor]:
    """The output of every node. Running moments among the parameters follow."""
    values: dict[str, Tensor] = {}
    for node in graph.nodes:
        if not node.inputs:
            values[node.name] = torch.as_tensor(feeds[node.name], dtype=torch.float64)
            continue
        owner = f"{node.shares or node.name}."
        own = {
            name.removeprefix(owner): value
            for name, value in parameters.items()
            if name.startswith(owner)
        }
        xs = [values[name] for name in node.inputs]
        values[node.name] = WORDS[node.layer.word](node.layer, xs, own, training)
    return values
